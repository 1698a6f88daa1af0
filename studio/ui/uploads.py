"""Files that a browser or client has sent: only what really lies in the place where uploads arrive is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder

from studio.api import Studio
from studio.errors import RequestError, UnknownName


def uploaded(value: Mapping[str, Any] | str) -> Path:
    """The file of an upload, as Gradio describes it or as its path. Raises RequestError for any other file."""
    named = value.get("path") if isinstance(value, Mapping) else value
    path = Path(named).resolve() if isinstance(named, str) and named and "\0" not in named else None
    if path is None or not path.is_relative_to(Path(get_upload_folder()).resolve()) or not path.is_file():
        raise RequestError("The file has not arrived.", next="Upload it again.")
    return path


Upload = Mapping[str, Any] | str


def kept(studio: Studio, value: Upload | Sequence[Upload] | None) -> Path:
    """An upload in the workspace, under the name it had at home; several uploads as one folder."""
    values = list(value) if isinstance(value, list | tuple) else [value] if isinstance(value, str | Mapping) else []
    if not values:
        raise RequestError("There is no file.", next="Choose one, then try again.")
    return studio.choices.keep_uploads([(uploaded(one), _name(one)) for one in values])


def _name(value: Upload) -> str:
    name = value.get("orig_name") if isinstance(value, Mapping) else None
    return name if isinstance(name, str) and name else uploaded(value).name


def known_sample(studio: Studio, name: str) -> Path:
    """The sample of this name, as an import takes it. Raises UnknownName."""
    names = [str(sample["name"]) for sample in studio.choices.samples()]
    if name not in names:
        raise UnknownName(f"There is no sample '{name}'.", why=f"There are: {', '.join(names)}.")
    return Path(name)
