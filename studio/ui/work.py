"""Work that a page waits for: its steps as they come, its progress line, its error in place.

Knows nothing of what the work is. It runs in a thread, since it blocks; whoever stops listening ends it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from studio.boundary import explained
from studio.errors import StudioError
from studio.ui.markup import Html, element, text
from studio.ui.shared import Data, told
from studio.ui.words import Say

Report = Callable[[Data], None]
Work = Callable[[Report], Data]
_OPTION = re.compile(r"with --option \w+=\w+")


@dataclass(frozen=True)
class Done:
    """The last step of all: what the work returned."""

    value: Data


def steps(work: Work, workspace: Path) -> Generator[Data | Done, None, None]:
    """What `work(report)` reports, and at the end `Done`. Raises the StudioError that it failed with; our own mistakes
    go to the log of `workspace`.

    When the iterator is closed or the program ends, the next report raises inside the work, which ends it and the
    process behind it; closing does not wait for that.
    """
    unwanted = threading.Event()
    said: SimpleQueue[Data | Done | StudioError] = SimpleQueue()  # the last is no report

    def report(step: Data) -> None:
        if unwanted.is_set() or not threading.main_thread().is_alive():
            raise StudioError("Nobody waits for this any more.")
        said.put(step)

    def run() -> None:
        try:
            said.put(Done(explained(lambda: work(report), workspace)))
        except StudioError as error:
            said.put(error)

    threading.Thread(target=run, name="page-work").start()
    try:
        while isinstance(step := said.get(), dict):
            yield step
        if isinstance(step, StudioError):
            raise step
        yield step
    finally:
        unwanted.set()


def progress_line(step: Data, say: Say) -> Html:
    """`step` is the importer's record: phase, done, total (0 where it is not known)."""
    phase, done, total = str(step.get("phase", "")), int(step.get("done") or 0), int(step.get("total") or 0)
    shown = _phase(phase, say)
    place = {"value": done, "max": total} if total else {}
    bar = element("progress", aria_label=shown, **place)
    count = element("span", f"{done:,} / {total:,}", cls="numbers subdued") if total else None
    return element("div", bar, element("span", text(shown)), count, cls="data-progress", role="status")


def _phase(phase: str, say: Say) -> str:
    if not phase:
        return say("data.phase.start")
    if say.core(f"phase.{phase}", "") or not phase.startswith("reading "):
        return say.core(f"phase.{phase}", phase[:1].upper() + phase[1:])
    return say("data.phase.reading", name=phase.removeprefix("reading "))


def on_page(sentence: str) -> str:
    """A sentence of the core for this page: where it names an option of the command line, the page has fields."""
    return _OPTION.sub("in the fields on this page", sentence)


def problem(error: StudioError, say: Say) -> Html:
    """An error where the work was asked for; it stays until the next try."""
    first, *others = told(error, say)
    return element(
        "div",
        element("p", element("strong", text(first, 600))),
        [element("p", text(on_page(part), 600)) for part in others],
        cls="notice notice-error",
        role="alert",
    )
