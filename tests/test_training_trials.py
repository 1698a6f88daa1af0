"""Which of the tried learning rates is gone on with."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.plan import unfold
from studio.training import build, trials
from studio.training.ending import Wanted
from studio.training.faults import Faults
from studio.training.loop import Outside
from tests import tiny

INF = float("inf")


@pytest.mark.parametrize(
    ("values", "factor"),
    [
        ((0.1, 0.3, 0.2), 1.0),
        ((0.3, 0.2, 0.1), 0.4),
        ((0.3, 0.3, 0.3), 1.0),  # small validation sets tie
        ((0.3, 0.1, 0.3), 0.4),
        ((0.0, 0.1, -INF), 1.0),
        ((-INF, -INF, -INF), 0.4),
        ((None, 0.2, 0.9), 1.0),  # no time for a step: nothing is known
    ],
)
def test_the_best_is_chosen_and_of_equals_what_was_asked_for(values: tuple[float | None, ...], factor: float) -> None:
    assert trials._chosen(dict(zip((0.4, 1.0, 2.5), values, strict=True))) == factor


def test_a_trial_takes_its_steps_and_leaves_the_model_as_it_was(tmp_path: Path) -> None:
    tiny.tiny_bert(tmp_path / "network")
    run = tiny.new_run(
        tmp_path, "text_classification", "full", tmp_path / "network", rate_trials=3, max_steps=30, epochs=9
    )
    setup = build.tune(build.build(run, unfold(run.spec())), None)
    before = {name: value.clone() for name, value in setup.model.state_dict().items()}
    outside = Outside(None, lambda: Wanted.MORE, None, lambda step: None, Faults())
    assert trials.best_factor(setup, outside) in (0.4, 1.0, 2.5)
    assert all(value.equal(before[name]) for name, value in setup.model.state_dict().items())
