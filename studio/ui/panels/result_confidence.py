"""What it is worth to let a model answer only when it is sure, as markup: one sentence and two bars per threshold.

All thresholds stand in the page; the slider shows one of them without asking the server.
"""

from __future__ import annotations

from collections.abc import Sequence

from studio.ui.markup import Html, element, joined
from studio.ui.shared import Data, percent
from studio.ui.words import Say

FIRST = 0.8


def confidence(points: Sequence[Data], spans: bool, say: Say) -> Html:
    """`points` as from `Studio.results.by_confidence`."""
    if not points:
        return joined()
    chosen = min(range(len(points)), key=lambda i: abs(points[i]["threshold"] - FIRST))
    slider = element(
        "input",
        type="range",
        id="result-threshold",
        min=0,
        max=len(points) - 1,
        step=1,
        value=chosen,
        aria_valuetext=percent(points[chosen]["threshold"], 0),
        aria_describedby="result-thresholds",
    )
    label = element("label", say("result.confidence.label"), for_="result-threshold")
    listed = [_point(place, point, place == chosen, spans, say) for place, point in enumerate(points)]
    return element(
        "section",
        element("h3", say("result.confidence")),
        element("p", say("result.confidence.help"), cls="subdued"),
        element("div", label, slider, cls="result-slider"),
        element("div", listed, id="result-thresholds", role="status"),
        cls="result-confidence",
    )


def _point(place: int, point: Data, shown: bool, spans: bool, say: Say) -> Html:
    threshold, accuracy = percent(point["threshold"], 0), point["accuracy"]
    if accuracy is None:
        sentence = say("result.confidence.none", threshold=threshold)
    else:
        key = "result.confidence.words" if spans else "result.confidence.at"
        sentence = say(key, threshold=threshold, coverage=percent(point["coverage"]), accuracy=percent(accuracy))
    bars = [
        _bar(say("result.confidence.answered"), point["coverage"]),
        _bar(say("result.confidence.right"), accuracy or 0.0),
    ]
    parts = (element("p", sentence), element("div", bars, aria_hidden="true"))
    return element("div", parts, data_threshold=place, data_words=threshold, hidden=not shown)


def _bar(name: str, share: float) -> Html:
    fill = element("i", cls="fill")
    return element("div", element("span", name), element("span", fill, cls="bar", style=f"--value:{100 * share:.1f}%"))
