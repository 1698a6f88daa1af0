"""The cards that the panel Train offers to choose from: plain text, the first line is the heading (see train.css)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from studio.ui.markup import visible
from studio.ui.panels.train_asked import OTHER, RUN
from studio.ui.shared import duration, percent, size
from studio.ui.words import Say

Data = dict[str, Any]
Cards = list[tuple[str, str]]  # the text of a card and its value
LEAST = 0.01  # share of the weights below which its digits do not matter


def model_cards(models: Sequence[Data], runs: Sequence[Data], local: bool, say: Say) -> Cards:
    """The menu's models, then a finished run, then (on one's own machine) any other model."""
    cards = [(_model_card(model, say), str(model["name"])) for model in models]
    if runs:
        cards.append((f"{say('train.model.run')}\n{say('train.model.run.about')}", RUN))
    if local:
        cards.append((f"{say('train.model.other')}\n{say('train.model.other.about')}", OTHER))
    return cards


def _model_card(model: Data, say: Say) -> str:
    parameters = say("train.card.size", parameters=f"{model['parameters']:g}")
    languages = say.core(f"language.{model['languages']}", model["languages"])
    where = place(model, say)
    return "\n".join((model["label"], f"{parameters} · {download(model)}", f"{languages} · {where}"))


def download(model: Data) -> str:
    """The size of a model's weights."""
    megabytes = model["size_mb"]
    return f"{megabytes:,} MB" if megabytes < 1000 else f"{megabytes / 1000:.1f} GB"


def place(model: Data, say: Say) -> str:
    if model["obstacle"]:
        return say("train.card.impossible")
    return say("train.card.here") if model["offline"] else say("train.card.network")


def run_choices(runs: Sequence[Data], say: Say) -> Cards:
    return [(visible(run_line("train.run.choice", run, say)), str(run["run"])) for run in runs]


def run_line(key: str, run: Data, say: Say) -> str:
    return say(key, **_run_words(run, say))


def _run_words(run: Data, say: Say) -> dict[str, str]:
    value = run["value"]
    return {
        "name": run["name"],
        "model": run["model"],
        "method": say.core(f"method.{run['method']}", run["method"]),
        "metric": say.core(f"metric.{run['metric']}", str(run["metric"]).replace("_", " ").replace("f1", "F1")),
        "value": "–" if value is None else f"{value:.3f}",
    }


def method_cards(methods: Sequence[Data], costs: Mapping[str, Data | None], say: Say) -> Cards:
    """Heading, what it does, which share of the weights it trains, and what that costs here."""
    return [(_method_card(method, costs.get(method["name"]), say), str(method["name"])) for method in methods]


def _method_card(method: Data, cost: Data | None, say: Say) -> str:
    lines = _opening("method", method, say)
    if method["obstacle"]:
        return "\n".join((*lines, say.sentences(method["obstacle"])))
    value = cost["trainable_parameters"] / max(1, cost["total_parameters"]) if cost else method["share"]
    exact = cost is not None or value in (0, 1) or value < LEAST
    trained = share(value, say) if exact else say("train.share.about", share=share(value, say))
    return "\n".join((*lines, say("train.share", share=trained), cost_line(cost, say, "train.cost.card")))


def share(value: float, say: Say) -> str:
    """A share of the weights: no more digits than matter, and never 0 % of something."""
    if 0 < value < LEAST:
        return say("share.under")
    return percent(value, 0 if value >= 0.1 or round(value * 1000) % 10 == 0 else 1)


def cost_line(cost: Data | None, say: Say, key: str = "train.cost.short") -> str:
    """ "about 4 min, 1.2 GB of memory"; or that nobody has measured it."""
    if cost is None:
        return say("train.cost.unknown")
    time = say("train.about", time=duration(cost["seconds"], say))
    return say(key, time=time, memory=size(cost["memory_bytes"]))


def preset_cards(presets: Sequence[Data], methods: Sequence[Data], say: Say) -> Cards:
    """Heading, what it does, and where the method that it brings is not possible here, why."""
    why = {method["name"]: say.sentences(method["obstacle"]) for method in methods if method["obstacle"]}
    lines = [(*_opening("preset", preset, say), why.get(preset["method"])) for preset in presets]
    return [("\n".join(filter(None, card)), str(preset["name"])) for card, preset in zip(lines, presets, strict=True)]


def _opening(kind: str, item: Data, say: Say) -> tuple[str, str]:
    key = f"{kind}.{item['name']}"
    return say.core(key, item["label"]), say.core(f"{key}.summary", item["summary"])
