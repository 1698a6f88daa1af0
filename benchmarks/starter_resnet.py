"""Train the starter network: from a folder of Tiny ImageNet to `assets/starter-resnet/`, in one command.

    python benchmarks/starter_resnet.py TINY_IMAGENET --work FOLDER [--target FOLDER] [--recipe FILE] [--stop-at STEP]

TINY_IMAGENET holds train/<wnid>/images/*.JPEG, val/images/*.JPEG, val/val_annotations.txt, wnids.txt and words.txt, as
Stanford's CS231n handed the set out: 200 classes, each with 500 pictures to train and 50 to validate, 64 pixels wide.
The ten classes of the data pack's `tiny_imagenet_10.zip` are left out, in training and validation, so that this set
stays a test of the starter network on classes that it has not seen.

--work is a workspace of the studio in which everything happens: the pictures become a dataset, a run holds spec, curves
and checkpoints. The same command goes on after a kill, and repeats the lost steps bit for bit. --recipe is a JSON file
with fields of `starter_recipe.Recipe` that are to be others; --stop-at ends at an earlier step, with the averaged
weights as they are there. The pictures are for research; none is part of the result.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the studio beside us, installed or not

from studio import processes  # noqa: E402
from studio.locks import Lock  # noqa: E402

if __name__ == "__main__":
    os.environ.update({k: v for k, v in processes.WAITING.items() if k not in os.environ})  # before torch is loaded

import starter_export  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from starter_recipe import Recipe, train, training  # noqa: E402

from studio import files, settings  # noqa: E402
from studio.api import ImportRequest, Studio, Wish  # noqa: E402
from studio.errors import StudioError  # noqa: E402
from studio.plan import unfold  # noqa: E402
from studio.runs import store  # noqa: E402
from studio.runs.store import Run  # noqa: E402
from studio.settings import Limits  # noqa: E402
from studio.training import build  # noqa: E402
from studio.training.recorder import Recorder  # noqa: E402

NAME = "starter-resnet"
LEFT_OUT = (
    *("n01443537", "n02056570", "n02099601", "n02129165", "n02279972"),
    *("n04146614", "n04311004", "n04398044", "n07734744", "n07873807"),
)
_PATIENCE = 6 * 3600  # seconds that the import may take: the machine may be busy with other things


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--target", type=Path, default=ROOT / "assets" / NAME)
    parser.add_argument("--recipe", type=Path)
    parser.add_argument("--stop-at", type=int)
    asked = parser.parse_args()
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    recipe = Recipe.model_validate(files.read_json(asked.recipe) if asked.recipe else {})
    try:
        made(asked.pictures, asked.work, asked.target, recipe, asked.stop_at)
    except StudioError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def made(pictures: Path, work: Path, target: Path, recipe: Recipe, stop_at: int | None = None) -> None:
    """Import, train and export, each unless it is done already."""
    studio = Studio(settings.load(workspace=work).model_copy(update={"limits": Limits(import_seconds=_PATIENCE)}))
    run = planned(studio, pictures, recipe)
    with lock_of(run):
        setup = build.build(run, unfold(run.spec()))
        recorder = Recorder(run)
        work_to_do = training(setup, recipe, recorder, run.checkpoints, stop_at)
        network, seconds = train(work_to_do, say)
        recorder.close()
        facts = starter_export.write(target, network, setup, seconds) | {"last_step": work_to_do.last_step}
        files.write_json(run.folder / "starter.json", facts)
        transfer = work / "transfer.json"
        starter_export.write_card(target, run, recipe, files.read_json(transfer) if transfer.is_file() else None)
    say(f"done: {target}")


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def lock_of(run: Run) -> Lock:
    lock = Lock.take(run.lock)
    if lock is None:
        raise SystemExit("This training goes on in another process already.")
    return lock


def planned(studio: Studio, pictures: Path, recipe: Recipe) -> Run:
    """The run of this training: the one that is there, or a new one."""
    known = studio.settings.workspace / "starter.json"
    if known.is_file():
        remembered = files.read_json(known)
        if remembered["recipe"] != recipe.model_dump(mode="json"):
            raise SystemExit(f"{studio.settings.workspace} holds a training by another recipe: name another folder.")
        return store.find(studio.settings.runs, remembered["run"])
    dataset = imported(studio, pictures)
    labels = len(dataset["labels"])
    start = untrained(studio.settings.workspace / "untrained", recipe.network, labels, recipe.seed)
    wish = Wish(method="full", changes=recipe.options(dataset["image_size"]))
    run = store.create(studio.settings.runs, studio.draw_up(dataset["dataset"], str(start), wish), NAME, "benchmark")
    files.write_json(known, {"run": run.id, "recipe": recipe.model_dump(mode="json")})
    return run


def untrained(folder: Path, network: dict[str, Any], labels: int, seed: int) -> Path:
    """A folder with a network as its seed draws it. `network` are fields of its config."""
    torch.manual_seed(seed)
    config: Any = transformers.ResNetConfig(**network | {"num_labels": labels})
    auto: Any = transformers.AutoModelForImageClassification
    with files.staged_folder(folder) as staged:
        auto.from_config(config).save_pretrained(staged)
    return folder


# Pictures ------------------------------------------------------------------------------------------------------------


def imported(studio: Studio, pictures: Path) -> dict[str, Any]:
    """The pictures as a dataset: all for training train; of those for validation, each second one is `valid`, of which
    the curve is made, and the others are `test`. Nothing is chosen by either."""
    folder = arranged(pictures, studio.settings.workspace / "pictures")
    request = ImportRequest(folder / "train", valid=folder / "valid", test=folder / "test", name="tiny-imagenet")
    say("importing the pictures")
    return studio.import_dataset(request)


def arranged(pictures: Path, target: Path) -> Path:
    """The pictures of the classes that are used, linked into <split>/<class>/."""
    names = class_names(pictures)
    for wnid, name in names.items():
        folder = files.make_folder(target / "train" / name)
        for file in sorted((pictures / "train" / wnid / "images").iterdir()):
            linked(file, folder / file.name)
    counts = dict.fromkeys(names, 0)
    for line in (pictures / "val" / "val_annotations.txt").read_text(encoding="utf-8").splitlines():
        picture, wnid = line.split("\t")[:2]
        if wnid in names:
            split = ("valid", "test")[counts[wnid] % 2]
            counts[wnid] += 1
            folder = files.make_folder(target / split / names[wnid])
            linked(pictures / "val" / "images" / picture, folder / picture)
    return target


def class_names(pictures: Path) -> dict[str, str]:
    """The name of each class that is used, by wnid: the first of its words, with the wnid where two have the same."""
    wnids = [wnid for wnid in (pictures / "wnids.txt").read_text(encoding="utf-8").split() if wnid not in LEFT_OUT]
    lines = (pictures / "words.txt").read_text(encoding="utf-8").splitlines()
    words = {wnid: meaning.split(",")[0].strip() for wnid, _, meaning in (line.partition("\t") for line in lines)}
    short = [words[wnid] for wnid in wnids]
    return {wnid: words[wnid] if short.count(words[wnid]) == 1 else f"{words[wnid]} ({wnid})" for wnid in wnids}


def linked(file: Path, target: Path) -> None:
    if not target.exists():
        try:
            os.link(file, target)
        except OSError:  # another disk
            files.copy(file, target)


if __name__ == "__main__":
    sys.exit(main())
