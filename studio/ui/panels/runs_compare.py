"""Runs side by side: only the settings that differ, and what came of each. Data in, markup out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studio.ui.markup import Html, element, joined, text
from studio.ui.shared import Data, duration, size
from studio.ui.words import WORDS, Say

MOST = 5
_LOWER = ("loss", "rmse", "perplexity", "seconds", "peak_memory_bytes")
_LABELLED = ("method", "preset", "task")
_UNRANKED = ("best_step",)


def tables(names: Sequence[str], found: Data, labels: Mapping[str, str], say: Say) -> Html:
    """Both tables for runs of these names; `labels` are those of tasks, methods and presets."""
    settings, metrics = found["settings"], [row for row in found["metrics"] if _told(row)]
    return joined(
        _table(
            say("runs.compare.settings"),
            say("runs.compare.setting"),
            names,
            [_plain(row, labels, say) for row in settings],
        )
        if settings
        else element("p", say("runs.compare.same"), cls="subdued"),
        _table(say("runs.compare.metrics"), say("runs.compare.result"), names, [_ranked(row, say) for row in metrics])
        if metrics
        else element("p", say("runs.compare.none"), cls="subdued"),
    )


def _told(row: Data) -> bool:
    return any(value is not None for value in row["values"])


def _table(caption: str, first: str, names: Sequence[str], rows: Sequence[Html]) -> Html:
    heads = [element("th", text(name, 60), scope="col") for name in names]
    return element(
        "div",
        element(
            "table",
            element("caption", caption),
            element("thead", element("tr", element("th", first, scope="col"), heads)),
            element("tbody", rows),
            cls="studio runs-table",
        ),
        cls="table-box",
        tabindex=0,
        role="region",
        aria_label=caption,
    )


def _plain(row: Data, labels: Mapping[str, str], say: Say) -> Html:
    cells = [element("td", text(setting(value, row["name"], labels, say))) for value in row["values"]]
    return element("tr", element("th", called(row["name"], say), scope="row"), cells)


def _ranked(row: Data, say: Say) -> Html:
    """A row of results; the best is marked where they differ."""
    best = _best(row)
    cells = [
        element(
            "td",
            element("strong", result(value, row["name"], say), title=say("runs.compare.best"))
            if best is not None and value == best
            else result(value, row["name"], say),
            cls="numbers",
        )
        for value in row["values"]
    ]
    return element("tr", element("th", called(row["name"], say), scope="row"), cells)


def _best(row: Data) -> float | None:
    values = [value for value in row["values"] if isinstance(value, int | float)]
    if row["name"] in _UNRANKED or len(set(values)) < 2:
        return None
    return min(values) if row["name"] in _LOWER else max(values)


def called(name: str, say: Say) -> str:
    """A setting or result by its name in words."""
    if f"runs.name.{name}" in WORDS:
        return say(f"runs.name.{name}")
    plain = name.replace("_", " ").capitalize().replace("f1", "F1")
    return say.core(f"option.{name}", say.core(f"metric.{name}", plain))


def setting(value: Any, name: str, labels: Mapping[str, str], say: Say) -> str:
    match value:
        case None:
            return "–"
        case bool():
            return say("yes" if value else "no")
        case float():
            return f"{value:g}"
        case list():
            return ", ".join(map(str, value)) or "–"
        case str() if name == "device":
            return say.sentences(value)
        case str() if name in _LABELLED:
            return say.core(f"{name}.{value}", labels.get(value, value))
        case _:
            return str(value)


def result(value: Any, name: str, say: Say) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return "–"
    match name:
        case "seconds":
            return duration(value, say)
        case "peak_memory_bytes":
            return size(value)
        case "samples_per_second":
            return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
        case _:
            return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
