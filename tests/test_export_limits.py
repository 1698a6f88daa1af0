"""The limits on a model card: few test rows and what is mistaken for what."""

from __future__ import annotations

from collections import Counter

import pytest

from studio.export import limits
from studio.export.confusion import Confusion


@pytest.mark.parametrize(
    ("rows", "interval", "said"),
    [
        (12, [0.757, 1.0], ["It was tested on 12 rows only: its score can be off by 0.28 either way."]),
        (12, None, ["It was tested on 12 rows only: its score can be off by 0.28 either way."]),
        (150, [0.5, 0.9], ["It was tested on 150 rows only: its score can be off by 0.20 either way."]),
        (0, None, ["No rows were kept apart to test it on."]),
        (200, [0.8, 0.9], []),
    ],
)
def test_few_test_rows_are_said_with_what_they_mean(rows: int, interval: list[float] | None, said: list[str]) -> None:
    assert limits._few_tested(rows, {"interval": interval}) == said


def test_the_weakest_classes_and_the_most_frequent_mistakes_are_named() -> None:
    counts = Counter({("cat", "cat"): 9, ("dog", "dog"): 3, ("dog", "cat"): 7})
    weakest, mistakes, calibration = limits._weaknesses(Confusion(("cat", "dog"), counts))
    assert "dog (30%)" in weakest
    assert "cat" not in weakest.partition(":")[2]
    assert "dog taken for cat (7)" in mistakes
    assert "not calibrated" in calibration
    assert limits._weaknesses(Confusion((), Counter())) == []
