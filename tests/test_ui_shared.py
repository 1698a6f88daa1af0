"""What panels are built with: errors become messages, our own mistakes get an id, values become words."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import get_type_hints

import gradio as gr
import pytest
from fastapi import FastAPI

from studio import settings
from studio.api import Studio
from studio.errors import InternalError, RequestError, WrongState
from studio.runs.store import Status
from studio.ui.markup import element
from studio.ui.shared import (
    ACTING,
    about,
    asked,
    badge,
    duration,
    guarded,
    nothing_yet,
    notice,
    only_about,
    percent,
    size,
    spoken,
    static_html,
)
from studio.ui.words import LANGUAGES, speaker
from tests.browser import OpenPage, expect, hosted

EN = speaker("en")
SPEAK = partial(spoken, say=EN)
HOSTILE = "<img src=x onerror=alert(1)> ${6*7} {{7*7}}"


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(settings.load(workspace=tmp_path / "workspace"))


def test_an_error_of_the_studio_becomes_a_message_with_all_its_parts(studio: Studio) -> None:
    def action() -> None:
        raise WrongState("It cannot be.", where="Here.", why="Because.", next="Do that.")

    with pytest.raises(gr.Error) as caught:
        guarded(action, studio, SPEAK)()
    assert all(part in caught.value.message for part in ("It cannot be.", "Here.", "Because.", "Do that."))


def test_a_message_in_chinese_begins_with_what_went_wrong_in_chinese() -> None:
    error = spoken(WrongState("It cannot be."), speaker("zh"))
    assert error.message.index("当前状态下不能这样做") < error.message.index("It cannot be.")


def test_text_of_users_in_an_error_stays_text() -> None:
    message = spoken(RequestError(f"There is no column '{HOSTILE}'."), EN).message
    assert "<img" not in message
    assert "${" not in message


def test_a_mistake_of_our_own_gets_an_id_and_shows_nothing_of_itself(studio: Studio) -> None:
    def action() -> None:
        raise KeyError("secret of ours")

    with pytest.raises(gr.Error) as caught:
        guarded(action, studio, SPEAK)()
    assert "secret" not in caught.value.message
    assert "secret of ours" in (studio.settings.workspace / "errors.log").read_text(encoding="utf-8")
    assert InternalError.code


def test_a_message_that_a_panel_raises_itself_passes(studio: Studio) -> None:
    def action() -> None:
        raise gr.Error("Mine.", title="My title")

    with pytest.raises(gr.Error) as caught:
        guarded(action, studio, SPEAK)()
    assert caught.value.message == "Mine."


def test_a_generator_stays_one_and_is_closed_when_nobody_listens_any_more(studio: Studio) -> None:
    closed = []

    def action(n: int) -> Iterator[int]:
        try:
            yield from range(n)
        finally:
            closed.append(n)

    steps = guarded(action, studio, SPEAK)
    assert inspect.isgeneratorfunction(steps)
    assert list(steps(3)) == [0, 1, 2]
    going = steps(5)
    assert next(going) == 0
    going.close()
    assert closed == [3, 5]


def test_an_error_within_a_generator_becomes_a_message_too(studio: Studio) -> None:
    def action() -> Iterator[int]:
        yield 1
        raise RequestError("No further.")

    steps = guarded(action, studio, SPEAK)()
    assert next(steps) == 1
    with pytest.raises(gr.Error, match=r"No further\."):
        next(steps)


def test_a_handler_keeps_the_annotations_that_gradio_reads(studio: Studio) -> None:
    def action(value: str, request: gr.Request) -> str:
        return value

    handler = guarded(action, studio, SPEAK)
    assert get_type_hints(handler)["request"] is gr.Request
    assert list(inspect.signature(handler).parameters) == ["value", "request"]


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, ""), (-1, "0 s"), (5, "5 s"), (125, "2 min"), (7500, "2 h 5 min")]
)
def test_lengths_of_time_in_words(seconds: float | None, words: str) -> None:
    assert duration(seconds, EN) == words


@pytest.mark.parametrize(
    ("count", "words"), [(None, "–"), (12, "12 B"), (1_500, "2 kB"), (2_500_000, "2.5 MB"), (3e12, "3000.0 GB")]
)
def test_bytes_in_words(count: float | None, words: str) -> None:
    assert size(count) == words


def test_shares_in_words() -> None:
    assert (percent(0.9312), percent(None), percent(1, 0)) == ("93.1 %", "–", "100 %")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_of_a_run_has_a_badge(language: str) -> None:
    assert all(f"badge-{status}" in str(badge(status, speaker(language))) for status in Status)


def test_notices_escape_what_they_say_and_empty_states_say_the_next_step() -> None:
    assert "<img" not in str(notice(HOSTILE, HOSTILE, "warning"))
    assert "sample" in str(nothing_yet(EN, "dataset"))


def test_what_a_press_asks_for_is_text_or_nothing() -> None:
    assert asked(gr.EventData(None, {"ask": "1|2"})) == "1|2"
    assert asked(gr.EventData(None, {"ask": {"a": 1}})) == ""
    assert asked(gr.EventData(None, {})) == ""


def test_what_was_asked_about_one_thing_does_not_stay_under_another(open_page: OpenPage) -> None:
    """The answer to the first question comes when another thing is selected; the one to the second stays."""
    answers = threading.Event()

    def ask(selected: str) -> Iterator[str]:
        yield str(element("p", f"looking at {selected}"))
        answers.wait(60)
        yield str(about(selected, element("p", f"all about {selected}")))

    def application() -> FastAPI:
        with gr.Blocks() as blocks:
            selected, answer = gr.Textbox(label="Selected"), static_html(elem_id="answer")
            only_about(selected, gr.Button("Ask").click(ask, selected, answer, **ACTING), answer)
        app: FastAPI = gr.mount_gradio_app(FastAPI(), blocks, path="/")
        return app

    with hosted(application) as url:
        page = open_page(url)
        shown = page.locator("#answer")
        page.get_by_label("Selected").fill("one")
        page.get_by_role("button", name="Ask").click()
        expect(shown).to_have_text("looking at one")
        page.get_by_label("Selected").fill("two")
        answers.set()
        expect(shown).to_be_empty()
        page.get_by_role("button", name="Ask").click()
        expect(shown).to_have_text("all about two")
        page.wait_for_timeout(500)
        expect(shown).to_have_text("all about two")
