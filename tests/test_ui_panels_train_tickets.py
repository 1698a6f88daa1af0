"""One ticket, one run: however many presses arrive, and at whatever moment."""

from __future__ import annotations

import threading
import time

import pytest

from studio.errors import StorageError
from studio.ui.panels.train_tickets import GivenUp, Tickets, new_ticket


def test_two_hundred_presses_at_once_start_one_run() -> None:
    tickets, started, answers = Tickets(), [], []
    gate = threading.Barrier(200)

    def start() -> str:
        time.sleep(0.01)
        started.append(1)
        return f"run {len(started)}"

    def press() -> None:
        gate.wait()
        answers.append(tickets.once("same", start))

    threads = [threading.Thread(target=press) for _ in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert started == [1]
    assert {run for run, _ in answers} == {"run 1"}
    assert [new for _, new in answers].count(True) == 1


def test_another_ticket_is_another_run() -> None:
    tickets = Tickets()
    runs = [tickets.once(new_ticket(), lambda i=i: f"run {i}")[0] for i in range(3)]  # type: ignore[misc]
    assert runs == ["run 0", "run 1", "run 2"]


def test_a_start_that_fails_leaves_the_ticket_good() -> None:
    tickets = Tickets()

    def full() -> str:
        raise StorageError("The disk is full.")

    with pytest.raises(StorageError):
        tickets.once("t", full)
    assert tickets.once("t", lambda: "run") == ("run", True)
    assert tickets.once("t", full) == ("run", False)


def test_old_tickets_are_forgotten() -> None:
    tickets = Tickets()
    for i in range(2_000):
        tickets.once(str(i), lambda: "run")
    assert len(tickets._used) == 1_000


def test_what_is_given_up_is_remembered_for_a_while_and_whatever_a_browser_sends() -> None:
    given_up, ticket = GivenUp(), new_ticket()
    given_up.add(ticket)
    for odd in ("x" * 100_000, None, ["a"], 7):
        given_up.add(odd)
    assert ticket in given_up
    assert new_ticket() not in given_up
    for _ in range(1_000):
        given_up.add(new_ticket())
    assert ticket not in given_up
