"""Numbers as what is learned: metrics against libraries, the unit of the loss, and real files that hold scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from studio.arrays import LossOptions
from studio.contracts import Scale
from studio.data import overview, store
from studio.data.mends import mend
from studio.data.writer import load
from studio.errors import TooFewClasses
from studio.plan import Wish, draw_up
from studio.tasks import TASKS, _numbers
from studio.ui.panels.data_counts import numbers as histogram
from studio.ui.words import speaker
from tests import tiny
from tests.data_helpers import build, write

TASK = TASKS["text_regression"]


def test_the_metrics_are_those_of_the_libraries() -> None:
    from scipy.stats import pearsonr, spearmanr

    random = np.random.default_rng(0)
    wanted = np.round(random.normal(3, 1, 200), 1)  # with many equal ones
    said = np.round(wanted + random.normal(0, 1, 200), 1)
    judged = _numbers.judge([np.array([value], np.float32) for value in said], list(wanted), ())
    found = _numbers.score(judged)
    assert found["pearson"] == pytest.approx(pearsonr(said, wanted).statistic, abs=1e-6)
    assert found["spearman"] == pytest.approx(spearmanr(said, wanted).statistic, abs=1e-6)
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean((said - wanted) ** 2)), abs=1e-6)
    flat = _numbers.score(np.stack([np.full(5, 2.0), np.arange(5.0)], axis=-1))
    assert (flat["pearson"], flat["spearman"]) == (0.0, 0.0)
    assert flat["rmse"] == pytest.approx(np.sqrt(2))
    for unit in (1e-9, 1e9):  # grams in kilograms are no other answers
        assert _numbers.score(judged * unit)["pearson"] == pytest.approx(found["pearson"])


def test_the_loss_does_not_depend_on_the_unit_and_skips_what_is_not_known() -> None:
    said, true = torch.tensor([[1.0], [2.0], [7.0]]), torch.tensor([2.0, 4.0, float("nan")], dtype=torch.float64)
    assert float(TASK.loss(said, true, LossOptions())) == 5.0
    assert float(TASK.scaled(Scale(10.0, 2.0)).loss(said, true, LossOptions())) == 1.25
    thousand = TASK.scaled(Scale(10_000.0, 2000.0)).loss(1000 * said, 1000 * true, LossOptions())
    assert float(thousand) == pytest.approx(1.25)


def test_a_real_file_with_scores_is_understood_without_a_word(data_pack: Path, tmp_path: Path) -> None:
    record, folder = build(tmp_path, data_pack / "sentence_pair" / "stsb_en_dev.csv")
    task = TASKS["text_pair_regression"]
    assert record.task == task.name
    assert {use.role: use.name for use in record.columns} == {
        "text": "sentence1",
        "text_b": "sentence2",
        "number": "score",
    }
    assert (record.labels, record.rows) == ([], 1500)
    assert record.split_note == "Split at random: 80 % train, 10 % valid, 10 % test."
    trained = np.array(store.read_rows(folder, "train")["number"])
    assert record.numbers is not None
    assert (record.numbers.mean, record.numbers.deviation) == pytest.approx((trained.mean(), trained.std()))
    assert (record.numbers.low, record.numbers.high) == (0.0, 5.0)
    found = overview.numbers(folder, task)
    assert found is not None
    assert sum(found["counts"]) == 1500
    assert str(histogram(found, speaker("en"))).count("<rect") == len(found["counts"])


def test_headers_and_decimals_tell_numbers_from_classes(tmp_path: Path) -> None:
    def task(header: str, cell: str) -> str:
        rows = [f"some words {i},{cell.format(i / 7, i % 2, i % 5)},{i % 4}" for i in range(40)]
        return build(tmp_path, write(tmp_path, "a.csv", "\n".join([header, *rows])))[0].task

    assert task("text,score,id", "{0:.2f}") == TASK.name
    assert task("text,rating,id", "{2}") == "text_classification"  # stars may be classes: a person chooses
    assert task("text,score,label", "{0:.2f}") == "text_classification"
    assert task("text,price,class", "{0:.2f}") == "text_classification"


def test_rows_without_a_number_are_left_out_and_equal_numbers_are_refused(tmp_path: Path) -> None:
    rows = [f"words {i},{i / 4}" for i in range(40)]
    odd = ["no number,", "words,many", ",3.5", "words 3,0.75", "words 3,9.5"]
    path = write(tmp_path, "a.csv", "\n".join(["text,score", *rows, *odd]))
    record, folder = build(tmp_path, path, task=TASK.name)
    counts = {finding.code: finding.count for finding in record.findings}
    assert (record.skipped_count, counts["empty_numbers"], counts["empty_texts"]) == (3, 2, 1)
    assert "conflicting_labels" not in counts
    kept, _ = load(folder)
    assert len(mend(kept, ["duplicates"])) == len(kept) - counts.get("duplicates", 0)
    same = write(tmp_path, "b.csv", "text,score\n" + "\n".join(f"words {i},1.5" for i in range(40)))
    with pytest.raises(TooFewClasses, match="All numbers are the same"):
        build(tmp_path, same, task=TASK.name)


def test_numbers_with_thousands_are_read_by_their_column_and_a_person_has_the_last_word(tmp_path: Path) -> None:
    rows = "".join(f'words {i},"{300 + 151 * i:,}"\n' for i in range(60))  # 300 to 9,209
    path = write(tmp_path, "a.csv", f"text,price\n{rows}")
    record, folder = build(tmp_path, path, task=TASK.name)
    assert sorted(load(folder)[0].table["number"].to_pylist()) == [300 + 151 * i for i in range(60)]
    finding = next(finding for finding in record.findings if finding.code == "doubtful_numbers")
    assert "12,345 was read as 12345" in finding.message
    assert finding.message.endswith("set the decimal mark to comma.")
    record, folder = build(tmp_path, path, {"decimal": "comma"}, task=TASK.name)
    assert load(folder)[0].table["number"].to_pylist().count(1.055) == 1
    assert "doubtful_numbers" not in {finding.code for finding in record.findings}


def test_options_of_classes_are_refused_and_the_spec_knows_the_scale(tmp_path: Path) -> None:
    record = tiny.dataset(tmp_path, TASK.name)
    family, checkpoint = tiny.family_of(TASK.name), tiny.checkpoint(tmp_path)
    assert draw_up(Wish(), record, family, checkpoint, "cpu").scale == Scale(950.0, 41.0)
    with pytest.raises(Exception, match="class_weights has no effect with the task text_regression"):
        draw_up(Wish(changes={"class_weights": "balanced"}), record, family, checkpoint, "cpu")
