"""Long work as a generator: its steps, its result, its failure, and an end at any time."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.errors import InternalError, RequestError
from studio.ui.panels.train_measure import steps

Report = Callable[[dict[str, Any]], None]
ROOT = Path(__file__).parent.parent


def collected(work: Callable[[Report], Any], workspace: Path) -> tuple[list[Any], Any]:
    told: list[Any] = []

    def outer() -> Any:
        result = yield from steps(work, workspace)
        told.append(("result", result))

    return list(outer()), told[0][1]


def no_thread_left() -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if not any(thread.name == "measuring" for thread in threading.enumerate()):
            return True
        time.sleep(0.01)
    return False


def test_steps_come_one_by_one_and_then_the_result(tmp_path: Path) -> None:
    def work(report: Report) -> str:
        report({"n": 1})
        report({"n": 2})
        return "done"

    assert collected(work, tmp_path) == ([{"n": 1}, {"n": 2}], "done")
    assert no_thread_left()


def test_a_failure_is_raised_where_the_steps_are_read(tmp_path: Path) -> None:
    def work(report: Report) -> None:
        report({"n": 1})
        raise RequestError("Not like this.")

    with pytest.raises(RequestError, match="Not like this"):
        collected(work, tmp_path)


def test_our_own_mistake_gets_an_id(tmp_path: Path) -> None:
    def work(report: Report) -> float:
        return 1 / 0

    with pytest.raises(InternalError, match="error id"):
        collected(work, tmp_path)
    assert "ZeroDivisionError" in (tmp_path / "errors.log").read_text()


def test_closing_ends_the_work_at_its_next_report_and_waits_for_nothing(tmp_path: Path) -> None:
    cleaned = threading.Event()

    def work(report: Report) -> None:
        try:
            while True:
                report({})
                time.sleep(0.05)
        finally:
            cleaned.set()

    reading = steps(work, tmp_path)
    next(reading)
    began = time.monotonic()
    reading.close()
    assert time.monotonic() - began < 0.05
    assert cleaned.wait(5)
    assert no_thread_left()
    assert not (tmp_path / "errors.log").exists()


def test_the_work_ends_with_the_program(tmp_path: Path) -> None:
    program = (
        "import time\nfrom pathlib import Path\nfrom studio.ui.panels.train_measure import steps\n"
        "def work(report):\n    while True:\n        report({})\n        time.sleep(0.05)\n"
        f"reading = steps(work, Path({str(tmp_path)!r}))\nnext(reading)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=60, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
