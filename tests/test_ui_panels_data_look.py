"""How rows look: users' texts stay texts, whole entities are marked, and images are asked for by their places."""

from __future__ import annotations

import pytest

from studio.ui.panels.data_look import Part, kind_of, place, table, tagged, wall
from studio.ui.words import speaker
from tests.data_panel import HOSTILE, IMAGES, TEXTS, WORDS, Elements, assert_harmless, record

SAY = speaker("en")
TAGS = ["B-LOC", "B-PER", "I-LOC", "I-PER", "O"]


def part(**columns: list[object]) -> Part:
    return Part(columns, 0, len(columns["line"]), False)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_cells_labels_columns_and_file_names_are_shown_as_text(text: str) -> None:
    columns = [{"name": text, "role": "text"}, {"name": text, "role": "label"}]
    dataset = record(columns=columns, labels=[{"name": text, "count": 1}])
    shown = table(dataset, TEXTS, part(text=[text], label=[0], line=[f"{text}:2"]), SAY)
    assert_harmless(shown)
    assert set(Elements(shown).names) == {"div", "table", "caption", "thead", "tbody", "tr", "th", "td", "span"}
    assert_harmless(wall(dataset, IMAGES, part(image=[3], label=[0], line=[text]), SAY))
    words = record(task="token_classification", labels=[{"name": f"B-{text}", "count": 1}])
    assert_harmless(table(words, WORDS, part(tokens=[[text, "b"]], tags=[[0, 0]], line=[text]), SAY))


def test_a_long_text_is_cut() -> None:
    shown = table(record(), TEXTS, part(text=["x" * 100_000], label=[1], line=["a.csv:2"]), SAY)
    assert len(str(shown)) < 2_000
    assert "good" in str(shown)


def test_whole_entities_are_marked_once_with_their_kind() -> None:
    shown = tagged(["Ada", "King", "met", "Bob", "Ray", "in", "Rome"], [1, 3, 4, 1, 1, 4, 0], TAGS)
    found = Elements(shown)
    assert found.names.count("mark") == 4  # two neighbours that both begin are two
    assert found.words == "Ada King PER met Bob PER Ray PER in Rome LOC"


def test_writing_without_spaces_stays_without() -> None:
    assert Elements(tagged(list("李明在北京"), [1, 3, 4, 0, 2], TAGS)).words == "李明 PER在北京 LOC"


def test_a_tag_without_a_scheme_is_its_own_kind() -> None:
    assert [kind_of(tag) for tag in ("O", "B-PER", "I-geo-loc", "PER")] == ["", "PER", "geo-loc", "PER"]


def test_images_are_asked_for_by_dataset_and_place_and_named_by_their_label() -> None:
    found = Elements(wall(record(), IMAGES, part(image=[7, 9], label=[0, 1], line=["a/1.png", "b/2.png"]), SAY))
    folder = "image/" + "0" * 26
    assert found.values("src") == [f"{folder}/7.png?side=112", f"{folder}/9.png?side=112"]
    assert found.values("alt") == ["bad", "good"]
    assert found.values("loading") == ["lazy", "lazy"]


def test_the_place_says_which_rows_of_how_many() -> None:
    columns = {"line": ["x"] * 20}
    assert Elements(place(Part(columns, 20, 9003, True), SAY)).words == "rows 21–40 of 9,003"
    assert Elements(place(Part(columns, 20, None, True), SAY)).words == "rows 21–40"
    assert Elements(place(Part({}, 0, 0, False), SAY)).words == "No rows here."
