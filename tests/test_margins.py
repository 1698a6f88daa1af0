"""How far a measured score may be from the true one."""

from __future__ import annotations

import pytest

from studio import margins


def test_wilsons_interval_is_that_of_the_tables() -> None:
    assert margins.wilson(12, 12) == pytest.approx([0.7575, 1.0], abs=5e-5)
    assert margins.wilson(0, 12) == pytest.approx([0.0, 0.2425], abs=5e-5)
    assert margins.wilson(1, 1) == pytest.approx([0.2065, 1.0], abs=5e-5)
    assert margins.wilson(81, 263) == pytest.approx([0.2553, 0.3662], abs=5e-5)  # Newcombe (1998), table I


def test_ends_are_exact_where_all_rows_are_right_or_none() -> None:
    for rows in (1, 3, 7, 49, 1000):
        assert (margins.wilson(0, rows)[0], margins.wilson(rows, rows)[1]) == (0.0, 1.0)


def test_an_interval_without_width_is_none() -> None:
    assert margins.known({"interval": [0.7, 0.9]}) == [0.7, 0.9]
    assert [margins.known(metrics) for metrics in ({"interval": [1.0, 1.0]}, {"interval": None}, {})] == [None] * 3


def test_a_score_is_never_surer_than_its_number_of_rows() -> None:
    assert margins.off(12) == pytest.approx(0.283, abs=5e-4)
    assert margins.off(12, [0.75, 1.0]) == margins.off(12)
    assert margins.off(400, [0.7, 0.9]) == pytest.approx(0.1)
    assert margins.off(0) < 1
