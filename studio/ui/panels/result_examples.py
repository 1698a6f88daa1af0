"""Held-out rows as markup: texts, images or tagged words with what is true and what the model said, page by page.

Also which rows are wanted, as a press says it: `sure@0`, `cell:3:5@20`, ... with the first row after the `@`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studio.errors import RequestError
from studio.ui.markup import Html, element, joined, text
from studio.ui.panels import result_excerpts as excerpts
from studio.ui.panels import result_guesses as guesses
from studio.ui.panels import result_numbers as numbers
from studio.ui.panels.result_score import certainty
from studio.ui.panels.result_spans import tagged
from studio.ui.shared import Data
from studio.ui.words import Say

PAGE = 20
LISTS = ("sure", "wrong", "all")
NUMBER_LISTS = ("sure", "all")  # of numbers, where nothing is simply wrong: the largest errors stand for "sure"
TEXTS = ("text", "text_b", "question", "context")  # of a row, in their order
SHORT, LONG = 260, 6000  # characters of a text: at first, and unfolded
_MET: dict[str, tuple[tuple[str, ...], bool | None]] = {  # what is asked of rows that may have several labels
    "hit": (("true", "predicted"), None),
    "missed": (("true",), True),
    "extra": (("predicted",), True),
}
_ASK = re.compile(
    r"(?P<name>sure|wrong|all|class:(?P<class>\d{1,6})|cell:(?P<true>\d{1,6}):(?P<guess>\d{1,6})"
    r"|met:(?P<label>\d{1,6}):(?P<met>hit|missed|extra))@(?P<start>\d{1,9})"
)


@dataclass(frozen=True)
class Wanted:
    """Which rows: `name` as it was asked for, how `Studio.results.examples` is asked, and a title in words."""

    name: str
    choice: Data
    title: str
    start: int = 0
    lists: Sequence[str] = LISTS


def wanted(ask: str, summary: Data, say: Say) -> Wanted:
    """The rows that a press asks for. Raises RequestError for what the run does not have (any more)."""
    found = _ASK.fullmatch(ask)
    if found is None:
        raise _unknown()
    name, start = found["name"], int(found["start"])
    try:
        if found["class"] is not None:
            true = summary["classes"][int(found["class"])]["name"]
            title = "result.of.kind" if summary["answer"] == "spans" else "result.of.class"
            return Wanted(name, {"true": true, "order": "score"}, say(title, true=true), start)
        if found["true"] is not None:
            true, guess = (summary["confusion"]["labels"][int(found[part])] for part in ("true", "guess"))
            title = say("result.of.cell", true=true, predicted=guess)
            return Wanted(name, {"true": true, "predicted": guess, "order": "score"}, title, start)
        if found["met"] is not None:
            label, (roles, wrong) = summary["classes"][int(found["label"])]["name"], _MET[found["met"]]
            choice = {**dict.fromkeys(roles, label), "wrong": wrong, "order": "score"}
            return Wanted(name, choice, say(f"result.of.{found['met']}", label=label), start)
    except (IndexError, KeyError):
        raise _unknown() from None
    lists = NUMBER_LISTS if summary["answer"] == "number" else LISTS
    return Wanted(name, _LISTED[name], say(_list_key(name, lists)), start, lists)


def _list_key(name: str, lists: Sequence[str]) -> str:
    return "result.largest" if name == "sure" and lists == NUMBER_LISTS else f"result.{name}"


_LISTED: dict[str, dict[str, Any]] = {
    "sure": {"wrong": True, "order": "score"},
    "wrong": {"wrong": True, "order": "place"},
    "all": {"order": "place"},
}


def _unknown() -> RequestError:
    return RequestError("The result has no such rows.", next="Load the page again.")


@dataclass(frozen=True)
class Context:
    """What rows are shown with: the id of the dataset under which images are found, and all kinds of entities."""

    dataset: str
    kinds: Sequence[str] = ()


def listing(asked: Wanted, found: Data, context: Context, say: Say) -> Html:
    """The rows, with buttons for other lists and pages."""
    items = found["items"]
    if not items:
        shown = element("p", say("result.no.mistakes" if asked.name in ("sure", "wrong") else "result.no.examples"))
    elif "image" in items[0]:
        shown = element("ul", [_picture(item, context.dataset, say) for item in items], cls="result-wall")
    else:
        shown = element(
            "ol", [_row(item, context.kinds, say) for item in items], cls="result-rows", start=asked.start + 1
        )
    title = element(
        "h3", say("result.examples"), element("span", " · ", text(asked.title, 160)), id="result-shown", tabindex=-1
    )
    return element("section", title, _lists(asked, found["total"], say), shown, _pages(asked, found["total"], say))


def _lists(asked: Wanted, total: int, say: Say) -> Html:
    buttons = [
        element(
            "button",
            say(_list_key(name, asked.lists)),
            type="button",
            cls="link-button",
            data_ask=f"{name}@0",
            aria_pressed="true" if name == asked.name else "false",
        )
        for name in asked.lists
    ]
    count = say("result.found.one") if total == 1 else say("result.found", count=f"{total:,}")
    return element("div", buttons, element("span", count, cls="subdued", role="status"), cls="result-lists")


def _pages(asked: Wanted, total: int, say: Say) -> Html:
    if total <= PAGE:
        return joined()
    last = min(total, asked.start + PAGE)
    place = say("result.page", first=f"{min(asked.start + 1, total):,}", last=f"{last:,}", total=f"{total:,}")
    back = _turn(say("result.back"), asked, asked.start - PAGE if asked.start else None)
    on = _turn(say("result.on"), asked, asked.start + PAGE if last < total else None)
    return element("div", back, element("span", place, cls="numbers"), on, cls="result-pages")


def _turn(words: str, asked: Wanted, start: int | None) -> Html:
    if start is None:
        return element("button", words, type="button", cls="link-button", disabled=True)
    return element("button", words, type="button", cls="link-button", data_ask=f"{asked.name}@{max(0, start)}")


def _row(item: Data, kinds: Sequence[str], say: Say) -> Html:
    if "tags" in item:
        return element("li", _taggings(item, kinds, say))
    if "answer" in item:
        return element("li", excerpts.compared(item, say), _source(item))
    if "guesses" in item:
        return element("li", guesses.compared(item, say), _source(item))
    shown = [whole_text(item[role], say) for role in TEXTS if role in item] or _gone(say)
    said = numbers.compared(item, say) if "number" in item else chips(item, say)
    return element("li", shown, element("p", said, _source(item), cls="result-said"))


def whole_text(value: str, say: Say) -> Html:
    """A text; a long one can be unfolded."""
    if len(value) <= SHORT:
        return element("p", text(value, None), cls="result-text")
    return element(
        "details",
        element("summary", text(value, SHORT)),
        element("p", text(value, LONG), cls="result-text", aria_label=say("result.whole")),
        cls="result-text",
    )


def _gone(say: Say) -> Html:
    return element("p", say("result.gone"), cls="subdued")


def _source(item: Data) -> Html | None:
    return element("span", text(item["line"], 80), cls="result-line subdued") if item.get("line") else None


def chips(item: Data, say: Say) -> Html:
    """What is true and what the model said, and how sure it was."""
    if "labels" in item:
        return _several(item, say)
    right = item["target"] == item["label"]
    said = chip(item["label"], say("result.both" if right else "result.said"), "right" if right else "wrong")
    true = None if right else chip(item["target"], say("result.true"), "plain")
    sure = element("span", say("result.sure.of", share=certainty(item["score"])), cls="subdued numbers")
    return joined(true, said, sure)


def _several(item: Data, say: Say) -> Html:
    """Labels that are right, that are missing, and that are too many."""
    true, said = item["target"], item["labels"]
    right = [chip(label, say("result.both"), "right") for label in said if label in true]
    missed = [chip(label, say("result.labels.missed"), "plain") for label in true if label not in said]
    extra = [chip(label, say("result.labels.extra"), "wrong") for label in said if label not in true]
    return joined(right, missed, extra) if true or said else element("span", say("result.labels.without"))


def target_of(item: Data) -> str:
    """What is true of a row, as one line."""
    target = item["target"]
    return (", ".join(map(str, target)) if isinstance(target, list) else str(target))[:80]


def chip(label: object, what: str, kind: str) -> Html:
    return element("span", element("small", what), text(label, 60), cls=f"chip chip-{kind}", title=str(label)[:300])


def _picture(item: Data, dataset: str, say: Say) -> Html:
    told = say("result.picture", index=item["image"], label=target_of(item))
    image = element("img", src=picture(dataset, item["image"]), alt=told, loading="lazy", width=128, height=128)
    return element("li", element("figure", image, element("figcaption", chips(item, say))), title=_line(item))


def _line(item: Data) -> str | None:
    return str(item["line"])[:200] if item.get("line") else None


def picture(dataset: str, index: int, side: int = 128) -> str:
    """The address of a stored image."""
    return f"image/{dataset}/{index}.png?side={side}"


def _taggings(item: Data, kinds: Sequence[str], say: Say) -> Html:
    tokens = item.get("tokens")
    if tokens is None:
        return _gone(say)
    kept: Sequence[str] = item["tags"]
    sure = element("span", say("result.sure.of", share=certainty(item["score"])), cls="subdued numbers")
    if list(item["target"]) == list(kept):
        told = element("p", sure, _source(item), cls="result-said")
        return joined(tagged(tokens, kept, say("result.both"), kinds, say), told)
    rest = say("result.unread", count=item["unread"]) if item.get("unread") else None
    return joined(
        tagged(tokens, item["target"], say("result.true"), kinds, say),
        tagged(tokens, kept, say("result.said"), kinds, say),
        element("p", sure, element("span", rest, cls="subdued") if rest else None, _source(item), cls="result-said"),
    )
