"""The starter network for images: small, pinned, of real use on pictures it has not seen. Runs of earlier versions."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path, PurePath
from typing import Any

from studio import modelfolder, models, sealed, settings
from studio.api import ImportRequest, Studio
from studio.contracts import Source, SourceKind
from studio.data import store as data
from studio.export import builder
from studio.export.formats import FORMATS
from studio.families import FAMILIES
from studio.plan import Wish
from studio.runs import store
from studio.training import sources
from studio.ui.words import speaker
from tests import tiny

STARTER = FAMILIES["resnet"].checkpoints[0]
FOLDER = models.ASSETS / STARTER.source.location
ROOT = Path(__file__).parents[1]


def test_the_starter_is_small_enough_for_every_host_of_git_and_is_what_its_card_says() -> None:
    sizes = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert max(sizes.values()) <= 9_500_000
    assert sum(sizes.values()) <= 24_000_000
    assert round(sum(sizes.values()) / 1e6) == STARTER.size_mb
    assert round(modelfolder.parameters(FOLDER) / 1e6, 1) == STARTER.parameters
    assert sources.hash_of(modelfolder.weights(FOLDER)) == STARTER.source.sha256


def test_neither_git_nor_a_container_leaves_it_out() -> None:
    inside = [str(path.relative_to(ROOT)) for path in (FOLDER, *FOLDER.iterdir())]
    for name in (".gitignore", ".dockerignore"):
        patterns = [line.strip("/") for line in (ROOT / name).read_text(encoding="utf-8").split()]
        assert not [one for one in inside for pattern in patterns if PurePath(one).match(pattern)]


def test_the_starter_loads_with_plain_transformers() -> None:
    import torch
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    network = AutoModelForImageClassification.from_pretrained(FOLDER)
    assert (network.dtype, network.config.num_labels) == (torch.float32, 190)
    auto: Any = AutoImageProcessor
    assert auto.from_pretrained(FOLDER).crop_size["height"] == 64
    for side in (32, 224):
        assert torch.isfinite(network(torch.zeros(1, 3, side, side)).logits).all()


def test_data_and_terms_are_told_by_the_menu_the_card_and_in_both_languages() -> None:
    card = (FOLDER / "README.md").read_text(encoding="utf-8")
    for told in (card, STARTER.terms):
        assert "ImageNet" in told
        assert "non-commercial research" in told
    assert "Tiny ImageNet" in STARTER.data
    assert "非商业的研究" in speaker("zh").sentences(STARTER.terms)


def some_pictures(archive: Path, target: Path, train: int, test: int) -> Path:
    """An archive with a few pictures of each class of the data pack's."""
    counts: Counter[str] = Counter()
    with zipfile.ZipFile(archive) as opened, zipfile.ZipFile(target, "w") as packed:
        for name in opened.namelist():
            folder = name.rpartition("/")[0]
            counts[folder] += 1
            if counts[folder] <= (train if folder.startswith("train/") else test):
                packed.writestr(name, opened.read(name))
    return target


def test_the_head_alone_on_three_hundred_unseen_pictures_is_of_real_use(data_pack: Path, tmp_path: Path) -> None:
    studio = Studio(settings.load({}, workspace=tmp_path / "workspace"))
    pictures = some_pictures(data_pack / "images" / "tiny_imagenet_10.zip", tmp_path / "pictures.zip", 30, 50)
    dataset = studio.import_dataset(ImportRequest(pictures))["dataset"]
    spec = studio.draw_up(dataset, None, Wish(method="head"))
    assert (spec.model, spec.terms) == ("starter-resnet", STARTER.terms)
    scores = tiny.run_in_process(store.create(studio.settings.runs, spec, "pictures", "local"))["metrics"]
    assert scores["test"]["n"] == 500
    assert scores["test"]["accuracy"] > 0.6  # the same network with random weights: 0.20


def test_a_run_of_an_earlier_version_that_started_from_random_weights_can_still_be_used(tmp_path: Path) -> None:
    from studio.inference import trained

    studio = Studio(settings.load({}, workspace=tmp_path, device="cpu"))
    record = tiny.dataset(tmp_path, "image_classification")
    wish = Wish(method="lora", changes={"max_steps": 1, "epochs": 1, "precision": "fp32", "warm_head": False})
    source = Source(SourceKind.UNTRAINED, "resnet-18")
    old = {"model": "resnet-18-untrained", "source": source, "terms": ""}
    run = store.create(
        studio.settings.runs, studio.draw_up(record.id, None, wish).model_copy(update=old), "old", "local"
    )
    told = sealed.read(run.spec_file)
    del told["terms"]  # earlier versions wrote none
    sealed.write(run.spec_file, told)
    tiny.run_in_process(run)
    assert [shown["model"] for shown in studio.runs()] == ["resnet-18-untrained"]
    assert studio.results.summary("old")
    loaded = trained.load(run.folder)
    rows = loaded.encode({"image": data.columns(tmp_path / "datasets" / record.id, "test")["image"]})
    assert len(loaded.outputs(rows)[0]) == record.splits["test"]
    told = builder.build(run, FORMATS["adapter"], tmp_path / "old.zip")
    assert (told["license"], told["terms"]) == ("not stated", "")
    assert studio.choices.settings_of("old")["model"] == "starter-resnet"
