"""Accuracy after equal epochs over several seeds, and how soon the studio is as good as Trainer in the end.

    python benchmarks/accuracy.py banking77 [--epochs 1] [--seeds 42 43 44] [--rates 5e-5 1e-4 2e-4 5e-4]

- studio: a run as the page would start it, with the epochs asked for, in a worker.
- example: transformers' Trainer as its documentation shows it, at the first of the rates.
- tuned: Trainer as somebody would set it who knows it (bf16, batches of like length, for texts), at the best of the
  rates: all are tried with the first seed, and the one that is best on the validation rows is kept.

All get the same rows, starting weights, epochs and examples per step. Seconds are those of the whole process, taken
from outside: loading, training, testing. "As good" is when the curve of the studio's validation rows, watched, first
came to what the other side had on the same rows at its end. Test scores are means over the seeds, with the lowest
and the highest; the rates that were tried and not kept are printed, too.

--data is the folder of the data pack (default: STUDIO_TEST_DATA). Scenarios are those of engine.py.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from against_trainer import phases
from columns import aligned, fixed
from engine import SCENARIOS, Scenario, planned  # puts the studio beside us on the path

from studio.errors import StudioError
from studio.runs import curves, jobs, store
from studio.runs.case import tag
from studio.runs.store import Run, Status

LOOK = 0.25  # seconds between two looks at the growing curve


@dataclass(frozen=True)
class Outcome:
    """What one side came to with one seed. `valid` and `test` are the task's main metric; `seconds` are of the whole
    process. `curve` has (seconds, validation metric), empty for Trainer, which does not look on the way."""

    side: str
    seed: int
    rate: float
    valid: float
    test: float
    accuracy: float
    seconds: float
    curve: list[tuple[float, float]]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("scenario", choices=sorted(SCENARIOS))
    parser.add_argument("--data", default=os.environ.get("STUDIO_TEST_DATA"), help="folder of the data pack")
    parser.add_argument("--method", default="full")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 43, 44])
    parser.add_argument("--rates", type=float, nargs="+", default=[5e-5, 1e-4, 2e-4, 5e-4])
    parser.add_argument("--sides", nargs="*", choices=("tuned", "example"), default=["tuned", "example"])
    parser.add_argument("--rows", type=int, help="give Trainer this many rows only, to try the program")
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    if not asked.data:
        parser.error("name the folder of the data pack: --data")
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = list(measured(asked, Path(folder)))
        except StudioError as error:
            print(error, file=sys.stderr)
            return error.exit_code
    report = {"scenario": asked.scenario, "method": asked.method, "epochs": asked.epochs, "load_before": load}
    report |= {"outcomes": [asdict(outcome) for outcome in found]}
    print(json.dumps(report) if asked.json else f"{told(report)}\n{table(found)}")
    return 0


def measured(asked: argparse.Namespace, folder: Path) -> Iterator[Outcome]:
    """Every side with every seed, one after the other; the first seed also with the rates that are not kept."""
    best: dict[str, float] = {}
    for seed in asked.seeds:
        run = drawn_up(SCENARIOS[asked.scenario], asked, folder / str(seed), seed)
        yield noted(studio(run, seed))
        for side in asked.sides:
            rates = asked.rates if side == "tuned" else asked.rates[:1]
            tried = [noted(trainer(run, side, rate, seed, asked)) for rate in ([best[side]] if side in best else rates)]
            best[side] = max(tried, key=lambda outcome: outcome.valid).rate
            yield from (replace(o, side=side if o.rate == best[side] else f"{side}, not kept") for o in tried)


def drawn_up(scenario: Scenario, asked: argparse.Namespace, folder: Path, seed: int) -> Run:
    changes = scenario.changes | {"epochs": asked.epochs, "seed": seed}
    return planned(folder, Path(asked.data), replace(scenario, changes=changes), asked.method)


def noted(outcome: Outcome) -> Outcome:
    """Says on standard error what was found, since the whole takes long."""
    print(f"{outcome.side} seed {outcome.seed} rate {outcome.rate:.2g}: {outcome.accuracy:.4f}", file=sys.stderr)
    return outcome


def studio(run: Run, seed: int) -> Outcome:
    """The run in a worker, its curve watched while it grows."""
    metric = f"{tag(run_metric(run))}/valid"
    seen: list[tuple[float, float]] = []
    tail = curves.Tail(run.curves)
    began = time.monotonic()
    process = jobs.spawn(run)
    try:
        while process.poll() is None:
            time.sleep(LOOK)
            tail.poll()
            now = time.monotonic() - began
            seen += [(round(now, 2), value) for _, value in tail.curves.get(metric, [])[len(seen) :]]
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    seconds = time.monotonic() - began
    store.require(run, (Status.FINISHED,), "compared")
    record = store.record(run)
    valid, test = (record["metrics"][split] for split in ("valid", "test"))
    main, rate = record["metrics"]["main"], record["facts"]["learning_rate"]
    return Outcome("studio", seed, rate, valid[main], test[main], test["accuracy"], round(seconds, 1), seen)


def run_metric(run: Run) -> str:
    """The main metric of the run's task."""
    from studio.tasks import TASKS

    return TASKS[run.spec().task].metric


def trainer(run: Run, side: str, rate: float, seed: int, asked: argparse.Namespace) -> Outcome:
    facts, params = store.record(run)["facts"], run.spec().training
    request = {
        "folder": str(run.folder.absolute()),
        "rate": rate,
        "head_rate": rate,
        "epochs": params.epochs,
        "max_length": facts["max_length"],
        "rows": asked.rows,
        "tuned": side == "tuned",
        "validated": True,
    }
    seconds, found = phases(request)
    main = run_metric(run)
    test, whole = found["metrics"], seconds["whole"] - seconds["validating"]
    return Outcome(side, seed, rate, found["valid"][main], test[main], test["accuracy"], round(whole, 1), [])


# The table ------------------------------------------------------------------------------------------------------------


def told(report: dict[str, Any]) -> str:
    epochs = f"{report['epochs']} epoch" + ("s" if report["epochs"] > 1 else "")
    return f"{report['scenario']}, {report['method']}, {epochs}, load before {report['load_before']:.1f}"


def table(found: list[Outcome]) -> str:
    """A line for each side and rate: means over the seeds, and the studio's seconds to be as good."""
    kinds = list(dict.fromkeys((outcome.side, outcome.rate if outcome.side != "studio" else 0.0) for outcome in found))
    head = ("side", "rate", "test accuracy", "lowest", "highest", "seconds", "studio as good after", "earlier by")
    return aligned(head, [list(line(kind, found)) for kind in kinds])


def line(kind: tuple[str, float], found: list[Outcome]) -> Iterator[str]:
    side, rate = kind
    own = [o for o in found if o.side == side and (side == "studio" or o.rate == rate)]
    ours = {o.seed: o for o in found if o.side == "studio"}
    scores, seconds = [o.accuracy for o in own], statistics.mean(o.seconds for o in own)
    yield side
    yield f"{own[0].rate:.2g}"
    yield from (fixed(value, 4) for value in (statistics.mean(scores), min(scores), max(scores)))
    yield fixed(seconds)
    if side == "studio":
        yield from ("", "")
        return
    reached = [reaching(ours[o.seed], o.valid) for o in own]
    if None in reached:
        yield from ("not reached", "")
    else:
        mean = statistics.mean(value for value in reached if value is not None)
        yield from (fixed(mean), f"{seconds / mean:.1f}x")


def reaching(outcome: Outcome, valid: float) -> float | None:
    """Seconds after which the curve first came to `valid`."""
    return next((seconds for seconds, value in outcome.curve if value >= valid), None)


if __name__ == "__main__":
    sys.exit(main())
