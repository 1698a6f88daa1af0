"""What lies in a model's folder: its config, its weights, and whether it wants to run code of its own.

Reads JSON and the headers of safetensors files, and nothing else: no weights are loaded and no library is asked. Knows
nothing of where a folder came from.
"""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any

from studio.errors import ModelRefused

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
ADAPTER = "adapter_model.safetensors"
CHOSEN = "chosen.json"  # what the task chose for the model, beside it
_CONFIG_BYTES = 16 * 10**6  # a config with the names of 20,000 classes has about 2 MB
_HEADER_BYTES = 10**8  # the format's own limit, https://github.com/huggingface/safetensors#format


def weights(folder: Path) -> tuple[Path, ...]:
    """The safetensors files of a whole network, in one piece or in several, by name; empty unless all are there."""
    if (folder / WEIGHTS).is_file():
        return (folder / WEIGHTS,)
    if not (folder / INDEX).is_file():
        return ()
    try:
        parts = _read(folder / INDEX).get("weight_map")
    except ModelRefused:  # the list of the pieces is damaged
        return ()
    names = sorted({str(name) for name in parts.values()}) if isinstance(parts, dict) else []
    files = tuple(folder / name for name in names if Path(name).name == name and name.endswith(".safetensors"))
    return files if len(files) == len(names) and all(file.is_file() for file in files) else ()


def is_whole(folder: Path) -> bool:
    """Whether a network can be loaded from the folder: a config and all of its weights."""
    return (folder / "config.json").is_file() and bool(weights(folder))


def is_adapter(folder: Path) -> bool:
    """Whether the folder holds an adapter, which is of use only together with the weights it was trained on."""
    return (folder / "adapter_config.json").is_file() and (folder / ADAPTER).is_file()


def holds_model(folder: Path) -> bool:
    """Whether there is something to ask or to train further in the folder: a network, or an adapter."""
    return is_whole(folder) or is_adapter(folder)


def model_type(folder: Path) -> str:
    """The architecture that `config.json` names.

    Raises ModelRefused for a config that cannot be read, names no architecture or brings code along.
    """
    refuse_code(folder)
    found = _read(folder / "config.json").get("model_type")
    if not isinstance(found, str):
        raise ModelRefused(
            "The model cannot be used.",
            where=f"Its config.json, in {folder}, does not say which architecture it is.",
            next="Save it again with a current version of transformers.",
        )
    return found


def chosen(folder: Path) -> dict[str, Any] | None:
    """What a task chose for the model in a folder, such as a threshold; None where it chose nothing. Raises
    ModelRefused if that cannot be read."""
    return _read(folder / CHOSEN) if (folder / CHOSEN).is_file() else None


def refuse_code(folder: Path) -> None:
    """Raise ModelRefused if the model's files ask for code of their own to be run (`auto_map`)."""
    for name in ("config.json", "tokenizer_config.json", "preprocessor_config.json"):
        if (folder / name).is_file() and "auto_map" in _read(folder / name):
            raise ModelRefused(
                "The model cannot be used.",
                where=f"Its {name}, in {folder}, asks for a program that comes with the model to be run.",
                why="Programs of strangers are never run here.",
                next="Choose a model of one of the standard architectures.",
            )


def parameters(folder: Path) -> int:
    """How many numbers the weights hold, from the headers of the files. 0 where a header cannot be read."""
    return sum(_count(file) for file in weights(folder))


def size(folder: Path) -> int:
    """Bytes of all files directly in the folder."""
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def _count(file: Path) -> int:
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > _HEADER_BYTES:
            return 0
        try:
            header: dict[str, dict[str, list[int]]] = json.loads(stream.read(length))
            return sum(prod(map(int, tensor["shape"])) for name, tensor in header.items() if name != "__metadata__")
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return 0  # not a safetensors file; what loads it later says so


def _read(path: Path) -> dict[str, Any]:
    """A JSON object from a stranger's file."""
    try:
        if path.stat().st_size > _CONFIG_BYTES:
            raise ValueError("larger than any config")
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise _unreadable(path) from error
    if not isinstance(value, dict):
        raise _unreadable(path)
    return value


def _unreadable(path: Path) -> ModelRefused:
    return ModelRefused(
        "The model cannot be used.",
        where=f"Its {path.name}, in {path.parent}, cannot be read.",
        next="Copy or download the model again.",
    )
