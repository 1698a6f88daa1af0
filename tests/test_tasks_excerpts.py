"""Long texts become windows that overlap, and the best pieces of all windows are found where they stand."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from studio.tasks import _excerpts
from studio.tasks._excerpts import Window
from tests import tiny

LONG = " ".join(["the", "film", "was", "very", "good", "a", "book", "not"] * 12)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    import transformers

    folder = tmp_path_factory.mktemp("network")
    tiny.tiny_bert(folder)
    return transformers.AutoTokenizer.from_pretrained(folder)


def read(window: Window, context: str) -> list[str]:
    return [context[start:end] for start, end in window.places if end > start]


def test_every_word_is_read_and_neighbours_share_some(tokenizer: Any) -> None:
    windows = _excerpts.windows(tokenizer, ["was anna"], [LONG], 32)
    texts = [read(window, LONG) for window in windows]
    assert max(len(window.ids) for window in windows) == 32
    shared = (32 - 3) // 3
    assert all(a[-shared:] == b[:shared] for a, b in pairwise(texts))
    assert [*texts[0], *(word for text in texts[1:] for word in text[shared:])] == LONG.split()


def test_a_question_that_is_too_long_leaves_room_for_the_text(tokenizer: Any) -> None:
    windows = _excerpts.windows(tokenizer, [LONG], ["anna was the film"], 24)
    assert len(windows) == 1
    assert read(windows[0], "anna was the film") == ["anna", "was", "the", "film"]
    assert len(windows[0].ids) == 3 + (24 - 3) // 3 + 4


def test_several_questions_keep_their_windows_apart(tokenizer: Any) -> None:
    windows = _excerpts.windows(tokenizer, ["anna", "bonn", "was"], ["a film", LONG, "a book"], 64)
    assert sorted({window.question for window in windows}) == [0, 1, 2]
    assert read(windows[-1], "a book") == ["a", "book"]
    assert _excerpts.windows(tokenizer, [], [], 64) == []


def test_places_are_characters_also_beyond_the_first_plane(tokenizer: Any) -> None:
    context = "🎬 the film 𠮷 was good"
    (window,) = _excerpts.windows(tokenizer, ["was anna"], [context], 64)
    assert "film" in read(window, context)
    assert "good" in read(window, context)


Scored = tuple[float, Any, Any]


def scored(starts: list[float], ends: list[float], first: tuple[int, ...] = (0,)) -> Scored:
    """Logits over windows whose first tokens are at `first`; the others are the words of one text in their order."""
    marks = np.isin(np.arange(len(starts)), first)
    places = np.zeros((len(starts), 2), dtype=np.int32)
    word = 0
    for place in range(len(starts)):
        word = 0 if marks[place] else word + 1
        places[place] = (0, 0) if marks[place] else (2 * word - 2, 2 * word - 1)
    none, table = _excerpts.scores(np.stack([starts, ends], axis=1), places, marks)
    return none, table, places


def test_the_best_piece_begins_before_it_ends() -> None:
    none, table, places = scored([0, 1, 6, 0], [0, 6, 0, 2])
    best = _excerpts.ranked(none, table, places, None)
    assert (best[0].start, best[0].end) == (2, 5)  # from the second word on: to the first would run backwards
    assert best[0].of("a b c") == "b c"
    assert [one.start for one in best].count(None) == 0
    assert sum(one.score for one in best) == pytest.approx(1)


def test_no_answer_comes_first_where_it_is_better_by_more_than_the_threshold() -> None:
    none, table, places = scored([3, 1, 0], [3, 2, 0])
    assert _excerpts.margin(none, table) == 3
    assert _excerpts.ranked(none, table, places, 2.9)[0].of("a b") == ""
    assert _excerpts.ranked(none, table, places, 3.1)[0].of("a b") == "a"
    assert _excerpts.ranked(none, table, places, 3.1)[1].start is None


def test_no_piece_reaches_from_one_window_into_the_next_and_equal_pieces_count_once() -> None:
    none, table, places = scored([9, 4, 0, 1, 2, 0], [0, 0, 0, 1, 3, 9], first=(0, 3))
    found = _excerpts.ranked(none, table, places, None)
    assert (found[0].start, found[0].end) == (0, 3)  # the second window's first word to its last
    assert len(found) == 3
    assert none == 2  # of the window where it is lowest


def test_a_text_without_a_word_has_no_answer() -> None:
    none, table, places = scored([1.0], [1.0])
    (found,) = _excerpts.ranked(none, table, places, None)
    assert (found.start, found.score) == (None, 1.0)


def test_spaces_around_a_piece_are_no_part_of_it() -> None:
    assert _excerpts.trimmed("a b  c", 1, 5) == (2, 3)
    assert _excerpts.trimmed("a   c", 1, 3) == (1, 3)
