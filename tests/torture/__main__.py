"""`make torture`: everything at full size, with a report. Parts by name: `python -m tests.torture kills damage`.

STUDIO_TORTURE_KILLS (200), STUDIO_TORTURE_TERMS (50), STUDIO_TORTURE_POINTS (0: every crash point of each kind),
STUDIO_TORTURE_WRITES (0: every change of each kind), STUDIO_TORTURE_DAMAGE (1000), STUDIO_TORTURE_SEED (1),
STUDIO_TORTURE_KINDS (all, separated by blanks).
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from studio import settings
from studio.api import Studio
from studio.simulation import FAULTS
from tests.torture import damage, killing
from tests.torture.bench import Bench, bench
from tests.torture.killing import Tally
from tests.torture.kinds import KINDS


def main(names: list[str]) -> int:
    """Run the parts, say what came of each, and return 1 if anything was wrong. Wrong runs stay to be looked at."""
    workspace = Path(tempfile.mkdtemp(prefix="studio-torture-"))
    wrong = 0
    chosen = os.environ.get("STUDIO_TORTURE_KINDS", " ".join(KINDS)).split()
    with bench(workspace, tuple(chosen)) as made:
        for subject in made.subjects:
            say(f"{subject.name}: {subject.seconds:.1f} s undisturbed, {len(subject.points)} crash points")
        for name in names or list(PARTS):
            began = time.monotonic()
            found = PARTS[name](made, wished("SEED", 1))
            say(f"{name}: {len(found)} wrong, {time.monotonic() - began:.0f} s")
            for line in found:
                say(f"  {line}")
            wrong += len(found)
    say(f"in {workspace}: {wrong} wrong" if wrong else "nothing lost, nothing wrong")
    return 1 if wrong else 0


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


PARTS: dict[str, Callable[[Bench, int], list[str]]] = {
    "kills": kills,
    "terms": terms,
    "points": points,
    "damage": damaged,
    "writes": writes,
    "faults": faults,
}


def told(what: str, tally: Tally) -> list[str]:
    say(f"  {what}: {tally.ended} workers of {tally.runs} runs; at most {tally.longest:.2f} s from signal to end")
    return tally.wrong


def wished(name: str, otherwise: int) -> int:
    return int(os.environ.get(f"STUDIO_TORTURE_{name}", otherwise))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
