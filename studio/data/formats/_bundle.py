"""What was brought, as one set of files: an archive, a folder, or a flat folder of several archives and loose files.

Decided by content: an archive is what begins like one, whatever its name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from studio.data import folders
from studio.data.formats import _archive, _layouts, _tar, _zip
from studio.data.formats._archive import Files
from studio.data.formats._records import SkipLog
from studio.errors import DataError
from studio.settings import Limits

_HEAD = 4096


def is_archive(path: Path, head: bytes) -> bool:
    """A zip that is no office document, or a tar, packed or not."""
    zipped = head.startswith(_zip.SIGNATURES) and b"[Content_Types].xml" not in head
    return zipped or _tar.recognise(path, head)


def open_files(path: Path, limits: Limits, encoding: str | None = None) -> Files:
    """The files worth looking at; `encoding` is that of names in archives which do not say theirs.

    Raises DataError (damaged or encrypted) or LimitError (too many, too large), InvalidOption (no such encoding).
    """
    if not path.is_dir():
        return _open(path, limits, encoding)
    entries = [file for file in folders.entries(path, limits) if not folders.fault(path, file)]
    seen = [file for file in entries if not _archive.is_junk(file.relative_to(path).parts)]
    if any(file.parent != path for file in seen):  # an archive beside folders of images is not what is meant
        return _archive.open_folder(path, limits)
    packed = [file for file in seen if is_archive(file, _head(file))]
    return _together(path, packed, limits, encoding) if packed else _archive.open_folder(path, limits)


def _open(path: Path, limits: Limits, encoding: str | None) -> Files:
    head = _head(path)
    if _tar.recognise(path, head):
        return _tar.open_tar(path, head, limits, encoding)
    return _zip.open_zip(path, limits, encoding)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _together(path: Path, packed: Sequence[Path], limits: Limits, encoding: str | None) -> Files:
    """The loose files of a folder and the insides of its archives side by side; a damaged archive is listed."""
    with ExitStack() as stack:
        skipped = SkipLog()
        opened = [("", _archive.open_folder(path, limits, frozenset(packed)))]
        for file in packed:
            try:
                opened.append((file.name, _open(file, limits, encoding)))
            except DataError as error:
                skipped.add(_archive.shown(file.name), f"{error} {error.why}".strip())
            else:
                stack.callback(opened[-1][1].close)
            folders.check_bytes(sum(inside.size for _, inside in opened), limits)
            folders.check_count(sum(len(inside.names) for _, inside in opened), limits)
        return _joined(opened, skipped, stack.pop_all().close)


def _joined(opened: Sequence[tuple[str, Files]], skipped: SkipLog, close: Callable[[], None]) -> Files:
    names: list[tuple[str, ...]] = []
    places: list[tuple[Files, int]] = []
    for name, inside in opened:
        skipped.extend(inside.skipped, f"{name}/" if name else "")
        names += _layouts.placed(inside.names, name) if name else inside.names
        places += [(inside, place) for place in range(len(inside.names))]

    def read(index: int) -> bytes:
        inside, place = places[index]
        return inside.read(place)

    junk, size = (sum(getattr(inside, name) for _, inside in opened) for name in ("junk", "size"))
    told = [found for _, inside in opened for found in inside.told]
    return Files(names, read, close, skipped, junk, size, told)
