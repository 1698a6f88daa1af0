"""Answers that are any number of labels, as markup: bars with the threshold of each, and the counts of each label.

Labels are users' texts. Pure functions from plain data of `Studio.results` to markup.
"""

from __future__ import annotations

from studio.ui.markup import Html, element, joined, text
from studio.ui.panels.result_examples import chip
from studio.ui.panels.result_score import certainty, table
from studio.ui.shared import Data, percent
from studio.ui.words import Say

MOST = 500  # labels with their counts
_COUNTS = ("hit", "missed", "extra")  # that open the rows they count; the rest is only told


def answer(found: Data, say: Say) -> Html:
    """The labels of one answer, and how probable each is beside its threshold."""
    said = [chip(label, say("result.try.answer"), "said") for label in found["labels"]]
    shown = said or element("span", say("result.labels.none"), cls="subdued")
    bars = [_bar(entry, entry["label"] in found["labels"], say) for entry in found.get("top", [])]
    note = element("p", say("result.labels.mark"), cls="subdued") if bars else None
    listed = element("ul", bars, cls="result-bars", aria_label=say("result.try.bars"))
    return joined(element("p", shown, cls="result-said"), listed, note)


def _bar(entry: Data, said: bool, say: Say) -> Html:
    style = f"--value:{100 * entry['score']:.2f}%;--cut:{100 * entry['threshold']:.2f}%"
    drawn = element(
        "span", element("i", cls="fill"), element("i", cls="cut"), cls="bar", style=style, aria_hidden="true"
    )
    name = element("span", text(entry["label"], 60), cls="name", title=str(entry["label"])[:300])
    told = say("result.labels.from", threshold=percent(entry["threshold"]))
    figure = element("span", certainty(entry["score"]), " ", element("small", told, cls="subdued"), cls="figure")
    return element("li", name, drawn, figure, cls="said" if said else "unsaid")


def counts(summary: Data, say: Say) -> Html:
    """For each label how many rows were given it rightly, lack it, were given it wrongly, and were rightly left
    without. There is no confusion of labels that do not exclude each other."""
    classes = [(place, entry) for place, entry in enumerate(summary["classes"]) if "hit" in entry]
    if not classes:
        return joined()
    names = ("name", *_COUNTS, "left")
    head = [
        element("th", say(f"result.counts.{name}"), scope="col", cls=None if name == "name" else "number")
        for name in names
    ]
    rows = [_counted(place, entry, say) for place, entry in classes[:MOST]]
    body = table(say("result.counts.caption"), [element("tr", head)], rows, cls="result-counts")
    return element("section", element("h3", say("result.counts")), body)


def _counted(place: int, entry: Data, say: Say) -> Html:
    cells = [element("td", _count(place, entry, name, say), cls="number") for name in _COUNTS]
    name = element("th", text(entry["name"], 60), scope="row", title=str(entry["name"])[:300])
    return element("tr", name, cells, element("td", f"{entry['left']:,}", cls="number"))


def _count(place: int, entry: Data, name: str, say: Say) -> Html:
    shown = f"{entry[name]:,}"
    if not entry[name]:
        return joined(shown)
    told = say(f"result.of.{name}", label=str(entry["name"])[:80])
    asked = {"data_ask": f"met:{place}:{name}@0", "title": told, "aria_label": f"{shown}: {told}"}
    return element("button", shown, type="button", cls="open", **asked)
