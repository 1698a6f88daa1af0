"""From a wish to a complete spec, or to every reason against it at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from studio import plan
from studio.contracts import Modality
from studio.data.store import DatasetRecord
from studio.errors import InvalidOption, PlanError, UnknownName
from studio.families import FAMILIES
from studio.methods import METHODS
from studio.options import describe
from studio.plan import Wish
from studio.presets import PRESETS
from studio.spec import RunSpec, TrainingParams
from tests import tiny


@pytest.fixture
def texts(tmp_path: Path) -> DatasetRecord:
    return tiny.dataset(tmp_path, "text_classification")


def draw_up(dataset: DatasetRecord, task: str = "text_classification", **wish: Any) -> RunSpec:
    return plan.draw_up(Wish(**wish), dataset, tiny.family_of(task), tiny.checkpoint(Path("/models/tiny")), "cpu")


def test_a_spec_is_complete_and_becomes_the_same_objects_again(texts: DatasetRecord) -> None:
    spec = draw_up(texts, method="lora", changes={"rank": "4", "epochs": "7"})
    assert spec.training.epochs == 7
    assert spec.training.learning_rate == METHODS["lora"].learning_rate[Modality.TEXT]
    assert spec.training.schedule == "linear"
    again = plan.unfold(RunSpec.model_validate_json(spec.model_dump_json()))
    assert again.spec == spec
    assert again.method_options.model_dump()["rank"] == 4
    assert again.task.name == "text_classification"


def test_few_rows_get_more_epochs_and_a_given_number_stands(texts: DatasetRecord) -> None:
    assert draw_up(texts, method="full").training.epochs == 5
    many = texts.model_copy(update={"splits": {"train": 5000, "valid": 10, "test": 10}})
    assert draw_up(many, method="full").training.epochs == 3
    assert draw_up(texts, method="full", preset="best").training.epochs == 10


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_makes_a_run_of_its_own(preset: str, texts: DatasetRecord) -> None:
    spec = draw_up(texts, preset=preset)
    assert spec.preset == preset
    assert spec.method == (PRESETS[preset].method or plan.DEFAULT_METHOD)
    others = [draw_up(texts, preset=name).training for name in PRESETS if name != preset]
    assert spec.method == "head" or spec.training not in others


def test_unset_as_a_text_means_chosen_for_you(texts: DatasetRecord) -> None:
    assert draw_up(texts, changes={"epochs": "auto"}).training == draw_up(texts).training


def test_the_terms_of_the_weights_are_those_of_the_run(tmp_path: Path) -> None:
    images = tiny.dataset(tmp_path, "image_classification")
    start = tiny.checkpoint(tmp_path, "Not for sale.")
    assert plan.draw_up(Wish(), images, FAMILIES["resnet"], start, "cpu").terms == "Not for sale."


def test_images_are_enlarged_to_what_the_network_reads_and_never_made_smaller(tmp_path: Path) -> None:
    images = tiny.dataset(tmp_path, "image_classification")
    for side in (0, 8, 64):
        start = replace(tiny.checkpoint(tmp_path), side=side)
        chosen = plan.draw_up(Wish(), images, FAMILIES["resnet"], start, "cpu").training.image_size
        assert chosen == max(images.image_size or 0, side)
    asked = plan.draw_up(Wish(changes={"image_size": "24"}), images, FAMILIES["resnet"], start, "cpu")
    assert asked.training.image_size == 24
    assert asked.enlarged_from == tiny.SIZE


def test_images_that_training_does_not_enlarge_are_not_made_small_first(tmp_path: Path) -> None:
    images = tiny.dataset(tmp_path, "image_classification")
    for side in (8, tiny.SIZE):
        wish = Wish(changes={"image_size": side})
        assert plan.draw_up(wish, images, FAMILIES["resnet"], tiny.checkpoint(tmp_path), "cpu").enlarged_from is None
    wish = Wish(changes={"image_size": 24})
    spec = plan.draw_up(wish, images, FAMILIES["resnet"], tiny.checkpoint(tmp_path), "cpu")
    old = RunSpec.model_validate(spec.model_dump(exclude={"stored_side"}))  # of an earlier version
    assert old.enlarged_from is None


def test_every_problem_is_named_at_once(texts: DatasetRecord) -> None:
    changes = {"epochs": "0", "optimiser": "adam", "rank": "8", "image_size": "64"}
    with pytest.raises(PlanError) as caught:
        draw_up(texts, task="image_classification", method="full", changes=changes)
    for part in ("epochs", "optimizer", "rank", "image_size", "reads images"):
        assert part in caught.value.why


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"epochs": "many"}, "epochs"), ({"learning_rate": "-1"}, "above 0"), ({"batch_size": "0"}, "at least 1")],
)
def test_a_value_that_does_not_fit_is_answered_with_those_that_do(
    changes: dict[str, str], said: str, texts: DatasetRecord
) -> None:
    with pytest.raises(InvalidOption, match=said):
        draw_up(texts, changes=changes)


def test_devices_that_are_not_there_or_would_have_nothing_to_do_are_refused(texts: DatasetRecord) -> None:
    with pytest.raises(PlanError, match="not possible") as caught:
        draw_up(texts, changes={"devices": "8", "batch_size": "15"})
    assert "each needs two examples" in caught.value.why
    assert draw_up(texts, changes={"devices": "8", "batch_size": "16"}).training.devices == 8  # processes on the CPU
    with pytest.raises(PlanError) as caught:
        plan.draw_up(
            Wish(changes={"devices": 60, "batch_size": 512}), texts, FAMILIES["bert"], tiny.checkpoint(Path()), "cuda"
        )
    assert "more than there is" in caught.value.why


@pytest.mark.parametrize(
    ("method", "changes", "rows", "refused"),
    [
        ("full", {"batch_size": 1}, 24, "batch_norm=tuned needs two images in every step"),
        ("lora", {}, 1, "batch_norm=tuned needs two images in every step"),
        ("bitfit", {"batch_size": 1}, 24, "This method tunes batch normalisation"),
        ("full", {"batch_size": 1, "batch_norm": "frozen"}, 24, ""),
        ("head", {"batch_size": 1}, 24, ""),
        ("bitfit", {"batch_norm": "frozen"}, 24, "batch_norm has no effect with the method bitfit"),
        ("bitfit", {}, 24, ""),
    ],
)
def test_normalisation_that_cannot_be_trained_is_refused(
    method: str, changes: dict[str, Any], rows: int, refused: str, tmp_path: Path
) -> None:
    images = tiny.dataset(tmp_path, "image_classification")
    images = images.model_copy(update={"splits": images.splits | {"train": rows}})
    if not refused:
        assert draw_up(images, "image_classification", method=method, changes=changes).method == method
        return
    with pytest.raises(PlanError) as found:
        draw_up(images, "image_classification", method=method, changes=changes)
    assert refused in str(found.value.why)


def test_options_that_would_do_nothing_are_refused(texts: DatasetRecord) -> None:
    with pytest.raises(PlanError, match="not possible") as caught:
        draw_up(texts, method="head", changes={"dropout": "0.2"})
    assert "no effect" in caught.value.why
    with pytest.raises(PlanError, match="not possible"):
        draw_up(texts, changes={"augment": "flip"})
    with pytest.raises(PlanError, match="not possible") as caught:
        draw_up(texts, changes={"label_template": "about {}"})
    assert "without label_names" in caught.value.why
    for method, changes in (("full", {"label_names": "true"}), ("zero_shot", {}), ("full", {"label_template": "{}"})):
        draw_up(texts, method=method, changes={"label_template": "about {}"} | changes)


def test_a_dataset_read_for_another_task_is_refused_with_the_way_out(tmp_path: Path) -> None:
    words = tiny.dataset(tmp_path, "token_classification")
    wish = Wish(task="text_classification")
    with pytest.raises(PlanError) as caught:
        plan.draw_up(wish, words, FAMILIES["bert"], tiny.checkpoint(tmp_path), "cpu")
    assert "--task text_classification" in caught.value.why


def test_wrong_names_are_answered_with_the_right_ones(texts: DatasetRecord) -> None:
    with pytest.raises(UnknownName, match="lora"):
        draw_up(texts, method="lorra")
    with pytest.raises(UnknownName, match="quick"):
        draw_up(texts, preset="quik")


def test_every_option_has_help_and_a_default_that_it_takes() -> None:
    declarations: list[type[BaseModel]] = [TrainingParams, *(method.options for method in METHODS.values())]
    for declaration in declarations:
        declaration()
        for option in describe(declaration):
            assert option.help.endswith(".") or option.help == option.help.strip() != ""
