"""Every option is really used: each is turned, alone, and its effect is seen in what the run leaves behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file

from studio import sealed
from studio.methods import METHODS
from studio.runs import curves, events
from studio.runs.store import Run
from studio.spec import TrainingParams
from studio.training import deadline
from tests import tiny

TEXT, WORDS, IMAGE = "text_classification", "token_classification", "image_classification"
Look = Callable[[Run], Any]


def weights(run: Run) -> Any:
    """What was trained, after the last step, as bytes. (The model that is kept may be that of an earlier step.)"""
    last = max(run.checkpoints.iterdir())
    return {key: value.tobytes() for key, value in load_file(last / "weights.safetensors").items()}


def steps(run: Run) -> Any:
    return run.metrics()["step"]


def points(tag: str) -> Look:
    return lambda run: len(curves.read(run.curves)[tag])


def shown(name: bytes) -> Look:
    """Whether TensorBoard is given something under a name."""
    return lambda run: any(name in path.read_bytes() for path in run.curves.iterdir())


def saves(run: Run) -> Any:
    return sum(isinstance(event, events.Saved) for event in events.read(run.log))


def shares(run: Run) -> Any:
    """The names under which learning rates were recorded."""
    return sorted(tag for tag in curves.read(run.curves) if tag.startswith("LearningRate"))


@dataclass(frozen=True)
class Turn:
    """The option is set to each of `values`; what `look` sees differs each time, and from the run without."""

    values: tuple[Any, ...]
    look: Look = weights
    task: str = TEXT
    method: str = "full"
    base: tuple[tuple[str, Any], ...] = ()


FLAT = (("learning_rate", 1e-9), ("head_learning_rate", 1e-9), ("epochs", 4), ("max_steps", None), ("evaluations", 8))
LOW = (("learning_rate", 1e-3), ("head_learning_rate", 1e-3), ("epochs", 40), ("max_steps", None), ("evaluations", 2))
TURNS: dict[str, Turn] = {
    "epochs": Turn((2,), steps, base=(("max_steps", None),)),
    "max_steps": Turn((1,), steps),
    "max_minutes": Turn((1e-7,), steps),
    "early_stopping": Turn((2,), steps, base=FLAT),
    "evaluations": Turn((2,), points("Loss/valid")),
    "batch_size": Turn((4,)),
    "learning_rate": Turn((0.1,)),
    "head_learning_rate": Turn((0.1,)),
    "layer_decay": Turn((0.5,), shares),
    "optimizer": Turn(("adam", "sgd", "rmsprop")),
    "schedule": Turn(("cosine", "step", "constant")),
    "warmup": Turn((0.9,)),
    "gradient_clip": Turn((1e-3,), base=(("optimizer", "sgd"),)),
    "weight_decay": Turn((0.9,)),
    "l1": Turn((0.5,)),
    "label_smoothing": Turn((0.3,)),
    "dropout": Turn((0.5,)),
    "attention_dropout": Turn((0.5,)),
    "class_weights": Turn(("balanced",), task=WORDS),
    "max_length": Turn((5,)),
    "image_size": Turn((8,), task=IMAGE),
    "augment": Turn(("none", "flip"), task=IMAGE),
    "warm_head": Turn((True,), lambda run: _facts(run)["baseline"]["probe"] is None),
    "batch_norm": Turn(("frozen", "re-estimated"), task=IMAGE),
    "label_names": Turn((True,)),
    "label_template": Turn(("the {}",), base=(("label_names", True),)),
    "rate_trials": Turn((3,), lambda run: _facts(run)["rate_factor"], base=LOW),
    "precision": Turn(("bf16",)),
    "seed": Turn((7,)),
    "checkpoint_minutes": Turn((1e-9,), saves, base=(("max_steps", 3),)),
    "log_every": Turn((2,), points("Loss/train")),
    "log_histograms": Turn((False,), shown(b"Weights/")),
    "log_answers": Turn((False,), shown(b"Answers/valid")),
    "log_graph": Turn((False,), shown(b"bert/embeddings")),
}
METHOD_TURNS: dict[str, Turn] = {
    "rank": Turn((2,), method="lora"),
    "alpha": Turn((64.0,), method="lora"),
    "adapter_dropout": Turn((0.7,), method="lora"),
    "targets": Turn(("all",), method="lora"),
    "dora": Turn((True,), method="lora"),
    "rank_stabilised": Turn((True,), method="lora"),
    "rate_ratio": Turn((8.0,), method="lora"),
    "start_rank": Turn((20,), method="adalora"),
    "layers": Turn((1,), method="last_layers"),
    "width": Turn((3,), method="adapter"),
    "prompt_tokens": Turn((3,), method="prompt"),
}


def _facts(run: Run) -> dict[str, Any]:
    return next(event.facts for event in events.read(run.log) if isinstance(event, events.Prepared))


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    for task in (TEXT, WORDS, IMAGE):
        made[task] = tmp_path_factory.mktemp("network")
        tiny.NETWORKS[tiny.family_of(task).name].make(made[task])
    return made


@pytest.fixture(scope="module")
def trained(networks: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Run]]:
    """A finished run with these settings; the same settings are trained once."""
    from accelerate.state import AcceleratorState

    @cache
    def run_of(task: str, method: str, settings: tuple[tuple[str, Any], ...]) -> Run:
        started = {"warm_head": False, "max_steps": 2, "log_every": 1} | dict(settings)
        run = tiny.new_run(tmp_path_factory.mktemp("options"), task, method, networks[task], **started)
        tiny.run_in_process(run)
        AcceleratorState._reset_state(reset_partial_state=True)
        return run

    yield run_of
    run_of.cache_clear()


def test_no_option_is_left_out() -> None:
    elsewhere = {"devices", "finish_by"}  # tests/test_training_team.py; below
    assert set(TURNS) | elsewhere == set(TrainingParams.model_fields)
    assert set(METHOD_TURNS) == {name for method in METHODS.values() for name in method.options.model_fields}


@pytest.mark.parametrize("name", [*TURNS, *METHOD_TURNS])
def test_an_option_changes_what_comes_out(name: str, trained: Callable[..., Run]) -> None:
    turn = TURNS.get(name) or METHOD_TURNS[name]
    seen = [turn.look(trained(turn.task, turn.method, turn.base))]
    for value in turn.values:
        found = turn.look(trained(turn.task, turn.method, (*turn.base, (name, value))))
        assert found not in seen
        seen.append(found)


def test_a_run_is_over_by_the_time_that_was_asked_for(
    trained: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "_next", lambda clock, after: time.time() + 1)
    run = trained(TEXT, "full", (("finish_by", "18:00"), ("max_steps", 100_000)))
    found = sealed.read(run.metrics_file)
    assert 0 < found["seconds"]["train"] < 5
    assert 0 < found["step"] < 100_000
    rates = curves.read(run.curves)["LearningRate/head"]
    assert rates[-1][1] < 0.2 * max(rate for _, rate in rates)  # the schedule has come to its end


def test_lower_layers_learn_at_lower_rates(trained: Callable[..., Run]) -> None:
    run = trained(
        TEXT, "full", (("layer_decay", 0.5), ("learning_rate", 0.01), ("schedule", "constant"), ("warmup", 0.0))
    )
    rates = {tag: points[-1][1] for tag, points in curves.read(run.curves).items() if tag.startswith("LearningRate")}
    by_layer = [rates[tag] for tag in sorted(rates) if "layer" in tag]
    assert by_layer == pytest.approx([0.01 * 0.5 ** (len(by_layer) - 1 - i) for i in range(len(by_layer))])
    assert len(by_layer) == 4  # embeddings, two blocks, pooler
