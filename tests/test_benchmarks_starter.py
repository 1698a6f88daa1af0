"""The recipe of the starter network, on a folder of small made-up pictures: from JPEG files to a network that loads."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio import files, processes
from studio.training.faults import VARIABLE

PROGRAM = Path(__file__).parents[1] / "benchmarks" / "starter_resnet.py"
TRANSFER = PROGRAM.with_name("starter_transfer.py")
CLASSES = {"n00000001": "red", "n00000002": "green", "n00000003": "green", "n01443537": "goldfish"}
RECIPE = {
    "network": {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1], "layer_type": "basic"},
    "epochs": 2,
    "sides": [[0.5, 32], [1.0, 40]],
    "batch_size": 8,
    "average_every": 2,
    "precision": "fp32",
    "checkpoint_minutes": 0,
    "log_every": 1,
}

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder laid out as Tiny ImageNet, with one of the classes that are left out."""
    folder = tmp_path_factory.mktemp("tiny")
    random = np.random.default_rng(0)
    lines = []
    for number, wnid in enumerate(CLASSES):
        for place in range(12):
            picture(random, number, folder / "train" / wnid / "images" / f"{wnid}_{place}.JPEG")
        for place in range(4):
            picture(random, number, folder / "val" / "images" / f"val_{number}_{place}.JPEG")
            lines.append(f"val_{number}_{place}.JPEG\t{wnid}\t0\t0\t9\t9\n")
    (folder / "val" / "val_annotations.txt").write_text("".join(lines))
    (folder / "wnids.txt").write_text("".join(f"{wnid}\n" for wnid in CLASSES))
    (folder / "words.txt").write_text("".join(f"{wnid}\t{name}, other word\n" for wnid, name in CLASSES.items()))
    return folder


def picture(random: np.random.Generator, shade: int, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = (random.integers(0, 60, (40, 40, 3)) + 60 * shade).astype(np.uint8)
    Image.fromarray(pixels).save(path, "JPEG")


def started(pictures: Path, work: Path, fault: str = "") -> subprocess.CompletedProcess[str]:
    """The program, with a target in the workspace."""
    files.make_folder(work)
    files.write_json(work / "recipe.json", RECIPE)
    arguments = [pictures, "--work", work, "--target", work / "made", "--recipe", work / "recipe.json"]
    env = processes.environment({VARIABLE: fault, "OMP_NUM_THREADS": "2"})
    command = [sys.executable, str(PROGRAM), *map(str, arguments)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=250)


@pytest.fixture(scope="module")
def made(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace of a training that nobody disturbed."""
    work = tmp_path_factory.mktemp("undisturbed")
    done = started(pictures, work)
    assert done.returncode == 0, done.stderr
    return work


def scores(work: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(next(work.glob("runs/*/starter.json")).read_text())
    return {name: found[name] for name in ("classes", "rows", "steps", "accuracy", "loss", "held_out")}


def test_the_folder_loads_as_any_network_of_the_library_and_is_small(made: Path) -> None:
    import torch
    from safetensors.torch import load_file
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    network = AutoModelForImageClassification.from_pretrained(made / "made")
    assert set(network.config.id2label.values()) == {"red", "green (n00000002)", "green (n00000003)"}
    assert network.dtype == torch.float32
    stored = load_file(made / "made" / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values() if tensor.is_floating_point()} == {torch.float16}
    auto: Any = AutoImageProcessor
    processor = auto.from_pretrained(made / "made")
    inputs = processor(images=Image.new("RGB", (50, 70)), return_tensors="pt")
    assert inputs["pixel_values"].shape == (1, 3, 40, 40)
    assert network(**inputs).logits.shape == (1, 3)
    assert max(path.stat().st_size for path in (made / "made").iterdir()) < 9_500_000


def test_the_card_says_what_was_measured_and_the_terms(made: Path) -> None:
    card, found = (made / "made" / "README.md").read_text(), scores(made)
    assert found["classes"] == 3
    assert found["rows"] == {"train": 36, "valid": 6, "test": 6}
    assert found["held_out"] == 12
    assert f"**{found['accuracy']:.1%}**" in card
    assert "research" in card
    assert str(made) not in card


def test_a_killed_training_goes_on_to_the_same_bits(pictures: Path, made: Path, tmp_path: Path) -> None:
    killed = started(pictures, tmp_path, "kill@7")
    assert killed.returncode == -9
    resumed = started(pictures, tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert "going on after step 6" in resumed.stdout
    weights = [work / "made" / "model.safetensors" for work in (made, tmp_path)]
    assert weights[0].read_bytes() == weights[1].read_bytes()
    assert scores(made) == scores(tmp_path)


def test_another_recipe_in_the_same_place_is_refused(pictures: Path, made: Path) -> None:
    changed = made / "changed.json"
    files.write_json(changed, RECIPE | {"epochs": 3})
    command = [sys.executable, str(PROGRAM), str(pictures), "--work", str(made), "--recipe", str(changed)]
    done = subprocess.run(command, env=processes.environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert "another recipe" in done.stderr


def test_transfer_compares_the_network_with_itself_untrained_and_does_nothing_twice(made: Path, tmp_path: Path) -> None:
    archive = tmp_path / "images" / "tiny_imagenet_10.zip"
    archive.parent.mkdir()
    with zipfile.ZipFile(archive, "w") as packed:
        for file in sorted((made / "pictures").rglob("*.JPEG")):
            packed.write(file, file.relative_to(made / "pictures"))
    command = [sys.executable, str(TRANSFER), "--work", str(tmp_path), "--data", str(tmp_path)]
    command += ["--starter", str(made / "made"), "--seeds", "1", "--only", "head"]
    for _ in range(2):
        done = subprocess.run(command, env=processes.environment(), capture_output=True, text=True, timeout=250)
        assert done.returncode == 0, done.stderr
        [row] = json.loads((tmp_path / "transfer.json").read_text())["rows"]
        assert (row["data"], row["method"], row["size"]) == ("tiny_imagenet_10", "head", "64")  # 40 is enlarged
        assert [len(row[start]) for start in ("starter", "untrained", "seconds")] == [1, 1, 1]
        assert len(list((tmp_path / "transfer" / "runs").iterdir())) == 2
