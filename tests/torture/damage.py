"""Files of a run damaged one at a time: each must be noticed, refused in plain words, or make no difference.

Harmed are runs that two workers were ended on (they have checkpoints, a log and curves of both, and perhaps what was
left half done) and finished ones.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from studio import files
from studio.errors import StudioError
from studio.runs import events, store
from studio.runs.store import Run, Status
from tests.torture import compare, kinds
from tests.torture.bench import Bench, Subject, discard
from tests.torture.compare import Outcome

HARMS = ("flip", "cut", "zero", "gone")
SHARES = ((0.3, 0.2), (0.5, 0.3), (0.35, 0.6))  # of the crash points: where two workers were ended, one after another
RESULTS = ("model", "predictions", "environment.json")  # of a finished run: no state that anything goes on from


@dataclass
class Verdicts:
    """How often each kind of end came about, and what must not be."""

    ends: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def torture(bench: Bench, variants: int, seed: int) -> Verdicts:
    """Harm copies of interrupted and finished runs of all kinds, and let each go on."""
    chance, verdicts = random.Random(seed), Verdicts()
    begun = [(subject, run) for subject in bench.subjects for run in _begun(bench, subject)]
    for number in range(variants):
        subject, original = begun[number % len(begun)]
        run = kinds.copy(original)
        path = chance.choice(state_files(run))
        harm = chance.choice(HARMS)
        hurt(path, harm, chance)
        name = str(path.relative_to(run.folder))
        end, wrong = judged(bench, subject, run, name)
        verdicts.ends[end] += 1
        verdicts.files[_kind(name)] += 1
        verdicts.wrong += [f"{subject.name}: {harm} of {run.id}/{name} ({end}): {what}" for what in wrong]
        if not wrong:
            discard(run)
    return verdicts


def _begun(bench: Bench, subject: Subject) -> list[Run]:
    """Runs that two workers were ended on, and one that is finished."""
    runs = [kinds.copy(subject.run) for _ in range(len(SHARES) + 1)]
    for run, shares in zip(runs, SHARES, strict=False):
        for share in shares:
            bench.nursery.work(run, point=int(share * len(subject.points)))
        assert run.status() is Status.INTERRUPTED, compare.words(run)
    bench.nursery.work(runs[-1])
    assert runs[-1].status() is Status.FINISHED, compare.words(runs[-1])
    return runs


def state_files(run: Run) -> list[Path]:
    """Everything that a worker or a reader of the run goes by."""
    apart = ("lock", run.output.name, run.pulse_file.name, *(RESULTS if run.metrics_file.exists() else ()))
    paths = (path for path in run.folder.rglob("*") if path.is_file())
    return sorted(path for path in paths if path.relative_to(run.folder).parts[0] not in apart)


def hurt(path: Path, harm: str, chance: random.Random) -> None:
    """Flip a bit, cut the end off, overwrite a stretch with zeros, or remove the file."""
    content = bytearray(path.read_bytes())
    place = chance.randrange(max(1, len(content)))
    match harm:
        case "flip" if content:
            content[place] ^= 1 << chance.randrange(8)
        case "cut":
            del content[place:]
        case "zero":
            end = min(len(content), place + chance.randint(1, 512))
            content[place:end] = bytes(end - place)
    if harm == "gone":
        path.unlink()
    else:
        path.write_bytes(bytes(content))


def judged(bench: Bench, subject: Subject, run: Run, name: str) -> tuple[str, list[str]]:
    """How a harmed run ended, and what is wrong with that."""
    try:
        status = run.status()
        store.record(run)
    except StudioError as error:
        return "refused", [] if error.what and "Traceback" not in str(error) else [str(error)]
    if status is Status.FINISHED:
        return _read(run, subject.golden)
    if status is not Status.INTERRUPTED:
        return "wrong status", [status.value]
    answer = bench.nursery.work(run)
    failed = [event.error for event in events.read(run.log) if isinstance(event, events.Failed)]
    if failed:
        return "refused by the worker", [str(error) for error in failed if error["code"] == "internal"]
    if answer.code != 0 or run.status() is not Status.FINISHED:
        return "broken", [f"exit code {answer.code}, {run.status()}", compare.words(run)]
    return _compared(run, subject.golden, name)


def _read(run: Run, golden: Outcome) -> tuple[str, list[str]]:
    """A finished run: what can still be read of it is what it was."""
    outcome = compare.outcome(run)
    wrong = [what for what in compare.differences(outcome, golden) if what.startswith(("weights", "predictions"))]
    wrong += [tag for tag, points in outcome.curves.items() if not _within(points, golden.curves[tag])]
    if outcome.metrics not in ({}, golden.metrics):
        wrong.append("metrics")
    return "finished, read without it" if outcome != golden else "finished, same bits", wrong


def _compared(run: Run, golden: Outcome, name: str) -> tuple[str, list[str]]:
    """A harmed run that came to its end: the same bits, or a warning that says why not."""
    outcome = compare.outcome(run)
    wrong = compare.differences(outcome, golden)
    warned = any(isinstance(event, events.Warned) for event in events.read(run.log))
    if name.startswith("tb/"):
        rest = [what for what in wrong if not what.startswith("curves ")]
        rest += [tag for tag, points in outcome.curves.items() if not _within(points, golden.curves[tag])]
        return ("points left out" if wrong else "same bits"), rest
    if warned:
        if "metrics best_step" in wrong:
            return "warned, another best step", []
        both = {f"checkpoints {kept}" for kept in outcome.checkpoints.keys() & golden.checkpoints.keys()}
        # The best step on the way was another where it was lost, so one run keeps checkpoints that the other does not.
        return "warned, same bits", [what for what in wrong if not what.startswith("checkpoints ") or what in both]
    unused = f"checkpoints {name.removeprefix('checkpoints/')}"  # harmed, kept beside the others, and never needed
    return "same bits", [what for what in wrong if what != unused]


def _within(points: list[tuple[int, str]], wanted: list[tuple[int, str]]) -> bool:
    """Whether a curve has no point that is not in the other, and none twice."""
    return len(set(points)) == len(points) and set(points) <= set(wanted)


def _kind(name: str) -> str:
    """A file's name without numbers: one line of the report for all of its kind."""
    first, *rest = Path(name).parts
    folder = "unfinished" if first.startswith(files.STAGED) else first
    return f"{folder}/{rest[-1] if folder == 'checkpoints' else '*'}" if rest else folder
