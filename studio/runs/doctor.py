"""The run doctor: what went wrong in a run, or could go better, each with one thing to do about it.

Every rule is a pure function from the facts of a run (`case.Case`) to a finding or None. Thresholds stand beside the
rules; they err on the side of silence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from studio.contracts import Answer, Modality
from studio.runs import remedies
from studio.runs.case import Case, at, smooth
from studio.runs.remedies import Fix
from studio.runs.store import Status

SEVERITIES = ("error", "warning", "info")
_GUESSING = "always guessing the most frequent class"
_OTHERS = {
    Answer.NUMBER: "always answering the mean",
    Answer.LABELS: "giving every row the same labels",
    Answer.EXCERPT: "guessing by the words of the question",
    Answer.WORDS: "always guessing the most frequent word",
}
NAMED = 5  # classes listed by name
RISE = 1.5  # times its lowest value: a training loss that went up
GAIN = 0.005  # of a score: less is not worth another run
MOST_CUT = 0.05  # share of the training texts
OVER_FIT = 1.1  # times its lowest value: a validation loss that went up


@dataclass(frozen=True)
class Finding:
    """`values` are what the sentence was made of, for other languages."""

    code: str
    severity: str
    message: str
    values: dict[str, Any]
    fix: Fix | None = None


@dataclass(frozen=True)
class Rule:
    """A rule, whether it makes sense while the run is at work, and the findings that say it better."""

    code: str
    check: Callable[[Case], Finding | None]
    live: bool = False
    unless: tuple[str, ...] = ()


def examine(case: Case) -> list[dict[str, Any]]:
    """All findings as plain data, worst first."""
    found: dict[str, Finding] = {}
    for rule in RULES:
        if (rule.live or case.status.over) and not any(code in found for code in rule.unless):
            finding = rule.check(case)
            if finding is not None:
                found[rule.code] = finding
    return [asdict(finding) for finding in sorted(found.values(), key=lambda f: SEVERITIES.index(f.severity))]


def not_finite(case: Case) -> Finding | None:
    if case.error.get("code") != "not_finite":
        return None
    message = f"The loss stopped being a number at step {case.step + 1}: the steps were too large."
    return Finding("not_finite", "error", message, {"step": case.step + 1}, remedies.slower(case))


def out_of_memory(case: Case) -> Finding | None:
    if case.error.get("code") != "out_of_memory":
        return None
    message = "Not even one example at a time fitted into the memory of this machine."
    return Finding("out_of_memory", "error", message, {}, remedies.smaller(case))


def failed(case: Case) -> Finding | None:
    if case.status is not Status.FAILED or not case.error:
        return None
    values = {part: case.error.get(part, "") for part in ("code", "what", "where", "why", "next")}
    message = " ".join(values[part] for part in ("what", "where", "why", "next") if values[part])
    fix = None if values["code"] == "changed_since" else remedies.RESUME
    return Finding("failed", "error", message, values, fix)


def interrupted(case: Case) -> Finding | None:
    if case.status is not Status.INTERRUPTED:
        return None
    planned = f" of {case.total_steps:,}" if case.total_steps else ""
    message = f"The run was cut off at step {case.step:,}{planned}. What was saved before that is safe."
    values = {"step": case.step, "total_steps": case.total_steps}
    return Finding("interrupted", "error", message, values, remedies.RESUME)


def diverging(case: Case) -> Finding | None:
    """The smoothed training loss ends far above its lowest value, and not below where it began."""
    curve = smooth(case.train_loss)
    warming = case.share <= 2 * case.training.warmup  # a fitted head is shaken up while the rate rises
    if not curve or (warming and not case.status.over):
        return None
    (first_step, first), (_, last) = curve[0], curve[-1]
    low_step, low = min(curve, key=lambda point: point[1])
    if last <= RISE * low or last - low <= 0.1 * case.chance or last <= 0.95 * first:
        return None
    values = {"from": low, "to": last, "step": low_step, "first_step": first_step}
    message = f"The training loss rose from {low:.3g} at step {low_step:,} to {last:.3g}: training came apart."
    return Finding("diverging", "warning", message, values, remedies.slower(case))


def over_fitting(case: Case) -> Finding | None:
    """Since its lowest point the validation loss rose while the training loss fell, and the score gained nothing."""
    valid, train, best = case.valid_loss, smooth(case.train_loss), case.best
    if len(valid) < 4 or not train or best is None:
        return None
    low_step, low = min(valid, key=lambda point: point[1])
    last = valid[-1][1]
    settled = [step for step, _ in case.scores][-2:]
    fell = train[-1][1] < 0.95 * at(train, low_step)
    if last <= OVER_FIT * low or last - low <= 0.02 or not fell or best[0] in settled or low_step in settled:
        return None
    rise = last / low - 1 if low > 0 else 0.0
    values = {"from": low, "to": last, "rise": rise, "step": low_step, "best_step": best[0]}
    since = f"From step {low_step:,} on" if low_step else "From the start"
    message = (
        f"{since} the model learned its training rows by heart: the validation loss rose by {rise:.0%} while the"
        f" training loss fell. The best model, of step {best[0]:,}, is the one that is kept."
    )
    return Finding("over_fitting", "warning", message, values, remedies.early(case))


def not_learning(case: Case) -> Finding | None:
    """The training loss stayed near that of guessing."""
    curve = smooth(case.train_loss)
    if not curve or case.share < 0.3 or len(case.scores) < 2:
        return None
    first, last = curve[0][1], curve[-1][1]
    gained = max(value for _, value in case.scores) - case.scores[0][1]
    if last < 0.9 * first or last < 0.6 * case.chance or gained > 0.02:
        return None
    message = f"The training loss hardly moved ({first:.3g} to {last:.3g}): the model learned next to nothing."
    return Finding("not_learning", "warning", message, {"from": first, "to": last}, remedies.faster(case))


def plateau(case: Case) -> Finding | None:
    """Nothing was gained in the second half, and nothing was there to end it."""
    if len(case.scores) < 6 or case.training.early_stopping or case.best is None:
        return None
    middle = case.scores[-1][0] / 2
    first = max(value for step, value in case.scores if step <= middle)
    second = max(value for step, value in case.scores if step > middle)
    if second > first + 0.001:
        return None
    values = {"metric": case.task.metric, "value": first, "best_step": case.best[0]}
    message = f"The second half of the training gained nothing: {_words(case)} was at {first:.3f} by then already."
    return Finding("plateau", "info", message, values, remedies.early(case))


def still_improving(case: Case) -> Finding | None:
    """The last evaluation was the best, by more than chance moves it, and training ended because its time was up."""
    if len(case.scores) < 4 or case.status is not Status.FINISHED or case.best != case.scores[-1]:
        return None
    late = case.scores[-1 - max(1, len(case.scores) // 3)]
    gain = case.scores[-1][1] - late[1]
    if gain < GAIN:
        return None
    values = {"metric": case.task.metric, "gain": gain, "step": late[0], "value": case.scores[-1][1]}
    message = f"It was still getting better when it ended: {_words(case)} gained {gain:.3f} since step {late[0]:,}."
    return Finding("still_improving", "info", message, values, remedies.longer(case))


def class_never_predicted(case: Case) -> Finding | None:
    missed = [entry for entry in case.classes if entry["support"] and not entry["predicted"]]
    if not missed:
        return None
    names = [entry["name"] for entry in sorted(missed, key=lambda entry: -entry["support"])][:NAMED]
    more = f" and {len(missed) - len(names)} more" if len(missed) > len(names) else ""
    plural = len(missed) > 1
    message = (
        f"{len(missed)} class{'es were' if plural else ' was'} never predicted, though the held-out rows have"
        f" {'them' if plural else 'it'}: {', '.join(names)}{more}."
    )
    values = {"count": len(missed), "names": names, "classes": len(case.classes)}
    return Finding("class_never_predicted", "warning", message, values, remedies.balanced(case))


def worse_than_majority(case: Case) -> Finding | None:
    value, guessing = case.value, case.baseline("majority")
    if value is None or guessing is None or value > guessing:
        return None
    probe = case.baseline("probe")
    guess = _OTHERS.get(case.task.answer, _GUESSING)
    helps = probe is not None and probe > max(value, guessing) + GAIN
    message = f"The model is no better than {guess}: {_words(case)} {value:.3f} against {guessing:.3f}."
    values = {"metric": case.task.metric, "value": value, "baseline": guessing}
    return Finding("worse_than_majority", "error", message, values, remedies.head_only(case) if helps else None)


def no_better_than_probe(case: Case) -> Finding | None:
    """Not clearly better than a linear layer on the frozen network, which costs a part of the time."""
    value, probe, span = case.value, case.baseline("probe"), case.interval
    fix = remedies.head_only(case)
    if value is None or probe is None or span is None or fix is None:
        return None
    if probe < span[0] or value - probe > 4 * GAIN:
        return None
    seconds = case.report.get("seconds", {})
    warm = float(seconds.get("warm") or 0)
    times = round((warm + float(seconds.get("train") or 0)) / warm) if warm else 0
    quicker = f", and is about {times} times as fast" if times > 1 else ""
    message = (
        f"Training only the last layer does as well{quicker}:"
        f" {_words(case)} {probe:.3f} against {value:.3f} on the test rows."
    )
    values = {"metric": case.task.metric, "value": value, "baseline": probe, "times": times}
    return Finding("no_better_than_probe", "info", message, values, fix)


def cut_texts(case: Case) -> Finding | None:
    cut, rows = int(case.facts.get("rows_cut") or 0), int((case.facts.get("rows") or {}).get("train") or 0)
    if not rows or cut / rows <= MOST_CUT:
        return None
    length = int(case.facts.get("max_length") or 0)
    message = f"{cut / rows:.0%} of the training texts are longer than the {length} tokens that are read of each."
    values = {"share": cut / rows, "rows": cut, "max_length": length}
    return Finding("cut_texts", "warning", message, values, remedies.read_more(case))


def micro_batch_shrunk(case: Case) -> Finding | None:
    if not case.budgets:
        return None
    count = len(case.budgets)
    message = (
        f"Memory ran out {'once' if count == 1 else f'{count} times'}, and training went on with fewer examples at a"
        f" time. {_AFTER_SHRINKING[case.task.modality]}"
    )
    return Finding("micro_batch_shrunk", "info", message, {"count": count, "budget": case.budgets[-1]})


_AFTER_SHRINKING = {
    Modality.TEXT: "The result is that of the batch size that was asked for; it only takes longer.",
    Modality.IMAGE: "That takes longer, and batch normalisation, unless it is held, goes by fewer images.",
}


def _words(case: Case) -> str:
    return case.task.metric.replace("_", " ").replace("f1", "F1")


_ENDED = ("not_finite", "out_of_memory")

RULES = (
    Rule("not_finite", not_finite),
    Rule("out_of_memory", out_of_memory),
    Rule("failed", failed, unless=_ENDED),
    Rule("interrupted", interrupted),
    Rule("diverging", diverging, live=True, unless=_ENDED),
    Rule("over_fitting", over_fitting, live=True, unless=("diverging",)),
    Rule("not_learning", not_learning, live=True, unless=(*_ENDED, "diverging")),
    Rule("plateau", plateau, unless=("over_fitting", "not_learning", "diverging")),
    Rule("still_improving", still_improving, unless=("over_fitting",)),
    Rule("worse_than_majority", worse_than_majority),
    Rule("class_never_predicted", class_never_predicted),
    Rule("no_better_than_probe", no_better_than_probe, unless=("worse_than_majority",)),
    Rule("cut_texts", cut_texts, live=True),
    Rule("micro_batch_shrunk", micro_batch_shrunk, live=True),
)
