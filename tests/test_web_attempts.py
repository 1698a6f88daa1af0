"""Wrong tries are counted by address, for a minute."""

from __future__ import annotations

from studio.web.attempts import MOST_ADDRESSES, MOST_TRIES, WINDOW, Attempts


def test_after_too_many_wrong_tries_in_a_minute_an_address_waits_until_the_first_is_old() -> None:
    clock = [0.0]
    attempts = Attempts(now=lambda: clock[0])
    for second in range(MOST_TRIES):
        assert attempts.wait("a") == 0
        clock[0] = float(second)
        attempts.failed("a")
    assert attempts.wait("a") == WINDOW - (MOST_TRIES - 1)
    assert attempts.wait("b") == 0
    clock[0] = WINDOW
    assert attempts.wait("a") == 0
    attempts.failed("a")
    assert attempts.wait("a") == 1


def test_what_is_remembered_is_bounded() -> None:
    attempts = Attempts(most=1, now=lambda: 0.0)
    for number in range(MOST_ADDRESSES + 1):
        attempts.failed(str(number))
    assert attempts.wait("0") == 0
    assert attempts.wait("1") == attempts.wait(str(MOST_ADDRESSES)) == WINDOW
