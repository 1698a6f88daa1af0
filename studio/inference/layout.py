"""What a folder with a trained model looks like from outside: a run's, or an export's. Loads no model.

A zip of an export is unpacked here: only names that stay inside, only files a model is made of, and no more bytes than
this installation allows.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from studio import files
from studio.data import store as datasets
from studio.errors import LimitError, MissingFile, ModelRefused, storage_errors
from studio.runs.store import Run, record
from studio.settings import Limits
from studio.spec import RunSpec

ABOUT = "studio.json"
BASE = "base"
VERSION = 1
_PARTS = {".json", ".safetensors", ".txt", ".model"}  # of a network, its tokenizer or its image processor
_MEMBERS = 1000
_SYMLINK = 0o120000
_KIND = 0o170000
_ENCRYPTED = 0x1
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def is_run(folder: Path) -> bool:
    return (folder / "spec.json").is_file()


def about(folder: Path) -> dict[str, Any]:
    """An export's `studio.json`. Raises ModelRefused if the folder has none that can be read."""
    try:
        found = files.read_json(folder / ABOUT)
        RunSpec.model_validate(found["spec"])
        length = found["max_length"]
        if found["version"] != VERSION or not (length is None or isinstance(length, int)):
            raise ValueError("made by a newer studio")
    except FileNotFoundError:
        raise ModelRefused(
            f"There is no model of the studio in {folder}.",
            why=f"An export has a file named {ABOUT}.",
            next="Name a run, or the zip or folder of an export.",
        ) from None
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        raise ModelRefused(
            f"The export in {folder} cannot be used.",
            why=f"Its {ABOUT} is damaged, or a newer studio made it.",
            next="Export the run again.",
        ) from error
    return dict(found)


def spec_of(folder: Path) -> RunSpec:
    """The spec of the run that trained the model of a folder."""
    return Run(folder).spec() if is_run(folder) else RunSpec.model_validate(about(folder)["spec"])


def columns_of(folder: Path) -> dict[str, str]:
    """The column of the training file that played each role; empty where that is not known any more."""
    if not is_run(folder):
        found = about(folder).get("data", {}).get("columns", {})
        return {str(role): str(name) for role, name in found.items()}
    record = dataset_record(Run(folder))
    return {use.role: use.name for use in record.columns if use.role} if record else {}


def options_of(folder: Path) -> dict[str, str]:
    """The options that the training file was read with; empty where they are not known any more."""
    if not is_run(folder):
        found = about(folder).get("data", {}).get("options", {})
        return {str(name): str(value) for name, value in found.items()}
    record = dataset_record(Run(folder))
    return dict(record.options) if record else {}


def characters_of(folder: Path) -> bool:
    """Whether the words that the model was trained on are single characters (see `cutting`)."""
    found = record(Run(folder))["facts"] if is_run(folder) else about(folder)
    return bool(found.get("characters"))


def dataset_record(run: Run) -> datasets.DatasetRecord | None:
    """The record of the run's dataset; None where that is gone."""
    folder = run.folder.parent.parent / "datasets" / run.spec().dataset
    return datasets.read(folder) if (folder / "dataset.json").is_file() else None


def unpack(archive: Path, target: Path, limits: Limits) -> None:
    """Unpack an export's zip into a folder.

    Raises MissingFile, ModelRefused (no zip, damaged, or with names that lead elsewhere), LimitError (too large).
    """
    try:
        with storage_errors(f"Could not unpack {archive.name}."), zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.filename.endswith("/")]
            _check_size(members, limits)
            for member in members:
                _check_member(member)
                if PurePosixPath(member.filename).suffix in _PARTS:
                    opened.extract(member, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise ModelRefused(
            f"{archive.name} is no zip, or a damaged one.", next="Copy it again, or export the run again."
        ) from error
    except FileNotFoundError as error:
        raise MissingFile(f"{archive} cannot be read.", next="Check the path and its permissions.") from error


def _check_size(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    """`zipfile` never unpacks more of a member than the size it declares."""
    size = sum(member.file_size for member in members)
    if len(members) > _MEMBERS or size > limits.archive_bytes:
        raise LimitError(
            "The zip is too large for an export.",
            why=f"It holds {len(members):,} files of {size / 1e9:,.1f} GB together; the limit is {_MEMBERS:,} files and"
            f" {limits.archive_bytes / 1e9:,.1f} GB.",
            next="Name the zip of an export, or raise STUDIO_LIMITS_ARCHIVE_BYTES.",
        )


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.filename
    parts = name.split("/")
    leads_out = not all(parts) or {".", ".."} & set(parts) or "\\" in name or ":" in parts[0] or "\0" in name
    linked = (member.external_attr >> 16) & _KIND == _SYMLINK
    if leads_out or linked or member.flag_bits & _ENCRYPTED or member.compress_type not in _PACKINGS:
        raise ModelRefused(
            "The zip is not an export of the studio.",
            why="It holds links, encrypted or unusually packed files, or names that lead out of its folder.",
            next="Name the zip of an export.",
        )
