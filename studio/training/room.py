"""Whether there is room on the disk for one more checkpoint."""

from __future__ import annotations

from studio import disk
from studio.runs import events
from studio.runs.store import Run


def noted(run: Run, step: int) -> None:
    """Note the checkpoint; and once, that there will hardly be room for another."""
    events.append(run.log, events.Saved(step))
    needed, free = disk.size(max(run.checkpoints.iterdir())), disk.free_bytes(run.folder)
    warned = any(isinstance(event, events.Warned) and event.code == "little_room" for event in events.read(run.log))
    if 2 * free < 3 * needed and not warned:  # one more, and half of another
        said = f"The next checkpoint needs about {needed / 1e6:,.0f} MB and {free / 1e6:,.0f} MB are free."
        events.append(run.log, events.Warned("little_room", f"The disk is nearly full. {said}"))
