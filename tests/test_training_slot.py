"""A run takes all the slots of its devices or none, and those with an earlier place come first."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import files, sealed
from studio.runs.store import Run
from studio.training import slot
from tests import tiny


@pytest.fixture
def run(tmp_path: Path) -> Run:
    network = tmp_path / "network"
    tiny.tiny_bert(network)
    return tiny.new_run(tmp_path, "text_classification", "full", network)


def on(run: Run, device: str, devices: int) -> Run:
    """The run as one of these devices, whether or not they are here."""
    record = sealed.read(run.spec_file)
    record["device"], record["training"]["devices"] = device, devices
    sealed.write(run.spec_file, record)
    return run


def test_a_run_on_two_gpus_takes_two_slots_and_gives_both_back(run: Run, tmp_path: Path) -> None:
    taken = slot.wait(on(run, "cuda:1", 2), lambda: False)
    assert taken is not None
    slots = tmp_path / "slots"
    with taken:
        assert files.Lock.held(slots / "cuda-1.lock")
        assert files.Lock.held(slots / "cuda-2.lock")
        assert not files.Lock.held(slots / "cuda-0.lock")
    assert not files.Lock.held(slots / "cuda-1.lock")
    assert not files.Lock.held(slots / "cuda-2.lock")


def test_while_one_slot_is_missing_none_is_kept(run: Run, tmp_path: Path) -> None:
    slots = files.make_folder(tmp_path / "slots")
    other, asked = files.Lock.take(slots / "cuda-1.lock"), iter([False, False, True])
    assert other is not None
    with other:
        assert slot.wait(on(run, "cuda:0", 2), lambda: next(asked)) is None
        assert not files.Lock.held(slots / "cuda-0.lock")
