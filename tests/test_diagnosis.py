"""What is said before a run: about texts the model cannot read, few or lopsided rows, and room on the disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from studio import diagnosis, models
from studio.contracts import Source, SourceKind
from studio.data.store import ColumnUse, DatasetRecord, Finding, LabelCount
from studio.machine import Machine
from studio.models import Resolved
from studio.settings import Mode
from studio.spec import RunSpec, TrainingParams

ENGLISH = ["The parcel came late and the box was broken.", "I would like my money back, please."] * 100
CHINESE = ["快递太慢了，包装也破了，我要退款。", "质量很好，下次还会再买。"] * 100


def resolved(name: str, tmp_path: Path) -> Resolved:
    return models.resolve(name, tmp_path / "runs", Mode.LOCAL)


def dataset(tmp_path: Path, texts: Sequence[str], **changes: Any) -> tuple[DatasetRecord, Path]:
    """A dataset of texts with two classes, its train rows in the store's layout."""
    folder = tmp_path / "dataset"
    split = folder / "rows" / "train"
    split.mkdir(parents=True)
    rows = pa.table({"text": list(texts), "label": [0] * len(texts)})
    with pa.OSFile(str(split / "data-00000-of-00001.arrow"), "wb") as sink, pa.ipc.new_stream(sink, rows.schema) as out:
        out.write_table(rows)
    (split / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}))
    values: dict[str, Any] = {
        "id": "0" * 26, "name": "reviews", "task": "text_classification", "created": 0.0, "format": "csv",
        "sources": [], "options": {}, "columns": [ColumnUse(name="text", role="text")],
        "labels": [LabelCount(name="good", count=len(texts) // 2), LabelCount(name="bad", count=len(texts) // 2)],
        "splits": {"train": len(texts), "valid": 100, "test": 100}, "split_note": "", "image_size": None,
        "findings": [], "skipped": [], "skipped_count": 0, "fingerprint": "f" * 64,
    }  # fmt: skip
    return DatasetRecord(**(values | changes)), folder


def spec(model: str = "minilm-l6", method: str = "full", family: str = "bert", **training: Any) -> RunSpec:
    return RunSpec(
        task="text_classification" if family == "bert" else "image_classification",
        family=family,
        model=model,
        source=Source(SourceKind.PACKAGE, "somewhere"),
        method=method,
        preset="balanced",
        dataset="0" * 26,
        fingerprint="f" * 64,
        labels=("good", "bad"),
        device="cpu",
        training=TrainingParams(**training),
    )


def said(tmp_path: Path, texts: Sequence[str] = ENGLISH, training: Any = None, **changes: Any) -> dict[str, str]:
    """Message by code."""
    record, folder = dataset(tmp_path, texts, **changes)
    found = diagnosis.before_start(
        spec(**(training or {})), record, resolved("minilm-l6", tmp_path), folder, tmp_path / "runs"
    )
    assert all(set(warning) == {"code", "message"} for warning in found)
    return {warning["code"]: warning["message"] for warning in found}


def test_nothing_is_said_about_an_ordinary_run(tmp_path: Path) -> None:
    assert said(tmp_path) == {}


def test_a_model_that_cannot_read_the_script_is_named_with_those_that_can(tmp_path: Path) -> None:
    message = said(tmp_path, CHINESE)["unknown_tokens"]
    assert "MiniLM L6 does not know" in message
    assert "can read Chinese: bert-base-chinese" in message
    assert message.index("bert-base-chinese") < message.index("xlm-roberta-base")
    assert "roberta-base," not in message.replace("xlm-roberta-base,", "")


def test_a_few_foreign_words_are_no_reason_to_warn(tmp_path: Path) -> None:
    assert "unknown_tokens" not in said(tmp_path, [*ENGLISH, "退款"])


def test_texts_are_looked_at_in_several_places_because_files_are_often_sorted(tmp_path: Path) -> None:
    assert "unknown_tokens" in said(tmp_path, ENGLISH * 20 + CHINESE * 20)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Der Fluß ist tief.", "English"), ("快递太慢了", "Chinese"), ("これは良い品です", "Japanese"),
        ("배송이 늦었어요", "Korean"), ("Посылка пришла", "Russian"), ("وصل الطرد", "Arabic"), ("123 !?", ""), ("", ""),
    ],
)  # fmt: skip
def test_the_script_speaks_for_a_language(text: str, language: str) -> None:
    assert diagnosis.language_of([text]) == language


def test_few_rows_and_few_test_rows_are_named_with_what_they_mean(tmp_path: Path) -> None:
    found = said(tmp_path, ENGLISH[:40], splits={"train": 40, "valid": 5, "test": 16})
    assert "only 40 rows" in found["few_rows"]
    assert "Only 16 rows" in found["few_test_rows"]
    assert "24%" in found["few_test_rows"]


def test_many_classes_with_few_rows_each_count_as_few_rows(tmp_path: Path) -> None:
    labels = [LabelCount(name=f"class {i}", count=4) for i in range(50)]
    assert "for 50 classes" in said(tmp_path, labels=labels)["few_rows"]


def test_lopsided_classes_are_named_unless_they_are_weighed_already(tmp_path: Path) -> None:
    labels = [LabelCount(name="rare", count=10), LabelCount(name="common", count=190)]
    message = said(tmp_path / "a", labels=labels)["imbalanced_classes"]
    assert "'common' has 190 rows and 'rare' has 10" in message
    assert said(tmp_path / "b", labels=labels, training={"class_weights": "balanced"}) == {}


def test_texts_that_are_longer_than_the_limit_are_counted(tmp_path: Path) -> None:
    assert "At least 50%" in said(tmp_path / "a", training={"max_length": 7})["cut_texts"]
    assert said(tmp_path / "b", training={"max_length": 64}) == {}


def test_many_skipped_rows_and_overlapping_test_rows_are_repeated_before_a_run(tmp_path: Path) -> None:
    overlap = Finding(code="overlap", severity="warning", message="5 rows overlap.", count=5, examples=[], fix=None)
    found = said(tmp_path, skipped_count=100, findings=[overlap])
    assert "(100 rows)" in found["skipped_rows"]
    assert found["overlap"] == "5 rows overlap."


def test_the_terms_of_the_starting_weights_are_said_before_a_run(tmp_path: Path) -> None:
    record, folder = dataset(tmp_path, ENGLISH)
    asked = spec().model_copy(update={"terms": "Not for sale."})
    found = diagnosis.before_start(asked, record, resolved("minilm-l6", tmp_path), folder, tmp_path / "runs")
    assert found == [{"code": "terms", "message": "Not for sale."}]


def test_tuning_everything_needs_much_more_room_than_an_adapter_or_a_head() -> None:
    full, lora, head = (diagnosis.disk_bytes(spec(method=method)) for method in ("full", "lora", "head"))
    assert full == pytest.approx(40 * 22.7e6, rel=0.01)
    assert head < lora < full / 4
    assert head >= 4 * 22.7e6


def test_room_for_weights_that_nobody_counted_is_guessed_by_their_kind(tmp_path: Path) -> None:
    unknown = spec().model_copy(update={"model": "x/y", "source": Source(SourceKind.HUB, "x/y")})
    assert diagnosis.disk_bytes(unknown) == 40 * 110 * 10**6
    folder = replace(unknown.source, kind=SourceKind.FOLDER, location=str(tmp_path))
    assert diagnosis.disk_bytes(unknown.model_copy(update={"source": folder})) > 0


def test_too_little_memory_is_said_where_a_run_was_measured() -> None:
    machine, wished = Machine(4, used=9_000_000_000, total=10_000_000_000), spec()
    (warning,) = diagnosis.little_memory(wished, {"memory_bytes": 3_200_000_000}, machine)
    assert warning["code"] == "little_memory"
    assert "about 3.2 GB of memory, and 1.0 GB are free now" in warning["message"]
    assert diagnosis.little_memory(wished, {"memory_bytes": 900_000_000}, machine) == []
    assert diagnosis.little_memory(wished, None, machine) == []
    assert diagnosis.little_memory(wished, {"memory_bytes": 3_200_000_000}, Machine(4)) == []
