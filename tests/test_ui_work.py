"""Work beside an event: its steps come as they are made, its errors stay, and it ends when nobody listens."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from studio.errors import InternalError, MissingColumn, StudioError
from studio.ui.words import speaker
from studio.ui.work import Done, on_page, problem, progress_line, steps
from tests.data_panel import HOSTILE, Elements, assert_harmless

Report = Callable[[dict[str, Any]], None]
ROOT = Path(__file__).parent.parent
SAY, CHINESE_SAY = speaker("en"), speaker("zh")


def no_thread_left() -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if not any(thread.name == "page-work" for thread in threading.enumerate()):
            return True
        time.sleep(0.01)
    return False


def test_steps_come_while_the_work_goes_on_and_its_result_last(tmp_path: Path) -> None:
    seen = threading.Event()

    def work(report: Report) -> dict[str, Any]:
        report({"phase": "one"})
        assert seen.wait(10)
        return {"dataset": "x"}

    running = steps(work, tmp_path)
    assert next(running) == {"phase": "one"}
    seen.set()
    assert list(running) == [Done({"dataset": "x"})]
    assert no_thread_left()


def test_the_error_of_the_work_is_raised_where_the_steps_are_read(tmp_path: Path) -> None:
    def work(report: Report) -> dict[str, Any]:
        report({"n": 1})
        raise MissingColumn("no column")

    reading = steps(work, tmp_path)
    assert next(reading) == {"n": 1}
    with pytest.raises(MissingColumn, match="no column"):
        next(reading)


def test_our_own_mistake_gets_an_id(tmp_path: Path) -> None:
    def work(report: Report) -> dict[str, Any]:
        return {"n": 1 / 0}

    with pytest.raises(InternalError, match="error id"):
        list(steps(work, tmp_path))
    assert "ZeroDivisionError" in (tmp_path / "errors.log").read_text()


def test_closing_ends_the_work_at_its_next_report_and_waits_for_nothing(tmp_path: Path) -> None:
    cleaned = threading.Event()

    def work(report: Report) -> dict[str, Any]:
        try:
            while True:
                report({})
                time.sleep(0.05)
        finally:
            cleaned.set()

    with closing(steps(work, tmp_path)) as reading:
        next(reading)
        began = time.monotonic()
    assert time.monotonic() - began < 0.05
    assert cleaned.wait(5)
    assert no_thread_left()
    assert not (tmp_path / "errors.log").exists()


def test_the_work_ends_with_the_program(tmp_path: Path) -> None:
    program = (
        "import time\nfrom pathlib import Path\nfrom studio.ui.work import steps\n"
        "def work(report):\n    while True:\n        report({})\n        time.sleep(0.05)\n"
        f"reading = steps(work, Path({str(tmp_path)!r}))\nnext(reading)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


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
    assert "现有的列：a, b。" in shown.words
    assert "--option" not in shown.words
    assert on_page("Nothing to change.") == "Nothing to change."
