"""The bars that show how busy this machine is, and its GPUs."""

from __future__ import annotations

from studio.api import Machine
from studio.ui.markup import Html, element
from studio.ui.shared import percent, size
from studio.ui.words import Say

SCARCE = 0.9  # share of the memory in use from which there is little left


def bars(machine: Machine, say: Say) -> Html | None:
    """Processors and memory as bars with their figures; None where nothing is known."""
    shown = []
    for card in machine.cards:
        if card.busy is not None:
            shown.append(_bar(card.name, card.busy, say("live.gpu.value", share=percent(card.busy, 0)), "usual"))
        shown += _memory(say("live.gpu.memory", name=card.name), card.used, card.total, say)
    if machine.busy is not None:
        words = say("live.cpu.value", share=percent(machine.busy, 0), cores=machine.cores)
        shown.append(_bar(say("live.cpu"), machine.busy, words, "usual"))  # busy is what training makes them
    shown += _memory(say("live.memory"), machine.used, machine.total, say)
    if not shown:
        return None
    return element("div", shown, cls="live-gauges", role="group", aria_label=say("live.gauges"))


def _memory(name: str, used: int | None, total: int | None, say: Say) -> list[Html]:
    if used is None or not total:
        return []
    words = say("live.of", done=size(used), total=size(total))
    return [_bar(name, used / total, words, "high" if used / total > SCARCE else "usual")]


def _bar(name: str, share: float, words: str, level: str) -> Html:
    return element(
        "div",
        element("span", name, cls="live-gauge-name"),
        element("progress", value=f"{share:.2f}", max=1, cls=level, aria_label=f"{name}: {words}"),
        element("span", words, cls="numbers subdued"),
        cls="live-gauge",
    )
