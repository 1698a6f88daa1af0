"""Tasks and columns are found out, or named."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.data import columns, suited
from studio.data.formats._records import Table
from studio.data.formats._spool import Cells
from studio.data.options import parse
from studio.errors import InvalidOption, MissingColumn, UnknownName
from studio.tasks import TASKS
from tests.data_helpers import archive, images, png


def _table(**cells: list[str]) -> Table:
    return Table({name: Cells.of(column) for name, column in cells.items()}, range(len(next(iter(cells.values())))))


_TEXTS = [f"some longer words number {i}" for i in range(40)]
_LABELS = ["yes", "no"] * 20
_IDS = [str(1000 + i) for i in range(40)]
_TASK = TASKS["text_classification"]


def _roles(table: Table, **named: str) -> tuple[dict[str, str], str | None]:
    roles = columns.choose(table, _TASK, named)
    return dict(roles.columns), roles.split


def test_usual_headers_are_known_in_any_case() -> None:
    table = _table(Id=_IDS, LABEL=_LABELS, Review=_TEXTS)
    assert _roles(table) == ({"text": "Review", "label": "LABEL"}, None)


def test_a_header_with_a_usual_word_in_it_is_known() -> None:
    table = _table(text_id=_IDS, title=_LABELS, review_text=_TEXTS, true_label=_LABELS)
    assert _roles(table)[0] == {"text": "review_text", "label": "true_label"}


def test_without_usual_headers_the_content_decides() -> None:
    table = _table(a=_IDS, b=_LABELS, c=_TEXTS, d=["same"] * 40)
    assert _roles(table)[0] == {"text": "c", "label": "b"}


def test_named_columns_win_and_a_wrong_name_lists_the_columns() -> None:
    table = _table(a=_IDS, b=_LABELS, c=_TEXTS, label=_IDS)
    assert _roles(table, label="B", text="c")[0] == {"text": "c", "label": "b"}
    with pytest.raises(InvalidOption, match=r"no column 'zzz' for text.*a, b, c, label"):
        _roles(table, text="zzz")
    with pytest.raises(InvalidOption, match="cannot play two roles"):
        _roles(table, text="c", label="c")
    with pytest.raises(InvalidOption, match="has no column 'tags'"):
        _roles(table, tags="c")


def test_measures_are_not_taken_for_classes() -> None:
    scores = [f"{i / 7:.2f}".replace(".", ",") for i in range(40)]
    with pytest.raises(MissingColumn, match="No column looks like the label"):
        _roles(_table(first=_TEXTS, score=scores))


def test_a_split_column_is_known_by_name_and_values() -> None:
    table = _table(text=_TEXTS, label=_LABELS, split=["train", "DEV"] * 20)
    assert _roles(table)[1] == "split"
    assert _roles(_table(text=_TEXTS, label=_LABELS, split=_LABELS))[1] is None
    assert _roles(_table(text=_TEXTS, label=_LABELS, fold=["train", "test"] * 20), split="fold")[1] == "fold"


def test_the_task_follows_from_what_the_file_holds(tmp_path: Path) -> None:
    words = Table({"tokens": Cells.of([["a"], ["b"]]), "tags": Cells.of([["O"], ["O"]])}, [1, 2])
    photos = images(archive(tmp_path / "a.zip", {"x/1.png": png(1), "y/2.png": png(2)}))
    assert suited.task_for(_table(text=_TEXTS, label=_LABELS), None).name == "text_classification"
    assert suited.task_for(words, None).name == "token_classification"
    assert suited.task_for(photos, None).name == "image_classification"
    photos.close()
    with pytest.raises(MissingColumn, match="needs words and tags; the data hold texts"):
        suited.task_for(_table(text=_TEXTS, label=_LABELS), "token_classification")
    with pytest.raises(UnknownName):
        suited.task_for(words, "nonsense")


def test_every_column_is_recorded_with_its_role() -> None:
    table = _table(id=_IDS, text=_TEXTS, label=_LABELS, split=["train", "test"] * 20)
    uses = columns.choose(table, _TASK, {}).uses(list(table.columns))
    assert [(use.name, use.role) for use in uses] == [
        ("id", None),
        ("text", "text"),
        ("label", "label"),
        ("split", "split"),
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nonsense", "1"),
        ("header", "perhaps"),
        ("image_size", "7"),
        ("image_size", "x"),
        ("seed", "-1"),
        ("delimiter", "ab"),
    ],
)
def test_an_option_that_cannot_be_is_refused(name: str, value: str) -> None:
    with pytest.raises(InvalidOption):
        parse({name: value})


def test_options_are_understood() -> None:
    options = parse({"delimiter": "tab", "header": "No", "image_size": "64", "seed": "3", "text": "review"})
    assert (options.read.delimiter, options.read.header) == ("\t", False)
    assert (options.image_size, options.seed, dict(options.columns)) == (64, 3, {"text": "review"})
