"""How many rows each class has, and how long the texts are, as pictures made of markup.

Pure: from `choices.overview` to markup.
"""

from __future__ import annotations

from collections.abc import Sequence

from studio.figures import figure
from studio.ui.markup import Html, element, joined, text
from studio.ui.shared import Data, percent
from studio.ui.words import Say

MOST = 30  # classes shown at first
LISTED = 500  # classes shown at all: a browser gets slow with ten thousand
SPLITS = ("train", "valid", "test")
_WIDTH, _HEIGHT = 480, 120  # of the drawing of lengths, in its own units


def counts(labels: Sequence[Data], tagged: bool, say: Say) -> Html:
    """Classes as bars, largest first. Where words are tagged, "O" (no entity) is told apart: it would hide the rest."""
    named = [label for label in labels if not (tagged and label["name"] == "O")]
    outside = sum(_total(label) for label in labels if tagged and label["name"] == "O")
    ordered = sorted(named, key=lambda label: -_total(label))
    longest = max((_total(label) for label in ordered), default=0)
    rows = [_row(label, longest, say) for label in ordered[:LISTED]]
    left = len(ordered) - len(rows)
    note = element("p", say("data.counts.outside", count=f"{outside:,}"), cls="subdued data-note") if outside else None
    rest = None
    if len(rows) > MOST:
        rest = element(
            "details",
            element("summary", say("data.counts.largest" if left else "data.counts.all", count=f"{len(rows):,}")),
            _table(rows[MOST:], say),
            element("p", say("data.counts.left", count=f"{left:,}"), cls="subdued data-note") if left else None,
            id="data-more-classes",
        )
    if not labels:
        return joined()
    heading = say("data.counts.words") if tagged else say("data.counts")
    return element("section", element("h3", heading), _table(rows[:MOST], say), rest, note)


def _total(label: Data) -> int:
    return sum(int(label[split]) for split in SPLITS)


def _table(rows: Sequence[Html], say: Say) -> Html:
    heads = [
        element("th", say("data.counts.class"), scope="col"),
        element("th", say("data.counts.all_rows"), scope="col"),
    ]
    heads += [element("th", say(f"data.split.{split}.short"), scope="col", cls="number") for split in SPLITS]
    caption = element("caption", say("data.counts.caption"), cls="visually-hidden")
    table = element("table", caption, element("thead", element("tr", heads)), element("tbody", rows), cls="studio")
    return element("div", table, cls="table-box data-counts")


def _row(label: Data, longest: int, say: Say) -> Html:
    total = _total(label)
    parts = [f"{say(f'data.split.{split}.short')} {label[split]:,}" for split in SPLITS]
    share = total / longest if longest else 0.0
    bar = element("span", cls="data-bar", style=f"width:calc((100% - 3.2rem) * {share:.3f})")
    return element(
        "tr",
        element("th", text(label["name"], 80), scope="row"),
        element("td", element("div", bar, element("span", f"{total:,}"), cls="data-bar-cell", title=", ".join(parts))),
        [element("td", f"{label[split]:,}", cls="number") for split in SPLITS],
    )


def numbers(found: Data, say: Say) -> Html:
    """A histogram of the numbers that are learned."""
    bins, edges = found["counts"], found["edges"]
    highest, step = max(bins) or 1, _WIDTH / max(1, len(bins))
    bars = [
        _bar(
            (place * step, step),
            max(1.0, _HEIGHT * count / highest) if count else 0.0,
            "data-bin",
            f"{figure(edges[place])} – {figure(edges[place + 1])}: {count:,}",
        )
        for place, count in enumerate(bins)
    ]
    ends = [(0.0, "start", figure(edges[0], 4)), (float(_WIDTH), "end", figure(edges[-1], 4))]
    told = say("data.numbers.histogram", low=ends[0][2], high=ends[1][2])
    return element("section", element("h3", say("data.numbers.title")), _drawing(bars, ends, told))


def answers(found: Sequence[Data], say: Say) -> Html:
    """How many questions have an answer in their text, and how many have none."""
    return counts([entry | {"name": say(f"data.answers.{entry['name']}")} for entry in found], False, say)


def lengths(found: Data | None, say: Say) -> Html:
    """A histogram of text lengths with what would be cut off; nothing for images."""
    if not found:
        return joined()
    unit = say(f"data.unit.{found['unit']}")
    limit, share = found["cut"]["limit"], found["cut"]["share"]
    if share:
        shown = "<1 %" if share < 0.005 else percent(share, 0)
        key = "data.lengths.windows" if found.get("windowed") else "data.lengths.cut"
        cut = say(key, share=shown, limit=f"{limit:,}", unit=unit)
    else:
        cut = say("data.lengths.whole", limit=f"{limit:,}", unit=unit)
    named = {"median": f"{found['median']:,.0f}", "p99": f"{found['p99']:,}", "longest": f"{found['longest']:,}"}
    figures = say("data.lengths.figures", unit=unit, **named)
    return element(
        "section",
        element("h3", say("data.lengths", unit=unit)),
        _histogram(found, f"{figures} {cut}"),
        element("p", element("strong", cut)),
        element("p", figures, cls="subdued"),
        cls="data-lengths",
    )


def _histogram(found: Data, described: str) -> Html:
    """Bars of the bins; the last one reaches to the longest text and is drawn as wide as the others."""
    bins, highest = found["counts"], max(found["counts"]) or 1
    step = _WIDTH / max(1, len(bins))
    limit, edges = found["cut"]["limit"], found["edges"]
    bars = []
    for place, count in enumerate(bins):
        height = max(1.0, _HEIGHT * count / highest) if count else 0.0
        cls = "data-bin beyond" if edges[place] + edges[place + 1] - 1 > 2 * limit else "data-bin"
        bars.append(_bar((place * step, step), height, cls, f"{edges[place]:,} – {edges[place + 1] - 1:,}: {count:,}"))
    last = len(bins) - 1
    middle = edges[-2] if last > 0 else edges[-1]
    marks = [(0.0, "start", f"{edges[0]:,}"), (last * step, "end", f"{middle:,}")]
    return _drawing(bars, marks, described)


def _drawing(bars: Sequence[Html], marks: Sequence[tuple[float, str, str]], described: str) -> Html:
    texts = [
        element("text", shown, x=f"{x:.1f}", y=_HEIGHT + 16, text_anchor=anchor, cls="data-axis")
        for x, anchor, shown in marks
    ]
    box = f"0 0 {_WIDTH} {_HEIGHT + 20}"
    return element("svg", bars, texts, viewBox=box, role="img", aria_label=described, cls="data-histogram")


def _bar(across: tuple[float, float], height: float, cls: str, title: str) -> Html:
    left, width = across
    shape = {"x": f"{left + 1:.1f}", "width": f"{max(1.0, width - 2):.1f}"}
    up = {"y": f"{_HEIGHT - height:.1f}", "height": f"{height:.1f}"}
    return element("rect", element("title", title), cls=cls, **shape, **up)
