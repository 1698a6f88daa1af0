"""Which rows are shown: pages of a split, of all classes or one, whatever a browser asks for."""

from __future__ import annotations

import pytest

from studio import settings
from studio.api import ImportRequest, Studio
from studio.ui.panels.data_rows import MOST_CHOICES, PAGE, filters, find, matching

WORDS = [{"name": name, "count": 1} for name in ("B-LOC", "B-PER", "I-LOC", "I-PER", "O")]
CLASSES = [{"name": name, "count": 1} for name in ("bad", "good")]


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """A studio with one dataset of 100 texts, 80 of them to train on, every fourth one rare."""
    folder = tmp_path_factory.mktemp("rows")
    rows = "".join(f"text number {i},{'rare' if i % 4 == 0 else 'usual'}\n" for i in range(100))
    (folder / "rows.csv").write_text("text,label\n" + rows)
    made = Studio(settings.load(workspace=folder / "workspace"))
    made.import_dataset(ImportRequest(folder / "rows.csv"))
    return made


def test_pages_follow_each_other_through_a_split(studio: Studio) -> None:
    dataset = studio.dataset("rows")
    total = dataset["splits"]["train"]
    pages = [find(studio, dataset, "train", (None, start)) for start in range(0, total, PAGE)]
    assert sum(page.count for page in pages) == total
    assert [page.more for page in pages] == [True] * (len(pages) - 1) + [False]
    assert len({line for page in pages for line in page.columns["line"]}) == total


def test_one_class_has_pages_of_its_own(studio: Studio) -> None:
    dataset = studio.dataset("rows")
    usual = frozenset({1})
    first, later = (find(studio, dataset, "train", (usual, start)) for start in (0, PAGE))
    assert first.total == later.total == 60
    assert (first.count, first.more, later.start) == (PAGE, True, PAGE)
    assert set(first.columns["label"]) == frozenset({1})
    assert not set(first.columns["line"]) & set(later.columns["line"])


def test_beyond_the_end_there_is_the_beginning_or_nothing(studio: Studio) -> None:
    dataset = studio.dataset("rows")
    assert find(studio, dataset, "test", (None, 10**9)).start == 0
    assert find(studio, dataset, "train", (frozenset({0}), 10**9)).count == 0


def test_the_filter_offers_classes_or_kinds_of_entities() -> None:
    assert filters(CLASSES, tagged=False) == [("bad", "#0"), ("good", "#1")]
    assert filters(WORDS, tagged=True) == [("LOC", "#0"), ("PER", "#1")]
    assert len(filters([{"name": "x" * 500, "count": 1}], tagged=False)[0][0]) <= 60


def test_of_ten_thousand_classes_the_largest_are_offered_and_the_others_can_be_typed() -> None:
    many = [{"name": f"class {i} " + "x" * 5_000, "count": i} for i in range(10_000)]
    offered = filters(many, tagged=False)
    assert (len(offered), offered[0][1], offered[-1][1]) == (MOST_CHOICES, "#9500", "#9999")
    assert sum(len(name) for name, _ in offered) < 50_000
    assert matching(many, str(many[17]["name"]).upper(), tagged=False) == frozenset({17})
    assert matching([{"name": "7", "count": 1}, {"name": "0", "count": 1}], "0", tagged=False) == frozenset({1})


def test_a_kind_of_entity_is_all_its_tags() -> None:
    assert matching(CLASSES, "#1", tagged=False) == frozenset({1})
    assert matching(WORDS, "#1", tagged=True) == frozenset({1, 3})
    assert matching(WORDS, "i-loc", tagged=True) == frozenset({0, 2})


@pytest.mark.parametrize("value", ["", " ", "#", "#2", "#-1", "#1_0", "x", None, 1, ["#0"], "#" + "9" * 99, "#²"])
def test_what_is_no_class_is_all_classes(value: object) -> None:
    assert matching(CLASSES, value, tagged=False) is None
