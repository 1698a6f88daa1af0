"""`make torture`: everything at full size, with a report. Parts by name: `python -m tests.torture kills damage`.

STUDIO_TORTURE_KILLS (200), STUDIO_TORTURE_TERMS (50), STUDIO_TORTURE_POINTS (0: every crash point of each kind),
STUDIO_TORTURE_WRITES (0: every change of each kind), STUDIO_TORTURE_DAMAGE (1000), STUDIO_TORTURE_STARTS (200),
STUDIO_TORTURE_QUEUE (20), STUDIO_TORTURE_SERVERS (100), STUDIO_TORTURE_CONTAINERS (50), STUDIO_TORTURE_HTTP (20000),
STUDIO_TORTURE_SOAK (120 minutes), STUDIO_TORTURE_SEED (1), STUDIO_TORTURE_KINDS (all, separated by blanks).
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio import settings
from studio.api import Studio
from studio.simulation import FAULTS
from tests.torture import asking, containers, damage, killing, lines, servers, soak, starts
from tests.torture.bench import Bench, bench
from tests.torture.killing import Tally
from tests.torture.kinds import KINDS
from tests.torture.stage import Found, end_all

PREFIX = "STUDIO_TORTURE_"
# Taken out of the environment: the studio knows no such settings, and would refuse them.
BUDGETS = {name.removeprefix(PREFIX): os.environ.pop(name) for name in list(os.environ) if name.startswith(PREFIX)}


def main(names: list[str]) -> int:
    """Run the parts, say what came of each, and return 1 if anything was wrong. Wrong runs stay to be looked at."""
    workspace = Path(tempfile.mkdtemp(prefix="studio-torture-"))
    wrong = 0
    chosen = BUDGETS.get("KINDS", " ".join(KINDS)).split()
    names = names or [*ON_BENCH, *ALONE]
    if any(name in ON_BENCH for name in names):
        with bench(workspace, tuple(chosen)) as made:
            for subject in made.subjects:
                say(f"{subject.name}: {subject.seconds:.1f} s undisturbed, {len(subject.points)} crash points")
            for name in (name for name in names if name in ON_BENCH):
                wrong += _told(name, lambda name=name: ON_BENCH[name](made, wished("SEED", 1)))  # type: ignore[misc]
    for name in (name for name in names if name not in ON_BENCH):
        wrong += _told(name, lambda name=name: _alone(ALONE[name], workspace / name))  # type: ignore[misc]
    say(f"in {workspace}: {wrong} wrong" if wrong else "nothing lost, nothing wrong")
    return 1 if wrong else 0


def _told(name: str, part: Callable[[], list[str]]) -> int:
    """Run a part and report it; returns how much was wrong. One that cannot be tried here says why."""
    began = time.monotonic()
    try:
        found = part()
    except pytest.skip.Exception as reason:
        say(f"{name}: left out: {reason}")
        return 0
    say(f"{name}: {len(found)} wrong, {time.monotonic() - began:.0f} s")
    for line in found:
        say(f"  {line}")
    return len(found)


def _alone(experiment: Callable[[Path], Found], workspace: Path) -> list[str]:
    try:
        found = experiment(workspace)
    finally:
        end_all(workspace)
    for name, figure in found.figures.items():
        say(f"  {name}: {figure}")
    return found.wrong


def kills(made: Bench, seed: int) -> list[str]:
    return told("killed", killing.at_random(made, wished("KILLS", 200), seed))


def terms(made: Bench, seed: int) -> list[str]:
    return told("asked to end", killing.at_random(made, wished("TERMS", 50), seed, signal.SIGTERM))


def points(made: Bench, seed: int) -> list[str]:
    """Every crash point, or as many as wished, evenly spread."""
    wrong = []
    for subject in made.subjects:
        every = list(range(1, len(subject.points) + 1))
        most = wished("POINTS", 0)
        chosen = every[:: max(1, len(every) // most)] if most else every
        wrong += told(f"{subject.name}: ended at crash points", killing.at_points(made, subject, chosen, seed))
    return wrong


def writes(made: Bench, seed: int) -> list[str]:
    """Every change that the disk could refuse, or as many as wished, evenly spread."""
    wrong = []
    for subject in made.subjects:
        every = list(range(1, len(subject.points) + 1))
        most = wished("WRITES", 0)
        chosen = every[:: max(1, len(every) // most)] if most else every
        wrong += told(f"{subject.name}: changes refused", killing.at_writes(made, subject, chosen))
    return wrong


def faults(_: Bench, seed: int) -> list[str]:
    """Everything that `doctor --simulate` can show."""
    with tempfile.TemporaryDirectory(prefix="studio-faults-") as folder:
        studio = Studio(settings.load({}, workspace=Path(folder)))
        found = [studio.simulate(fault) for fault in FAULTS]
    return [f"{result['fault']}: {result['steps']}" for result in found if not result["recovered"]]


def damaged(made: Bench, seed: int) -> list[str]:
    verdicts = damage.torture(made, wished("DAMAGE", 1000), seed)
    for title, counts in (("ends", verdicts.ends), ("files", verdicts.files)):
        say(f"  {title}: " + ", ".join(f"{name} {count}" for name, count in counts.most_common()))
    return verdicts.wrong


ON_BENCH: dict[str, Callable[[Bench, int], list[str]]] = {
    "kills": kills,
    "terms": terms,
    "points": points,
    "damage": damaged,
    "writes": writes,
    "faults": faults,
}
ALONE: dict[str, Callable[[Path], Found]] = {
    "starts": lambda place: starts.at_once(place, wished("STARTS", 200)),
    "queue": lambda place: lines.long_queue(place, wished("QUEUE", 20), wished("SEED", 1)),
    "servers": lambda place: servers.killed(place, wished("SERVERS", 100), wished("SEED", 1)),
    "containers": lambda place: containers.asked_to_end(place, wished("CONTAINERS", 50), wished("SEED", 1)),
    "http": lambda place: asking.site(place, wished("HTTP", 20_000), wished("SEED", 1)),
    "soak": lambda place: soak.soak(place, wished("SOAK", 120)),
}


def told(what: str, tally: Tally) -> list[str]:
    say(f"  {what}: {tally.ended} workers of {tally.runs} runs; at most {tally.longest:.2f} s from signal to end")
    return tally.wrong


def wished(name: str, otherwise: int) -> int:
    return int(BUDGETS.get(name, otherwise))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
