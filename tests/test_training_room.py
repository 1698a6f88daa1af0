"""A run says once that there will hardly be room for another checkpoint."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.runs import events
from studio.runs.store import Run
from studio.training import room


def test_little_room_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(tmp_path)
    (run.checkpoints / "step-1").mkdir(parents=True)
    (run.checkpoints / "step-1" / "weights").write_bytes(bytes(1000))
    for free in (5000, 1400, 900):
        monkeypatch.setattr("studio.disk.free_bytes", lambda _, free=free: free)
        room.noted(run, 1)
    said = [event for event in events.read(run.log) if isinstance(event, events.Warned)]
    assert [event.code for event in said] == ["little_room"]
