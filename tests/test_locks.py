"""Locks live exactly as long as their holders, and looking at them does not disturb them."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from studio.locks import Lock
from tests.children import READY, child

HOLDER = "lock = Lock.take(Path(sys.argv[1]))\n" + READY + "time.sleep(60)\n"


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not Lock.held(path)
    first = Lock.take(path)
    assert first is not None
    assert Lock.held(path)
    assert Lock.take(path) is None
    first.release()
    assert not Lock.held(path)
    with Lock.take(path) or pytest.fail("the lock is free"):
        assert Lock.held(path)
    assert not Lock.held(path)


def test_a_lock_is_free_the_moment_its_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with child(HOLDER, path) as process:
        assert Lock.held(path)
        process.kill()
        process.wait(timeout=20)
        assert not Lock.held(path)


def test_a_lock_handed_to_a_child_outlives_the_giver_and_dies_with_the_child(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = Lock.take(path)
    assert lock is not None
    with ExitStack() as until_the_end:
        with lock:
            waiting = child(READY + "time.sleep(60)\n", pass_fds=(lock.descriptor,))
            process = until_the_end.enter_context(waiting)
        assert Lock.held(path)
        process.kill()
        process.wait(timeout=20)
        assert not Lock.held(path)


def test_a_child_that_is_not_given_the_lock_does_not_keep_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = Lock.take(path)
    assert lock is not None
    with child(READY + "time.sleep(60)\n"):
        lock.release()
        assert not Lock.held(path)


def test_who_waits_for_a_lock_gets_it_when_it_is_free(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with child(HOLDER, path) as process:
        threading.Timer(0.2, process.kill).start()
        Lock.wait(path).release()


ASKER = "import fcntl\nfile = open(sys.argv[1])\nfcntl.flock(file, fcntl.LOCK_SH)\n" + READY + "time.sleep(60)\n"


def test_who_asks_slowly_is_waited_for_by_who_takes_a_lock(tmp_path: Path) -> None:
    """As a thread of a busy server does that has to wait for its turn while it looks at the lock."""
    path = tmp_path / "lock"
    path.touch()
    with child(ASKER, path) as process:
        threading.Timer(0.5, process.kill).start()
        lock = Lock.take(path)
    assert lock is not None
    lock.release()


def test_asking_whether_a_lock_is_held_does_not_disturb_who_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    program = READY + "while True:\n    Lock.held(Path(sys.argv[1]))\n    time.sleep(0.001)\n"
    with child(program, path), child(program, path):
        for _ in range(200):
            lock = Lock.take(path)
            assert lock is not None
            lock.release()
