"""Decodes image files into a memory-mapped array, a few at a time, and keeps which of them could be read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
from numpy.lib.format import open_memmap

from studio import disk, processes
from studio.contracts import Task
from studio.data import listed, pictures, several
from studio.data.formats._records import ImageItem, Images, SkipLog
from studio.data.notes import note, plural, replaced_note
from studio.data.oddities import Oddities
from studio.data.pictures import Picture
from studio.data.process_limits import allow_mapping
from studio.data.progress import Progress
from studio.data.rows import Rows, key_of, keys_of, sort_labels, strings
from studio.data.splits import code
from studio.data.store import Finding
from studio.errors import DataError, LimitError, StorageError
from studio.settings import Limits

SMALLEST, LARGEST = 32, 256  # of sides that are chosen, in pixels
_MEASURED = 2_000  # images whose size is looked at
_CHANNELS = 3
_THREADS = 4  # that decode at once, at most: each holds an image at its full size
_ALARMING = 0.05  # share of unreadable images that calls for a look at the source


@dataclass(frozen=True)
class ImageSource:
    """One archive or folder, and the split it was given for (or None)."""

    name: str
    images: Images
    split: str | None


_Looked: TypeAlias = tuple[ImageSource, ImageItem, Picture | DataError]
T = TypeVar("T")


def without_replaced(sources: Sequence[ImageSource]) -> tuple[list[ImageSource], list[Finding]]:
    """The sources without the images of the main one whose split another source was given for, and a note on them."""
    given = {source.split for source in sources} - {"train", None}
    kept, notes = [], []
    for source in sources:
        left = [item for item in source.images.items if source.split == "train" and item.split in given]
        notes += replaced_note([item.name for item in left], source.name)
        items = [item for item in source.images.items if source.split != "train" or item.split not in given]
        kept.append(replace(source, images=replace(source.images, items=items)))
    return kept, notes


def store_size(sources: Sequence[ImageSource], limits: Limits) -> int:
    """The median of the images' shorter sides, within bounds. Raises DataError if none can be read."""
    entries = [(source, item) for source in sources for item in source.images.items]
    sides = []
    for source, item in entries[:: max(1, len(entries) // _MEASURED)]:
        try:
            sides.append(pictures.shorter_side(source.images.read(item), limits.image_pixels))
        except DataError:
            continue  # listed with its reason when it is decoded
    return min(LARGEST, max(SMALLEST, int(median(sides)))) if sides else SMALLEST


def decode(
    sources: Sequence[ImageSource], task: Task, size: int, target: Path, progress: Progress, skipped: SkipLog
) -> tuple[Rows, bool, list[Finding]]:
    """All readable images as `target` (uint8 [n, size, size, 3], holes where one could not be read).

    Returns rows whose input column is the place in that array, whether they bring splits, and notes.
    """
    total = sum(len(source.images.items) for source in sources)
    _check_room(total, size, target, progress.limits)
    pixels = open_memmap(target, mode="w+", dtype=np.uint8, shape=(total, size, size, _CHANNELS))
    kept: list[tuple[int, ImageItem, ImageSource]] = []
    digests: list[bytes] = []
    unreadable, oddities = SkipLog(), Oddities(size)
    for source in sources:
        skipped.extend(source.images.skipped)
    for place, (source, item, picture) in enumerate(_pictures(sources, size, progress.limits.image_pixels)):
        progress.show("decoding images", place, total)
        if isinstance(picture, DataError):
            unreadable.add(item.name, str(picture))
            continue
        pixels[place] = picture.pixels
        oddities.look(picture, item.name)
        kept.append((place, item, source))
        digests.append(key_of(pixels[place].tobytes()))
    pixels.flush()
    if not kept:
        first = unreadable.items[0]
        raise DataError("None of the images can be read.", where=f"{first.where}: {first.why}")
    skipped.extend(unreadable)
    own = any(source.split or item.split for _, item, source in kept)
    notes = [found for source in sources for found in source.images.notes]
    rows, found = _rows(task, kept, digests)
    return rows, own, [*notes, *found, *_unreadable_note(unreadable, total), *oddities.notes()]


def _pictures(sources: Sequence[ImageSource], size: int, most_pixels: int) -> Iterator[_Looked]:
    """Every image in its order, or why it cannot be read: read one after the other and decoded some at a time, since
    Pillow lets other threads work while it decodes."""
    threads = min(_THREADS, processes.cores())
    ahead: deque[tuple[ImageSource, ImageItem, Future[Picture | DataError]]] = deque()

    def decoded(data: bytes | DataError) -> Picture | DataError:
        return data if isinstance(data, DataError) else _or_why(pictures.decoded, data, size, most_pixels)

    def first() -> _Looked:
        source, item, found = ahead.popleft()
        return source, item, found.result()

    with pictures.silent(), ThreadPoolExecutor(threads) as pool:
        for source in sources:
            for item in source.images.items:
                data = _or_why(source.images.read, item)
                ahead.append((source, item, pool.submit(decoded, data)))
                if len(ahead) > 2 * threads:
                    yield first()
            source.images.close()
        while ahead:
            yield first()


def _or_why(get: Callable[..., T], *given: Any) -> T | DataError:
    try:
        return get(*given)
    except DataError as error:
        return error


def _check_room(total: int, size: int, target: Path, limits: Limits) -> None:
    needed = total * size * size * _CHANNELS
    if needed > limits.archive_bytes:
        raise LimitError(
            f"{total:,} images of {size} x {size} pixels take {needed / 1e9:,.1f} GB; "
            f"the limit is {limits.archive_bytes / 1e9:,.1f} GB.",
            next="Choose a smaller image_size, or import fewer images.",
        )
    if 2 * needed > disk.free_bytes(target.parent):
        raise StorageError(
            "There is not enough room on the disk for the images.",
            why=f"While importing, {2 * needed / 1e9:,.1f} GB are needed.",
            next="Free some space, or choose a smaller image_size.",
        )
    allow_mapping(2 * needed)


def _rows(
    task: Task, kept: Sequence[tuple[int, ImageItem, ImageSource]], digests: Sequence[bytes]
) -> tuple[Rows, list[Finding]]:
    given, lines = [item.label for _, item, _ in kept], [item.name for _, item, _ in kept]
    labels, targets, notes = (_several if task.several else _single)(given, lines)
    table = pa.table(
        {
            task.inputs[0].name: pa.array([place for place, _, _ in kept], type=pa.int64()),
            task.target.name: targets,
            "line": strings(lines),
        }
    )
    splits = np.array([code(_split(source, item)) for _, item, source in kept], dtype=np.int8)
    return Rows(task, table, labels, splits, keys_of(digests)), notes


def _single(given: Sequence[str], lines: Sequence[str]) -> tuple[tuple[str, ...], pa.Array, list[Finding]]:
    """One class per image: the names in order, the numbers of the images' own, and what to say of them."""
    names = [", ".join(listed.labels_in(label, "")) if listed.is_list(label) else label for label in given]
    labels = sort_labels(list(set(names)))
    ids = {label: i for i, label in enumerate(labels)}
    return labels, pa.array([ids[name] for name in names], type=pa.int64()), listed.several_labels(labels)


def _several(given: Sequence[str], lines: Sequence[str]) -> tuple[tuple[str, ...], pa.Array, list[Finding]]:
    """The same for any number of classes per image."""
    names, lists, notes = several.columns(given, lines)
    labels = sort_labels(names)
    ids = {label: i for i, label in enumerate(labels)}
    targets = [sorted(map(ids.__getitem__, row)) for row in lists]
    return labels, pa.array(targets, type=pa.list_(pa.int64())), notes


def _split(source: ImageSource, item: ImageItem) -> str:
    """The main source's own splits hold beside those of the files given for one split."""
    given = None if source.split == "train" else source.split
    return given or item.split or "train"


def _unreadable_note(unreadable: SkipLog, total: int) -> list[Finding]:
    if not unreadable.count:
        return []
    message = f"{unreadable.count:,} of {plural(total, 'image')} cannot be read and are skipped."
    severity = "error" if unreadable.count > _ALARMING * total else "warning"
    examples = [f"{item.where}: {item.why}" for item in unreadable.items]
    return [note("unreadable_images", message, unreadable.count, examples, severity)]
