"""Writes a finished run as a zip that stands alone. The light side: checks the request, then lets the builder work."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from studio import modelfolder, processes
from studio.errors import InternalError, InvalidOption, MissingFile, RequestError, StudioError, WrongState, rebuild
from studio.export.formats import FORMATS as FORMATS
from studio.export.formats._format import Format
from studio.inference.dialogue import ERROR
from studio.plan import unfold
from studio.runs import store
from studio.runs.store import Run, Status

BUILDER = "studio.export.builder"
_PATIENCE = 10.0  # seconds for a builder to clean up


def export(run: Run, format: str, out: Path) -> dict[str, Any]:
    """Write the run as a zip at `out`, or under a name of its own in the folder `out`.

    Returns `format`, `path`, `bytes`, `files` (names in the zip), `license` and `terms` (of the starting weights).
    Raises UnknownName, InvalidOption (a format that the run's method does not offer), WrongState (no model yet),
    MissingFile (no such folder), RequestError (a file is there that is no zip), ModelError, StorageError.
    """
    chosen = FORMATS[format]
    _check_state(run)
    obstacle = chosen.obstacle(unfold(run.spec()).method)
    if obstacle is not None:
        raise InvalidOption(
            f"The run cannot be exported as '{chosen.name}'.",
            why=obstacle,
            next=f"These formats are possible: {', '.join(offered(run))}.",
        )
    return _built(run, chosen, _target(run, chosen, out.expanduser().absolute()))


def offered(run: Run) -> list[str]:
    """The names of the formats in which the run can be exported."""
    method = unfold(run.spec()).method
    return [form.name for form in FORMATS.values() if form.obstacle(method) is None]


def _check_state(run: Run) -> None:
    status = store.require(run, (Status.FINISHED, Status.STOPPED), "exported")
    if not modelfolder.holds_model(run.model):
        raise WrongState(
            "The run cannot be exported: it has no model.",
            why=f"It is {status.value}, and no model was kept.",
            next="Resume it, and let it finish.",
        )


def _target(run: Run, format: Format, out: Path) -> Path:
    if out.is_dir():
        words = re.sub(r"[^\w-]+", "-", run.meta().name, flags=re.ASCII).strip("-_").lower()
        return out / f"{words[:60] or run.id}-{format.name}.zip"
    if not out.parent.is_dir():
        raise MissingFile(f"There is no folder {out.parent} to write to.", next="Make it first, or name another.")
    if out.exists() and not zipfile.is_zipfile(out):
        raise RequestError(
            f"The export would replace {out}, which is no zip.", next="Name another file, or delete this one first."
        )
    return out


def _built(run: Run, format: Format, out: Path) -> dict[str, Any]:
    """What the builder process says it wrote. Raises its error, or one that says that it is gone."""
    with tempfile.TemporaryFile() as errors:
        process = processes.launch_attached(BUILDER, errors, run.folder.absolute(), format.name, out)
        try:
            said, _ = process.communicate()
        finally:
            _end(process)
        if not said.endswith(b"\n"):
            raise _ended(process.returncode)
    reply = json.loads(said)
    if ERROR in reply:
        raise rebuild(reply[ERROR])
    found: dict[str, Any] = reply["answer"]
    return found


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave no process behind, and let it leave nothing behind."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _ended(code: int) -> StudioError:
    if code == -signal.SIGKILL:
        return InternalError(
            "The export was stopped before it was done.",
            why="The system ended its process, most likely because memory ran out.",
            next="Close other programs, or wait until no run trains, then try again.",
        )
    return InternalError(
        "The export ended before it was done.",
        why=f"The exit code of its process is {code}.",
        next="Try again; if it happens again, please report it.",
    )
