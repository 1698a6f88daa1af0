"""What happened to a run, and what its worker wrote: the end of its log as text, never as markup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from studio.ui.markup import Html, element, text
from studio.ui.shared import Data, duration
from studio.ui.words import WORDS, Say

LINES = 200
BYTES = 60_000  # of the log that are looked at
_LONGEST = 4000  # characters of one line


def history(timeline: Sequence[Data], say: Say) -> Html:
    """The events in order with the time since the run was made; checkpoints in a row are one entry."""
    items = [
        element(
            "li",
            element("span", f"+{duration(seconds, say)}", cls="numbers subdued"),
            element("span", text(words, 600)),
        )
        for seconds, words in _entries(timeline, say)
    ]
    return element("section", element("h3", say("live.history")), element("ol", items, cls="live-history"))


def _entries(timeline: Sequence[Data], say: Say) -> Iterator[tuple[float, str]]:
    saved: list[Data] = []
    for event in [*timeline, None]:
        if event is not None and event["event"] == "saved":
            saved.append(event)
            continue
        if saved:
            key = "live.event.saved" if len(saved) == 1 else "live.event.saves"
            yield saved[-1]["seconds"], say(key, count=len(saved), step=f"{saved[-1]['step']:,}")
            saved = []
        if event is not None:
            yield event["seconds"], _words(event, say)


def _words(event: Data, say: Say) -> str:
    name = str(event["event"])
    step = f"{event.get('step', 0):,}"
    match name:
        case "started" if event.get("step"):
            return say("live.event.resumed", step=step)
        case "stopped" if not event.get("kept"):
            return say("live.event.dropped")
        case "failed":
            return say("live.event.failed", message=say.sentences(str((event.get("error") or {}).get("what", ""))))
        case "warned":
            return say("live.event.warned", message=say.sentences(str(event.get("message", ""))))
        case "evaluating":
            return say("live.event.evaluating", step=step)
        case _ if f"live.event.{name}" in WORDS:
            return say(f"live.event.{name}")
        case _:
            return say("live.event.other", event=name)


def log(run: str, content: str, say: Say) -> Html:
    """The last lines of a log, and where all of it can be had."""
    lines = content.splitlines()[-LINES:]
    if not lines:
        return _section(say, element("p", say("live.log.none"), cls="subdued"))
    shown = "\n".join(line[:_LONGEST] for line in lines)
    return _section(
        say,
        element("p", say("live.log.last", lines=len(lines)), cls="subdued"),
        element(
            "div",
            element("pre", text(shown, None)),
            cls="live-log",
            tabindex=0,
            role="region",
            aria_label=say("live.log.title"),
        ),
        element("p", element("a", say("live.log.download"), href=f"download/{run}/log.txt", download=True)),
    )


def _section(say: Say, *content: Html) -> Html:
    return element("section", element("h3", say("live.log.title")), content)
