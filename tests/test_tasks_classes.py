"""The loss, the metrics and the answer of tasks with one class per row."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from seqeval import metrics
from sklearn.metrics import accuracy_score, f1_score
from torch.nn import functional

from studio.arrays import LossOptions
from studio.tasks import _classes, token_classification


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
    found = _classes.score(_classes.judge(outputs, [np.asarray(t) for t in (0, 1, 1, 1)], ("a", "b", "c")))
    assert found["accuracy"] == 0.5
    assert found["macro_f1"] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)


def test_metrics_are_those_of_scikit_learn() -> None:
    """Also where a class is only asked for, only answered, or neither."""
    random = np.random.default_rng(0)
    for classes in (2, 3, 40):
        outputs, targets = random.normal(size=(60, classes)), random.integers(classes, size=60)
        found = _classes.score(_classes.judge(list(outputs), list(targets), ()))
        predicted = outputs.argmax(axis=-1)
        assert found["accuracy"] == pytest.approx(accuracy_score(targets, predicted))
        assert found["macro_f1"] == pytest.approx(f1_score(targets, predicted, average="macro", zero_division=0))


def test_metrics_of_entities_are_those_of_seqeval() -> None:
    random, labels = np.random.default_rng(0), ("O", "B-A", "I-A", "B-B", "I-B")
    wanted = [random.integers(5, size=random.integers(1, 12)) for _ in range(80)]
    outputs = [np.eye(5)[row] + random.normal(0, 0.5, (len(row), 5)) for row in wanted]
    padded = [np.append(row, _classes.IGNORED) for row in wanted]
    found = token_classification.score(token_classification.judge(outputs, padded, labels))
    tags = [[labels[tag] for tag in row] for row in wanted]
    answers = [[labels[tag] for tag in row.argmax(axis=-1)] for row in outputs]
    assert found["f1"] == pytest.approx(float(metrics.f1_score(tags, answers)))
    assert found["precision"] == pytest.approx(float(metrics.precision_score(tags, answers)))
    assert found["recall"] == pytest.approx(float(metrics.recall_score(tags, answers)))
    assert found["accuracy"] == pytest.approx(float(metrics.accuracy_score(tags, answers)))


def test_parts_of_speech_are_judged_word_by_word() -> None:
    """They have no place in an entity: the first letter is none, and equal neighbours are two words."""
    labels = ("NN", "IN", "VB", ".", "NOUN")
    for wanted, answered in (((0, 1, 0), (1, 0, 1)), ((3, 3, 3), (3, 3, 3)), ((4, 4, 4, 4, 2), (4, 4, 4, 2, 2))):
        outputs = [np.eye(len(labels))[list(answered)]]
        found = token_classification.score(token_classification.judge(outputs, [np.array(wanted)], labels))
        right = np.mean(np.equal(wanted, answered))
        assert [found[name] for name in ("f1", "precision", "recall", "accuracy")] == pytest.approx([right] * 4)


@pytest.mark.parametrize(
    ("labels", "tags", "accuracy"), [(("O", "B-X"), (1, 0, 0, 1), 3 / 4), (("NN", "VB"), (1, 0, 0, 1), 2 / 4)]
)
def test_words_that_are_not_read_are_found_by_nobody(
    labels: tuple[str, ...], tags: tuple[int, ...], accuracy: float
) -> None:
    """Also where no tag stands for nothing: a part of speech that is not said is wrong."""
    row = token_classification.Words(np.array(tags), np.array([0, 1]))
    outputs = [np.eye(2)[list(tags[:2])] * 9]
    found = token_classification.score(token_classification.judge(outputs, [row], labels))
    assert found["precision"] == 1
    assert found["recall"] == 0.5
    assert found["accuracy"] == accuracy
    answer = token_classification.decode(outputs[0], row, labels)
    assert answer["tags"] == [*(labels[tag] for tag in tags[:2]), "O", "O"]
    assert answer["scores"][2:] == [0, 0]
    assert answer["unread"] == 2
    assert answer["score"] == pytest.approx(max(answer["scores"]))


def test_an_answer_names_the_likeliest_classes_in_order() -> None:
    answer = _classes.decode(np.log(np.array([0.1, 0.6, 0.3])), 1, ("a", "b", "c"))
    assert answer["label"] == "b"
    assert [entry["label"] for entry in answer["top"]] == ["b", "c", "a"]
    assert sum(entry["score"] for entry in answer["top"]) == pytest.approx(1.0)
