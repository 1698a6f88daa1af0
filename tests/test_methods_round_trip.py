"""Every method that the tortured kinds lack: killed, resumed to the same bits, exported, and reloaded outside."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.export import builder
from studio.export.exporter import offered
from studio.export.formats import FORMATS
from studio.methods import METHODS
from tests.test_export_builder import unpacked
from tests.torture import kinds
from tests.torture.bench import Subject, _subject, complaints
from tests.torture.kinds import COMMON, Kind
from tests.torture.nursery import Nursery

ROUND_TRIPS = {
    "last_layers": Kind("image_classification", "last_layers", {"layers": 1, "batch_norm": "re-estimated"}),
    "adalora": Kind("text_classification", "adalora", {"rank": 2, "start_rank": 5, "dropout": 0.3, "optimizer": "sgd"}),
    "ia3": Kind("image_classification", "ia3", {"augment": "flip"}),
    "bitfit": Kind("token_classification", "bitfit", {"dropout": 0.3}),
    "dora": Kind("image_classification", "lora", {"dora": True, "rank_stabilised": True, "rate_ratio": 4}),
    "adapter": Kind("text_pair_regression", "adapter", {"width": 3, "dropout": 0.3}),
    "prompt": Kind("token_classification", "prompt", {"prompt_tokens": 4, "dropout": 0.3}),
    "zero_shot": Kind("text_classification", "zero_shot", {}),
}


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with Nursery() as found:
        yield found


def planned(nursery: Nursery, workspace: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> Subject:
    ignored = METHODS[ROUND_TRIPS[name].method].ignores
    usual = COMMON | {"learning_rate": 0.03, "warm_head": False}
    monkeypatch.setattr(kinds, "COMMON", {key: value for key, value in usual.items() if key not in ignored})
    monkeypatch.setitem(kinds.KINDS, name, ROUND_TRIPS[name])
    return _subject(nursery, workspace, name)


def test_every_method_makes_the_round_trip() -> None:
    assert {kind.method for kind in (kinds.KINDS | ROUND_TRIPS).values()} == set(METHODS)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_a_killed_run_comes_to_the_same_bits_and_its_exports_stand_alone(
    name: str, nursery: Nursery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = planned(nursery, tmp_path, name, monkeypatch)
    run = kinds.copy(subject.run)
    answer = nursery.work(run, point=int(0.6 * len(subject.points)))
    assert answer.code == -9
    assert nursery.work(run).code == 0
    assert complaints(run, subject) == []
    assert run.status().value == "finished"
    for format in offered(run):
        builder.build(run, FORMATS[format], tmp_path / f"{format}.zip")
    folder = unpacked(tmp_path / f"{offered(run)[-1]}.zip", tmp_path / "export")
    command = [sys.executable, str(folder / "predict.py"), "--selftest"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
