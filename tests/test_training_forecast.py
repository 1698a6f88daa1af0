"""What a run will cost, measured: of a run on several devices one of them is, and the forecast says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from studio.training import forecast
from tests import tiny


@pytest.fixture
def own_threads() -> Iterator[None]:
    """accelerate's state and the number of threads as other tests know them."""
    from accelerate.state import AcceleratorState

    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    AcceleratorState._reset_state(reset_partial_state=True)


def test_of_several_devices_one_is_measured_with_its_share_of_the_rows(tmp_path: Path, own_threads: None) -> None:
    network = tmp_path / "network"
    tiny.tiny_bert(network)
    changes = {"max_steps": None, "epochs": 2, "batch_size": 8}
    one = forecast.measure(tiny.new_run(tmp_path, "text_classification", "full", network, **changes))
    two = forecast.measure(tiny.new_run(tmp_path, "text_classification", "full", network, devices=2, **changes))
    assert (one["devices"], two["devices"]) == (1, 2)
    assert one["steps"] == two["steps"] == 6
    assert (one["batch_size"], one["micro_batch"]) == (8, 8)
    assert (two["batch_size"], two["micro_batch"]) == (8, 4)
