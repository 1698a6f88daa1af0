"""Entities are found and counted as seqeval does it, whatever the tags."""

from __future__ import annotations

import warnings

from hypothesis import given, settings
from hypothesis import strategies as st

from studio.runs import entities

TAGS = ("O", "B-PER", "I-PER", "E-PER", "S-PER", "B-LOC", "I-LOC", "I-A-B")


@settings(deadline=None)  # the first example loads a library
@given(st.lists(st.sampled_from(TAGS), max_size=12))
def test_the_entities_of_a_row_are_those_of_seqeval(tags: list[str]) -> None:
    from seqeval.metrics.sequence_labeling import get_entities

    assert entities.entities(tags) == get_entities(tags)


@settings(deadline=None)  # the first example loads a library
@given(st.lists(st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS)), max_size=8), min_size=1, max_size=5))
def test_counts_give_the_scores_of_seqeval(rows: list[list[tuple[str, str]]]) -> None:
    from seqeval.metrics.sequence_labeling import precision_recall_fscore_support

    wanted = [[true for true, _ in row] for row in rows]
    guessed = [[guess for _, guess in row] for row in rows]
    support, predicted, hits = entities.count(wanted, guessed)
    kinds = sorted(set(support) | set(predicted))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of kinds that nobody predicted
        found = precision_recall_fscore_support(wanted, guessed, average=None)
    precision, recall, _, counts = (list(values) for values in found)
    assert [support[kind] for kind in kinds] == counts
    assert [hits[kind] / predicted[kind] if predicted[kind] else 0 for kind in kinds] == precision
    assert [hits[kind] / support[kind] if support[kind] else 0 for kind in kinds] == recall


def test_kinds_are_called_as_people_call_them() -> None:
    assert entities.names(("O", "B-PER", "I-PER", "B-A-B")) == {"PER", "A-B"}
    assert entities.names(("NOUN", "VERB", "IN", ".")) == {"NOUN", "VERB", "IN", "."}


def test_a_tag_without_a_place_is_an_entity_of_one_word() -> None:
    assert entities.entities(("NN", "NN", "IN", "O", ".")) == [("NN", 0, 0), ("NN", 1, 1), ("IN", 2, 2), (".", 4, 4)]
