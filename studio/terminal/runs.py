"""The commands about runs that exist: runs, queue, move, show, curves, log, stop, delete; and the page of one run."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from studio.terminal import text
from studio.terminal.data import splits, when
from studio.terminal.desk import Answer, Data, Desk, items
from studio.terminal.plot import plot
from studio.terminal.tables import Layout, facts, page_width, table

PLOTTED = ("Loss/train", "Loss/valid")
PLOT_COLUMNS, PLOT_ROWS = 80, 12
WIDE = 110  # columns from which a list of runs shows everything


def runs(desk: Desk) -> Answer:
    found = desk.studio.runs()
    more = _MORE if page_width() >= WIDE else {}
    headers = ("name", "status", "progress", "metric", *more, "id")
    rows = [
        (r["name"], r["status"], progress(r), _metric(r), *(cell(r) for cell in more.values()), r["run"]) for r in found
    ]
    return items(
        found,
        table(headers, rows, Layout(whole=("status", "progress", "metric", "id"))) if rows else "There is no run yet.",
    )


_MORE: Mapping[str, Callable[[Data], str]] = {
    "method": lambda run: str(run["method"]),
    "model": lambda run: str(run["model"]),
    "started": lambda run: when(run["created"]),
}


def _metric(run: Mapping[str, Any]) -> str:
    return "" if run["value"] is None else f"{run['metric']} {text.number(run['value'])}"


def progress(run: Mapping[str, Any]) -> str:
    """How far a run has come: "120/400 30%"."""
    step, total = run["step"], run["total_steps"]
    if not total:
        return f"{step:,}" if step else ""
    left = f" {text.duration(run['seconds_left'])} left" if run.get("seconds_left") else ""
    return f"{step:,}/{total:,} {step / total:.0%}{left}"


def show(desk: Desk) -> Answer:
    record = desk.studio.show(desk.given.run)
    curves = desk.studio.curves(record["run"])
    parts = [run_page(record, changed_options(desk, record)), loss_plot(curves, desk.unicode)]
    return Answer(record, "\n\n".join(part for part in parts if part))


def changed_options(desk: Desk, record: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a run that are not at their declared default; those chosen for it included."""
    spec = record["spec"]
    values = spec["training"] | spec["method_options"] | spec["task_options"]
    declared = {option["name"]: option["default"] for option in desk.studio.options(record["task"], record["method"])}
    return {name: value for name, value in values.items() if name not in declared or declared[name] != value}


def run_page(record: Mapping[str, Any], changed: Mapping[str, Any]) -> str:
    """A run in words and tables, without its curves."""
    parts = (
        facts(_head(record)),
        "Settings that are not at their default:\n" + facts({f"    {k}": _plain(v) for k, v in changed.items()})
        if changed
        else "",
        result(record),
        "\n".join(f"warning: {text.visible(warning['message'])}" for warning in record["warnings"]),
        _error(record["error"]),
    )
    return "\n\n".join(part for part in parts if part)


def _head(record: Mapping[str, Any]) -> dict[str, Any]:
    rows = {split: count for split, count in record["rows"].items() if isinstance(count, int)}
    return {
        "run": record["name"],
        "id": record["run"],
        "status": text.joined((record["status"], _phase(record), silence(record))),
        "progress": progress(record),
        "dataset": record["dataset"],
        "rows": splits(rows),
        "task": record["task"],
        "model": record["model"],
        "method": record["method"],
        "preset": record["spec"]["preset"],
        "trained": _trained(record),
        "device": text.joined(str(record[name] or "") for name in ("device", "precision")),
        "folder": record["folder"],
    }


def silence(record: Mapping[str, Any]) -> str:
    """That a run at work does nothing, if so."""
    silent = record.get("silent")
    return f"no sign of work for {text.duration(silent)}: 'stop' ends it, 'resume' goes on" if silent else ""


def _phase(record: Mapping[str, Any]) -> str:
    phase = record.get("phase") or ""
    return "" if phase == record["status"] else str(phase)


def _trained(record: Mapping[str, Any]) -> str:
    trainable, total = record["trainable_parameters"], record["total_parameters"]
    if not trainable or not total:
        return ""
    return f"{trainable:,} of {total:,} parameters ({100 * trainable / total:.3g} %)"


def result(record: Mapping[str, Any]) -> str:
    """The metrics of a run beside its baselines, and what it cost; empty before the end."""
    if not record["metrics"]:
        return ""
    table_of_metrics = metrics_table(
        {split: values for split, values in record["metrics"].items() if isinstance(values, dict)}
        | {f"{name} (baseline)": values for name, values in record["baseline"].items() if isinstance(values, dict)},
        str(record["metrics"].get("main", "")),
    )
    seconds = [
        f"{name} {text.duration(s)}" for name, s in record["seconds"].items() if isinstance(s, int | float) and s
    ]
    cost = {
        "time": text.joined(seconds),
        "speed": f"{record['samples_per_second']:,.1f} samples/s" if record["samples_per_second"] else "",
        "memory": text.size(record["peak_memory_bytes"]) if record["peak_memory_bytes"] else "",
    }
    return "\n\n".join(part for part in (table_of_metrics, facts(cost)) if part)


def metrics_table(columns: Mapping[str, Mapping[str, Any]], main: str) -> str:
    """Metrics as rows, splits and baselines as columns; the main metric comes first and is marked."""
    names = list(dict.fromkeys([*([main] if main else []), *(n for values in columns.values() for n in values)]))
    names = [name for name in names if any(isinstance(v.get(name), int | float) for v in columns.values())]
    rows = [(f"{name} *" if name == main else name, *(v.get(name) for v in columns.values())) for name in names]
    return table(("metric", *columns), rows) + (
        "\n* the metric that chooses the best checkpoint" if main in names else ""
    )


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _error(error: Mapping[str, str] | None) -> str:
    return (
        "\n".join(text.visible(error[part]) for part in ("what", "where", "why", "next") if error[part])
        if error
        else ""
    )


def loss_plot(curves: Mapping[str, Sequence[tuple[int, float]]], unicode: bool) -> str:
    shown = {tag: curves[tag] for tag in PLOTTED if tag in curves}
    return plot(shown, min(PLOT_COLUMNS, page_width()), PLOT_ROWS, unicode)


def curves(desk: Desk) -> Answer:
    found = desk.studio.curves(desk.given.run)
    rows = [
        (tag, len(points), points[-1][0], points[-1][1], *_ends(v for _, v in points)) for tag, points in found.items()
    ]
    headers = ("tag", "points", "last step", "last", "lowest", "highest")
    return Answer({"tags": found}, table(headers, rows) if rows else "Nothing was recorded yet.")


def _ends(values: Iterable[float]) -> tuple[float | None, float | None]:
    finite = [value for value in values if math.isfinite(value)]
    return (min(finite), max(finite)) if finite else (None, None)


def log(desk: Desk) -> Answer:
    reference = desk.given.run
    content = desk.studio.log(reference)
    return Answer({"run": desk.studio.show(reference)["run"], "log": content}, text.visible_lines(content.rstrip("\n")))


def queue(desk: Desk) -> Answer:
    return _line(desk.studio.results.queue())


def move(desk: Desk) -> Answer:
    return _line(desk.studio.move(desk.given.run, desk.given.where))


def _line(found: list[Data]) -> Answer:
    """Those at work, then those that wait."""
    headers = ("place", "name", "status", "device", "starts in", "id")
    rows = [(item["position"] or "", item["name"], item["status"], item["device"], _starts(item), item["run"])
            for item in found]  # fmt: skip
    layout = Layout(whole=("status", "device", "starts in", "id"))
    return items(found, table(headers, rows, layout) if rows else "Nothing is at work, and nothing waits.")


def _starts(item: Mapping[str, Any]) -> str:
    if not item["position"]:
        return ""
    return "not known" if item["starts_in"] is None else f"about {text.duration(item['starts_in'])}"


def stop(desk: Desk) -> Answer:
    record = desk.studio.stop(desk.given.run, desk.given.discard)
    kept = "without keeping a model" if desk.given.discard else "and keeps its model"
    return Answer(record, f"The run {called(record['name'], record['run'])} ends after its current step {kept}.")


def delete(desk: Desk) -> Answer:
    deleted: Data = desk.studio.delete(desk.given.run)
    return Answer(deleted, f"The run {called(desk.given.run, deleted['run'])} is deleted.")


def called(name: str, run: str) -> str:
    """A run by the name that was given, and by its id."""
    return f"'{text.visible(name)}' ({run})" if name != run else f"'{run}'"
