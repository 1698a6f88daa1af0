"""How fast training steps are, beside the libraries' own ways, turn by turn in one run.

    python benchmarks/engine.py banking77 [imdb] [cifar] [photos] [--data DIR] [--method full] [--steps N] [--rounds N]

- studio: the loop of the studio's worker, as a run would have it.
- example: transformers' Trainer as its documentation shows it: dynamic padding, float32 on a CPU, bf16 on a GPU.
- tuned: Trainer as somebody would set it who knows it: bf16, batches of like length, fused AdamW (texts only).
- plain: a loop as a tutorial shows it: pictures changed one by one, float32, torch's defaults (images only).

Each takes the same rows, starting weights, examples per step and settings, does N steps after some that are not
counted (of a shuffled epoch, so that their mean is that of the epoch), in a process of its own, and the sides take
turns. Printed are the median over the rounds of examples per second, the ratio of the studio to the others within each
round, the peak of memory above the loaded network, and the studio's share of the machine's speed in matrix products.

--data is the folder of the data pack (default: STUDIO_TEST_DATA). Measure on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the studio beside us, installed or not

from columns import aligned, fixed  # noqa: E402

from studio import processes, settings  # noqa: E402
from studio.api import ImportRequest, Studio, Wish  # noqa: E402
from studio.runs import store  # noqa: E402
from studio.runs.store import Run  # noqa: E402

PROGRAM = Path(__file__).with_name("engine_side.py")


@dataclass(frozen=True)
class Scenario:
    """What is trained on: a file of the data pack, its test rows if they are apart, a model, and settings."""

    file: str
    model: str
    sides: tuple[str, ...]
    test: str | None = None
    changes: dict[str, Any] = field(default_factory=dict)


TEXT_SIDES = ("studio", "tuned", "example")
IMAGE_SIDES = ("studio", "plain")
SCENARIOS = {
    "banking77": Scenario(
        "text_classification/banking77_train.csv",
        "minilm-l6",
        TEXT_SIDES,
        "text_classification/banking77_test.csv",
    ),
    "imdb": Scenario(
        "text_classification/imdb_train.csv",
        "minilm-l6",
        TEXT_SIDES,
        "text_classification/imdb_test.csv",
        {"max_length": 256},
    ),
    "cifar": Scenario("images/cifar10_subset.zip", "starter-resnet", IMAGE_SIDES),
    "photos": Scenario("images/tiny_imagenet_10.zip", "starter-resnet", IMAGE_SIDES, None, {"image_size": 64}),
    "large": Scenario("images/tiny_imagenet_10.zip", "starter-resnet", IMAGE_SIDES, None, {"image_size": 224}),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("scenarios", nargs="+", choices=sorted(SCENARIOS))
    parser.add_argument("--data", default=os.environ.get("STUDIO_TEST_DATA"), help="folder of the data pack")
    parser.add_argument("--method", default="full")
    parser.add_argument("--steps", type=int, default=100, help="steps that are counted")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    if not asked.data:
        parser.error("name the folder of the data pack: --data")
    for name in asked.scenarios:
        with tempfile.TemporaryDirectory() as folder:
            run = planned(Path(folder), Path(asked.data), SCENARIOS[name], asked.method)
            found = measured(run, SCENARIOS[name].sides, asked)
        report = {"scenario": name, "method": asked.method, "load_before": os.getloadavg()[0], "sides": found}
        print(json.dumps(report) if asked.json else shown(report), flush=True)
    return 0


def planned(workspace: Path, data: Path, scenario: Scenario, method: str) -> Run:
    """A run of this scenario, drawn up and not started."""
    studio = Studio(settings.load(workspace=workspace))
    test = data / scenario.test if scenario.test else None
    dataset = studio.import_dataset(ImportRequest(data / scenario.file, test=test))["dataset"]
    spec = studio.draw_up(str(dataset), scenario.model, Wish(method=method, changes=scenario.changes))
    return store.create(studio.settings.runs, spec, scenario.file, "benchmark")


def measured(run: Run, sides: tuple[str, ...], asked: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """What each side reports, round by round."""
    found: dict[str, list[dict[str, Any]]] = {side: [] for side in sides}
    for _ in range(asked.rounds):
        for side in sides:
            found[side].append(one(run, side, asked.steps))
    return found


def one(run: Run, side: str, steps: int) -> dict[str, Any]:
    """One side's turn, in a process of its own with the environment of a worker."""
    request = {"folder": str(run.folder), "side": side, "steps": steps}
    done = subprocess.run(
        [sys.executable, str(PROGRAM), json.dumps(request)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=surroundings(side),
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def surroundings(side: str) -> dict[str, str]:
    """A worker's environment for the studio; for the others one in which threads wait as they do by default."""
    env = processes.environment({"PYTHONPATH": str(ROOT), **processes.waiting()})
    return env if side == "studio" else {name: value for name, value in env.items() if name not in processes.WAITING}


def shown(report: dict[str, Any]) -> str:
    """The report as a table for people."""
    rows = [list(line(side, report["sides"])) for side in report["sides"]]
    head = ("side", "examples/s", "studio is faster by", "lowest", "highest", "peak MB", "share of the matrix speed")
    return f"{report['scenario']}, {report['method']}, load {report['load_before']:.1f}\n" + aligned(head, rows)


def line(side: str, sides: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """One side's figures: medians over the rounds, ratios within rounds."""
    results = sides[side]
    ratios = [
        ours["examples_per_second"] / theirs["examples_per_second"]
        for ours, theirs in zip(sides["studio"], results, strict=True)
    ]
    shares = [result["share"] for result in results if result.get("share") is not None]
    yield side
    yield fixed(statistics.median(result["examples_per_second"] for result in results), 1)
    yield from (f"{fixed(value, 2)}x" for value in (statistics.median(ratios), min(ratios), max(ratios)))
    yield fixed(statistics.median(result["peak_bytes"] for result in results) / 1e6)
    yield fixed(100 * statistics.median(shares), 0) + " %" if shares else ""


if __name__ == "__main__":
    sys.exit(main())
