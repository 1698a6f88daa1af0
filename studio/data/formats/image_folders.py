"""Images in class folders: a zip or a folder, with or without train, valid and test folders above the classes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from studio.contracts import Modality
from studio.data.formats import _archive
from studio.data.formats._records import Format, ImageItem, Images, ReadOptions, SkipLog
from studio.data.splits import ALIASES
from studio.errors import DataError, UnknownFormat
from studio.settings import Limits

OTHER_FILES = {
    ".txt", ".md", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".html", ".htm", ".pdf", ".py", ".ipynb", ".db", ".yaml",
    ".yml", ".log", ".npy", ".npz", ".mat", ".pkl", ".pt", ".pth", ".bin", ".mp4", ".avi", ".mov", ".mp3", ".wav",
    ".svg", ".heic", ".psd", ".doc", ".docx", ".xls", ".xlsx", ".parquet",
}  # fmt: skip
LAYOUT = "Put the images of each class into a folder with the name of the class, then zip these folders."


def recognise(path: Path, head: bytes) -> bool:
    """A folder, or a zip that is no office document."""
    return path.is_dir() or (head.startswith((b"PK\x03\x04", b"PK\x05\x06")) and b"[Content_Types].xml" not in head)


def read(path: Path, options: ReadOptions, limits: Limits) -> Images:
    """The image files with their classes and splits. Raises DataError, LimitError, UnknownFormat (no images in it)."""
    found = _archive.open_files(path, limits)
    places = []
    for place, parts in enumerate(found.names):
        if Path(parts[-1]).suffix.lower() in OTHER_FILES:
            found.skipped.add("/".join(parts), "The file is not an image of a kind that is read.")
        else:
            places.append(place)
    if not places:
        found.close()
        kind = "folder" if path.is_dir() else "archive"
        raise UnknownFormat(f"The {kind} {path.name} holds no images.", why=_why(found.names), next=LAYOUT)
    items = _items([found.names[place] for place in places], places, found.skipped)
    if not items:
        found.close()
        raise DataError(f"The images of {path.name} are not in class folders.", next=LAYOUT)
    return Images(items, lambda item: found.read(item.key), found.close, found.skipped, tuple(found.notes))


def _why(names: Sequence[tuple[str, ...]]) -> str:
    if not names:
        return "There is no file in it."
    return f"It holds files such as {names[0][-1][:80]}; tables are imported unzipped, one file at a time."


def _items(names: Sequence[tuple[str, ...]], places: Sequence[int], skipped: SkipLog) -> list[ImageItem]:
    """Class and split of each file, from the folders above it."""
    folders = _strip([name[:-1] for name in names])
    splits: list[str | None] = [None] * len(names)
    beside = [False] * len(names)
    if _has_splits(folders):
        splits = [_split(parts) for parts in folders]
        beside = [bool(parts) and split is None for parts, split in zip(folders, splits, strict=True)]
        folders = _strip([parts[1:] if split else () for parts, split in zip(folders, splits, strict=True)])
    items = []
    for name, parts, split, stray, place in zip(names, folders, splits, beside, places, strict=True):
        if parts:
            items.append(ImageItem("/".join(name), parts[0].strip(), split, place))
        elif stray:
            skipped.add("/".join(name), "The image is beside the folders for train, valid and test.")
        else:
            skipped.add("/".join(name), "The image is not in a class folder.")
    return items


def _split(parts: tuple[str, ...]) -> str | None:
    return ALIASES.get(parts[0].strip().lower()) if parts else None


def _has_splits(folders: Sequence[tuple[str, ...]]) -> bool:
    """Whether the first folders are splits: all of them, or those for train or test with class folders in them."""
    first = {_split(parts) for parts in folders if parts}
    deep = {_split(parts) for parts in folders if len(parts) > 1}
    return (bool(deep) and None not in first) or bool(deep & {"train", "test"})


def _strip(folders: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Without the folders that wrap everything. A folder that holds images itself is a class, not a wrapper."""
    current = list(folders)
    while all(len(parts) > 1 for parts in current if parts) and len({parts[0] for parts in current if parts}) == 1:
        current = [parts[1:] for parts in current]
    return current


FORMAT = Format(
    name="image_folders",
    label="Images in class folders (a zip or a folder)",
    modality=Modality.IMAGE,
    recognise=recognise,
    read=read,
)
