"""Two processes compute what one computes: every loss, gradient norm, metric and output, to rounding."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.training.ending import Wanted
from studio.training.team import ALONE, Team
from tests import tiny, together

ROOT = Path(__file__).parent.parent
STEPS = 20


@pytest.fixture
def fresh_accelerate() -> Iterator[None]:
    """accelerate keeps its device and precision for the life of a process; a test must not inherit them."""
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(reset_partial_state=True)
    yield
    AcceleratorState._reset_state(reset_partial_state=True)


def test_two_processes_under_torchrun_find_what_one_finds(tmp_path: Path, fresh_accelerate: None) -> None:
    network = tmp_path / "network"
    tiny.tiny_bert(network)
    tiny.tiny_bert(tmp_path / "rotary", "modernbert")  # it has buffers that are no statistics
    # 24 rows in batches of 7 leave a batch of 3, too small for two.
    changes = {"max_steps": STEPS, "epochs": 10, "batch_size": 7, "evaluations": 4, "log_every": 1, "dropout": 0.0}
    runs = [
        tiny.new_run(tmp_path, "text_classification", "full", network, **changes),
        tiny.new_run(tmp_path, "token_classification", "lora", network, adapter_dropout=0.0, **changes),
        tiny.new_run(tmp_path, "question_answering", "full", network, **changes),
        tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "rotary", **changes),
    ]
    folders, found = [str(run.folder) for run in runs], tmp_path / "figures.json"
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    command = [*launcher, "-m", "tests.together", str(found), *folders]
    subprocess.run(command, cwd=ROOT, check=True, timeout=300, env=os.environ | {"OMP_NUM_THREADS": "1"})
    of_two = json.loads(found.read_text())
    for folder in folders:
        with together.double():
            of_one = together.figures(Path(folder))
        assert of_two[folder].keys() == of_one.keys()
        assert len(of_one["Loss/train"]) == len(of_one["GradNorm/train"]) == STEPS
        for tag, values in of_one.items():
            np.testing.assert_allclose(of_two[folder][tag], values, rtol=1e-9, atol=1e-9, err_msg=tag)


def test_a_team_of_one_gives_back_what_it_is_given() -> None:
    assert ALONE.leads
    assert ALONE.seed(7) == 7
    assert ALONE.agreed(Wanted.PAUSE, 0.5) == (Wanted.PAUSE, 0.5)
    assert ALONE.decided({"a": [1]}) == {"a": [1]}
    assert ALONE.gathered(b"said") == [b"said"]
    assert float(ALONE.mean(torch.tensor(3.0))) == 3.0


def test_every_process_draws_at_random_in_its_own_way() -> None:
    seeds = {Team(rank, 4).seed(number) for rank in range(4) for number in range(50)}
    assert len({seed % 2**32 for seed in seeds}) == 200  # a processor's generator looks at no more
    assert max(seeds) < 2**63
    draws = {torch.manual_seed(Team(rank, 4).seed(5)) and float(torch.rand(())) for rank in range(4)}
    assert len(draws) == 4
