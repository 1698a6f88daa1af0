"""What is said of a dataset under its sentence: classes, splits, skipped rows, and what Read again would do.

Pure: from a dataset's record to markup.
"""

from __future__ import annotations

from collections.abc import Sequence

from studio.figures import figure
from studio.ui.markup import Html, element, joined, text
from studio.ui.panels.data_look import kind_of
from studio.ui.shared import Data, notice
from studio.ui.words import Say


def facts(dataset: Data, tagged: bool, say: Say, answering: bool = False) -> Html:
    """Classes, rows of each split, and how the splits came about."""
    splits = dataset["splits"]
    rows = [
        element("span", element("strong", f"{splits.get(split, 0):,}"), " ", say(f"data.split.{split}"))
        for split in ("train", "valid", "test")
    ]
    return element(
        "div",
        element(
            "p",
            element("strong", say("data.answers") if answering else _learned(dataset, tagged, say)),
            element("span", *_between(rows), cls="data-splits"),
            cls="data-figures",
        ),
        element("p", split_note(dataset["split_note"], say), cls="subdued"),
        skipped(dataset, say),
        cls="data-facts",
    )


def _learned(dataset: Data, tagged: bool, say: Say) -> str:
    found = dataset.get("numbers")
    if found:
        return say(
            "data.numbers", low=figure(found["low"], 6), high=figure(found["high"], 6), mean=figure(found["mean"])
        )
    if not dataset["labels"]:
        return say("data.unlabelled")
    return _classes(dataset["labels"], tagged, say)


def _classes(labels: Sequence[Data], tagged: bool, say: Say) -> str:
    if not tagged:
        return say("data.classes", count=f"{len(labels):,}")
    return say("data.kinds", count=f"{len({kind_of(label['name']) for label in labels} - {''}):,}")


def _between(parts: list[Html]) -> list[Html]:
    slash = element("span", " / ", cls="subdued")
    return [piece for part in parts for piece in (slash, part)][1:]


def split_note(note: str, say: Say) -> str:
    """How the splits came about. The core's sentences are looked up as they are; what a mend adds follows them."""
    first, mark, rest = note.partition(" Mended: ")
    shown = say.core(f"split_note.{first}", first)
    return f"{shown}{say('data.mended.rest', rest=rest)}" if mark else shown


def skipped(dataset: Data, say: Say) -> Html | None:
    """The rows that could not be used, behind their number."""
    count, listed = dataset["skipped_count"], dataset["skipped"]
    if not count:
        return None
    head = element("tr", *(element("th", say(f"data.skipped.{name}"), scope="col") for name in ("where", "why")))
    reasons = [text(say.sentences(item["why"])) for item in listed]
    body = [
        element("tr", element("td", text(item["where"])), element("td", why))
        for item, why in zip(listed, reasons, strict=True)
    ]
    more = element("p", say("data.skipped.more", count=f"{count - len(listed):,}")) if count > len(listed) else None
    caption = element("caption", say("data.skipped.caption"), cls="visually-hidden")
    table = element("table", caption, element("thead", head), element("tbody", body), cls="studio")
    return element(
        "details",
        element("summary", say("data.skipped", count=f"{count:,}")),
        element("div", table, more, cls="table-box data-scroll", tabindex=0),
        cls="data-skipped",
    )


def hint(dataset: Data, say: Say, changed: bool = False) -> Html:
    """Why Read again is or is not to be pressed."""
    if not changed:
        return element("p", say("data.again.why"), cls="subdued data-hint")
    mended = notice(say("data.again.mended"), kind="warning") if dataset["options"].get("mended") else None
    return joined(element("p", say("data.again.ready"), cls="data-hint"), mended)
