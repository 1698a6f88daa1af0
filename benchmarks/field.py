"""What default settings reach on the sets of the data pack, beside transformers' own Trainer with the same rows.

    python benchmarks/field.py --work FOLDER [--data DIR] [--rows 1000] [--seeds 1 2 3] [--sets NAME ...]
        [--methods full lora head last_layers] [--alone]

Each line is a set and a method. A run of the studio, with nothing chosen but method and seed, trains in a worker; then
Trainer (`plain_trainer.py`) trains the same starting weights with the same method, rows, epochs, batch size, schedule
and learning rate, in a process of its own (`--alone`: the studio only). Of larger files the first so many rows of each
split are taken, of images as many of each class. What is done already stands in FOLDER/field.jsonl and is not done
again; the table is of all that stands there.

Scores are of the task's main metric on the test rows: the mean over the seeds, with the lowest and the highest.
`behind` marks a line whose mean is lower than Trainer's by more than the larger of the two spreads. Seconds are those
of training alone: for the studio with fitting the head, looking at validation rows and checkpoints.

--data is the folder of the data pack (default: STUDIO_TEST_DATA).
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import statistics
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from against_trainer import phases  # puts the studio beside us on the path
from columns import aligned, fixed

from studio import files, settings
from studio.api import ImportRequest, Studio, Wish
from studio.contracts import Modality
from studio.plan import unfold
from studio.runs.store import Run, Status, find
from studio.tasks import TASKS

METHODS = ("full", "lora", "head", "last_layers")
RESULTS = "field.jsonl"


@dataclass(frozen=True)
class Case:
    """A set of the data pack: files of its training and, where it has them, of its validation and test rows."""

    name: str
    train: str
    valid: str | None = None
    test: str | None = None
    task: str | None = None

    @property
    def parts(self) -> dict[str, str]:
        given = {"file": self.train, "valid": self.valid, "test": self.test}
        return {split: place for split, place in given.items() if place is not None}


CASES = (
    Case("SST-2", *(f"text_classification/sst2_{split}.csv" for split in ("train", "dev", "test"))),
    Case("IMDB", "text_classification/imdb_train.csv", None, "text_classification/imdb_test.csv"),
    Case("Banking77", "text_classification/banking77_train.csv", None, "text_classification/banking77_test.csv"),
    Case("Chinese reviews", *(f"text_classification/chnsenticorp_{split}.csv" for split in ("train", "dev", "test"))),
    Case("STS-B", *(f"sentence_pair/stsb_en_{split}.csv" for split in ("train", "dev", "test"))),
    Case("OCNLI", "sentence_pair/ocnli_train.csv", None, "sentence_pair/ocnli_test.csv"),
    Case("RTE", "sentence_pair/rte2_en.csv"),
    Case("WikiANN", *(f"ner/wikiann_en_{split}.conll" for split in ("train", "dev", "test"))),
    Case("MSRA", "ner/msra_zh_train.conll", None, "ner/msra_zh_test.conll"),
    Case("XQuAD", "qa/squad_xquad_en_train.json", None, "qa/squad_xquad_en_dev.json", "question_answering"),
    Case("English corpus", "corpus/english_5mb.txt", None, None, "masked_language_modeling"),
    Case("CIFAR-10", "images/cifar10_subset.zip"),
    Case("flowers", "images/flowers_128.zip"),
    Case("Tiny ImageNet, 10 classes", "images/tiny_imagenet_10.zip"),
)


@dataclass(frozen=True)
class Outcome:
    """What one side came to with one seed: the task's main metric on the test rows, seconds of training, and the share
    of the weights that it trained."""

    case: str
    method: str
    seed: int
    side: str
    rows: int
    metric: str
    score: float
    seconds: float
    share: float
    load: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=os.environ.get("STUDIO_TEST_DATA"))
    parser.add_argument("--rows", type=int, default=1000, help="at most so many of each split")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--sets", nargs="+", choices=[case.name for case in CASES], help="only these")
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    parser.add_argument("--alone", action="store_true", help="leave Trainer out")
    asked = parser.parse_args()
    if asked.data is None:
        parser.error("name the folder of the data pack: --data")
    studio = Studio(settings.load(workspace=files.make_folder(asked.work) / "workspace"))
    for seed in asked.seeds:  # one seed of everything first, so that a table of all lines is there early
        for case in CASES:
            if asked.sets is None or case.name in asked.sets:
                for method in asked.methods:
                    compare(studio, case, method, seed, asked)
    print(table(known(asked.work)))
    return 0


def compare(studio: Studio, case: Case, method: str, seed: int, asked: argparse.Namespace) -> None:
    """Do what is not done yet of one line with one seed, and write it down."""
    done = {(o.case, o.method, o.seed, o.side) for o in known(asked.work) if o.rows == asked.rows}
    key, load = (case.name, method, seed), os.getloadavg()[0]
    sides = [
        side for side in ("studio", "Trainer") if (*key, side) not in done and not (asked.alone and side != "studio")
    ]
    if not sides:
        return
    run = trained(studio, case, method, seed, asked)
    facts = studio.show(run.id)
    metric = TASKS[run.spec().task].metric
    found = {"studio": lambda: of_studio(facts), "Trainer": lambda: of_trainer(run, facts, metric)}
    for side in sides:
        score, seconds, share = found[side]()
        outcome = Outcome(*key, side, asked.rows, metric, score, seconds, share, round(load, 1))
        with (asked.work / RESULTS).open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(asdict(outcome))}\n")
        print(f"{case.name} {method} {seed} {side}: {score:.4f} in {seconds:.0f} s", file=sys.stderr)


def trained(studio: Studio, case: Case, method: str, seed: int, asked: argparse.Namespace) -> Run:
    """The finished run of this line; one that is there already is taken."""
    name = f"{case.name}, {method}, seed {seed}, {asked.rows} rows"
    if name not in {run["name"] for run in studio.runs()}:
        parts: dict[str, Any] = {split: cut(asked.data / place, asked) for split, place in case.parts.items()}
        dataset = studio.import_dataset(ImportRequest(**parts, task=case.task, name=case.name))
        text = TASKS[dataset["task"]].modality is Modality.TEXT
        wish = Wish(method=method, changes={"seed": seed})
        studio.start(dataset["dataset"], "minilm-l6" if text else "starter-resnet", wish, name)
    run = find(studio.settings.runs, name)
    while not (status := run.status()).over:
        time.sleep(0.5)
    if status is not Status.FINISHED:
        raise SystemExit(f"{name} is {status.value}: {studio.log(run.id, 2000)}")
    return run


def of_studio(facts: dict[str, Any]) -> tuple[float, float, float]:
    metrics, seconds = facts["metrics"], facts["seconds"]
    share = facts["trainable_parameters"] / facts["total_parameters"]
    return metrics["test"][metrics["main"]], seconds["warm"] + seconds["train"], share


def of_trainer(run: Run, facts: dict[str, Any], metric: str) -> tuple[float, float, float]:
    """The same starting weights with the same settings, by Trainer."""
    params, found = unfold(run.spec()).training, facts["facts"]
    request = {
        "folder": str(run.folder.absolute()),
        "rate": found["learning_rate"],
        "head_rate": (params.head_learning_rate or 0.0) * found["rate_factor"],
        "epochs": params.epochs,
        "max_length": found["max_length"],
        "rows": None,
    }
    seconds, told = phases(request)
    return told["metrics"][metric], seconds["training"], told["trainable_parameters"] / facts["total_parameters"]


# Smaller files --------------------------------------------------------------------------------------------------------


def cut(file: Path, asked: argparse.Namespace) -> Path:
    """The file with its first so many rows, or the file itself where it has no more."""
    shorter = CUTS.get(file.suffix)
    if shorter is None:
        return file
    target = files.make_folder(asked.work / f"first-{asked.rows}") / file.name
    if not target.exists():
        shorter(file, target, asked.rows)
    return target


def cut_table(file: Path, target: Path, rows: int) -> None:
    """Rows spread over the whole file: some are sorted by class."""
    with file.open(encoding="utf-8", newline="") as source:
        header, *lines = csv.reader(source)
    with target.open("w", encoding="utf-8", newline="") as output:
        csv.writer(output).writerows([header, *spread(lines, rows)])


def cut_sentences(file: Path, target: Path, rows: int) -> None:
    sentences = file.read_text(encoding="utf-8").strip().split("\n\n")
    target.write_text("\n\n".join(spread(sentences, rows)) + "\n", encoding="utf-8")


def cut_lines(file: Path, target: Path, rows: int) -> None:
    target.write_text("\n".join(spread(file.read_text(encoding="utf-8").splitlines(), rows)) + "\n", encoding="utf-8")


def cut_questions(file: Path, target: Path, rows: int) -> None:
    """Whole articles, until there are so many questions."""
    held = json.loads(file.read_text(encoding="utf-8"))
    asked = [sum(len(paragraph["qas"]) for paragraph in article["paragraphs"]) for article in held["data"]]
    before = [sum(asked[:place]) for place in range(len(asked))]
    kept = [article for article, count in zip(held["data"], before, strict=True) if count < rows]
    target.write_text(json.dumps(held | {"data": kept}), encoding="utf-8")


def cut_images(file: Path, target: Path, rows: int) -> None:
    """The first so many of each folder, of all folders of one split together at most `rows`."""
    with zipfile.ZipFile(file) as source, zipfile.ZipFile(target, "w") as output:
        names = sorted(name for name in source.namelist() if not name.endswith("/"))
        folders = Counter(str(PurePosixPath(name).parent) for name in names)
        splits = Counter(str(PurePosixPath(folder).parent) for folder in folders)
        taken: Counter[str] = Counter()
        for name in names:
            folder = str(PurePosixPath(name).parent)
            if taken[folder] < rows // splits[str(PurePosixPath(folder).parent)]:
                taken[folder] += 1
                output.writestr(name, source.read(name))


def spread(items: list[Any], count: int) -> list[Any]:
    """At most `count` items, evenly spread."""
    step = max(1.0, len(items) / count)
    return [items[int(i * step)] for i in range(min(count, len(items)))]


CUTS: dict[str, Callable[[Path, Path, int], None]] = {
    ".csv": cut_table,
    ".conll": cut_sentences,
    ".txt": cut_lines,
    ".json": cut_questions,
    ".zip": cut_images,
}


# The table ------------------------------------------------------------------------------------------------------------


def known(work: Path) -> list[Outcome]:
    file = work / RESULTS
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [Outcome(**json.loads(line)) for line in lines]


def table(found: list[Outcome]) -> str:
    """A line for each set and method."""
    keys = list(dict.fromkeys((o.case, o.method) for o in found))
    keys.sort(key=lambda key: ([case.name for case in CASES].index(key[0]), key[1] not in METHODS))
    head = ("set", "method", "metric", "seeds", "studio", "Trainer", "", "seconds", "Trainer's", "trained")
    return aligned(head, [list(line(case, method, found)) for case, method in keys])


def line(case: str, method: str, found: list[Outcome]) -> Iterator[str]:
    ours, theirs = (
        [o for o in found if (o.case, o.method, o.side) == (case, method, side)] for side in ("studio", "Trainer")
    )
    yield from (case, method, ours[0].metric, str(len(ours)))
    yield from (scores(side) for side in (ours, theirs))
    yield "behind" if theirs and behind(ours, theirs) else ""
    yield from (fixed(statistics.mean(o.seconds for o in side)) if side else "-" for side in (ours, theirs))
    yield f"{ours[0].share:.2%}"


def scores(side: list[Outcome]) -> str:
    """Mean (lowest to highest)."""
    values = [o.score for o in side]
    if not values:
        return "-"
    return f"{statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def behind(ours: list[Outcome], theirs: list[Outcome]) -> bool:
    spread_of = [max(o.score for o in side) - min(o.score for o in side) for side in (ours, theirs)]
    means = [statistics.mean(o.score for o in side) for side in (ours, theirs)]
    return means[0] < means[1] - max(spread_of)


if __name__ == "__main__":
    sys.exit(main())
