"""A run's curves, read from the event files that tensorboardX writes into its `tb/` folder. Scalars only.

An event file is a row of TFRecords, each a serialised `Event`. A point that is damaged is left out.

This module knows neither tensorboardX nor torch, and nothing of what a tag means.
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_left
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import IO, Any

from studio.runs import tfrecords

Point = tuple[int, float]
Curves = dict[str, list[Point]]

_STAMP = re.compile(r"tfevents\.(\d+)")
_NUMBER = re.compile(r"\.n(\d+)$")


def read(folder: Path) -> Curves:
    """Every curve in `folder`: tag to (optimizer step, value), steps rising. Empty if there is nothing yet."""
    tail = Tail(folder)
    tail.poll()
    return tail.curves


class Tail:
    """The curves of a run that may still be growing: each `poll` reads only what was added since the one before.

    A torn last record is left for the next call. `generation` changes whenever points were taken back (a resumed worker
    went on from an earlier step, or files were replaced): who keeps a copy of the points then has to fetch all of them.
    Several threads may share one tail.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.curves: Curves = {}
        self.generation = 0
        self._read: dict[Path, int] = {}  # bytes of each file that are done
        self._born: dict[Path, float] = {}  # when each file's first record was written
        self._current: Path | None = None  # the file that the latest record came from
        self._own: dict[str, int] = {}  # where in a curve the points of that file begin
        self._guard = threading.Lock()

    def poll(self) -> bool:
        """Read what is new. Returns whether anything was."""
        with self._guard:
            paths = self._ordered()
            if any(_size(path) < done for path, done in self._read.items()):
                self._start_over()
            grown = [self._read_on(path) for path in paths]
            return any(grown)

    def _ordered(self) -> list[Path]:
        """The files in the order in which their writers began: by the number at the end of the name; those of older
        studios and other writers, which have none, before, by the second in the name and the time inside."""
        try:
            paths = [path for path in self.folder.iterdir() if _STAMP.search(path.name)]
        except (FileNotFoundError, NotADirectoryError):
            return []
        for path in paths:
            if path not in self._born:
                time = _first_time(path)
                if time is not None:
                    self._born[path] = time
        return sorted(paths, key=lambda path: (_number(path), _stamp(path), self._born.get(path, inf), path.name))

    def _start_over(self) -> None:
        self.curves = {}
        self._read.clear()
        self._current = None
        self.generation += 1

    def _read_on(self, path: Path) -> bool:
        """Take in the complete records behind the place where the last call ended."""
        before = self._read.get(path, 0)
        try:
            with path.open("rb") as file:
                for event, end in _events(file, before):
                    self._read[path] = end
                    if event is not None:
                        self._take(path, event)
        except FileNotFoundError:  # the run was deleted while we looked
            return False
        return self._read.get(path, 0) > before

    def _take(self, path: Path, event: Any) -> None:
        if path != self._current:
            self._current, self._own = path, {}
        if event.HasField("session_log") and event.session_log.status == event.session_log.START:
            for tag in self.curves:
                self._take_back(tag, event.step)
        for value in event.summary.value:
            if value.WhichOneof("value") == "simple_value":
                self._add(value.tag, event.step, value.simple_value)

    def _add(self, tag: str, step: int, value: float) -> None:
        """A point at the end of its curve; of points written twice the later one counts."""
        points = self.curves.setdefault(tag, [])
        if points and points[-1][0] >= step:
            del points[_place(points, step) :]
            self.generation += 1
        self._own[tag] = min(self._own.get(tag, len(points)), len(points))
        points.append((step, value))

    def _take_back(self, tag: str, step: int) -> None:
        """Forget what earlier files said of a curve from `step` on.

        tensorboardX writes its session start from another thread, so that the session's first points can precede it.
        """
        points = self.curves[tag]
        end = self._own.get(tag, len(points))
        start = min(end, _place(points, step))
        if start < end:
            del points[start:end]
            self._own[tag] = start
            self.generation += 1


def _place(points: list[Point], step: int) -> int:
    """The index of the first point at `step` or later."""
    return bisect_left(points, step, key=lambda point: point[0])


def _events(file: IO[bytes], start: int) -> Iterator[tuple[Any, int]]:
    """Each complete record from `start` on with the place where it ends; None for one that is no scalar or no event."""
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from tensorboard.compat.proto.event_pb2 import Event

    for content, end in tfrecords.read(file, start):
        try:
            yield None if content is None else Event.FromString(content), end
        except DecodeError:
            yield None, end


def _first_time(path: Path) -> float | None:
    """When a file's first record was written, in seconds since 1970; None while it is not complete."""
    try:
        with path.open("rb") as file:
            for event, _ in _events(file, 0):
                return None if event is None else float(event.wall_time)
    except FileNotFoundError:
        pass
    return None


def _number(path: Path) -> int:
    found = _NUMBER.search(path.name)
    return int(found.group(1)) if found else 0


def _stamp(path: Path) -> int:
    found = _STAMP.search(path.name)
    return int(found.group(1)) if found else 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
