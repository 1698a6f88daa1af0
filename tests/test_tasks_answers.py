"""Answers in words are compared as SQuAD compares them, and writing without spaces by its characters."""

from __future__ import annotations

import pytest

from studio.tasks import _answers


@pytest.mark.parametrize(
    ("said", "right", "exact", "f1"),
    [
        ("The Broncos!", ["denver broncos", "Broncos"], 1.0, 1.0),
        ("Denver Broncos", ["Broncos"], 0.0, 2 / 3),
        ("the", ["a"], 1.0, 1.0),  # articles alone say nothing, both
        ("", [], 1.0, 1.0),
        ("something", [], 0.0, 0.0),
        ("", ["something"], 0.0, 0.0),
        ("to to be", ["to be"], 0.0, 0.8),  # what is said twice counts once
        ("U.S.", ["us"], 1.0, 1.0),
        ("1998", ["in 1998"], 0.0, 2 / 3),
    ],
)
def test_answers_are_compared_without_case_punctuation_and_articles(
    said: str, right: list[str], exact: float, f1: float
) -> None:
    assert _answers.exact(said, right) == exact
    assert _answers.f1(said, right) == pytest.approx(f1)


@pytest.mark.parametrize(
    ("said", "right", "f1"),
    [
        ("上海博物馆", "博物馆", 0.75),  # 3 of 5 and 3 of 3 characters
        ("《红楼梦》。", "红楼梦", 1.0),
        ("東京タワー", "東京", 4 / 7),
        ("กรุงเทพ", "กรุง", 8 / 11),
        ("𠮷野家", "𠮷野", 0.8),  # a character beyond the first plane is one
        ("2008年", "2008 年", 1.0),
    ],
)
def test_writing_without_spaces_is_compared_by_characters(said: str, right: str, f1: float) -> None:
    assert _answers.f1(said, [right]) == pytest.approx(f1)
    assert _answers.exact(said, [right]) == float(f1 == 1)
