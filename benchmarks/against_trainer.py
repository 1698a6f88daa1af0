"""Same data, same split, same settings: what transformers' own Trainer reaches, and how long it takes.

    python benchmarks/against_trainer.py RUN [--workspace DIR] [--again] [--rate R] [--epochs N] [--rows N] [--json]

RUN is the name or id of a finished run. Its starting weights are trained once more, by `plain_trainer.py` in a process
of its own, and scored on the same test rows by the same code. The figures of the run itself are read from its folder:
they were measured at another time. With `--again` its spec is run once more first, as a new run of the workspace, so
that both are measured here and now, one after the other. `--rows` is for trying the program out.

Trainer's threads wait as they do by default, the worker's as the studio has set it (threads.py measures what that
does). Times mean something on a machine that does nothing else: how busy it was is part of the report.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the studio beside us, installed or not

from columns import aligned, fixed  # noqa: E402

from studio import processes, settings  # noqa: E402
from studio.errors import StudioError  # noqa: E402
from studio.runs import events, jobs, store  # noqa: E402
from studio.runs.store import Run, Status  # noqa: E402

PROGRAM = Path(__file__).with_name("plain_trainer.py")
PHASES = ("imports", "loading", "training", "testing", "whole")
QUIET = 0.5  # load of a machine that does nothing else


@dataclass(frozen=True)
class Outcome:
    """What one way of training reached on the test rows, and what it took.

    `seconds` by phase; a phase that was not measured is None. `samples_per_second` counts examples trained on per
    second of the training loop.
    """

    what: str
    measured: str
    metrics: dict[str, float]
    rows: dict[str, int]
    seconds: dict[str, float | None]
    samples_per_second: float
    trainable_parameters: int
    learning_rate: float
    epochs: int


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("run", metavar="RUN", help="name or id of a finished run")
    parser.add_argument("--workspace", help="folder of datasets and runs; default as for the studio")
    parser.add_argument("--again", action="store_true", help="run the run's spec once more first")
    parser.add_argument("--rate", type=float, help="learning rate of Trainer; default is that of the run")
    parser.add_argument("--epochs", type=int, help="epochs of Trainer; default is that of the run")
    parser.add_argument("--rows", type=int, help="train and test Trainer on this many rows only")
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    if asked.again and asked.rows:
        parser.error("--again trains on all rows: leave out --rows")
    try:
        report = compare(asked)
    except StudioError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(json.dumps(report, indent=1) if asked.json else shown(report))
    return 0


def compare(asked: argparse.Namespace) -> dict[str, Any]:
    """Both outcomes and what is to be known about them, as JSON. Raises StudioError for a run that cannot serve."""
    load = os.getloadavg()[0]  # before we add to it
    run = store.find(settings.load(workspace=asked.workspace).runs, asked.run)
    store.require(run, (Status.FINISHED,), "compared")
    ours = studio_again(run) if asked.again else studio_then(run)
    theirs = trainer(run, asked)
    spec = run.spec()
    return {
        "run": run.id,
        "name": run.meta().name,
        "task": spec.task,
        "model": spec.model,
        "method": spec.method,
        "metric": run.metrics()["metrics"]["main"],
        "load": round(load, 2),
        "processors": os.cpu_count(),
        "results": [asdict(ours), asdict(theirs)],
        "notes": [*notes(run, asked), *busy(load)],
    }


def studio_then(run: Run) -> Outcome:
    """The run's own figures. Without the event of its beginning, imports and the whole are not known."""
    began = [event.at for event in events.read(run.log) if isinstance(event, events.Preparing)]
    ended = [event.at for event in events.read(run.log) if isinstance(event, events.Finished)]
    return studio(run, ended[-1] - began[-1] if began else None, "earlier, in another process")


def studio_again(run: Run) -> Outcome:
    """The same spec as a new run, timed from outside, less the time it waited for the device."""
    again = store.create(run.folder.parent, run.spec(), f"{run.meta().name} (again)", run.meta().owner)
    began = time.monotonic()
    process = jobs.spawn(again)
    try:
        process.wait()
    finally:
        if process.poll() is None:
            process.terminate()  # the run can be resumed
            process.wait()
    whole = time.monotonic() - began
    store.require(again, (Status.FINISHED,), "compared")
    history = events.read(again.log)
    waited = next(e.at for e in history if isinstance(e, events.Preparing)) - history[0].at
    return studio(again, whole - waited, "now")


def studio(run: Run, whole: float | None, measured: str) -> Outcome:
    """A finished run. Its training is all of fitting the head, training, validating and saving checkpoints."""
    record = store.record(run)
    spent, facts, params = record["seconds"], record["facts"], run.spec().training
    seconds = {
        "imports": None if whole is None else round(whole - spent["total"], 3),
        "loading": spent["setup"],
        "training": round(spent["warm"] + spent["train"], 3),
        "testing": spent["evaluate"],
        "whole": None if whole is None else round(whole, 3),
    }
    return Outcome(
        what="studio",
        measured=measured,
        metrics={name: value for name, value in record["metrics"]["test"].items() if name not in ("interval", "loss")},
        rows={split: record["rows"][split] for split in ("train", "test")},
        seconds=seconds,
        samples_per_second=record["samples_per_second"],
        trainable_parameters=record["trainable_parameters"],
        learning_rate=facts["learning_rate"],
        epochs=params.epochs or 1,
    )


def trainer(run: Run, asked: argparse.Namespace) -> Outcome:
    """Train with Trainer, with what the run was given or found out, unless other values are asked for."""
    facts, params = store.record(run)["facts"], run.spec().training
    request = {
        "folder": str(run.folder.absolute()),
        "rate": asked.rate or facts["learning_rate"],
        "head_rate": asked.rate or (params.head_learning_rate or 0.0) * facts["rate_factor"],
        "epochs": asked.epochs or params.epochs,
        "max_length": facts["max_length"],
        "rows": asked.rows,
    }
    seconds, found = phases(request)
    trained = found["steps"] * params.batch_size
    return Outcome(
        what="transformers.Trainer",
        measured="now",
        metrics={**found["metrics"], "n": found["rows"]["test"]},
        rows=found["rows"],
        seconds=dict(seconds),
        samples_per_second=round(trained / seconds["training"], 2),
        trainable_parameters=found["trainable_parameters"],
        learning_rate=found["rate"],
        epochs=request["epochs"],
    )


def phases(request: dict[str, Any]) -> tuple[dict[str, float], dict[str, Any]]:
    """Run Trainer in a process of its own: seconds by phase, taken from outside as the end of each is announced, and
    what it found."""
    began = time.monotonic()
    env = processes.environment({"PYTHONPATH": str(ROOT)})
    with (
        subprocess.Popen(
            [sys.executable, str(PROGRAM), json.dumps(request)],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # as a worker, it steps back for others as one
            env={name: value for name, value in env.items() if name not in processes.WAITING},
        ) as process,
        ExitStack() as ending,
    ):
        ending.callback(process.kill)
        assert process.stdout is not None
        seconds: dict[str, float] = {}
        found: dict[str, Any] = {}
        last = began
        for line in process.stdout:
            now, said = time.monotonic(), json.loads(line)
            if "phase" in said:
                seconds[said["phase"]], last = round(now - last, 3), now
            else:
                found = said
        process.wait()
    if process.returncode or not found:
        raise SystemExit("Trainer did not come to its end: see what it wrote above.")
    return {**seconds, "whole": round(time.monotonic() - began, 3)}, found


def notes(run: Run, asked: argparse.Namespace) -> Iterator[str]:
    """What a reader has to know before comparing."""
    params, history = run.spec().training, events.read(run.log)
    if not asked.again:
        yield "The studio's figures were measured at another time; --again measures both now."
        if any(isinstance(event, events.Started) and event.step for event in history):
            yield "The run was resumed: its seconds are those since it was."
    if asked.rows:
        yield f"Trainer was given at most {asked.rows} rows to train and to test on: its scores are not comparable."
    yield "The studio's training includes fitting the head, looking at validation rows, and saving checkpoints."
    yield "The studio's testing is of validation and test rows, with intervals; Trainer's is of test rows alone."
    left_out = {
        f"optimizer {params.optimizer} (adamw instead)": params.optimizer != "adamw",
        "schedule step (linear instead)": params.schedule == "step",
        "l1": params.l1 > 0,
        "class_weights": params.class_weights != "none",
        "max_minutes": params.max_minutes is not None,
        "early_stopping": params.early_stopping > 0,
    }
    names = [name for name, differs in left_out.items() if differs]
    if names:
        yield f"Settings of the run that Trainer was not given: {', '.join(names)}."


def busy(load: float) -> Iterator[str]:
    if load > QUIET:
        yield (
            f"THE MACHINE WAS BUSY with other things (load {load:.1f} on {os.cpu_count()} processors):"
            " what was measured now took longer than it needs to. Repeat it on a quiet machine."
        )


def shown(report: dict[str, Any]) -> str:
    """The report as tables for people."""
    main, results = report["metric"], report["results"]
    scores = [
        [
            r["what"],
            *(fixed(r["metrics"][name], 4) for name in (main, "accuracy")),
            *(fixed(value) for value in (r["seconds"]["training"], r["samples_per_second"])),
        ]
        for r in results
    ]
    seconds = [[r["what"], *(fixed(r["seconds"].get(name)) for name in PHASES), r["measured"]] for r in results]
    given = [
        [
            r["what"],
            f"{r['learning_rate']:.3g}",
            *(f"{count:,}" for count in (r["epochs"], r["trainable_parameters"])),
            *(f"{r['rows'][split]:,}" for split in ("train", "test")),
        ]
        for r in results
    ]
    parts = [
        f"{report['name']}: {report['task']}, {report['model']}, {report['method']}",
        aligned(("", f"test {main}", "test accuracy", "training seconds", "samples/s"), scores),
        aligned(("seconds", *PHASES, "measured"), seconds),
        aligned(("given", "rate", "epochs", "trained weights", "training rows", "test rows"), given),
        "\n".join(report["notes"]),
    ]
    return "\n\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
