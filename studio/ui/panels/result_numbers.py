"""Numbers that a model says beside the true ones, as markup: a drawing of both, one answer, one row's truth and answer.

Pure functions from plain data of `Studio.results` to markup.
"""

from __future__ import annotations

from studio.figures import figure
from studio.ui.markup import Html, element, joined
from studio.ui.shared import Data
from studio.ui.words import Say

_SIDE, _LEFT, _FOOT = 320, 44, 24  # of the drawing, in its own units


def scatter(summary: Data, say: Say) -> Html:
    """Each held-out row as a point: right of it what is true, above it what the model said. On the line both agree."""
    points = summary.get("points")
    if not points:
        return joined()
    values = [float(value) for point in points for value in point]
    low, high = min(values), max(values)
    span = high - low or 1.0

    def at(value: float) -> float:
        return _SIDE * (value - low) / span

    dots = " ".join(f"M{_LEFT + at(true):.1f} {_SIDE - at(said):.1f}h0" for true, said in points)
    drawn = (
        element("line", x1=_LEFT, y1=_SIDE, x2=_LEFT + _SIDE, y2=0, cls="result-agree"),
        element("path", d=dots, cls="result-dots"),
        _mark(_LEFT, _SIDE + 17, "start", low),
        _mark(_LEFT + _SIDE, _SIDE + 17, "end", high),
        _mark(_LEFT - 6, _SIDE, "end", low),
        _mark(_LEFT - 6, 12, "end", high),
    )
    told = say("result.scatter.told", count=f"{len(points):,}", low=figure(low), high=figure(high))
    box = f"0 0 {_LEFT + _SIDE + 4} {_SIDE + _FOOT}"
    return element(
        "section",
        element("h3", say("result.scatter")),
        element("p", say("result.scatter.caption"), cls="subdued"),
        element("svg", drawn, viewBox=box, role="img", aria_label=told, cls="result-scatter"),
    )


def _mark(x: float, y: float, anchor: str, value: float) -> Html:
    return element("text", figure(value), x=x, y=y, text_anchor=anchor, cls="data-axis")


def answer(found: Data, say: Say) -> Html:
    """One answer with the typical error of such answers, where that is known."""
    typical = found.get("typical")
    error = say("result.number.error", error=figure(typical)) if typical is not None else None
    said = element("strong", figure(found["number"], 4), cls="numbers big-number")
    return joined(element("p", said), element("p", error, cls="subdued") if error else None)


def compared(item: Data, say: Say) -> Html:
    """The truth and the answer of a held-out row, and the difference."""
    off = ("+" if item["off"] > 0 else "") + figure(item["off"])
    return joined(
        element("span", element("small", say("result.true")), figure(item["target"], 4), cls="chip chip-plain numbers"),
        element("span", element("small", say("result.said")), figure(item["number"], 4), cls="chip chip-said numbers"),
        element("span", say("result.off", off=off), cls="subdued numbers"),
    )
