"""What the experiments with servers, queues and containers share: a workspace with a tiny network and a dataset, and
processes of the studio seen from outside."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio import settings
from studio.api import ImportRequest, Studio, Wish
from studio.runs.store import Run
from tests import tiny
from tests.command_line import messages

PATIENCE = 240.0  # seconds that anything may take on a busy machine
SHORT: dict[str, Any] = {"max_steps": 2, "batch_size": 8, "evaluations": 1, "precision": "fp32", "warm_head": False}
MANY = 50  # copies of the rows for a run that outlives any experiment: a thousand epochs are the most there are
LONG: dict[str, Any] = SHORT | {
    "epochs": 1000,
    "batch_size": 2,
    "max_steps": 10**7,
    "log_every": 150,
    "max_minutes": 55,
}


@dataclass
class Found:
    """What an experiment did (figures by name) and what is wrong; nothing where all went well."""

    figures: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def expect(self, holds: object, otherwise: str) -> None:
        if not holds:
            self.wrong.append(otherwise)


@dataclass(frozen=True)
class Stage:
    """A workspace in which a run of the tiny network can be started."""

    studio: Studio
    dataset: str
    network: Path

    def start(self, name: str = "", **changes: Any) -> Run:
        """A run through the front door; two short steps unless `changes` say otherwise."""
        record = self.studio.start(self.dataset, str(self.network), Wish(method="full", changes=SHORT | changes), name)
        return Run(Path(record["folder"]))

    def another_dataset(self, name: str) -> str:
        """A dataset of the same rows under another id."""
        again = messages(self.studio.settings.workspace)
        again.write_text(again.read_text(encoding="utf-8") + f"\none more {name},praise", encoding="utf-8")
        return str(self.studio.import_dataset(ImportRequest(again, name=name))["dataset"])


def stage(workspace: Path, copies: int = 1) -> Stage:
    """A new workspace with a dataset of texts, each so many times with another number, and a random network."""
    studio = Studio(settings.load({"STUDIO_DEVICE": "cpu"}, workspace=workspace))
    workspace.mkdir(parents=True, exist_ok=True)
    network = workspace / "network"
    tiny.tiny_bert(network)
    table = messages(workspace)
    header, *rows = table.read_text(encoding="utf-8").splitlines()
    many = [f"{number} {row}" if number else row for number in range(copies) for row in rows]
    table.write_text("\n".join([header, *many]), encoding="utf-8")
    dataset = studio.import_dataset(ImportRequest(table, name="messages"))["dataset"]
    return Stage(studio, str(dataset), network)


def until(condition: Callable[[], Any], what: str, patience: float = PATIENCE) -> None:
    """Return once the condition holds. Raises AssertionError, naming `what`, where it does not in time."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"in {patience:.0f} s it did not happen: {what}"
        time.sleep(0.02)


def processes_with(folder: Path) -> Iterator[int]:
    """The processes in whose command a folder stands, or something in it."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if any(os.fsencode(folder) in word for word in words) and int(entry.name) != os.getpid():
            yield int(entry.name)


def end_all(folder: Path) -> None:
    """Kill what an experiment that broke off has left at work in a folder."""
    for process in processes_with(folder):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def spread(values: list[float]) -> str:
    """Median, 95 % and most of some seconds, in words."""
    if not values:
        return "none"
    ordered = sorted(values)
    pick = [ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95, 1.0)]
    return "median {:.2f} s, 95 % within {:.2f} s, at most {:.2f} s".format(*pick)


def dice(seed: int) -> random.Random:
    """The chance of an experiment: the same for the same seed."""
    return random.Random(seed)
