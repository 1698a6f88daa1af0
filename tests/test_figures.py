"""How measured numbers are written."""

from __future__ import annotations

import math

import pytest

from studio.figures import figure


@pytest.mark.parametrize(
    ("value", "digits", "written"),
    [
        (91140.3, 3, "91,140"),
        (-12345.6, 4, "-12,346"),
        (999.7, 3, "1,000"),
        (999.7, 4, "999.7"),
        (0.012345, 3, "0.0123"),
        (3.0, 3, "3"),
        (0.0, 3, "0"),
        (1.234e-7, 3, "1.23e-07"),
        (2.5e20, 3, "2.5e+20"),
        (math.nan, 3, "nan"),
        (-math.inf, 3, "-inf"),
    ],
)
def test_a_figure_is_written_as_people_do(value: float, digits: int, written: str) -> None:
    assert figure(value, digits) == written
