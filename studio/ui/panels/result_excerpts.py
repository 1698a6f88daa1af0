"""Answers that are pieces of a text, as markup: marked where they stand, beside the right ones, with the next best.

Questions, texts and answers are users' texts. Places are counted in characters of the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from studio.ui.markup import Html, element, joined, text
from studio.ui.panels.result_score import certainty
from studio.ui.shared import Data
from studio.ui.words import Say

AROUND = 400  # characters that are shown before and after what is marked
_ANSWER = 80  # characters of an answer

Place = tuple[int, int]


def marked(context: str, said: Sequence[Place], right: Sequence[Place]) -> Html:
    """The text around what is marked: what the model said, what is right, and what is both."""
    spans = [place for place in (*said, *right) if 0 <= place[0] < place[1] <= len(context)]
    begin = max(0, min((start for start, _ in spans), default=0) - AROUND)
    end = min(len(context), max((end for _, end in spans), default=AROUND) + AROUND)
    edges = sorted({begin, end, *(edge for place in spans for edge in place)})
    shown = [_piece(context, (start, stop), said, right) for start, stop in pairwise(edges)]
    before, after = ("… " if begin else ""), (" …" if end < len(context) else "")
    return element("p", before, shown, after, cls="result-context")


def _piece(context: str, place: Place, said: Sequence[Place], right: Sequence[Place]) -> Html:
    kinds = [
        name
        for name, places in (("said", said), ("right", right))
        if any(start <= place[0] and place[1] <= end for start, end in places)
    ]
    shown = text(context[place[0] : place[1]], None)
    return element("mark", shown, cls=f"excerpt-{'-'.join(kinds)}") if kinds else shown


def answer(found: Data, say: Say) -> Html:
    """One answer in its text, how sure it is, and the next best ones."""
    best = element("strong", _words(found, say))
    sure = element("span", say("result.sure.of", share=certainty(found["score"])), cls="subdued numbers")
    others = [
        element(
            "li", element("span", _words(entry, say)), " ", element("span", certainty(entry["score"]), cls="numbers")
        )
        for entry in found.get("top", [])[1:]
    ]
    rest = joined(element("p", say("result.excerpt.next"), cls="subdued"), element("ol", others, start=2))
    context = marked(str(found["context"]), _place(found), ()) if found.get("context") else None
    return joined(element("p", best, sure, cls="result-said"), context, rest if others else None)


def compared(item: Data, say: Say) -> Html:
    """A held-out question with the answer and the right ones, marked in the text where that is still there."""
    asked = (
        element("p", element("strong", text(item["question"], 600)), cls="result-text") if "question" in item else None
    )
    right = [(int(start), int(end)) for start, end in item.get("places", ())]
    shown = marked(str(item["context"]), _place(item), right) if "context" in item else None
    good = float(item.get("exact", 0)) == 1
    said = _chip(_words(item, say), say("result.both" if good else "result.said"), "right" if good else "wrong")
    wanted = item["target"] or [say("result.excerpt.none")]
    true = [] if good else [_chip(text(one, _ANSWER), say("result.true"), "plain") for one in wanted[:4]]
    sure = element("span", say("result.sure.of", share=certainty(item["score"])), cls="subdued numbers")
    return joined(asked, shown, element("p", true, said, sure, cls="result-said"))


def _place(found: Data) -> list[Place]:
    return [] if found.get("start") is None else [(int(found["start"]), int(found["end"]))]


def _words(found: Data, say: Say) -> Html:
    """An answer, or that there is none."""
    return text(found["answer"], _ANSWER) if found["answer"] else joined(say("result.excerpt.none"))


def _chip(shown: Html, what: str, kind: str) -> Html:
    return element("span", element("small", what), shown, cls=f"chip chip-{kind}")
