"""What makes no sense is answered as the sender's mistake, and no address fails, whatever is asked of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest

from studio.api import Studio
from tests.torture import asking
from tests.web import Site, running, settings

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(settings(tmp_path_factory.mktemp("all") / "w")) as found:
        yield found


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("run/nothing", '{"data": []}'),
        ("run/ask", '{"data": [NaN], "fn_index": 1e400}'),
        ("call/nothing", '{"data": [1]}'),
        ("call/v2/ask", '{"data": {"x": 1}}'),
        ("call/v2/nothing", "{}"),
    ],
)
def test_a_call_that_makes_no_sense_is_the_callers_mistake(site: Site, path: str, body: str) -> None:
    answer = site.ask(f"/gradio_api/{path}", "POST", body.encode(), JSON)
    assert 400 <= answer.status < 500
    assert "Traceback" not in answer.text


def test_a_handler_that_refuses_is_no_failure_of_the_server(tmp_path: Path) -> None:
    def refusing(_: Studio, language: str) -> gr.Blocks:
        blocks: gr.Blocks
        with gr.Blocks(analytics_enabled=False) as blocks:

            def refuse(word: str) -> str:
                raise gr.Error(f"no {word}", print_exception=False)

            gr.Button("ask").click(refuse, gr.Textbox(), gr.Textbox(), api_name="ask")
        return blocks

    with running(settings(tmp_path), page=refusing) as site:
        answer = site.ask("/gradio_api/run/ask", "POST", b'{"data": ["way"]}', JSON)
    assert (answer.status, json.loads(answer.body)["error"]) == (422, "no way")


def test_no_address_fails_or_tells_of_our_inside_whatever_is_asked(site: Site) -> None:
    target = asking.Target(site.port, site.studio.settings.workspace, asking.addresses())
    answers = asking.ask_all(target, 600, seed=1)
    assert answers.wrong == []
    assert {200, 400, 403, 404, 405, 422} <= set(answers.statuses)
    assert asking.alive(target)


def test_the_questions_notice_what_they_look_for(site: Site) -> None:
    target = asking.Target(site.port, site.studio.settings.workspace, ())
    question = asking.Question("GET", "/x")
    head = b"HTTP/1.1 200 OK\r\n"
    for status, content in (
        (500, head + b"\r\n"),
        (0, b""),
        (200, head + b"\r\n" + asking.CANARY),
        (200, head + b"\r\nTraceback (most recent call last)"),
        (200, head + f"\r\n{target.workspace}".encode()),
        (200, head + b"Access-Control-Allow-Origin: *\r\n\r\n"),
    ):
        assert list(asking.complaints(target, question, status, content))
    assert not list(asking.complaints(target, question, 404, head + b"\r\nThere is nothing."))
