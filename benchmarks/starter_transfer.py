"""What the starter network is worth: fine-tuned by the studio on sets it has not seen, beside the same one untrained.

    python benchmarks/starter_transfer.py --work FOLDER [--data DIR] [--starter FOLDER] [--seeds 1 2 3] [--only NAME]

Each line of the table is one set, one method and one seed, as a run of the studio with its own settings, in a worker
of its own. Runs that are finished in the workspace are not done again, and one that was broken off goes on. The table
is printed, and written to FOLDER/transfer.json, from where `starter_resnet.py` puts it into the model card when it is
called again with the same --work.

--data is the folder of the data pack (default: STUDIO_TEST_DATA).
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from starter_resnet import NAME, ROOT, say, untrained  # puts the studio beside us on the path

from studio import files, modelfolder, settings
from studio.api import ImportRequest, Studio, Wish
from studio.contracts import Modality
from studio.errors import UnknownName
from studio.families.resnet import FAMILY
from studio.methods import METHODS
from studio.runs import jobs
from studio.runs.store import Status, find

SIDE = next(card.side for card in FAMILY.checkpoints if card.id == NAME)
UNTRAINED_RATE = 10.0  # random weights learn at ten times the rate
RESULTS = "transfer.json"


@dataclass(frozen=True)
class Case:
    """A set of the data pack and a method; `wanted` is the accuracy that the starter network should reach."""

    data: str
    method: str
    wanted: float

    @property
    def name(self) -> str:
        return f"{self.data} {self.method}"


CASES = (
    Case("tiny_imagenet_10", "head", 0.78),
    Case("tiny_imagenet_10", "full", 0.83),
    Case("cifar10_subset", "full", 0.75),
    Case("flowers_128", "full", 0.72),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=os.environ.get("STUDIO_TEST_DATA"))
    parser.add_argument("--starter", type=Path, default=ROOT / "assets" / NAME)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", help="lines whose name holds this")
    parser.add_argument("--rate-scale", type=float, default=1.0, help="of the starter network's learning rate")
    asked = parser.parse_args()
    studio = Studio(settings.load(workspace=asked.work / "transfer"))
    rows = [measured(studio, case, asked) for case in CASES if asked.only is None or asked.only in case.name]
    files.write_json(asked.work / RESULTS, {"seeds": asked.seeds, "rows": rows})
    for row in rows:
        say(f"{row['data']} {row['method']}: {row['starter']} untrained {row['untrained']} wanted {row['wanted']}")
    return 0


def measured(studio: Studio, case: Case, asked: argparse.Namespace) -> dict[str, Any]:
    """Test accuracies of one line of the table, one per seed, for both starts."""
    dataset = studio.import_dataset(ImportRequest(asked.data / "images" / f"{case.data}.zip"))
    found: dict[str, list[dict[str, Any]]] = {"starter": [], "untrained": []}
    rate = METHODS[case.method].learning_rate[Modality.IMAGE]
    for seed in asked.seeds:
        trained: dict[str, Any] = {"seed": seed, "image_size": max(dataset["image_size"], SIDE)}
        random = trained | {"warm_head": False}
        if case.method != "head":
            trained["learning_rate"] = rate * asked.rate_scale
            random["learning_rate"] = rate * UNTRAINED_RATE
        blank = blank_network(studio, asked.starter, seed)
        for name, start, changes in (("starter", asked.starter, trained), ("untrained", blank, random)):
            wish = Wish(method=case.method, changes=changes)
            found[name].append(result(studio, dataset["dataset"], start, wish))
    return {
        "data": case.data,
        "method": case.method,
        "wanted": case.wanted,
        "size": str(max(dataset["image_size"], SIDE)),
        "seconds": [one["seconds"]["total"] for one in found["starter"]],
        **{start: [one["metrics"]["test"]["accuracy"] for one in runs] for start, runs in found.items()},
    }


def blank_network(studio: Studio, starter: Path, seed: int) -> Path:
    """The starter's network with random weights of a seed."""
    folder = files.make_folder(studio.settings.workspace / "untrained") / f"untrained-{seed}"
    if not folder.is_dir():
        config = files.read_json(starter / "config.json")
        kept = ("embedding_size", "hidden_sizes", "depths", "layer_type", "downsample_in_first_stage")
        untrained(folder, {name: config[name] for name in kept}, len(config["id2label"]), seed)
    return folder


def result(studio: Studio, dataset: str, start: Path, wish: Wish) -> dict[str, Any]:
    """The record of the run of this wish, which is done first unless it is finished already."""
    spec = studio.draw_up(dataset, str(start), wish)
    changes = " ".join(f"{name}={value}" for name, value in wish.changes.items())
    weights = "".join(files.sha256(file) for file in modelfolder.weights(start))
    name = f"{start.name} {sha256(weights.encode()).hexdigest()[:8]} {dataset} {spec.method} {changes}"
    try:
        run = find(studio.settings.runs, name)
        if run.status() is not Status.FINISHED:
            jobs.resume(run)
    except UnknownName:
        run = find(studio.settings.runs, studio.start(dataset, str(start), wish, name)["run"])
    while not (status := run.status()).over:
        time.sleep(1)
    if status is not Status.FINISHED:
        raise SystemExit(f"The run {run.id} is {status.value}: {studio.log(run.id, 2000)}")
    record = studio.show(run.id)
    say(f"{name}: {record['metrics']['test']['accuracy']:.4f} in {record['seconds']['total']:.0f} s")
    return record


if __name__ == "__main__":
    sys.exit(main())
