"""How threads that wait for each other should wait: spinning (active), asleep (passive), or one and then the other.

    python benchmarks/threads.py [--rounds N]

Times two pieces of a run under OMP_WAIT_POLICY=active and =passive and under what workers get (GOMP_SPINCOUNT), each
alone and beside a process that keeps one processor busy: the fit of a final layer (L-BFGS on features, many short
parallel sections) and 20 training steps of MiniLM on random tokens, in the number format that runs choose here. Every
line is a process of its own; of several rounds the medians are shown. "Beside nothing" is only as quiet as the machine:
its load before the start is printed. `studio/processes.py` sets what comes out of this. Needs the package that carries
the weights of MiniLM.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the studio beside us, installed or not

from columns import aligned, fixed  # noqa: E402

from studio import processes  # noqa: E402

ROWS, WIDTH, CLASSES = 3000, 384, 77  # features to fit: a third of Banking77's
STEPS, BATCH, LENGTH = 20, 32, 24
QUIET = 0.5  # load of a machine that does nothing else
POLICIES = {
    "active": {"OMP_WAIT_POLICY": "active"},
    "passive": {"OMP_WAIT_POLICY": "passive"},
    "spin briefly": {"GOMP_SPINCOUNT": processes.WAITING["GOMP_SPINCOUNT"]},
}
CASES = [(policy, busy) for busy in (False, True) for policy in POLICIES]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=1, help="times each line is measured")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)  # how we start ourselves
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps({"fit": fit_seconds(), "steps": steps_seconds()}))
        return
    load = os.getloadavg()[0]
    found: dict[tuple[str, bool], list[dict[str, float]]] = {case: [] for case in CASES}
    for _ in range(asked.rounds):
        for case in CASES:
            found[case].append(measured(*case))
    rows = [
        [
            policy,
            "one busy process" if busy else "nothing",
            *(fixed(median(each[name] for each in found[policy, busy]), 2) for name in ("fit", "steps")),
        ]
        for policy, busy in CASES
    ]
    print(aligned(("threads", "beside", "fit of a head, s", f"{STEPS} MiniLM steps, s"), rows))
    print(f"\n{os.cpu_count()} processors, load before the start {load:.2f}, rounds: {asked.rounds}.")
    if load > QUIET:
        print(
            "THE MACHINE WAS BUSY with other things: every line had that company as well. Repeat it on a quiet machine."
        )


def measured(policy: str, busy: bool) -> dict[str, float]:
    """Seconds of both pieces in a process of their own."""
    env = {name: value for name, value in processes.environment().items() if name not in processes.WAITING}
    with competitor(busy):
        answer = subprocess.run(
            [sys.executable, __file__, "--measure"],
            env=env | POLICIES[policy],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    seconds: dict[str, float] = json.loads(answer.stdout)
    return seconds


@contextmanager
def competitor(wanted: bool) -> Iterator[None]:
    """A process that computes for as long as the block lasts, if `wanted`."""
    if not wanted:
        yield
        return
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def fit_seconds() -> float:
    """Seconds to fit final layers to features of overlapping classes."""
    import numpy as np

    from studio.arrays import Encoded
    from studio.training import features

    random = np.random.default_rng(0)
    targets = random.integers(0, CLASSES, ROWS)
    centres = random.normal(size=(CLASSES, WIDTH))
    values = (centres[targets] + 4 * random.normal(size=(ROWS, WIDTH))).astype(np.float32)
    encoded = Encoded({features.NAME: values}, targets, np.ones(ROWS, dtype=np.int64))
    return timed(lambda: features.fits(encoded, CLASSES, None))


def steps_seconds() -> float:
    """Seconds of `STEPS` optimizer steps, after two that warm up."""
    import torch

    from studio.families import FAMILIES
    from studio.training import device as devices
    from studio.training import evaluate

    family = FAMILIES["bert"]
    device = devices.choose("cpu", "auto", None)
    model = family.load(start_request(family)).model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)
    torch.manual_seed(0)
    tokens = torch.randint(1000, 20000, (BATCH, LENGTH))
    targets = torch.randint(0, CLASSES, (BATCH,))

    def train(steps: int) -> None:
        for _ in range(steps):
            step()

    def step() -> None:
        with evaluate.autocast(device):
            loss = model(input_ids=tokens, labels=targets).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    train(2)
    return timed(lambda: train(STEPS))


def start_request(family: Any) -> Any:
    """MiniLM with a head for `CLASSES` classes, from the package that carries its weights."""
    from studio.contracts import Head, LoadRequest
    from studio.training import sources

    source = next(checkpoint.source for checkpoint in family.checkpoints if checkpoint.id == "minilm-l6")
    labels = tuple(str(i) for i in range(CLASSES))
    return LoadRequest(sources.local_folder(source, Path()), source.location, Head.SEQUENCE_CLASSIFICATION, labels, 0)


def timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
