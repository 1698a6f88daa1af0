"""Class and split of image files by where they lie and how they are called. Works on names alone, opens nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress

from studio.data.splits import ALIASES

Name = tuple[str, ...]

BESIDE = "The image is beside the folders for train, valid and test."
NO_CLASS = "The image is not in a class folder."
_WORDS = re.compile(r"[^\W\d_]+")
_ENDINGS = re.compile(r"(\.tar)?\.[A-Za-z0-9]{1,5}$")
_USUAL = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff", ".ppm", ".pgm", ".pbm",
    ".pnm",
)  # fmt: skip  # how names of images end
_PLAIN = {"images", "image", "imgs", "img", "photos", "pictures", "pics", "data", "dataset", "files", "jpegimages"}
_NUMBERED = re.compile(r"^(.*?[^\W\d_])[\s._\-]*\(?\d+\)?(?:[\s._\-]*\(\d+\))?$")
# How cameras and programs call what they save: the same for every class.
_MACHINES = _PLAIN | {
    "dsc", "dscn", "dscf", "dcim", "pxl", "mvimg", "p", "pic", "photo", "picture", "frame", "screenshot", "scan",
    "file", "download", "untitled", "gopr", "wp", "cimg", "sam", "kif", "x", "sample", "snapshot", "capture",
}  # fmt: skip
_FILLERS = {"set", "seg", "data", "dataset", "images", "imgs"}  # what people write beside the name of a split
_FEWEST = 2  # images that a class by the names of its files has in the middle


@dataclass(frozen=True)
class Placed:
    """What a name says of an image: its class and split, or why it has none."""

    label: str = ""
    split: str | None = None
    why: str = ""


def by_folders(names: Sequence[Name]) -> list[Placed]:
    """Class folders, with or without folders for the splits above them and others around everything."""
    usual = _usual(names)
    folders = strip([name[:-1] for name in names], usual)
    if not _has_splits(list(compress(folders, usual))):
        return [Placed(parts[0].strip()) if parts else Placed(why=NO_CLASS) for parts in folders]
    folders, splits = _unrepeated(folders, usual), [split_of(parts) for parts in folders]
    inner = strip([parts[1:] if split else () for parts, split in zip(folders, splits, strict=True)], usual)
    found = []
    for outer, parts, split in zip(folders, inner, splits, strict=True):
        if parts:
            found.append(Placed(parts[0].strip(), split))
        else:
            found.append(Placed(why=BESIDE if outer and split is None else NO_CLASS))
    return found


def by_names(names: Sequence[Name]) -> list[Placed]:
    """The class before a number in the file's name, such as cat.1.jpg or cat_001.jpg; empty if the names say nothing.

    Only where at least two such classes hold nine of ten files, and none of them is what a camera writes.
    """
    prefixes = [_prefix(name[-1]) for name in names]
    counts = Counter(prefix for prefix in prefixes if prefix)
    if len(counts) < 2 or 10 * counts.total() < 9 * len(names) or any(prefix.lower() in _MACHINES for prefix in counts):
        return []
    if sorted(counts.values())[len(counts) // 2] < _FEWEST:
        return []
    splits = splits_of(names)
    why = "The name of the image says no class."
    return [
        Placed(prefix, split) if prefix else Placed(why=why) for prefix, split in zip(prefixes, splits, strict=True)
    ]


def _prefix(name: str) -> str:
    stem = name.rpartition(".")[0] or name
    match = _NUMBERED.match(stem)
    return match.group(1).strip() if match else ""


def splits_of(names: Sequence[Name]) -> list[str | None]:
    """The split that each one's folder names, where folders for train or test hold the images."""
    splits = [split_of(parts) for parts in strip([name[:-1] for name in names], _usual(names))]
    return splits if set(splits) & {"train", "test"} else [None] * len(names)


def split_of(parts: Name) -> str | None:
    """The split that the first folder names, be it with words beside it: training_set, test-images, seg_train."""
    words = [word for word in _WORDS.findall(parts[0].lower()) if word not in _FILLERS] if parts else []
    return ALIASES.get(words[0]) if len(words) == 1 else None


def placed(names: Sequence[Name], archive: str) -> list[Name]:
    """The names inside one of several archives as they are meant beside those of the others.

    An archive of one split is a folder of that split; one without folders of its own is a class of its name.
    """
    stem = _ENDINGS.sub("", archive)
    folders = strip([name[:-1] for name in names], _usual(names))
    if all(parts == () or (len(parts) == 1 and parts[0].lower() in _PLAIN) for parts in folders):
        folders = [()] * len(names)
    own = not any(folders) or split_of((stem,)) is not None
    return [((stem,) if own else ()) + parts + name[-1:] for parts, name in zip(folders, names, strict=True)]


def _has_splits(folders: Sequence[Name]) -> bool:
    """Whether the first folders are splits: all of them, or those for train or test with class folders in them.

    Beside folders of other names, one that has words beside the name of its split is a class: there have to be two.
    """
    first = {split_of(parts) for parts in folders if parts}
    deep = {split_of(parts) for parts in folders if len(parts) > 1}
    plain = {ALIASES.get(parts[0].strip().lower()) for parts in folders if len(parts) > 1}
    splits = deep & {"train", "test"}
    return (bool(deep) and None not in first) or (bool(splits) and (bool(splits & plain) or len(deep - {None}) > 1))


def _unrepeated(folders: Sequence[Name], usual: Sequence[bool]) -> list[Name]:
    """Without the second folder where that of a split holds nothing but one of its own name, as some archives are made.

    Not where classes lie straight in the splits: there one may be called like a split.
    """
    inside: dict[str, set[str]] = {}
    for parts in compress(folders, usual):
        if split_of(parts):
            inside.setdefault(parts[0], set()).add(parts[1] if len(parts) > 1 else "")
    twice = {name for name, found in inside.items() if found == {name}}
    if not any(len(parts) > 2 and parts[0] in twice for parts in folders):
        return list(folders)
    return [parts[1:] if parts and parts[0] in twice else parts for parts in folders]


def _usual(names: Sequence[Name]) -> list[bool]:
    """Which names end like those of images: what layout there is, is seen by them. All, where none of them does."""
    usual = [name[-1].lower().endswith(_USUAL) for name in names]
    return usual if any(usual) else [True] * len(names)


def strip(folders: Sequence[Name], usual: Sequence[bool]) -> list[Name]:
    """Without the folders that wrap everything. A folder that holds images itself is a class, not a wrapper; what else
    it holds, such as a licence, makes it none."""
    current = list(folders)
    while True:
        deciding = [parts for parts in compress(current, usual) if parts]
        if len({parts[0] for parts in deciding}) != 1 or any(len(parts) == 1 for parts in deciding):
            return current
        wrapper = deciding[0][:1]
        current = [parts[1:] if parts[:1] == wrapper else () for parts in current]
