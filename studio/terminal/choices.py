"""The commands that say what there is to choose from, and what this installation has: tasks, models, methods, options,
doctor, room, tidy, limits, serve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.terminal import text
from studio.terminal.desk import Answer, Desk, items
from studio.terminal.tables import Layout, table

HELP = Layout(wrap=True)  # the last column is prose
LIMITS = Layout(whole=("limit", "value", "variable"), wrap=True)
NAMES = Layout(whole=("model", "option"), wrap=True)


def tasks(desk: Desk) -> Answer:
    found = desk.studio.tasks()
    rows = [(t["name"], t["modality"], t["metric"], t["summary"]) for t in found]
    return items(found, table(("task", "reads", "metric", "what it learns"), rows, HELP))


def methods(desk: Desk) -> Answer:
    found = desk.studio.methods()
    rows = [(m["name"], m["label"], m["summary"]) for m in found]
    return items(found, table(("method", "label", "what it does"), rows, HELP))


def models(desk: Desk) -> Answer:
    found = desk.studio.models()
    headers = ("model", "MB", "licence", "languages", "offline", "advice")
    rows = [(m["name"], m["size_mb"], m["license"], m["languages"], m["offline"], m["advice"]) for m in found]
    return items(found, table(headers, rows, NAMES))


def options(desk: Desk) -> Answer:
    found = desk.studio.options(desk.given.task, desk.given.method)
    rows = [(o["name"], _default(o), _values(o), o["help"]) for o in found]
    return items(found, table(("option", "default", "takes", "help"), rows, NAMES))


def _default(option: Mapping[str, Any]) -> str:
    default = option["default"]
    return "auto" if default is None else str(default).lower() if isinstance(default, bool) else str(default)


def _values(option: Mapping[str, Any]) -> str:
    if option["choices"]:
        return "|".join(map(str, option["choices"]))
    signs = (("at_least", ">="), ("above", ">"), ("at_most", "<="), ("below", "<"))
    bounds = [f"{sign}{_bound(option[name])}" for name, sign in signs if option[name] is not None]
    return " ".join([str(option["kind"]), *bounds])


def _bound(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e6 else f"{value:,.0f}"


def doctor(desk: Desk) -> Answer:
    if desk.given.simulate:
        result = desk.studio.simulate(desk.given.simulate, desk.report)
        desk.progress.close()
        return Answer(result, simulated(result), 0 if result["recovered"] else 1)
    checks = desk.studio.doctor()
    rows = [("ok" if c["ok"] else "look", c["name"], c["found"]) for c in checks]
    advice = [f"{c['name']}: {c['advice']}" for c in checks if not c["ok"] and c["advice"]]
    return items(checks, "\n\n".join([table(("", "check", "found"), rows, HELP), *advice]))


def simulated(result: Mapping[str, Any]) -> str:
    """What became of a run that was broken on purpose, one attempt a line."""
    rows = [(number, step["status"], step["step"], step["error"]) for number, step in enumerate(result["steps"], 1)]
    verdict = "as it should" if result["recovered"] else "NOT as it should: please report this with the lines above"
    return f"{table(('attempt', 'ended', 'at step', 'error'), rows)}\n\n{result['fault']}: the run behaved {verdict}."


def room(desk: Desk) -> Answer:
    found = desk.studio.room()
    rows = [(part["name"], text.size(part["bytes"]), text.size(part["spare"]) if part["spare"] else "")
            for part in found["parts"]]  # fmt: skip
    rows.append(("in all", text.size(found["bytes"]), ""))
    quota = f"quota {text.size(found['quota'])}" if found["quota"] else "no quota"
    page = table(("part", "size", "can be spared"), rows)
    return Answer(
        found, f"{page}\n\n{text.size(found['free'])} free on the disk; {quota}. 'tidy' removes what can be spared."
    )


def tidy(desk: Desk) -> Answer:
    found = desk.studio.tidy()
    return Answer(found, f"{text.size(found['bytes'])} removed.")


def limits(desk: Desk) -> Answer:
    found = desk.studio.limits()
    rows = [(limit["name"], f"{limit['value']:,}", limit["variable"], limit["help"]) for limit in found]
    return items(found, table(("limit", "value", "variable", "what it is"), rows, LIMITS))


def serve(desk: Desk) -> Answer:
    from studio import web

    web.serve(desk.settings)
    return Answer({"served": True}, "")
