"""Questions are learned window by window, answered over all windows, and left unanswered where that pays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from studio.arrays import Encoded, EncodeLimits, LossOptions, Ragged
from studio.tasks import _lexical
from studio.tasks._passages import ENDS, FIRST, OPENS, STARTS, TEXT, Passage
from studio.tasks.question_answering import NO_ANSWER, TASK, choose, decode, judge, loss
from tests.test_tasks_excerpts import LONG
from tests.test_tasks_excerpts import tokenizer as tokenizer

LIMITS = EncodeLimits(32, 0)


def encoded(tokenizer: Any, context: str, answers: list[int] | None) -> Encoded:
    rows: dict[str, Any] = {"question": ["was anna"], "context": [context]}
    return TASK.encode(rows if answers is None else rows | {"answers": [answers]}, tokenizer, LIMITS)


def answered(found: Encoded) -> list[str]:
    """What each window has as its answer; "-" for none, "?" where nothing is learned from it."""
    assert isinstance(found.targets, Ragged)
    assert found.notes is not None
    codes, note = found.targets[0], found.notes[0]
    said = []
    for part in np.split(np.arange(len(codes)), np.flatnonzero(codes & FIRST)[1:]):
        begin, end = (part[codes[part] & bit > 0] for bit in (STARTS, ENDS))
        if not len(begin):
            said.append("?")
        else:
            said.append(note.context[note.places[begin[0], 0] : note.places[end[0], 1]] or "-")
    return said


def test_windows_without_the_answer_say_so(tokenizer: Any) -> None:
    start = LONG.rindex("book")
    assert answered(encoded(tokenizer, LONG, [start, start + 8])) == ["-", "-", "-", "-", "book not"]
    assert answered(encoded(tokenizer, LONG, [])) == ["-"] * 5
    assert answered(encoded(tokenizer, LONG, None)) == ["?"] * 5


def test_an_answer_on_the_border_of_a_window_is_whole_in_one_of_them(tokenizer: Any) -> None:
    words = LONG.split()
    first = encoded(tokenizer, LONG, [])
    ends = [int(first.notes[0].places[place - 2, 1]) for place in np.flatnonzero(first.targets[0] & FIRST)[1:]]  # type: ignore[index]
    for end in ends:  # the last word of a window, with the word after it
        after = LONG.find(" ", end + 1)
        start = LONG.rfind(" ", 0, end) + 1
        wanted = LONG[start:after]
        assert len(wanted.split()) == 2
        assert wanted in answered(encoded(tokenizer, LONG, [start, after]))
    assert len(words) == 96


def test_nothing_is_learned_from_an_answer_that_every_window_cuts(tokenizer: Any) -> None:
    found = encoded(tokenizer, LONG, [0, len(LONG)])
    assert answered(found) == ["?"] * 5
    assert found.labelled(np.array([0])) == 0
    both = encoded(tokenizer, LONG, [0, len(LONG), 0, 3])  # the second right answer stands in the first window
    assert answered(both) == ["the", "-", "-", "-", "-"]
    assert both.labelled(np.array([0])) == 5


def test_a_batch_has_a_row_for_each_window_and_outputs_one_array_for_each_question(tokenizer: Any) -> None:
    import torch

    rows: dict[str, Any] = {"question": ["was anna"] * 2, "context": [LONG, "the film"], "answers": [[0, 3], []]}
    found = TASK.encode(rows, tokenizer, LIMITS)
    batch = TASK.collate(found, np.array([1, 0]), tokenizer)
    assert batch.inputs["input_ids"].shape == batch.targets.shape == (6, 32)
    assert batch.count == 6
    logits = torch.arange(6 * 32 * 2).reshape(6, 32, 2).float()
    short, long = TASK.outputs(logits, batch.targets)
    assert (len(short), len(long)) == tuple(found.lengths[[1, 0]])
    assert long[0].tolist() == logits[1, 0].tolist()


def test_the_loss_is_that_of_the_right_tokens_among_those_of_the_text() -> None:
    import torch

    targets = torch.tensor([[FIRST | OPENS, 0, TEXT | STARTS, TEXT | ENDS, -100], [FIRST, 0, TEXT, TEXT, TEXT]])
    logits = torch.zeros(2, 5, 2)
    assert float(loss(logits, targets, LossOptions())) == pytest.approx(np.log(3))  # one labelled window, 3 tokens
    logits[0, 2, 0] = logits[0, 3, 1] = 50.0
    logits[:, 1] = 99.0  # the question's own tokens, and padding, count for nothing
    logits[0, 4] = 99.0
    assert float(loss(logits, targets, LossOptions())) == pytest.approx(0, abs=1e-6)


def passage(answers: tuple[tuple[int, int], ...] | None) -> Passage:
    """Three words, "a b c", behind a window's first token."""
    codes = np.array([FIRST | OPENS, TEXT, TEXT, TEXT])
    return Passage("a b c", codes, np.array([(0, 0), (0, 1), (2, 3), (4, 5)], dtype=np.int32), answers)


def says(word: int, sure: float, none: float = 0.0) -> Any:
    logits = np.zeros((4, 2))
    logits[word], logits[0] = sure, none
    return logits


def test_the_threshold_is_that_of_the_highest_f1() -> None:
    outputs = [says(2, 3), says(2, 2), says(2, 1), says(2, 0.2)]  # "b", ever less surely
    targets = [passage(((2, 3),)), passage(((2, 3),)), passage(()), passage(())]
    chosen = choose(outputs, targets, ())
    assert -4 < chosen[NO_ANSWER] < -2
    assert judge(outputs, targets, (), chosen)[:, 0].tolist() == [1, 1, 1, 1]
    assert choose(outputs[:2], targets[:2], ()) == {NO_ANSWER: None}
    settled = TASK.settled(chosen)
    assert settled.score(settled.judge(outputs, targets, ())) == {
        "f1": 1.0,
        "exact_match": 1.0,
        "f1_answered": 1.0,
        "found_unanswered": 1.0,
    }
    assert settled.decode(outputs[3], targets[3], ())["answer"] == ""
    assert TASK.settled(None) is TASK


def test_an_answer_is_shown_where_it_stands_beside_the_next_best() -> None:
    shown = decode(says(2, 3), passage(((2, 3), (2, 5))), (), {NO_ANSWER: None})
    assert (shown["answer"], shown["start"], shown["end"], shown["exact"]) == ("b", 2, 3, 1.0)
    assert shown["places"] == [[2, 3], [2, 5]]
    assert [one["score"] for one in shown["top"]] == sorted((one["score"] for one in shown["top"]), reverse=True)
    asked = decode(says(2, 0, none=5), passage(None), (), {NO_ANSWER: 1.0})
    assert (asked["answer"], asked["start"]) == ("", None)
    assert "exact" not in asked
    assert passage(((2, 3), (0, 1), (2, 3))).target == ["b", "a"]


def test_who_knows_no_network_takes_the_words_beside_those_of_the_question(tokenizer: Any) -> None:
    context = "the book was poor the film was good a room"
    start = context.index("good")
    rows: dict[str, Any] = {"question": ["film was"] * 3, "context": [context] * 3, "answers": [[start, start + 4]] * 3}
    found = TASK.encode(rows, tokenizer, EncodeLimits(64, 0))
    outputs, chance = _lexical.guess(found, found)
    assert decode(outputs[0], found.notes[0], (), {NO_ANSWER: None})["answer"] in ("the", "good")  # type: ignore[index]
    assert chance == pytest.approx(np.log(11))
    silent = TASK.encode(rows | {"answers": [[], [], [4, 8]]}, tokenizer, EncodeLimits(64, 0))
    outputs, _ = _lexical.guess(silent, silent)
    assert judge(outputs, list(silent.notes or ()), ())[:, 0].tolist() == [1, 1, 0]
