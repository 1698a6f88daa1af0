"""The interval of the main metric, also where a bootstrap of it has no width."""

from __future__ import annotations

import numpy as np
import pytest

from studio.arrays import Encoded
from studio.tasks import TASKS
from studio.training.evaluate import interval

ONE = np.eye(2, dtype=np.float32)


def of_classes(right: int, rows: int) -> list[float] | None:
    wanted = np.arange(rows) % 2
    said = np.where(np.arange(rows) < right, wanted, 1 - wanted)
    encoded = Encoded({}, wanted, np.ones(rows, dtype=np.int64))
    return interval(TASKS["text_classification"], [ONE[i] for i in said], encoded, ("a", "b"), 0)


def test_a_dozen_rows_all_right_or_all_wrong_are_no_certainty() -> None:
    assert of_classes(12, 12) == pytest.approx([0.7575, 1.0], abs=5e-5)
    assert of_classes(0, 12) == pytest.approx([0.0, 0.2425], abs=5e-5)
    assert of_classes(1, 1) == pytest.approx([0.2065, 1.0], abs=5e-5)


def test_where_rows_differ_it_is_the_bootstrap() -> None:
    low, high = of_classes(6, 12) or (1.0, 0.0)
    assert 0.1 < low < 0.5 < high < 0.9


def test_nothing_is_said_of_numbers_that_never_vary() -> None:
    encoded = Encoded({}, np.ones(12, dtype=np.float32), np.ones(12, dtype=np.int64))
    outputs = [np.ones(1, dtype=np.float32)] * 12
    assert interval(TASKS["text_regression"], outputs, encoded, (), 0) is None


def test_nothing_is_said_of_entities_that_are_all_found() -> None:
    """Which rows could have been wrong is not known: most have no entity."""
    encoded = Encoded({}, np.array([[0, 1]] * 12), np.full(12, 2, dtype=np.int64))
    found = interval(TASKS["token_classification"], [ONE] * 12, encoded, ("B-PER", "O"), 0)
    assert found is None
