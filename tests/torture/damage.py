"""Files of a run damaged one at a time: each must be noticed, refused in plain words, or make no difference.

A run that was ended twice on its way is the one that is harmed: it has checkpoints, a log and curves of two workers.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from studio.errors import StudioError
from studio.runs import events, store
from studio.runs.store import Run, Status
from tests.torture import compare, kinds
from tests.torture.bench import Bench, Subject, discard
from tests.torture.compare import Outcome

HARMS = ("flip", "cut", "zero", "gone")
SHARES = (0.35, 0.7)  # of the crash points: where the two workers before were ended


@dataclass
class Verdicts:
    """How often each kind of end came about, and what must not be."""

    ends: Counter[str] = field(default_factory=Counter)
    files: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def interrupted(bench: Bench, subject: Subject) -> Run:
    """A run that two workers were ended on."""
    run = kinds.copy(subject.run)
    for share in SHARES:
        answer = bench.nursery.work(run, point=int(share * len(subject.points)))
        assert answer.code == -9, compare.words(run)
    return run


def torture(bench: Bench, variants: int, seed: int) -> Verdicts:
    """Harm copies of interrupted runs of all kinds, and let each go on."""
    chance, verdicts = random.Random(seed), Verdicts()
    begun = [(subject, interrupted(bench, subject)) for subject in bench.subjects]
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
        verdicts.wrong += [f"{subject.name}: {harm} of {name} ({end}): {what}" for what in wrong]
        if not wrong:
            discard(run)
    return verdicts


def state_files(run: Run) -> list[Path]:
    """Everything that a worker or a reader of the run depends on."""
    apart = (run.lock, run.output)
    return sorted(path for path in run.folder.rglob("*") if path.is_file() and path not in apart)


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
        if run.status() is not Status.INTERRUPTED:
            return "wrong status", [run.status().value]
        store.record(run)
    except StudioError as error:
        return "refused", [] if error.what and "Traceback" not in str(error) else [str(error)]
    answer = bench.nursery.work(run)
    failed = [event.error for event in events.read(run.log) if isinstance(event, events.Failed)]
    if failed:
        return "refused by the worker", [str(error) for error in failed if error["code"] == "internal"]
    if answer.code != 0 or run.status() is not Status.FINISHED:
        return "broken", [f"exit code {answer.code}, {run.status()}", compare.words(run)]
    return _compared(run, subject.golden, name)


def _compared(run: Run, golden: Outcome, name: str) -> tuple[str, list[str]]:
    """A harmed run that came to its end: the same bits, or a warning that says why not."""
    outcome = compare.outcome(run)
    wrong = compare.differences(outcome, golden)
    warned = {event.code for event in events.read(run.log) if isinstance(event, events.Warned)}
    if name.startswith("tb/"):
        missing = [what for what in wrong if not what.startswith("curves ")]
        missing += [tag for tag, points in outcome.curves.items() if not _within(points, golden.curves[tag])]
        return "points left out" if wrong else "same bits", missing
    if name.startswith("checkpoints/") and "damaged_checkpoint" not in warned:
        return "not noticed", [name, *wrong]
    if "damaged_checkpoint" in warned:
        return ("warned, same bits" if not wrong else "warned, another best step"), []
    return "same bits", wrong


def _within(points: list[tuple[int, str]], wanted: list[tuple[int, str]]) -> bool:
    """Whether a curve has no point that is not in the other, and none twice."""
    return len(set(points)) == len(points) and set(points) <= set(wanted)


def _kind(name: str) -> str:
    """A file's name without numbers: one line of the report for all of its kind."""
    path = Path(name)
    return "tb/*" if path.parts[0] == "tb" else "*/".join({path.parts[0]: 0, path.name: 0})
