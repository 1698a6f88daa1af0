"""Work beside an event: its steps come as they are made, its errors stay, and it ends when nobody listens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest

from studio.errors import MissingColumn, StudioError
from studio.ui.panels.data_work import Done, on_page, problem, progress_line, steps
from studio.ui.words import speaker
from tests.data_panel import HOSTILE, Elements, assert_harmless

SAY, CHINESE_SAY = speaker("en"), speaker("zh")


def test_steps_come_while_the_work_goes_on_and_its_result_last() -> None:
    seen = threading.Event()

    def work(report: Callable[[Any], None]) -> dict[str, Any]:
        report({"phase": "one"})
        assert seen.wait(10)
        return {"dataset": "x"}

    running = steps(work)
    assert next(running) == {"phase": "one"}
    seen.set()
    assert list(running) == [Done({"dataset": "x"})]


def test_the_error_of_the_work_is_raised() -> None:
    def work(report: Callable[[Any], None]) -> dict[str, Any]:
        raise MissingColumn("no column")

    with pytest.raises(MissingColumn, match="no column"):
        list(steps(work))


def test_the_work_ends_when_nobody_listens_any_more() -> None:
    ended = threading.Event()

    def work(report: Callable[[Any], None]) -> dict[str, Any]:
        try:
            while True:
                report({})
                time.sleep(0.01)
        except StudioError:
            ended.set()
            raise

    with closing(steps(work)) as running:
        next(running)
    assert ended.wait(10)


def test_a_phase_is_told_in_the_language_of_the_page_with_its_progress() -> None:
    half = {"phase": "decoding images", "done": 900, "total": 1797}
    assert "Decoding images900 / 1,797" in Elements(progress_line(half, SAY)).words
    assert "正在解码图像" in Elements(progress_line(half, CHINESE_SAY)).words
    assert Elements(progress_line({"phase": "reading a.csv"}, CHINESE_SAY)).words == "正在读取 a.csv"
    assert Elements(progress_line({"phase": "reading the dataset"}, SAY)).words == "Reading the dataset"
    assert "value" not in dict(Elements(progress_line({}, SAY)).attributes)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_file_names_and_errors_are_shown_as_text(text: str) -> None:
    assert_harmless(progress_line({"phase": f"reading {text}"}, SAY))
    assert_harmless(problem(StudioError(text, where=text, why=text, next=text), SAY))


def test_an_error_says_everything_and_what_to_do_on_this_page() -> None:
    error = MissingColumn("No label.", why="Columns: a, b.", next="Name it with --option label=COLUMN, if it is there.")
    shown = Elements(problem(error, CHINESE_SAY))
    assert shown.values("role") == ["alert"]
    assert "缺少任务需要的列。" in shown.words
    assert "Columns: a, b." in shown.words
    assert "--option" not in shown.words
    assert on_page("Nothing to change.") == "Nothing to change."
