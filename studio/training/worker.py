"""The worker: one process, one run. `python -m studio.training.worker <run folder> [<descriptor of the run's lock>]`.

It waits for its device slots, prepares, trains, scores, and writes everything it knows into the run's folder. It talks
to nobody. Heavy libraries are loaded only once the slots are ours. A run on several devices is trained by a process for
each, which the worker starts and watches; started by torchrun or accelerate, it is itself one of them.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from studio import files, processes
from studio.errors import InternalError, StudioError, WrongState
from studio.identifiers import new_id
from studio.locks import Lock
from studio.runs import events
from studio.runs.store import Run
from studio.training import launch, pulse, rank, slot
from studio.training.ending import Ending, Settled

LOG_BYTES = 20 * 2**20
COURTESY = 10  # as of `nice`: who opens the page, or does anything else here, comes first


def main(arguments: list[str]) -> int:
    """Work on the run until its last word, or until the process has to end. Returns the exit code."""
    processes.step_back(COURTESY)
    run = Run(Path(arguments[0]))
    if os.environ.get("RANK", "0") != "0":
        return rank.follow(run)
    lock = _own_lock(run, arguments[1:])
    end = Ending(run)
    end.listen()
    _cap_log(run.output)
    with lock:
        return _guarded(run, lambda: _work(run, end))


def _work(run: Run, end: Ending) -> int:
    """Wait for the slots and do the job. A process that has to go leaves no last word: its run can be resumed."""
    with Settled(run, end), pulse.beating(run) as at_work:
        events.append(run.log, events.Waiting())
        taken = slot.wait(run, end.wanted)
        if taken is None:
            end.leave()
        at_work.set()
        with taken.locks:
            events.append(run.log, events.Preparing(list(taken.places)))
            os.environ.update(taken.variables)
            if run.spec().training.devices > 1 and "RANK" not in os.environ:
                return launch.work(run, end)
            return rank.lead(run, end)
    return 0


def _guarded(run: Run, work: Callable[[], int]) -> int:
    """Run `work`; whatever goes wrong becomes the run's last word, in plain words, with the details in the log."""
    try:
        return work()
    except StudioError as error:
        traceback.print_exc()
        _last_word(run, error)
        return error.exit_code
    except Exception:
        number = new_id()
        sys.stderr.write(f"error id {number}\n")
        traceback.print_exc()
        _last_word(
            run,
            InternalError(
                "Something went wrong on our side.",
                why=f"The details are in the run's log under the error id {number}.",
                next="The last checkpoint is kept: try to resume, and report the id if it happens again.",
            ),
        )
        return 1


def _last_word(run: Run, error: StudioError) -> None:
    """Write down the failure; where even that cannot be written (a full disk), the log and the free lock tell it."""
    try:
        events.append(run.log, events.Failed(error.record()))
    except StudioError as second:
        sys.stderr.write(f"{second}\n")


def _own_lock(run: Run, descriptors: list[str]) -> Lock:
    """The run's lock: inherited from whoever spawned us, or taken. Our own children must not hold it on."""
    if descriptors:
        lock = Lock(int(descriptors[0]))
        os.set_inheritable(lock.descriptor, False)
        return lock
    taken = Lock.take(run.lock)
    if taken is None:
        raise WrongState("A worker already works on this run.")
    files.remove(run.stop_file)  # who starts a worker by hand wants the run to go on
    return taken


def _cap_log(path: Path) -> None:
    """Start a log that has grown too large (many resumes) afresh; a run itself writes little."""
    if path.is_file() and path.stat().st_size > LOG_BYTES:
        os.truncate(path, 0)


if __name__ == "__main__":
    processes.leave(main(sys.argv[1:]))
