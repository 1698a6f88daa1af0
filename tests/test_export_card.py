"""The model card tells what was done to the data before a model was trained on them, and how sure its scores are."""

from __future__ import annotations

from studio.data.store import Mend
from studio.export import card


def test_mends_of_the_data_are_told_with_their_rows() -> None:
    mends = [Mend(code="near_duplicates", removed=1200, changed=0), Mend(code="wrong_labels", removed=1, changed=3)]
    assert card.mended(mends) == [
        "- mended before training: near duplicates (1,200 rows taken out, 0 changed)",
        "- mended before training: wrong labels (1 rows taken out, 3 changed)",
    ]
    assert card.mended([]) == []


def test_the_interval_stands_beside_the_main_metric_where_there_is_one() -> None:
    assert card._with_interval({"f1": 1.0, "interval": [0.757, 1.0]}, "f1", "f1").endswith("[0.7570, 1.0000]")
    for none in (None, [1.0, 1.0]):
        assert "[" not in card._with_interval({"f1": 1.0, "interval": none}, "f1", "f1")
