"""Any number of classes per row: metrics against scikit-learn, thresholds, the loss, the answer, what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from studio.arrays import Array, LossOptions
from studio.methods import METHODS
from studio.plan import Wish, draw_up, mismatches
from studio.tasks import TASKS, _several
from studio.training import features
from tests import tiny

TASK = TASKS["multilabel_classification"]
NAMES = ("a", "b", "c", "d")


def known(cuts: Sequence[float], labels: Sequence[str] = NAMES) -> dict[str, Any]:
    return {"thresholds": dict(zip(labels, cuts, strict=True))}


def chosen_for(outputs: Sequence[Array], targets: Sequence[Array]) -> list[float]:
    labels = NAMES[: len(outputs[0])]
    found = _several.choose(outputs, targets, labels)["thresholds"]
    return [found[label] for label in labels]


def answers(rows: int = 300, classes: int = 4) -> tuple[list[Array], list[Array]]:
    """Logits that know something of the targets; the last class is rare, some rows have none, some logits are equal."""
    random = np.random.default_rng(0)
    wanted = random.random((rows, classes)) < np.linspace(0.5, 0.01, classes)
    logits = np.round(random.normal(2.5 * wanted - 2, 1.2), 1).astype(np.float32)
    return list(logits), list(wanted.astype(np.int8))


def test_the_metrics_are_those_of_the_library() -> None:
    from sklearn import metrics

    outputs, targets = answers()
    cuts = (0.2, 0.5, 0.35, 0.1)
    said, wanted = _several.sigmoid(np.stack(outputs)) >= np.array(cuts), np.stack(targets)
    found = TASK.settled(known(cuts)).judge(outputs, targets, NAMES)
    score = TASK.score(found)
    assert score["macro_f1"] == pytest.approx(metrics.f1_score(wanted, said, average="macro"))
    assert score["micro_f1"] == pytest.approx(metrics.f1_score(wanted, said, average="micro"))
    assert score["subset_accuracy"] == pytest.approx(metrics.accuracy_score(wanted, said))
    ranking = metrics.label_ranking_average_precision_score(wanted, np.stack(outputs))
    assert score["ranking_precision"] == pytest.approx(ranking, abs=1e-6)
    assert not {*TASK.metrics} ^ {*score}
    part = np.array([3, 3, 7])
    chosen = TASK.settled(known(cuts)).judge([outputs[i] for i in part], [targets[i] for i in part], NAMES)
    assert TASK.score(found[part]) == TASK.score(chosen)


def best_of(said: Array, wanted: Array) -> float:
    from sklearn.metrics import f1_score

    return max(float(f1_score(wanted, said >= cut)) for cut in np.unique(said))


def test_thresholds_are_the_best_of_a_class_where_it_has_many_rows_and_those_of_all_where_it_has_none() -> None:
    from sklearn.metrics import f1_score

    outputs, targets = answers(3000)
    said, wanted = _several.sigmoid(np.stack(outputs)), np.stack(targets)
    chosen = chosen_for(outputs, targets)
    assert f1_score(wanted[:, 0], said[:, 0] >= chosen[0]) == pytest.approx(
        best_of(said[:, 0], wanted[:, 0]), abs=0.003
    )
    wanted[:, 3] = 0
    (*_, common) = chosen_for(outputs, list(wanted))
    assert f1_score(wanted.ravel(), said.ravel() >= common) == pytest.approx(best_of(said.ravel(), wanted.ravel()))
    half = np.flatnonzero(wanted[:, 2])[: _several.PULL]  # so many rows: half way between, in log odds
    few = np.concatenate([half, np.flatnonzero(wanted[:, 2] == 0)])
    (own,) = chosen_for([outputs[i][[2]] for i in few], [wanted[i][[2]] for i in few])
    together = chosen_for([outputs[i] for i in few], [wanted[i] for i in few])
    odds = [np.log(cut / (1 - cut)) for cut in (own, together[3], together[2])]
    assert odds[2] == pytest.approx((odds[0] + odds[1]) / 2, abs=1e-3)
    nothing = [np.zeros(2, dtype=np.int8)] * 3
    assert chosen_for([np.array([3.0, -3.0], np.float32)] * 3, nothing) == [0.5, 0.5]
    assert _several.choose([], [], NAMES) == {"thresholds": {}}


def test_before_thresholds_are_chosen_rows_are_judged_by_their_own() -> None:
    outputs, targets = answers()
    settled = TASK.settled(_several.choose(outputs, targets, NAMES))
    assert TASK.score(TASK.judge(outputs, targets, ())) == TASK.score(settled.judge(outputs, targets, NAMES))


def test_the_loss_is_that_of_yes_and_no_and_skips_what_is_not_known() -> None:
    logits = torch.tensor([[2.0, -1.0], [0.5, 3.0]])
    targets = torch.tensor([[1, 0], [-100, 1]], dtype=torch.int8)
    known = -torch.nn.functional.logsigmoid(torch.tensor([2.0, 1.0, 3.0])).sum()
    assert float(TASK.loss(logits, targets, LossOptions())) == pytest.approx(float(known))
    assert _several.targets({"labels": [[0, 2], []]}, 2, 3).tolist() == [[1, 0, 1], [0, 0, 0]]
    assert _several.targets({}, 2, 3).tolist() == [[-100] * 3] * 2


def test_an_answer_has_every_label_that_reaches_its_threshold() -> None:
    logits, labels = np.array([0.0, -2.0, 2.0, -9, -9, -9, -9], np.float32), tuple("abcdefg")
    assert TASK.decode(logits, None, labels)["labels"] == ["c", "a"]
    found = TASK.settled(known((0.6, 0.1, 0.9), labels[:3])).decode(logits, None, labels)
    assert found["labels"] == ["b"]
    assert [entry["label"] for entry in found["top"]] == ["c", "a", "b", "d", "e"]
    assert found["top"][0] == {"label": "c", "score": pytest.approx(0.8808, abs=1e-4), "threshold": 0.9}


def test_who_knows_the_shares_alone_says_the_same_of_every_row() -> None:
    from studio.arrays import Encoded

    targets = np.array([[1, 0], [1, 0], [1, 1], [0, 0]], dtype=np.int8)
    rows = Encoded({}, targets, np.ones(4, dtype=np.int64))
    found, loss = _several.guess(rows, rows)
    assert _several.sigmoid(np.stack(found)) == pytest.approx(np.tile([0.75, 0.25], (4, 1)))
    logits = torch.from_numpy(np.stack(found))
    assert loss == pytest.approx(float(TASK.loss(logits, torch.from_numpy(targets), LossOptions())) / 8, abs=1e-6)


def test_each_class_is_fitted_as_if_it_were_alone() -> None:
    from studio.arrays import Encoded

    random = np.random.default_rng(1)
    given = random.normal(size=(200, 5)).astype(np.float32)
    targets = (given[:, :3] + random.normal(size=(200, 3)) > 0.5).astype(np.int8)
    rows: dict[str, Any] = {"lengths": np.ones(200, dtype=np.int64), "inputs": {features.NAME: given}}
    together = features.fits(Encoded(targets=targets, **rows), 3, None, (1e-2,))[0]
    for place in range(3):
        alone = features.fits(Encoded(targets=targets[:, [place]], **rows), 1, None, (1e-2,))[0]
        assert torch.allclose(alone.weight[0], together.weight[place], atol=2e-3)


def test_what_does_not_apply_is_refused_in_words(tmp_path: Path) -> None:
    record = tiny.dataset(tmp_path, TASK.name)
    family, start = tiny.family_of(TASK.name), tiny.checkpoint(tmp_path)
    with pytest.raises(Exception, match="class_weights has no effect with the task multilabel_classification"):
        draw_up(Wish(changes={"class_weights": "balanced"}), record, family, start, "cpu")
    (problem,) = mismatches(TASK, family, start, METHODS["zero_shot"], record)
    assert "it takes single texts with one class each" in problem
