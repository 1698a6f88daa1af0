"""The loss, the metrics and the answer of tasks with one class per row."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from studio.arrays import LossOptions
from studio.tasks import _classes


def test_the_loss_is_the_sum_over_labelled_targets() -> None:
    logits, targets = torch.randn(5, 3), torch.tensor([0, 2, -100, 1, 1])
    wanted = functional.cross_entropy(logits, targets, reduction="sum", ignore_index=-100)
    assert torch.allclose(_classes.cross_entropy(logits, targets, LossOptions()), wanted)
    words = _classes.cross_entropy(logits.view(1, 5, 3), targets.view(1, 5), LossOptions())
    assert torch.allclose(words, wanted)


def test_class_weights_with_smoothing_do_not_move_the_best_answer() -> None:
    """A row of a common class is still best answered with that class, however heavy the rare ones are."""
    weights = torch.tensor([0.1, *[10.0] * 10])
    logits = torch.zeros(1, 11, requires_grad=True)
    optimizer = torch.optim.SGD([logits], lr=5.0)
    for _ in range(500):
        optimizer.zero_grad()
        _classes.cross_entropy(logits, torch.tensor([0]), LossOptions(weights, 0.1)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert float(logits.softmax(-1)[0, 0].detach()) == pytest.approx(0.9 + 0.1 / 11, abs=0.01)


def test_metrics_agree_with_a_case_worked_by_hand() -> None:
    outputs = [np.eye(3)[i] for i in (0, 0, 1, 2)]
    found = _classes.score(outputs, [np.asarray(t) for t in (0, 1, 1, 1)], ("a", "b", "c"))
    assert found["accuracy"] == 0.5
    assert found["macro_f1"] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)


def test_an_answer_names_the_likeliest_classes_in_order() -> None:
    answer = _classes.decode(np.log(np.array([0.1, 0.6, 0.3])), ("a", "b", "c"))
    assert answer["label"] == "b"
    assert [entry["label"] for entry in answer["top"]] == ["b", "c", "a"]
    assert sum(entry["score"] for entry in answer["top"]) == pytest.approx(1.0)
