"""The model card tells what was done to the data before a model was trained on them."""

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
