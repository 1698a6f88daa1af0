"""Runs side by side: life cycle, small curves, comparison. Reads only; cheap enough for a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from studio.data import store as datasets
from studio.errors import UnknownName, WrongState
from studio.methods import METHODS
from studio.runs import events
from studio.runs.case import tag
from studio.runs.curves import Curves, Point
from studio.runs.store import Run
from studio.spec import RunSpec
from studio.tasks import TASKS

Data = dict[str, Any]
_HIDDEN = (
    "version",
    "source",
    "family",
    "fingerprint",
    "labels",
    "scale",
    "training",
    "method_options",
    "task_options",
)
_FOUND = ("learning_rate", "max_length", "precision", "device")  # what a run made of a setting wins over the setting
_COSTS = ("samples_per_second", "peak_memory_bytes", "best_step")


def summary(run: Run) -> dict[str, Any]:
    """A run as a line of a list: cheap, so that hundreds can be listed at once."""
    spec, progress, metrics = run.spec(), run.progress(), run.metrics()
    meta, status = run.meta(), run.status()
    main = metrics.get("metrics", {}).get("main")
    test = metrics.get("metrics", {}).get("test", {})
    return {
        "run": run.id,
        "name": meta.name,
        "status": status.value,
        "created": meta.created,
        "dataset": spec.dataset,
        "task": spec.task,
        "model": spec.model,
        "method": spec.method,
        "step": progress.get("step", 0),
        "total_steps": progress.get("total_steps"),
        "seconds_left": None if status.over else progress.get("seconds_left"),
        "silent": run.silent() if status.works else 0.0,
        "metric": main,
        "value": test.get(main) if main else None,
    }


def timeline(run: Run) -> list[Data]:
    """Every event with what it says, but for the long list of facts; `seconds` are those since the run was made."""
    created = run.meta().created
    found: list[Data] = [{"event": "created", "at": created}]
    for event in events.read(run.log):
        said = {name: value for name, value in asdict(event).items() if name != "facts"}
        found.append({"event": type(event).__name__.lower()} | said)
    return [entry | {"seconds": round(max(0.0, entry["at"] - created), 3)} for entry in found]


def sparkline(spec: RunSpec, curves: Curves, points: int) -> Data:
    """The main metric on the validation rows, or, before there are two of it, the training loss."""
    main = f"{tag(TASKS[spec.task].metric)}/valid"
    name = main if len(curves.get(main, ())) > 1 else "Loss/train"
    return {"tag": name, "values": [value for _, value in thinned(curves.get(name, ()), points)]}


def thinned(points: Sequence[Point], most: int) -> list[Point]:
    """At most `most` points, evenly chosen, the first and the last among them."""
    if len(points) <= max(2, most):
        return list(points)
    last = len(points) - 1
    return [points[round(i * last / (most - 1))] for i in range(most)]


def compare(runs: Sequence[Run], dataset_folder: Path) -> Data:
    """The settings that differ between the runs, and what came of each; a value is None where a run lacks it."""
    settings = [_settings(run) for run in runs]
    names = list(dict.fromkeys(name for found in settings for name in found))
    rows = [{"name": name, "values": [found.get(name) for found in settings]} for name in names]
    differing = [row for row in rows if any(value != row["values"][0] for value in row["values"])]
    for row in differing:
        if row["name"] == "dataset":
            row["values"] = _called(dataset_folder, row["values"])
    return {"settings": differing, "metrics": _metrics(runs)}


def _settings(run: Run) -> Data:
    """Every setting by its name, as the run really used it."""
    spec = run.spec().model_dump(mode="json")
    plain = {name: value for name, value in spec.items() if name not in _HIDDEN}
    chosen: Data = plain | spec["task_options"] | spec["method_options"] | spec["training"]
    facts = {k: v for e in events.read(run.log) if isinstance(e, events.Prepared) for k, v in e.facts.items()}
    chosen |= {name: facts[name] for name in _FOUND if facts.get(name) is not None}
    ignored = (*METHODS[spec["method"]].ignores, *TASKS[spec["task"]].ignores)
    return {name: value for name, value in chosen.items() if name not in ignored}


def _called(folder: Path, identifiers: Sequence[Any]) -> list[str]:
    """Names of datasets, or their ids where two have the same name or one is gone."""
    try:
        names = {identifier: datasets.find(folder, identifier).name for identifier in identifiers}
    except (UnknownName, WrongState):
        return list(identifiers)
    unique = len(set(names.values())) == len(names)
    return [names[identifier] if unique else identifier for identifier in identifiers]


def _metrics(runs: Sequence[Run]) -> list[Data]:
    """Metrics on the test rows (on the validation rows where there are none), then costs."""
    reports = [run.metrics() for run in runs]
    found = [_results(report) | {name: report.get(name) for name in _COSTS if report} for report in reports]
    main = [report["metrics"]["main"] for report in reports if report]
    names = dict.fromkeys([*main, *(name for values in found for name in values)])
    return [{"name": name, "values": [values.get(name) for values in found]} for name in names]


def _results(report: Data) -> Data:
    metrics = report.get("metrics", {})
    values = metrics.get("test") if metrics.get("test", {}).get("n") else metrics.get("valid", {})
    seconds = report.get("seconds", {}).get("total")
    shown = {name: value for name, value in (values or {}).items() if name not in ("interval", "n")}
    return shown | ({"seconds": seconds} if seconds is not None else {})
