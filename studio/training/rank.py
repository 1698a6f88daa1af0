"""One of the processes that train a run together: `python -m studio.training.rank <run folder> [<socket>]`.

Started by the run's worker. Who it is stands in the variables that torchrun would set; the first one gets the socket
to meet at. It ends when its input does.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from pathlib import Path

from studio import processes
from studio.errors import OutOfMemory, StudioError
from studio.runs import events
from studio.runs.store import Run
from studio.training import launch
from studio.training.ending import Ending, Heed, Settled


def main(arguments: list[str]) -> int:
    """Do one process's part of the run. Returns the exit code."""
    run = Run(Path(arguments[0]))
    meeting = int(arguments[1]) if len(arguments) > 1 else None
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    leads, mark = os.environ["RANK"] == "0", run.log.stat().st_size
    end = Ending(run, follows=not leads)
    end.listen()
    try:
        with Settled(run, end):
            work(run, end, meeting)
    except StudioError as error:
        traceback.print_exc()
        if launch.ran_short(run, mark):
            return launch.MEMORY
        if not launch.has_said_why(run, mark):  # else it was the first to lose its part, and tells why all end
            events.append(run.log, events.Failed(error.record()))
        return error.exit_code
    return 0


def lead(run: Run, end: Ending) -> int:
    """What a worker does that trains alone, or that torchrun has started as the first of several. Where memory runs out
    on one of those, torchrun is let begin again, if it was told that it may. Returns the exit code."""
    mark = run.log.stat().st_size
    try:
        work(run, end)
    except (StudioError, RuntimeError) as error:  # the latter of a process that has lost the others
        if int(os.environ.get("WORLD_SIZE", "1")) < 2 or not launch.ran_short(run, mark):
            raise
        if int(os.environ.get(launch.RESTARTS, "0")) < int(os.environ.get("TORCHELASTIC_MAX_RESTARTS", "0")):
            traceback.print_exc()
            return launch.MEMORY
        raise OutOfMemory(
            "Memory ran out on one of the devices.",
            next="Start the same command again: it goes on from the last checkpoint with smaller micro-batches.",
        ) from error
    return 0


def follow(run: Run) -> int:
    """What a worker does that torchrun has started beside the first one: its part, and nothing else."""
    end = Ending(run, follows=True)
    end.listen()
    work(run, end)
    return 0


def work(run: Run, end: Ending, meeting: int | None = None) -> None:
    """The heavy half, imported only here: that alone takes seconds. Raises Ended where the outside wants an end."""
    with end.heeding(Heed.AT_ONCE):
        os.environ.update(processes.waiting())
        from studio.training import session
    session.work(run, end, meeting)


def _end_with_parent() -> None:
    """Whatever else goes on here: nobody is left to end us once the worker has ended."""
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    processes.leave(main(sys.argv[1:]))
