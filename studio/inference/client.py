"""A trained model as the rest of the studio asks it: starts the predictor process, hands it rows, brings back answers.

No torch here. Files are read by the importer process, under its limits, so this process never parses what a stranger
made.
"""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from studio import files, modelfolder, processes
from studio.data import runner
from studio.data import store as datasets
from studio.data.store import ORDER
from studio.data.upload import content_hash
from studio.errors import InternalError, LimitError, MissingFile, ModelError, StudioError, WrongState, rebuild
from studio.identifiers import new_id
from studio.inference import layout
from studio.inference.dialogue import ERROR
from studio.plan import unfold
from studio.runs.store import Run
from studio.settings import Settings

PREDICTOR = "studio.inference.predictor"
CHUNK = 500  # rows of one request
_PATIENCE = 5.0  # seconds for a predictor to end

Data = dict[str, Any]
Report = Callable[[Data], None]


def trained(run: Run) -> Path:
    """The run's folder, for `predictor`. Raises WrongState if the run has left no model (yet)."""
    if modelfolder.holds_model(run.model):
        return run.folder
    status = run.status()
    raise WrongState(
        "The run has no model to ask.",
        why=f"It is {status.value}." if not status.over else f"It is {status.value}, and no model was kept.",
        next="Resume it first." if status.over else "Wait until it is finished, or stop it and keep the model.",
    )


@contextmanager
def predictor(folder: Path, settings: Settings) -> Iterator[Predictor]:
    """A predictor for a run's folder, or for the folder or zip of an export; its process ends with the block."""
    with ExitStack() as stack:
        if folder.is_file():
            unpacked = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="studio-export-")))
            layout.unpack(folder, unpacked, settings.limits)
            folder = _only_folder(unpacked)
        errors: IO[bytes] = stack.enter_context(tempfile.TemporaryFile())
        found = Predictor(folder.absolute(), settings, errors)
        stack.callback(found.close)
        yield found


def _only_folder(unpacked: Path) -> Path:
    """Where the export lies: a zip made again by hand often wraps everything in one folder."""
    inner = list(unpacked.iterdir())
    wrapped = len(inner) == 1 and inner[0].is_dir() and (inner[0] / layout.ABOUT).is_file()
    return inner[0] if wrapped else unpacked


class Predictor:
    """One predictor process. It is started by the first question, and again if it ended while nobody asked."""

    def __init__(self, folder: Path, settings: Settings, errors: IO[bytes]) -> None:
        self._folder, self._settings, self._errors = folder, settings, errors
        self._spec = layout.spec_of(folder)
        self._process: Any = None

    def predict(self, rows: Sequence[Mapping[str, Any]]) -> list[Data]:
        """One answer per row: the task's record, or `{"error": ...}` for a row that cannot be read."""
        answers: list[Data] = []
        for start in range(0, len(rows), CHUNK):
            part = [dict(row) for row in rows[start : start + CHUNK]]
            answers += self._ask({"do": "predict", "rows": part})
        return answers

    def predict_file(self, file: Path, report: Report) -> list[Data]:
        """An answer for each row of a table, or each image of a folder or zip, in their order there.

        Every answer says its `line`; texts and words are repeated in it.
        """
        with _read(self._folder, file, self._settings, False, report) as read:
            answered: list[Data] = []
            for start in range(0, read.rows, CHUNK):
                report({"phase": "predicting", "done": start, "total": read.rows})
                question = {"do": "predict_dataset", "folder": str(read.folder), "start": start, "stop": start + CHUNK}
                answered += self._ask(question)
            return _in_order(read, answered, [column.name for column in unfold(self._spec).task.inputs])

    def evaluate(self, file: Path, report: Report) -> Data:
        """The metrics on the labelled rows of a file, and what could not be used of it."""
        with _read(self._folder, file, self._settings, True, report) as read:
            report({"phase": "evaluating", "total": read.rows})
            found: Data = self._ask({"do": "evaluate", "folder": str(read.folder)})
        return {
            "file": file.name,
            "main": found["metrics"]["main"],
            **found,
            "skipped": [skipped.model_dump() for skipped in read.record.skipped],
            "skipped_count": read.record.skipped_count,
        }

    def close(self) -> None:
        """End the process: closing its input is enough, unless it hangs."""
        if self._process is None:
            return
        process, self._process = self._process, None
        with process:
            process.stdin.close()
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()

    def _ask(self, question: Data) -> Any:
        if self._process is not None and self._process.poll() is not None:
            self.close()  # it ended while nobody asked
        if self._process is None:
            self._process = processes.launch_attached(PREDICTOR, self._errors, self._folder)
            self._say(self._settings.model_dump(mode="json"))  # it knows none of our variables
            self._hear()
        self._say(question)
        return self._hear()

    def _say(self, message: Data) -> None:
        try:
            self._process.stdin.write(json.dumps(message).encode("ascii") + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._ended() from None

    def _hear(self) -> Any:
        """The next reply. Raises the predictor's error, or one that says that it is gone."""
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            raise self._ended()
        reply = json.loads(line)
        if ERROR in reply:
            raise rebuild(reply[ERROR])
        return reply["answer"]

    def _ended(self) -> StudioError:
        code = self._process.wait()
        self.close()
        if code == -signal.SIGKILL:
            return ModelError(
                "The model was stopped before it had answered.",
                why="The system ended its process, most likely because memory ran out.",
                next="Close other programs, wait until no run trains, or ask about fewer rows at once.",
            )
        return InternalError(
            "The model's process ended before it had answered.",
            why=f"It said: {self._last_words()}" if self._last_words() else f"Its exit code is {code}.",
            next="Try again; if it happens again, please report it.",
        )

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read()[-2000:].decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:200] if lines else ""


@dataclass(frozen=True)
class _File:
    """A file as the importer read it: its rows, and the order of everything in it, readable or not."""

    folder: Path
    record: datasets.DatasetRecord

    @property
    def rows(self) -> int:
        return self.record.rows


@contextmanager
def _read(folder: Path, file: Path, settings: Settings, labelled: bool, report: Report) -> Iterator[_File]:
    """The rows of a file in canonical form, in a folder that is gone afterwards."""
    _check(file, settings)
    spec = layout.spec_of(folder)
    request = {
        "kind": "unsplit",
        "id": new_id(),
        "name": file.name,
        "created": 0.0,
        "task": spec.task,
        "labelled": labelled,
        "columns": layout.columns_of(folder),
        "options": layout.options_of(folder),
        "characters": layout.characters_of(folder),
        "image_size": spec.enlarged_from or spec.training.image_size,
        "sources": [{"path": str(file.absolute()), "name": file.name, "sha256": content_hash(file)}],
    }
    with files.temporary_folder(files.make_folder(settings.workspace)) as workspace:
        try:
            record = runner.run(settings.model_copy(update={"workspace": workspace}), request, report)
        except InternalError:
            _keep_logs(workspace, settings.workspace)
            raise
        yield _File(workspace / "datasets" / record.id, record)


def _keep_logs(temporary: Path, workspace: Path) -> None:
    """The details of a mistake of ours belong where the message says they are."""
    for log in (temporary / "logs").glob("*.log"):
        files.copy(log, files.make_folder(workspace / "logs") / log.name)


def _check(file: Path, settings: Settings) -> None:
    if not file.exists():
        raise MissingFile(f"There is no file {file}.", next="Check the path.")
    if file.is_file() and file.stat().st_size > settings.limits.upload_bytes:
        raise LimitError(
            f"{file.name} has {file.stat().st_size / 1e6:,.0f} MB;"
            f" the limit is {settings.limits.upload_bytes / 1e6:,.0f} MB.",
            next="Give a part of it, or raise STUDIO_LIMITS_UPLOAD_BYTES.",
        )


def _in_order(read: _File, answered: Sequence[Data], shown: Sequence[str]) -> list[Data]:
    """The answers, of which there is one per row that was read, and the other rows, as all stood in the file."""
    why = {skipped.where: skipped.why for skipped in read.record.skipped}
    columns = datasets.read_rows(read.folder, "test")
    found: list[Data] = []
    for line, number in files.read_json(read.folder / ORDER):
        if number is None:
            found.append({"line": line, "error": why.get(line, "It cannot be read.")})
        else:
            cells = {name: columns[name][number] for name in shown}
            texts = {name: cell for name, cell in cells.items() if isinstance(cell, str)}
            found.append(({"line": line} | texts if texts else {}) | answered[number])
    unnamed = read.rows + read.record.skipped_count - len(found)
    if unnamed > 0:
        found.append({"line": read.record.name, "error": f"{unnamed:,} more rows cannot be read."})
    return found
