"""Images with their classes: in class folders, with a labels file, or by the names of the files.

A zip, a tar or a folder, with or without folders for train, valid and test above the classes; also several archives and
loose files in one flat folder.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from studio.contracts import Modality
from studio.data.formats import _bundle, _labels, _layouts, _text
from studio.data.formats._archive import Files
from studio.data.formats._labels import Labelled, LabelsFile
from studio.data.formats._layouts import Name, Placed
from studio.data.formats._records import Format, ImageItem, Images
from studio.data.formats._text import Text
from studio.data.reading import ReadOptions
from studio.data.store import Finding
from studio.errors import DataError, UnknownFormat
from studio.settings import Limits

OTHER_FILES = {
    ".txt", ".md", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".html", ".htm", ".pdf", ".py", ".ipynb", ".db", ".yaml",
    ".yml", ".log", ".npy", ".npz", ".mat", ".pkl", ".pt", ".pth", ".bin", ".mp4", ".avi", ".mov", ".mp3", ".wav",
    ".svg", ".heic", ".psd", ".doc", ".docx", ".xls", ".xlsx", ".parquet",
}  # fmt: skip
LAYOUT = (
    "Put the images of each class into a folder with the name of the class, then zip these folders; or add a labels.csv"
    " with the columns file and label."
)
_MOST_LABELS_FILES = 20
_EXAMPLE = "submission"  # in the name of a file that shows how answers are to be written


def recognise(path: Path, head: bytes) -> bool:
    """A folder, or a zip or tar that is no office document."""
    return path.is_dir() or _bundle.is_archive(path, head)


def read(path: Path, options: ReadOptions, limits: Limits) -> Images:
    """The image files with their classes and splits. Raises DataError, LimitError, UnknownFormat (no images in it)."""
    found = _bundle.open_files(path, limits, options.encoding)
    try:
        return _images(path, found, options.encoding)
    except BaseException:
        found.close()
        raise


def _images(path: Path, found: Files, encoding: str | None) -> Images:
    places = [i for i, name in enumerate(found.names) if Path(name[-1]).suffix.lower() not in OTHER_FILES]
    names = [found.names[place] for place in places]
    if not places:
        raise UnknownFormat(f"{path.name} holds no images.", why=_why(found.names), next=LAYOUT)
    skipped, notes = found.skipped, found.notes()
    folders = _layouts.by_folders(names)
    used, told = _labelled(found, names, encoding, sure=len(_classes(folders)) > 1)
    if told is not None:
        placed = told.placed
        notes += told.notes
        skipped.extend(told.skipped)
    else:
        placed = folders if len(_classes(folders)) > 1 else _layouts.by_names(names) or folders
    for place, name in enumerate(found.names):
        if Path(name[-1]).suffix.lower() in OTHER_FILES and place not in used:
            skipped.add("/".join(name), "The file is not an image of a kind that is read.")
    items = []
    for place, name, one in zip(places, names, placed, strict=True):
        if one.label:
            items.append(ImageItem("/".join(name), one.label, one.split, place))
        else:
            skipped.add("/".join(name), one.why)
    if not items:
        raise DataError(f"The images of {path.name} are not in class folders.", next=LAYOUT)
    return Images(items, lambda item: found.read(item.key), found.close, skipped, tuple(notes))


def _classes(placed: Sequence[Placed]) -> set[str]:
    """Names of classes that are no names of splits."""
    return {one.label for one in placed if one.label and not _layouts.split_of((one.label,))}


def _labelled(
    found: Files, names: Sequence[Name], encoding: str | None, sure: bool
) -> tuple[set[int], Labelled | None]:
    """The places of labels files, and what they say of the images. With `sure`, class folders say something too, and
    only a file with a column called like a class is preferred to them."""
    tables = [i for i, name in enumerate(found.names) if name[-1].lower().endswith(_labels.SUFFIXES)]
    told: dict[int, LabelsFile] = {}
    notes: list[Finding] = []
    index = _labels.index(names if tables else ())
    for place in tables[:_MOST_LABELS_FILES]:
        name = found.names[place]
        if _EXAMPLE in name[-1].lower():
            continue
        with suppress(DataError):  # not a text: no labels file, and listed as a file that is not read
            text = _decoded(found.read(place), encoding, name[-1])
            one = _labels.read(text.text, name, index)
            if one is not None and (one.sure or not sure):
                told[place] = one
                notes += text.notes() if text.likely else []
    if not told:
        return set(), None
    labelled = _labels.together(list(told.values()), names)
    return set(told), replace(labelled, notes=[*labelled.notes, *notes])


def _decoded(data: bytes, encoding: str | None, name: str) -> Text:
    """The text of a labels file. The encoding that is named may be that of the archive's names alone: a labels file
    that is certain of its own, such as UTF-8, is not read in another."""
    text = _text.decode(data, None, name)
    return _text.decode(data, encoding, name) if encoding and text.likely else text


def _why(names: Sequence[Name]) -> str:
    if not names:
        return "There is no file in it."
    return f"It holds files such as {names[0][-1][:80]}; tables are imported unzipped, one file at a time."


FORMAT = Format(
    name="image_folders",
    label="Images in class folders or with a labels file (a zip, a tar or a folder)",
    modality=Modality.IMAGE,
    recognise=recognise,
    read=read,
)
