"""Whether a run that was disturbed came to the same end as one that was not, to the last bit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio import files
from studio.runs import curves, events
from studio.runs.store import Run, Status

CLOCKED = (
    "seconds",
    "samples_per_second",
    "peak_memory_bytes",
)  # never the same twice
CLOCKED_TAGS = ("Throughput/", "Memory/")


@dataclass(frozen=True)
class Outcome:
    """All that a run leaves which must not depend on how often it was interrupted."""

    weights: dict[str, str]
    checkpoints: dict[str, str]
    predictions: dict[str, str]
    metrics: dict[str, Any]
    curves: dict[str, list[tuple[int, str]]]


def outcome(run: Run) -> Outcome:
    """Of a finished run."""
    assert run.status() is Status.FINISHED, (run.status(), words(run))
    points = {tag: found for tag, found in curves.read(run.curves).items() if not tag.startswith(CLOCKED_TAGS)}
    return Outcome(
        weights={path.name: files.sha256(path) for path in sorted(run.model.glob("*.safetensors"))},
        checkpoints={f"{path.parent.name}/{path.name}": files.sha256(path) for path in _tensors(run)},
        predictions={path.name: files.sha256(path) for path in sorted(run.predictions.iterdir())},
        metrics={name: value for name, value in run.metrics().items() if name not in CLOCKED},
        curves={tag: [(step, value.hex()) for step, value in found] for tag, found in points.items()},
    )


def _tensors(run: Run) -> list[Path]:
    """Weights and optimizer of every checkpoint that is kept at the end: the last two and their best."""
    return sorted(run.checkpoints.glob("step-*/*.safetensors"))


def differences(found: Outcome, wanted: Outcome) -> list[str]:
    """What is not the same, part by part; empty where all is."""
    return [
        f"{part} {name}"
        for part in ("weights", "checkpoints", "predictions", "metrics", "curves")
        for name in sorted(getattr(found, part).keys() | getattr(wanted, part).keys())
        if getattr(found, part).get(name) != getattr(wanted, part).get(name)
    ]


def words(run: Run) -> str:
    """What the run says of itself: its warnings and errors, and the end of its log."""
    said = [e.message for e in events.read(run.log) if isinstance(e, events.Warned)]
    said += [str(e.error) for e in events.read(run.log) if isinstance(e, events.Failed)]
    tail = run.output.read_text(errors="replace")[-2000:] if run.output.is_file() else ""
    return "\n".join([*said, tail])
