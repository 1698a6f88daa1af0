"""The loop on its own: what it keeps when it is broken off, and how long it says it will take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from studio.plan import unfold
from studio.runs.store import Run
from studio.training import build, checkpoint, evaluate, loop, optimizers
from studio.training.checkpoint import Progress
from studio.training.ending import Wanted
from studio.training.faults import Faults
from studio.training.loop import Outside, Result
from studio.training.recorder import Recorder
from tests import tiny


class Told:
    """A recorder that keeps what is said of the progress, and drops all else."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []

    def progress(self, **changes: Any) -> None:
        self.said.append(changes)

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *given, **named: None


def after(steps: int, wanted: Wanted) -> Callable[[], Wanted]:
    """Asks for an end after so many steps."""
    asked: list[int] = []

    def say() -> Wanted:
        asked.append(1)
        return wanted if len(asked) > steps else Wanted.MORE

    return say


def on(run: Run, wanted: Callable[[], Wanted], recorder: Told | None = None, spent: float = 0.0) -> Result:
    """A worker's training, from the last checkpoint if there is one, after `spent` seconds of it."""
    setup = build.tune(build.build(run, unfold(run.spec())), None)
    optimizer = optimizers.build(setup)
    found, _ = checkpoint.latest(run.checkpoints, checkpoint.origin_of(setup.plan.spec))
    if found is not None:
        checkpoint.restore(setup.model, optimizer, found)
    outside = Outside(cast(Recorder | None, recorder), wanted, run.checkpoints, lambda step: None, Faults())
    progress = found.progress if found else Progress()
    return loop.train(setup, outside, progress.after(seconds=progress.seconds + spent), optimizer)


def learning(tmp_path: Path, **changes: Any) -> Run:
    tiny.tiny_bert(tmp_path / "network")
    rates = {"learning_rate": 3e-3, "head_learning_rate": 3e-3, "warm_head": False}
    return tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network", **(rates | changes))


@pytest.mark.parametrize("time_is_up", [False, True])
def test_weights_of_a_pause_are_looked_at_before_a_run_ends_with_them(time_is_up: bool, tmp_path: Path) -> None:
    run = learning(tmp_path, max_steps=60, epochs=60, evaluations=1, max_minutes=10)
    paused = on(run, after(40, Wanted.PAUSE)).progress
    assert (paused.step, paused.looked, paused.best_step) == (40, 0, 0)
    ended = (on(run, after(99, Wanted.STOP), spent=601) if time_is_up else on(run, after(0, Wanted.STOP))).progress
    assert (ended.step, ended.looked, ended.best_step) == (40, 40, 40)
    assert ended.best_value > paused.best_value


def test_a_checkpoint_that_does_not_know_of_the_last_look_is_read(tmp_path: Path) -> None:
    run = learning(tmp_path, max_steps=4, epochs=4)
    on(run, after(2, Wanted.PAUSE))
    known = checkpoint._numbers
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "_numbers", lambda values: known({k: v for k, v in values.items() if k != "looked"}))
        assert on(run, after(9, Wanted.STOP)).progress.step == 4


@pytest.mark.parametrize(("by_chance", "best"), [(False, 0), (True, 3)])
@pytest.mark.parametrize("broken_off", [False, True])
def test_a_lucky_guess_of_what_learned_nothing_is_not_kept(
    by_chance: bool, best: int, broken_off: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = learning(tmp_path, max_steps=9, epochs=9, evaluations=3)
    scores = iter((0.9, 0.5, 0.4, 0.5))
    monkeypatch.setattr(evaluate, "metrics", lambda task, *_: {task.metric: next(scores), "loss": 1.0})
    built = build.build
    monkeypatch.setattr(build, "build", lambda *given: replace(built(*given), by_chance=by_chance))
    if broken_off:
        assert on(run, after(1, Wanted.PAUSE)).progress.best_step == 0
    assert on(run, after(99, Wanted.STOP)).progress.best_step == best


def test_the_time_left_is_no_longer_than_the_limit_leaves(tmp_path: Path) -> None:
    told = Told()
    run = learning(tmp_path, max_steps=20_000, epochs=1000, batch_size=2, evaluations=1, max_minutes=0.02)
    on(run, after(99_999, Wanted.STOP), told)
    left = [said["seconds_left"] for said in told.said if "seconds_left" in said]
    assert 0 <= min(left) <= max(left) <= 0.02 * 60
