"""Makes small files to import, and imports them in this process (the pipeline without the process around it)."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from studio import files
from studio.data import pipeline, store
from studio.data.formats import recognise
from studio.data.formats._records import Images, Table
from studio.data.progress import Progress
from studio.data.reading import ReadOptions
from studio.data.store import DatasetRecord
from studio.data.upload import content_hash
from studio.identifiers import new_id
from studio.settings import Limits


def table(path: Path, **options: str | bool) -> Table:
    """A file as a table, by the format that recognises it."""
    content = recognise(path).read(path, ReadOptions(**options), Limits())  # type: ignore[arg-type]
    assert isinstance(content, Table)
    return content


def images(path: Path, limits: Limits | None = None) -> Images:
    """A zip or a folder as images."""
    content = recognise(path).read(path, ReadOptions(), limits or Limits())
    assert isinstance(content, Images)
    return content


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def reviews(rows: int = 40, classes: int = 2) -> str:
    """A CSV of different texts with the classes class0, class1, ..."""
    return "text,label\n" + "".join(f"text number {i},class{i % classes}\n" for i in range(rows))


def png(shade: int, size: tuple[int, int] = (40, 40)) -> bytes:
    """A PNG whose pixels depend on `shade`, so that no two shades give the same image."""
    pixels = np.full((size[1], size[0], 3), shade % 251, dtype=np.uint8)
    pixels[0, 0] = (shade // 251, shade % 7, 9)
    return encoded(Image.fromarray(pixels), "PNG")


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def archive(path: Path, members: Mapping[str, bytes]) -> Path:
    """A zip of these members."""
    with zipfile.ZipFile(path, "w") as target:
        for name, content in members.items():
            target.writestr(name, content)
    return path


def build(
    folder: Path, file: Path, options: Mapping[str, str] | None = None, **given: Path | str | None
) -> tuple[DatasetRecord, Path]:
    """Import a file without a process; the record and the dataset's folder."""
    request_id = new_id()
    target = files.make_folder(folder / "datasets" / request_id)
    paths = {"train": file, "valid": given.get("valid"), "test": given.get("test")}
    several = bool(paths["valid"] or paths["test"])
    sources = [
        {"path": str(p), "name": p.name, "sha256": content_hash(p), "split": split if several else ""}
        for split, p in paths.items()
        if isinstance(p, Path)
    ]
    request = {
        "kind": "import",
        "id": request_id,
        "name": "x",
        "created": 1.0,
        "task": given.get("task"),
        "options": dict(options or {}),
        "sources": sources,
    }
    limits = Limits()
    pipeline.import_files(target, json.loads(json.dumps(request)), Progress(target, limits))
    return store.read(target), target
