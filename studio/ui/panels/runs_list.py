"""The list of runs as markup: one line each with status, score and a small curve. Data in, markup out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from studio.figures import figure
from studio.ui.markup import Html, element, joined, text
from studio.ui.panels.live_follow import model_name
from studio.ui.shared import Data, badge, duration, notice, status_word
from studio.ui.words import Say

PAGE = 50  # runs shown at once
PICK = "pick:"
MORE = "more"
WIDTH, HEIGHT, INSET = 120, 28, 3  # of a small curve, in its own units
LOSS = "Loss/"


@dataclass(frozen=True)
class Entry:
    """A run as the list shows it; `values` is its small curve, named by `tag`; `place` and `starts_in` are of one that
    waits."""

    run: Data
    dataset: str
    method: str
    seconds: float = 0.0
    tag: str = ""
    values: Sequence[float] = field(default_factory=tuple)
    place: int = 0
    starts_in: float | None = None


def matching(entries: Iterable[Data], wanted: str, names: Mapping[str, str], say: Say) -> list[Data]:
    """The runs in which every word of the search is found; `names` are those of the datasets."""
    words = wanted.casefold().split()
    return [run for run in entries if all(word in _searched(run, names, say) for word in words)]


def _searched(run: Data, names: Mapping[str, str], say: Say) -> str:
    method = say.core(f"method.{run['method']}", "")
    status = f"{run['status']} {status_word(run['status'], say)}"
    parts = (run["name"], names.get(run["dataset"], ""), run["model"], run["method"], method, run["task"], status)
    return " ".join(map(str, parts)).casefold()


def page(entries: Sequence[Entry], left: int, chosen: str, now: float, say: Say) -> Html:
    """The list, and a button for the next page where `left` more match."""
    if not entries:
        return notice(say("runs.nothing"), say("runs.nothing.next"))
    items = [_item(entry, entry.run["run"] == chosen, now, say) for entry in entries]
    more = say("runs.more", count=min(PAGE, left))
    return joined(
        element("ul", items, cls="runs-list", aria_label=say("runs.list")),
        element("button", more, type="button", cls="link-button runs-more", data_ask=MORE) if left > 0 else None,
    )


def _item(entry: Entry, chosen: bool, now: float, say: Say) -> Html:
    run = entry.run
    name = text(run["name"])
    about = " · ".join((entry.dataset, model_name(str(run["model"])), entry.method))
    pick = element(
        "button",
        say("runs.picked" if chosen else "runs.pick"),
        type="button",
        cls="link-button runs-pick",
        data_ask=PICK + run["run"],
        aria_pressed="true" if chosen else "false",
        aria_label=say("runs.pick.name", name=str(run["name"])[:80]),
    )
    return element(
        "li",
        element(
            "div",
            element("button", name, type="button", cls="runs-open", data_ask=run["run"]),
            element("span", text(about), cls="subdued runs-about"),
            cls="runs-what",
        ),
        element("div", badge(run["status"], say), _progress(entry, say), cls="runs-state"),
        element("div", sparkline(entry, say), cls="runs-curve"),
        element("div", _score(run, say), cls="runs-score"),
        element("div", element("span", ago(now - run["created"], say)), _took(entry, say), cls="runs-when subdued"),
        pick,
        cls="runs-item chosen" if chosen else "runs-item",
    )


def _progress(entry: Entry, say: Say) -> Html | None:
    run = entry.run
    if entry.place and entry.starts_in is not None:
        words = say("runs.place.starts", place=entry.place, time=duration(entry.starts_in, say))
        return element("span", words, cls="numbers subdued")
    if entry.place:
        return element("span", say("runs.place", place=entry.place), cls="numbers subdued")
    if run["status"] not in ("running", "stopping") or not run["total_steps"]:
        return None
    words = say("runs.step", step=f"{run['step']:,}", total=f"{run['total_steps']:,}")
    return element("span", words, cls="numbers subdued")


def _score(run: Data, say: Say) -> Html | None:
    if run["value"] is None:
        return element("span", "–", cls="subdued")
    metric = say.core(f"metric.{run['metric']}", str(run["metric"]).replace("_", " ").replace("f1", "F1"))
    return joined(element("strong", f"{run['value']:.3f}", cls="numbers"), element("span", metric, cls="subdued"))


def _took(entry: Entry, say: Say) -> Html | None:
    return element("span", say("runs.took", time=duration(entry.seconds, say))) if entry.seconds >= 1 else None


def ago(seconds: float, say: Say) -> str:
    """How long ago, in words."""
    if seconds < 60:
        return say("runs.ago.now")
    if seconds < 3600:
        return say("runs.ago.minutes", n=int(seconds // 60))
    if seconds < 86400:
        return say("runs.ago.hours", n=int(seconds // 3600))
    days = int(seconds // 86400)
    return say("runs.ago.day") if days == 1 else say("runs.ago.days", n=days)


def sparkline(entry: Entry, say: Say) -> Html | None:
    """A small curve without axes; None where there are not two points."""
    values = [value for value in entry.values if math.isfinite(value)]
    if len(values) < 2:
        return None
    low, high = min(values), max(values)
    across = (WIDTH - 2 * INSET) / (len(values) - 1)
    down = (HEIGHT - 2 * INSET) / ((high - low) or 1.0)
    points = [(INSET + i * across, HEIGHT - INSET - (value - low) * down) for i, value in enumerate(values)]
    loss = entry.tag.startswith(LOSS)
    name = say("runs.curve.loss") if loss else say("runs.curve", metric=entry.tag.split("/")[0])
    return element(
        "svg",
        element("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points)),
        element("circle", cx=f"{points[-1][0]:.1f}", cy=f"{points[-1][1]:.1f}", r=2.5),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=f"{name}: {figure(values[0])} → {figure(values[-1])}",
        cls="sparkline loss" if loss else "sparkline",
    )
