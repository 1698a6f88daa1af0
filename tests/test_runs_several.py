"""What came of a run whose rows may have several labels: the counts of each, the surest mistakes first, fair words, and
how the page shows it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from studio import files, modelfolder
from studio.errors import RequestError, WrongState
from studio.export import confusion
from studio.runs import doctor, outcome, verdicts
from studio.runs.case import Case
from studio.runs.store import Run, Status
from studio.tasks import TASKS
from studio.terminal.results import predictions_table
from studio.ui.panels import result_examples as examples
from studio.ui.panels import result_score as score
from studio.ui.panels import result_several as several
from studio.ui.panels.result_answers import answer, known_picture, predictions
from studio.ui.panels.result_classes import Order, class_table
from studio.ui.words import speaker
from tests import tiny
from tests.finished import finish

EN, ZH = speaker("en"), speaker("zh")
CHOSEN = {"thresholds": dict(zip(tiny.LABELS, (0.5, 0.2, 0.9), strict=True))}
REPORT = {
    "metrics": {"main": "macro_f1", "valid": {"n": 0}, "test": {"macro_f1": 0.6, "n": 9, "interval": [0.3, 0.8]}},
    "baseline": {"majority": {"macro_f1": 0.5, "loss": 1.0}, "probe": {"macro_f1": 0.1, "loss": 0.5}},
}
# What is true and the probabilities of the three labels. Row 1 misses "neutral" by a hair, row 3 "positive" by far.
ROWS: tuple[tuple[list[str], tuple[float, float, float]], ...] = (
    (["negative"], (0.9, 0.1, 0.1)),
    (["neutral"], (0.1, 0.19, 0.1)),
    (["negative", "neutral"], (0.8, 0.6, 0.3)),
    (["positive"], (0.1, 0.1, 0.01)),
    ([], (0.2, 0.3, 0.5)),
    ([], (0.1, 0.1, 0.1)),
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    found = tiny.new_run(tmp_path, "multilabel_classification", "full", tmp_path / "network")
    logits = np.log(np.array([row[1] for row in ROWS]) / (1 - np.array([row[1] for row in ROWS]))).astype(np.float32)
    task = TASKS[found.spec().task].settled(CHOSEN)
    rows = [
        {"line": f"a.csv:{i + 2}", "target": row[0], **task.decode(logits[i], None, tiny.LABELS)}
        for i, row in enumerate(ROWS)
    ]
    finish(found, rows, REPORT)
    save_file({"logits": logits}, found.predictions / "test.safetensors")
    files.write_json(files.make_folder(found.model) / modelfolder.CHOSEN, CHOSEN)
    return found


def dataset(run: Run) -> Path:
    return run.folder.parent.parent / "datasets" / run.spec().dataset


def rows(run: Run, **choice: object) -> list[int]:
    found = outcome.examples(outcome.read(run), dataset(run), choice)  # type: ignore[arg-type]
    return [item["index"] for item in found["items"]]


def test_each_label_has_its_threshold_and_its_four_counts(run: Run) -> None:
    summary = outcome.summary(outcome.read(run), [])
    assert (summary["answer"], summary["rows"], summary["n_wrong"], summary["confusion"]) == ("labels", 6, 3, {})
    negative, neutral, positive = summary["classes"]
    counts = ("threshold", "hit", "missed", "extra", "left", "support", "predicted")
    assert [negative[name] for name in counts] == [0.5, 2, 0, 0, 4, 2, 2]
    assert [neutral[name] for name in counts] == [0.2, 1, 1, 1, 3, 2, 2]
    assert [positive[name] for name in counts] == [0.9, 0, 1, 0, 5, 1, 0]
    assert (neutral["precision"], neutral["recall"], neutral["f1"]) == (0.5, 0.5, 0.5)


def test_the_surest_mistakes_come_first_and_every_count_opens_its_rows(run: Run) -> None:
    assert rows(run, wrong=True, order="score") == [3, 4, 1]
    assert rows(run, wrong=True, order="place") == [1, 3, 4]
    assert rows(run, order="place", start=4) == [4, 5]
    assert sorted(rows(run, true="neutral")) == [1, 2]
    summary = outcome.summary(outcome.read(run), [])
    for ask, wanted in (("hit", [2]), ("missed", [1]), ("extra", [4])):
        asked = examples.wanted(f"met:1:{ask}@0", summary, EN)
        assert rows(run, **asked.choice) == wanted
        assert "neutral" in asked.title
    with pytest.raises(RequestError, match="no such rows"):
        examples.wanted("met:9:hit@0", summary, EN)


def test_the_page_shows_thresholds_counts_and_both_sets_of_labels(run: Run) -> None:
    found = outcome.read(run)
    summary = outcome.summary(found, verdicts.of(found, None))
    table = str(class_table(summary, Order(), EN))
    heads = re.findall(r'<th scope="col".*?<button[^>]*>([^<]*)<', table)
    assert heads == ["Class", "Threshold", "Precision", "Recall", "F1", "Rows"]
    assert all(row.count("<td") == len(heads) - 1 for row in table.split("<tr")[2:])
    assert "0.90" in table
    counts = str(several.counts(summary, EN))
    assert 'data-ask="met:1:extra@0"' in counts
    assert 'data-ask="met:0:missed@0"' not in counts
    assert several.counts(summary, ZH)
    shown = outcome.examples(found, dataset(run), {"order": "place"})
    listed = str(examples.listing(examples.wanted("all@0", summary, EN), shown, examples.Context("d"), EN))
    assert listed.count("chip-right") == 3
    assert listed.count("chip-wrong") == 1
    assert "too much" in listed
    assert "no label" in listed
    head = str(score.headline(summary, EN))
    assert "Not clearly better than giving every row the same labels (50.0 % against" in head or "same labels" in head


def test_an_answer_is_a_list_of_labels_with_bars_and_marks(run: Run) -> None:
    said = outcome.examples(outcome.read(run), dataset(run), {"order": "place"})["items"]
    shown = str(answer(said[2], (), EN))
    assert shown.count("chip-said") == 2
    assert "--value:60.00%;--cut:20.00%" in shown
    assert "No label reaches its threshold" in str(answer(said[5], (), EN))
    assert "neutral" in str(known_picture(said[2] | {"image": 3}, "d", EN))
    table = str(predictions({"rows": said[:3], "count": 3, "failed": 0}, "download/x.csv", (), EN))
    assert "negative, neutral" in table
    assert "negative, neutral" in predictions_table(said)
    assert "none" in predictions_table(said)


def test_fair_words_and_the_doctor(run: Run) -> None:
    found = outcome.read(run)
    (verdict, *_) = verdicts.of(found, None)
    assert verdict["code"] == "no_better_than_same"
    classes = found.several.classes() if found.several else []
    worse = {**REPORT, "metrics": {"test": {"macro_f1": 0.4}}}
    case = Case(Status.FINISHED, found.spec, report=worse, classes=classes)
    told = {finding["code"]: finding for finding in doctor.examine(case)}
    assert "no better than giving every row the same labels" in told["worse_than_majority"]["message"]
    assert told["class_never_predicted"]["values"]["names"] == ["positive"]
    assert told["class_never_predicted"]["fix"] is None  # there are no class weights to balance


def test_nothing_is_confused_and_damaged_predictions_are_said(run: Run) -> None:
    assert confusion.section(confusion.read(run.predictions / "test.jsonl", tiny.LABELS)) == ""
    (run.predictions / "test.safetensors").write_bytes(b"no tensors")
    with pytest.raises(WrongState, match="cannot be read"):
        outcome.read(run)
