"""The part of the model card that says how training went."""

from __future__ import annotations

from studio.export.markdown import number, table
from studio.runs import curves
from studio.runs.store import Run

CURVE_POINTS = 10


def text(run: Run, metric: str) -> str:
    """The losses and the main metric at some steps; nothing where there are no curves."""
    found = curves.read(run.curves)
    main = next((tag for tag in found if tag.lower() == f"{metric}/valid".replace("_", "")), None)
    tags = [tag for tag in ("Loss/train", "Loss/valid", main) if tag and tag in found]
    steps = sorted({step for tag in tags if tag != "Loss/train" for step, _ in found[tag]})
    steps = steps or [step for tag in tags for step, _ in found[tag]]
    if not steps:
        return ""
    stride = -(-len(steps) // CURVE_POINTS)
    chosen = sorted({*steps[::stride], steps[-1]})
    rows = [[str(step), *(_value_at(found[tag], step) for tag in tags)] for step in chosen]
    return f"## Training\n\n{table(['step', *tags], rows)}"


def _value_at(points: list[tuple[int, float]], step: int) -> str:
    """The curve's last value up to a step."""
    before = [value for at, value in points if at <= step]
    return number(float(before[-1])) if before else "-"
