"""Every command of the terminal: its name, what it does in a sentence, its function and its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from studio.terminal import choices, data, results, runs, training
from studio.terminal.desk import Answer, Desk


@dataclass(frozen=True)
class Argument:
    """One argument of a command, as `add_argument` takes it."""

    names: tuple[str, ...]
    rules: Mapping[str, Any]


@dataclass(frozen=True)
class Command:
    name: str
    help: str
    run: Callable[[Desk], Answer]
    arguments: tuple[Argument, ...] = ()


def arg(*names: str, **rules: Any) -> Argument:
    return Argument(names, rules)


def many(name: str, metavar: str, help: str) -> Argument:
    return arg(name, action="append", default=[], metavar=metavar, help=help)


FAULTS = (  # those of `simulation`, which is not loaded to read a command
    *("oom", "kill", "nan", "gpu-lost", "hang", "disk-full", "read-only", "disk-error"),
    *("damaged", "torn", "clock", "data-changed"),
)
RUN = arg("run", metavar="RUN", help="id or name of a run; of several with the name, the newest")
ONE = arg("run", metavar="RUN", help="id of a run, or its name if no other run has it")
TRAINED = arg("run", metavar="RUN", help="id or name of a run; of several with the name, the newest with a model")
TASK = arg("--task", metavar="T", help="what to learn; without it the studio chooses by the columns")
DETACH = arg("--detach", action="store_true", help="do not wait for the run")
READING = (
    many("--option", "KEY=VALUE", "how the file is read; may be repeated"),
    arg("--valid", metavar="FILE", help="rows to choose the best checkpoint by"),
    arg("--test", metavar="FILE", help="rows that only the final score is measured on"),
)
WISH = (
    arg("dataset", metavar="DATASET|FILE", help="a dataset, or a file or folder of images to read as one"),
    TASK,
    arg("--model", metavar="M", help="starting weights: a menu name, a finished run, a folder or a model of the hub"),
    arg("--method", metavar="N", help="how to tune it"),
    arg("--preset", metavar="P", help="quick, balanced or best"),
    many("--set", "KEY=VALUE", "an option of the run; may be repeated"),
    arg("--seed", type=int, metavar="S", help="seed of every random choice; the same as --set seed=S"),
    *READING,
)

COMMANDS = (
    Command(
        "serve",
        "start the studio's page",
        choices.serve,
        (arg("--host", metavar="H", help="address to serve on"), arg("--port", metavar="P", help="port to serve on")),
    ),
    Command(
        "import",
        "turn a file or a folder of images into a checked, split dataset",
        data.import_,
        (
            arg("file", nargs="+", metavar="FILE", help="a file, a folder of images, or several archives and images"),
            TASK,
            *READING,
            arg("--name", metavar="N", help="name of the dataset"),
        ),
    ),
    Command("datasets", "list the datasets", data.datasets),
    Command(
        "checkup",
        "say what is wrong with a dataset, or mend it in a copy",
        data.checkup,
        (
            arg("dataset", metavar="DATASET", help="id or name of a dataset"),
            arg("--fix", nargs="+", action="extend", default=[], metavar="CODE", help="findings to mend"),
        ),
    ),
    Command(
        "suspects",
        "list the rows whose label is probably wrong, or correct some of them in a copy",
        data.suspects,
        (
            arg("dataset", metavar="DATASET", help="id or name of a dataset"),
            arg("--model", metavar="M", help="the network whose features judge; a small one without it"),
            arg("--most", type=int, default=20, metavar="N", help="how many are listed (default: 20)"),
            many("--relabel", "ROW=CLASS", "give a row another class; may be repeated"),
            many("--drop", "ROW", "take a row out; may be repeated"),
        ),
    ),
    Command("forecast", "measure what a run would cost, by a few real steps", training.forecast, WISH),
    Command(
        "train",
        "fine-tune a network",
        training.train,
        (
            *WISH,
            arg("--name", metavar="N", help="name of the run"),
            DETACH,
            arg("--no-worker", action="store_true", help="make the run and start nothing: for torchrun"),
        ),
    ),
    Command("runs", "list the runs", runs.runs),
    Command("queue", "list the runs at work and those that wait, in their order", runs.queue),
    Command(
        "move",
        "give a waiting run another place in the queue",
        runs.move,
        (ONE, arg("where", choices=("up", "down", "first", "last"), help="one place up or down, or to an end")),
    ),
    Command("show", "show one run: status, settings, metrics, curves", runs.show, (RUN,)),
    Command("curves", "show what a run recorded", runs.curves, (RUN,)),
    Command("log", "show what a run's worker wrote", runs.log, (RUN,)),
    Command(
        "stop",
        "end a run after its current step and keep its model",
        runs.stop,
        (ONE, arg("--discard", action="store_true", help="do not keep a model")),
    ),
    Command("resume", "go on from a run's last checkpoint", training.resume, (ONE, DETACH)),
    Command("delete", "remove a run and everything in it", runs.delete, (ONE,)),
    Command(
        "predict",
        "ask a trained model",
        results.predict,
        (
            arg(
                "source",
                metavar="RUN|FOLDER|ZIP",
                help="a run (of several with the name, the newest with a model), or an export",
            ),
            many("--text", "T", "a text to ask about; may be repeated"),
            many("--second", "T", "the second text of a pair, once for each --text"),
            arg("--file", metavar="FILE", help="a file with rows to ask about, an image, or images"),
            arg("--out", metavar="FILE", help="write the answers to a .csv or .jsonl file"),
        ),
    ),
    Command(
        "evaluate",
        "score a run's model on the labelled rows of a file",
        results.evaluate,
        (TRAINED, arg("file", metavar="FILE", help="a file with labelled rows")),
    ),
    Command(
        "export",
        "write a finished run as a zip that stands alone",
        results.export,
        (
            TRAINED,
            arg(
                "--format",
                choices=("model", "adapter", "merged"),
                default="model",
                help="what to write (default: model)",
            ),
            arg("--out", required=True, metavar="PATH", help="the zip to write"),
        ),
    ),
    Command("tasks", "list what can be learned", choices.tasks),
    Command("models", "list the starting weights", choices.models),
    Command("methods", "list the ways of tuning", choices.methods),
    Command(
        "options",
        "list the options of a run",
        choices.options,
        (arg("task", metavar="TASK", help="name of a task"), arg("method", metavar="METHOD", help="name of a method")),
    ),
    Command("room", "say what the workspace takes on the disk, and what of it can be spared", choices.room),
    Command("tidy", "remove what can be made again or is needed no more", choices.tidy),
    Command("limits", "list what this installation allows", choices.limits),
    Command(
        "doctor",
        "check this installation",
        choices.doctor,
        (
            arg(
                "--simulate",
                choices=FAULTS,
                help="break a small run on purpose and show that it recovers",
            ),
        ),
    ),
)
