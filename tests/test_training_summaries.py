"""What TensorBoard is given beside curves, read by TensorBoard itself; and that looking changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from studio import files
from studio.runs import curves
from studio.runs.store import Run
from studio.training import summaries
from tests import tiny


@pytest.fixture(autouse=True)
def fresh_accelerate() -> Iterator[None]:
    """accelerate keeps its device and precision for the life of a process; a test must not inherit them."""
    from accelerate.state import AcceleratorState

    yield
    AcceleratorState._reset_state(reset_partial_state=True)


def trained(folder: Path, task: str, method: str, **changes: Any) -> Run:
    network = folder / "network"
    tiny.NETWORKS[tiny.family_of(task).name].make(network)
    usual = {"max_steps": 6, "epochs": 5, "warm_head": False, "evaluations": 3}
    run = tiny.new_run(folder, task, method, tiny.checkpoint(network), **usual | changes)
    assert tiny.run_in_process(run)["status"] == "finished"
    return run


def board(run: Run) -> EventAccumulator:
    found = EventAccumulator(str(run.curves), {"histograms": 0, "tensors": 0, "images": 0})
    found.Reload()
    return found


def test_texts_have_histograms_answers_a_graph_and_their_options(tmp_path: Path) -> None:
    run = trained(tmp_path, "text_classification", "full")
    found = board(run)
    tags = found.Tags()
    layer = "bert.encoder.layer.0.attention.self.query.weight"
    assert [event.step for event in found.Histograms(f"Weights/{layer}")] == [0, 2, 4, 6]
    assert [event.step for event in found.Histograms(f"Gradients/{layer}")] == [1, 3, 5]
    assert sum(found.Histograms(f"Weights/{layer}")[0].histogram_value.bucket) == 32 * 32
    assert tags["images"] == ["Confusion/valid"]
    answers = found.Tensors("Answers/valid/text_summary")
    assert [event.step for event in answers] == [0, 2, 4, 6]
    table = answers[-1].tensor_proto.string_val[0].decode().splitlines()
    assert table[0] == "| row | true | model |"
    assert len(table) == 2 + summaries.ROWS
    assert found.SummaryMetadata("Recall/positive").plugin_data.plugin_name == "pr_curves"
    assert found.SummaryMetadata("_hparams_/session_start_info").plugin_data.plugin_name == "hparams"
    nodes = {node.name: node for node in found.Graph().node}
    assert nodes["bert/encoder/layer/0/attention/self/query"].op == "Linear"
    assert nodes["bert/encoder/layer/0/intermediate/dense"].input == ["bert/encoder/layer/0/attention/output/LayerNorm"]
    assert set(curves.read(run.curves)) >= {"Loss/train", "MacroF1/valid", "MacroF1/test"}


def test_pictures_are_shown_beside_what_is_said_of_them(tmp_path: Path) -> None:
    found = board(trained(tmp_path, "image_classification", "full", max_steps=1))
    assert set(found.Tags()["images"]) == {"Confusion/valid", "Pictures/valid"}
    table = found.Tensors("Answers/valid/text_summary")[0].tensor_proto.string_val[0].decode()
    assert "| picture 1 |" in table


def test_labels_that_do_not_exclude_each_other_have_curves_and_no_matrix(tmp_path: Path) -> None:
    found = board(trained(tmp_path, "multilabel_classification", "head", max_steps=1))
    assert found.Tags()["images"] == []
    assert found.SummaryMetadata("Recall/positive").plugin_data.plugin_name == "pr_curves"
    table = found.Tensors("Answers/valid/text_summary")[0].tensor_proto.string_val[0].decode()
    assert '{"labels": [' in table


def test_looking_changes_no_bit(tmp_path: Path) -> None:
    off = {"log_histograms": False, "log_answers": False, "log_graph": False}
    plain, seen = (
        trained(tmp_path / name, "text_classification", "lora", **changes)
        for name, changes in (("plain", off), ("seen", {}))
    )
    assert files.sha256(plain.model / "adapter_model.safetensors") == files.sha256(
        seen.model / "adapter_model.safetensors"
    )
    first, second = curves.read(plain.curves), curves.read(seen.curves)
    assert first["Loss/train"] == second["Loss/train"]


def test_a_matrix_is_dark_where_rows_of_a_class_went() -> None:
    true, said = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    picture = summaries.confusion(said, true, 2)
    corner = [int(picture[y * summaries.CELL, x * summaries.CELL].sum()) for y in (0, 1) for x in (0, 1)]
    assert corner[1] == max(corner[:2])
    assert corner[2] == 3 * 255
    assert corner[3] == min(corner)


def test_what_would_end_a_cell_is_taken_out() -> None:
    assert summaries._cell("a|b\n<script>") == "a\u00a6b \u2039script>"
    assert summaries._cell({"score": 0.123456}) == '{"score": 0.123}'
    assert len(summaries._cell("x" * 9_999)) == summaries.LETTERS
