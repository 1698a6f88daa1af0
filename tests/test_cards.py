"""The cards of a form: only what fits, the best to begin with first, and what speaks against each."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import cards, drafts
from studio.data.upload import ImportRequest, import_dataset
from studio.families import FAMILIES
from studio.methods import METHODS
from studio.options import describe
from studio.plan import Wish
from studio.settings import Settings
from studio.tasks import TASKS
from tests import tiny


@pytest.fixture(autouse=True)
def no_local_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "no-models"))


@pytest.mark.parametrize("task", TASKS)
def test_only_models_that_read_what_the_task_is_about_are_shown_the_usual_first(tmp_path: Path, task: str) -> None:
    found = cards.models_for(Settings(workspace=tmp_path), task, None)
    assert found[0]["name"] == drafts.default_model(task)
    assert [card["default"] for card in found] == [True] + [False] * (len(found) - 1)
    assert {FAMILIES[card["family"]].modality for card in found} == {TASKS[task].modality}
    assert {card["unknown_share"] for card in found} == {None}


def test_a_model_that_cannot_be_downloaded_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(workspace=tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    found = {card["name"]: card for card in cards.models_for(settings, "text_classification", None)}
    assert "downloads are switched off" in found["bert-base-uncased"]["obstacle"]
    monkeypatch.delenv("HF_HUB_OFFLINE")
    assert not [
        card["obstacle"] for card in cards.models_for(settings, "text_classification", None) if card["obstacle"]
    ]


def test_a_model_that_hardly_reads_the_texts_says_so(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path)
    for sample, knows in (("support-messages", True), ("community-requests", False)):
        record = import_dataset(settings, ImportRequest(Path(sample)), lambda _: None)
        card = cards.models_for(settings, record.task, record.id)[0]
        assert (card["unknown_share"] <= cards.MOST_UNKNOWN) is knows
        assert (card["warning"] == "") is knows


def test_images_and_texts_read_for_another_task_are_not_shown_to_tokenizers(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path)
    images = tiny.dataset(tmp_path, "image_classification")
    assert {card["unknown_share"] for card in cards.models_for(settings, "image_classification", images.id)} == {None}
    assert {card["unknown_share"] for card in cards.models_for(settings, "text_classification", images.id)} == {None}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("method", METHODS)
def test_every_option_that_is_shown_can_be_set_and_no_other(tmp_path: Path, task: str, method: str) -> None:
    settings, record = Settings(workspace=tmp_path), tiny.dataset(tmp_path, task)
    if METHODS[method].obstacle(TASKS[task], tiny.family_of(task)):
        return
    shown = cards.options_for(task, method, gpus=2)
    usual = drafts.draw_up(settings, record.id, None, Wish(method=method)).spec
    values = usual.training.model_dump() | usual.method_options | usual.task_options
    changes = {option["name"]: values[option["name"]] for option in shown}
    again = drafts.draw_up(settings, record.id, None, Wish(method=method, changes=changes)).spec
    assert again.training.model_dump() | again.method_options | again.task_options == values
    hidden = set(values) - set(changes)
    assert hidden == {name for name in values if name in (*METHODS[method].ignores, *TASKS[task].ignores)} | {
        option.name for option in describe(type(usual.training)) if option.only not in ("", TASKS[task].modality.value)
    }


def test_several_devices_are_offered_only_where_there_are_several_gpus() -> None:
    offered = [{option["name"] for option in cards.options_for("text_classification", "full", gpus)} for gpus in (1, 2)]
    assert offered[1] - offered[0] == {"devices"}


def test_options_have_a_label_in_words() -> None:
    labels = {option["name"]: option["label"] for option in cards.options_for("text_classification", "lora", gpus=1)}
    assert (labels["head_learning_rate"], labels["l1"], labels["rank"]) == ("Head learning rate", "L1", "Rank")


def test_methods_presets_and_roles_are_what_is_declared() -> None:
    found = cards.methods_for(TASKS["text_classification"], FAMILIES["bert"])
    assert [(card["name"], card["share"], card["obstacle"]) for card in found] == [
        (method.name, method.trained_share, "") for method in METHODS.values()
    ]
    assert {card["name"]: card["method"] for card in cards.presets()} == {
        "quick": "head",
        "balanced": None,
        "best": None,
    }
    assert cards.roles("token_classification") == [
        {"role": "tokens", "label": "Words", "kind": "tokens"},
        {"role": "tags", "label": "Tags", "kind": "tags"},
    ]
