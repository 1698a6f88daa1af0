"""One of the processes that train a run together: `python -m studio.training.rank <run folder> <halvings> [<socket>]`.

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
from studio.training.ending import Ending, Heed, Settled
from studio.training.launch import MEMORY


def main(arguments: list[str]) -> int:
    """Do one process's part of the run. Returns the exit code."""
    run, halvings = Run(Path(arguments[0])), int(arguments[1])
    meeting = int(arguments[2]) if len(arguments) > 2 else None
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    leads = os.environ["RANK"] == "0"
    end = Ending(run, follows=not leads)
    end.listen()
    try:
        with Settled(run, end):
            work(run, end, halvings, meeting)
    except StudioError as error:
        traceback.print_exc()
        if isinstance(error, OutOfMemory) and error.__cause__ is not None:
            return MEMORY  # smaller micro-batches may do
        if leads:
            events.append(run.log, events.Failed(error.record()))
        return error.exit_code
    return 0


def follow(run: Run) -> int:
    """What a worker does that torchrun has started beside the first one: its part, and nothing else."""
    end = Ending(run, follows=True)
    end.listen()
    work(run, end)
    return 0


def work(run: Run, end: Ending, halvings: int = 0, meeting: int | None = None) -> None:
    """The heavy half, imported only here: that alone takes seconds. Raises Ended where the outside wants an end."""
    with end.heeding(Heed.AT_ONCE):
        os.environ.update(processes.waiting())
        from studio.training import session
    session.work(run, end, halvings, meeting)


def _end_with_parent() -> None:
    """Whatever else goes on here: nobody is left to end us once the worker has ended."""
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    processes.leave(main(sys.argv[1:]))
