"""The head of the panel Live: one run as a stage, a bar and figures. Data in, markup out."""

from __future__ import annotations

from collections.abc import Iterator

from studio.ui.markup import Html, element, joined, text
from studio.ui.panels import live_gauge
from studio.ui.panels.live_follow import Look, worked
from studio.ui.shared import Data, badge, duration, notice, size
from studio.ui.words import Say

STAGES = ("queued", "preparing", "training", "evaluating", "done")
_STAGE_OF = {"queued": "queued", "preparing": "preparing", "finished": "done"}
_REACHED = {"preparing": "preparing", "started": "training", "evaluating": "evaluating", "finished": "done"}


def head(look: Look, say: Say) -> Html:
    """The whole head."""
    record = look.record
    about = (look.dataset, look.model, say.core(f"method.{record['method']}", look.method))
    return element(
        "section",
        element(
            "div",
            element("h2", text(record["name"])),
            badge(look.status, say),
            element("p", " · ".join(about), cls="subdued live-about"),
            cls="live-title",
        ),
        element("p", sentence(look, say), cls="live-now"),
        _stages(look, say),
        _bar(look, say),
        element("dl", [_figure(*figure) for figure in figures(look, say)], cls="live-figures"),
        live_gauge.bars(look.machine, say) if not look.over else None,
        _notices(look, say),
        cls="live-head",
        aria_label=say("live.figures"),
    )


def stage(look: Look) -> str:
    """Which of `STAGES` the run is in, or was in when it ended."""
    if look.status in _STAGE_OF:
        return _STAGE_OF[look.status]
    if not look.over:
        return "evaluating" if look.record["phase"] == "evaluating" else "training"
    reached = [_REACHED[event["event"]] for event in look.timeline if event["event"] in _REACHED]
    return "done" if _kept(look) else (reached[-1] if reached else "queued")


def _kept(look: Look) -> bool:
    return look.status == "stopped" and bool(look.timeline and look.timeline[-1].get("kept"))


def sentence(look: Look, say: Say) -> str:
    """What happens now, in words."""
    match look.status:
        case "queued":
            return _place(look, say)
        case "preparing":
            trials = look.record["spec"]["training"].get("rate_trials") or 0
            return say("live.now.trials" if trials > 1 else "live.now.preparing")
        case "running" | "stopping" if look.record["phase"] == "evaluating":
            return say("live.now.evaluating")
        case "running":
            return say("live.now.training")
        case "stopped":
            return say("live.now.kept" if _kept(look) else "live.now.dropped")
        case other:
            return say(f"live.now.{other}")


def _place(look: Look, say: Say) -> str:
    mine = next((item for item in look.queue if item["run"] == look.record["run"] and item["position"]), None)
    working = [item for item in look.queue if item["position"] == 0 and mine and item["device"] == mine["device"]]
    if not mine or not working:
        return say("live.now.queued")
    words = say("live.now.place", place=mine["position"], name=working[0]["name"])
    if mine["starts_in"] is None:
        return words
    return f"{words} {say('live.now.starts', time=duration(mine['starts_in'], say))}"


def _stages(look: Look, say: Say) -> Html:
    now = STAGES.index(stage(look))
    ended = look.over and look.status != "finished" and not _kept(look)
    items = []
    for number, name in enumerate(STAGES):
        done = number < now or (number == now == len(STAGES) - 1)
        kind = "done" if done else ("ended" if ended else "now") if number == now else "ahead"
        items.append(element("li", say(f"live.stage.{name}"), cls=kind, aria_current="step" if number == now else None))
    return element("ol", items, cls="live-steps", aria_label=say("live.steps"))


def _bar(look: Look, say: Say) -> Html | None:
    """The bar over all steps; before the first it moves without a value, as browsers show it."""
    if look.over:
        return None
    total, label = look.record["total_steps"], say("live.progress", name=look.record["name"])
    if not total or stage(look) != "training":
        return element("progress", cls="live-bar", aria_label=label) if look.status != "queued" else None
    step = min(look.record["step"], total)
    return element(
        "div",
        element("progress", value=step, max=total, cls="live-bar", aria_label=label),
        element("span", f"{100 * step / total:.0f} %", cls="numbers"),
        cls="live-bar-box",
    )


Figure = tuple[str, str, str]  # name, value, note


def figures(look: Look, say: Say) -> Iterator[Figure]:
    """Every figure that is known by now."""
    yield from _pace(look, say)
    yield from _quality(look, say)
    yield from _cost(look, say)


def _pace(look: Look, say: Say) -> Iterator[Figure]:
    record, total = look.record, look.record["total_steps"]
    if total:
        yield say("live.step"), say("live.of", done=f"{record['step']:,}", total=f"{total:,}"), ""
    epoch = _epoch(record)
    if epoch is not None:
        epochs = record["spec"]["training"].get("epochs")
        value = say("live.of", done=f"{epoch:.1f}", total=epochs) if epochs else f"{epoch:.1f}"
        yield say("live.epoch"), value, ""
    if look.status == "running" and record["seconds_left"] is not None and stage(look) == "training":
        yield say("live.left"), duration(record["seconds_left"], say), ""
    spent = worked(look.timeline, look.status in ("preparing", "running", "stopping"), look.now)
    if spent:
        yield say("live.took" if look.over else "live.elapsed"), duration(spent, say), ""


def _epoch(record: Data) -> float | None:
    """How often the training rows have been seen."""
    rows = (record["rows"] or {}).get("train") or 0
    batch = record["spec"]["training"]["batch_size"]
    return record["step"] / -(-rows // batch) if rows and record["step"] else None


def _quality(look: Look, say: Say) -> Iterator[Figure]:
    metric = say.core(f"metric.{look.metric}", look.metric.replace("_", " ").replace("f1", "F1"))
    if look.best is not None:
        step, value = look.best
        yield say("live.best", metric=metric), f"{value:.3f}", say("live.best.at", step=f"{step:,}")
    tested = (look.record["metrics"].get("test") or {}).get(look.metric)
    if isinstance(tested, int | float):
        yield say("live.test", metric=metric), f"{tested:.3f}", say("live.test.note")


def _cost(look: Look, say: Say) -> Iterator[Figure]:
    record = look.record
    if look.speed:
        yield say("live.speed"), f"{look.speed:,.0f}" if look.speed >= 10 else f"{look.speed:.1f}", ""
    yield say("live.batch"), _batch(look, say), ""
    if look.memory:
        yield say("live.memory.run"), size(look.memory), say("live.memory.peak")
    if record["device"]:
        yield say("live.device"), say.sentences(str(record["device"])), str(record["precision"] or "")


def _batch(look: Look, say: Say) -> str:
    """The batch, and how many examples of it are computed at a time where that is less."""
    batch = int(look.record["spec"]["training"]["batch_size"])
    facts = look.record["facts"]
    shrunk = [event["token_budget"] for event in look.timeline if event["event"] == "shrunk"]
    budget = shrunk[-1] if shrunk else facts.get("micro_batch")
    part = max(1, int(budget) // max(1, int(facts.get("max_length") or 1))) if budget else batch
    return say("live.batch.parts", size=batch, part=part) if part < batch else str(batch)


def _figure(name: str, value: str, note: str) -> Html:
    return element(
        "div",
        element("dt", name),
        element("dd", element("span", text(value), cls="numbers"), element("small", text(note)) if note else None),
    )


def _notices(look: Look, say: Say) -> Html:
    """Warnings of the run, and its error where the run doctor does not speak of it."""
    shown = [
        notice(say.core(f"warning.{warning['code']}", say.sentences(str(warning["message"]))), kind="warning")
        for warning in look.record["warnings"]
    ]
    if look.record.get("silent"):
        time = duration(look.record["silent"], say)
        shown.append(notice(say("live.silent", time=time), say("live.silent.next"), "error"))
    error = look.record["error"]
    if error and not any(finding["severity"] == "error" for finding in look.findings):
        more = " ".join(say.sentences(error[part]) for part in ("where", "why", "next") if error.get(part))
        shown.append(notice(say.sentences(str(error.get("what", ""))), more, "error"))
    return joined(shown)
