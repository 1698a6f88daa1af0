"""Exports stand alone: plain libraries get the run's scores from them, and two exports are the same file."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.export import builder
from studio.export.formats import FORMATS
from studio.inference import answers
from studio.inference.trained import load
from studio.pixels import fit
from studio.plan import unfold
from studio.runs.store import Run
from studio.settings import Limits
from tests import tiny, trained
from tests.trained import TinyRuns

# Runs every export's own predict.py on the run's held-out rows, in an interpreter that has no studio.
PLAIN = """
import json, runpy, sys
sys.argv = sys.argv[:1]
answers = {}
for folder, rows in json.load(sys.stdin).items():
    predict = runpy.run_path(folder + "/predict.py")["predict"]
    found = [predict(*row) for row in rows]
    answers[folder] = [f[1].tolist() if isinstance(f, tuple) else [f.tolist()] for f in found]
assert not [name for name in sys.modules if name.partition(".")[0] == "studio"]
print("ANSWERS" + json.dumps(answers))
"""


def unpacked(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(opened.read(name))
    return folder


def plainly(command: list[str], folder: Path, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run Python where neither the studio nor a network can be reached."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "HF_HUB_OFFLINE": "1"}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, input=text, capture_output=True, text=True, check=False
    )


def offered(run: Run) -> list[str]:
    method = unfold(run.spec()).method
    return [name for name, form in FORMATS.items() if form.obstacle(method) is None]


def inputs(run: Run, folder: Path) -> list[Any]:
    """The held-out rows as predict.py takes them."""
    rows = trained.held_out(run)
    if "image" not in rows:
        names = [column.name for column in unfold(run.spec()).task.inputs]
        return [list(row) for row in zip(*(rows[name] for name in names), strict=True)]
    paths: list[list[str]] = []
    for place, pixels in enumerate(rows["image"]):
        paths.append([str(folder / f"row-{place}.png")])
        Image.fromarray(pixels).save(paths[-1][0])
    return paths


@pytest.fixture(scope="module")
def exports(tiny_runs: TinyRuns, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], Path]:
    """Every run in every format that it offers."""
    folder = tmp_path_factory.mktemp("exports")
    found = {}
    for (task, method), run in tiny_runs.runs.items():
        for name in offered(run):
            found[task, method, name] = folder / f"{task}-{method}-{name}.zip"
            builder.build(run, FORMATS[name], found[task, method, name])
    return found


def test_plain_libraries_get_the_scores_of_the_run_from_every_export(
    tiny_runs: TinyRuns, exports: dict[tuple[str, str, str], Path], tmp_path: Path
) -> None:
    questions: dict[str, list[Any]] = {}
    wanted = {}
    for (task, method, _), archive in exports.items():
        folder = unpacked(archive, tmp_path / archive.stem)
        run = tiny_runs.runs[task, method]
        questions[str(folder)] = inputs(run, folder)
        wanted[str(folder)] = trained.kept_scores(run)
    done = plainly(["-c", PLAIN], tmp_path, json.dumps(questions))
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.split("ANSWERS")[1])
    assert len(found) == 10
    for name, scores in wanted.items():
        assert np.abs(np.concatenate(found[name]) - scores).max() < 1e-5, name


def test_grey_images_of_many_bits_get_the_scores_that_the_studio_gives_them(
    tiny_runs: TinyRuns, exports: dict[tuple[str, str, str], Path], tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    paths = []
    for name, values in (
        ("ten.png", random.integers(0, 1024, (40, 30), dtype=np.uint16)),
        ("sixteen.png", random.integers(0, 65536, (30, 40), dtype=np.uint16)),
        ("shares.tiff", random.random((30, 30), dtype=np.float32)),
        ("signed.tiff", random.integers(-100, 100_000, (30, 30), dtype=np.int32)),
    ):
        paths.append(str(tmp_path / name))
        Image.fromarray(values).save(paths[-1])
    run = tiny_runs.of("image", "full")
    folder = unpacked(exports["image_classification", "full", "model"], tmp_path / "export")
    done = plainly(["-c", PLAIN], tmp_path, json.dumps({str(folder): [[path] for path in paths]}))
    assert done.returncode == 0, done.stderr[-3000:]
    found = np.concatenate(json.loads(done.stdout.split("ANSWERS")[1])[str(folder)])
    model = load(run.folder)
    wanted = answers.of_rows(model, [{"image": path} for path in paths], Limits())
    assert [answer["label"] for answer in wanted] == [model.labels[place] for place in found.argmax(-1)]
    assert found.max(-1) == pytest.approx([answer["score"] for answer in wanted], abs=1e-5)


def test_an_image_is_enlarged_from_the_side_that_training_enlarged_from(tiny_runs: TinyRuns, tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path, "image_classification", "full", tiny_runs.workspace / "resnet", image_size=24)
    tiny.run_in_process(run)
    builder.build(run, FORMATS["model"], tmp_path / "model.zip")
    folder, random = unpacked(tmp_path / "model.zip", tmp_path / "export"), np.random.default_rng(0)
    shapes = ((48, 61, 3), (90, 37, 3), (9, 20, 3))
    photos = [Image.fromarray(random.integers(0, 256, shape, dtype=np.uint8)) for shape in shapes]
    paths = [str(tmp_path / f"{place}.png") for place in range(len(photos))]
    for path, photo in zip(paths, photos, strict=True):
        photo.save(path)
    done = plainly(["-c", PLAIN], tmp_path, json.dumps({str(folder): [[path] for path in paths]}))
    found = np.concatenate(json.loads(done.stdout.split("ANSWERS")[1])[str(folder)])
    model = load(run.folder)
    as_stored = np.stack([np.asarray(fit(photo, tiny.SIZE)) for photo in photos])
    wanted = [answer["score"] for answer in answers.of_columns(model, {"image": list(as_stored)})]
    assert found.max(-1) == pytest.approx(wanted, abs=1e-5)
    said = answers.of_rows(model, [{"image": path} for path in paths], Limits())
    assert [answer["score"] for answer in said] == pytest.approx(wanted, abs=1e-6)
    with Image.open(folder / "selftest" / "01.png") as stored:
        assert stored.size == (tiny.SIZE, tiny.SIZE)
    passed = plainly([str(folder / "predict.py"), "--selftest"], tmp_path)
    assert passed.returncode == 0, passed.stderr


def test_the_adapters_of_these_tests_are_trained(tiny_runs: TinyRuns) -> None:
    from safetensors.numpy import load_file

    for kind in ("text", "image"):
        weights = load_file(tiny_runs.of(kind, "lora").model / "adapter_model.safetensors")
        assert any(np.abs(value).max() > 1e-3 for name, value in weights.items() if "lora_B" in name)


def test_the_self_test_passes_and_notices_a_score_that_differs(
    exports: dict[tuple[str, str, str], Path], tmp_path: Path
) -> None:
    folder = unpacked(exports["text_classification", "full", "model"], tmp_path / "export")
    passed = plainly([str(folder / "predict.py"), "--selftest"], tmp_path)
    assert passed.returncode == 0, passed.stderr
    tests = json.loads((folder / "selftest.json").read_text(encoding="utf-8"))
    assert 8 <= len(tests) <= 16
    tests[0]["scores"][0] += 2e-5
    (folder / "selftest.json").write_text(json.dumps(tests), encoding="utf-8")
    failed = plainly([str(folder / "predict.py"), "--selftest"], tmp_path)
    assert failed.returncode == 1
    assert f"1 of {len(tests)} inputs get other scores" in failed.stderr


@pytest.mark.parametrize("format", ["model", "adapter"])
def test_two_exports_of_a_run_are_the_same_to_the_last_byte(
    format: str, tiny_runs: TinyRuns, exports: dict[tuple[str, str, str], Path], tmp_path: Path
) -> None:
    builder.build(tiny_runs.of("image", "lora"), FORMATS[format], tmp_path / "again.zip")
    first = exports["image_classification", "lora", format].read_bytes()
    assert (tmp_path / "again.zip").read_bytes() == first


def test_an_export_tells_nothing_of_this_machine(
    tiny_runs: TinyRuns, exports: dict[tuple[str, str, str], Path]
) -> None:
    secrets = [str(tiny_runs.workspace), str(Path.home()), str(Path(__file__).parent.parent), sys.prefix]
    for archive in exports.values():
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                content = opened.read(name)
                assert not [s for s in secrets if len(s) > 1 and s.encode() in content], f"{archive.name}: {name}"
            assert {member.date_time[:3] for member in opened.infolist()} == {(1980, 1, 1)}


def test_every_export_has_what_it_needs_to_stand_alone(exports: dict[tuple[str, str, str], Path]) -> None:
    for (task, _, format), archive in exports.items():
        with zipfile.ZipFile(archive) as opened:
            names = set(opened.namelist())
            wanted = opened.read("requirements.txt").decode()
        assert {"README.md", "predict.py", "requirements.txt", "labels.json", "studio.json", "selftest.json"} <= names
        assert ("base/model.safetensors" in names) == ("peft" in wanted) == (format == "adapter")
        assert ("preprocessor_config.json" in names) == ("Pillow" in wanted) == (task == "image_classification")
        assert re.fullmatch(r"([\w-]+==[\w.]+\n)+", wanted)


def test_the_model_card_names_data_results_settings_and_limits(exports: dict[tuple[str, str, str], Path]) -> None:
    with zipfile.ZipFile(exports["token_classification", "full", "model"]) as opened:
        card = opened.read("README.md").decode()
    assert card.startswith("---\nlicense: other\n")
    for heading in (
        "Use",
        "Results",
        "Confusion on the test rows",
        "Training",
        "Data",
        "Settings",
        "Licences",
        "Limits",
    ):
        assert f"\n## {heading}\n" in card
    assert "| **f1** |" in card
    assert "| B-PER |" in card
    told = card.partition("Different from the fixed defaults: ")[2].partition(". Chosen for this run: ")
    assert "batch_size = 8" in told[0]
    assert "max_steps = 15" in told[2]
    assert "learning_rate = 0.01" in told[2]
    assert "24 to train, 9 to choose (valid), 9 to test" in card


def test_the_terms_of_the_starting_weights_go_along_with_every_export(
    exports: dict[tuple[str, str, str], Path],
) -> None:
    for (task, _, _), archive in exports.items():
        with zipfile.ZipFile(archive) as opened:
            card, about = opened.read("README.md").decode(), json.loads(opened.read("studio.json"))
        assert ("\n**Terms.** For \\*tests\\* only.\n" in card) == task.startswith("image")
        assert about["spec"]["terms"] == (trained.TERMS if task.startswith("image") else "")


def test_a_run_whose_dataset_is_gone_is_exported_with_made_up_inputs(tiny_runs: TinyRuns, tmp_path: Path) -> None:
    run = tiny_runs.of("image", "full")
    dataset = tiny_runs.workspace / "datasets" / run.spec().dataset
    dataset.rename(dataset.with_name("away"))
    try:
        builder.build(run, FORMATS["model"], tmp_path / "export.zip")
    finally:
        dataset.with_name("away").rename(dataset)
    with zipfile.ZipFile(tmp_path / "export.zip") as opened:
        assert "The dataset was gone" in opened.read("README.md").decode()
        assert len(json.loads(opened.read("selftest.json"))) == 12
