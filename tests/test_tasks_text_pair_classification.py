"""Pairs of texts: found in real files, encoded together, checked as pairs, shown as pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.arrays import EncodeLimits
from studio.contracts import Head, LoadRequest
from studio.data import store
from studio.data.mends import mend
from studio.data.writer import load
from studio.families import FAMILIES
from studio.tasks import TASKS
from studio.ui.panels.data_look import Part, table
from studio.ui.panels.data_reading import Shape
from studio.ui.words import speaker
from tests import tiny
from tests.data_helpers import build, write

TASK = TASKS["text_pair_classification"]


@pytest.mark.parametrize(
    ("file", "roles", "labels", "rows"),
    [
        ("ocnli_train.csv", ("sentence1", "sentence2", "label"), ("contradiction", "entailment", "neutral"), 2200),
        ("rte2_en.csv", ("text", "hypothesis", "entailment"), ("NO", "YES"), 1200),
    ],
)
def test_real_files_are_understood_without_a_word(
    data_pack: Path, tmp_path: Path, file: str, roles: tuple[str, ...], labels: tuple[str, ...], rows: int
) -> None:
    record, folder = build(tmp_path, data_pack / "sentence_pair" / file)
    assert record.task == TASK.name
    assert {use.role: use.name for use in record.columns} == dict(zip(("text", "text_b", "label"), roles, strict=True))
    assert (record.label_names, record.rows + record.skipped_count) == (labels, rows)
    first = store.read_rows(folder, "train", 0, 1)
    assert first["text"] != first["text_b"]


def test_headers_decide_and_one_text_beside_other_columns_is_no_pair(tmp_path: Path) -> None:
    rows = [f"words of {i},others of {i},{'yes' if i % 2 else 'no'}" for i in range(40)]
    for header, task in (
        ("Question1,question_2,is_duplicate", TASK.name),
        ("句子1,句子2,标签", TASK.name),
        ("text_a,text_b,label", TASK.name),
        ("title,text,label", "text_classification"),
    ):
        record, _ = build(tmp_path, write(tmp_path, "a.csv", "\n".join([header, *rows])))
        assert record.task == task, header
    unnamed, folder = build(tmp_path, write(tmp_path, "b.csv", "\n".join(["a,b,c", *rows])), task=TASK.name)
    assert {use.role: use.name for use in unnamed.columns} == {"text": "a", "text_b": "b", "label": "c"}
    assert store.read_rows(folder, "train", 0, 1)["text"][0].startswith("words")


def test_only_equal_pairs_are_the_same_row(tmp_path: Path) -> None:
    rows = [f"one premise,claim {i},{'yes' if i % 2 else 'no'}" for i in range(40)]
    twice = ["One  premise,CLAIM 3,yes", "claim 4,one premise,no"]  # as row 3; the texts of row 4 the other way round
    header = "sentence1,sentence2,label"
    record, folder = build(tmp_path, write(tmp_path, "a.csv", "\n".join([header, *rows, *twice, "words,,no"])))
    counts = {finding.code: finding.count for finding in record.findings}
    assert counts["duplicates"] == 1
    assert "common_inputs" not in counts
    assert (counts["empty_texts"], record.skipped_count) == (1, 1)
    kept, _ = load(folder)
    assert len(mend(kept, ["duplicates"])) == len(kept) - 1 == 41


def network(folder: Path, model_type: str) -> Any:
    tiny.tiny_bert(folder, model_type)
    return FAMILIES["bert"].load(LoadRequest(folder, "", Head.SEQUENCE_CLASSIFICATION, ("a", "b"), 0))


@pytest.mark.parametrize(("model_type", "types"), [("bert", True), ("distilbert", False)])
def test_token_types_tell_the_second_text_where_the_network_takes_them(
    tmp_path: Path, model_type: str, types: bool
) -> None:
    loaded = network(tmp_path / "start", model_type)
    rows = {"text": ["good film", "a " * 40], "text_b": ["bad", "the book was fine"]}
    encoded = TASK.encode(rows, loaded.processor, EncodeLimits(16, 0))
    assert encoded.lengths.tolist() == [6, 16]
    assert encoded.inputs["input_ids"][1][-5:-1].tolist() == loaded.processor("the book was fine")["input_ids"][1:-1]
    assert ("token_type_ids" in encoded.inputs) == types
    if types:
        assert np.asarray(encoded.inputs["token_type_ids"][0]).tolist() == [0, 0, 0, 0, 1, 1]
    batch = TASK.collate(encoded, np.arange(2), loaded.processor)
    assert loaded.model(**batch.inputs).logits.shape == (2, 2)
    loaded.processor.save_pretrained(tmp_path / "saved")
    import transformers

    again: Any = transformers.AutoTokenizer.from_pretrained(tmp_path / "saved")
    assert again.model_input_names == loaded.processor.model_input_names


def test_the_rows_show_both_texts() -> None:
    form = Shape(("text", "text_b"), "label", {"text": "text", "text_b": "text", "label": "label"}, {})
    dataset = {"columns": [], "labels": [{"name": "yes"}, {"name": "no"}]}
    columns = {"text": ["<b>one"], "text_b": ["two"], "label": [1], "line": ["a.csv:2"]}
    shown = str(table(dataset, form, Part(columns, 0, 1, False), speaker("en")))
    assert "&lt;b&gt;one" in shown
    assert shown.index("two") < shown.index("no</span>")
