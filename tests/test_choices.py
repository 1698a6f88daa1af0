"""The room where a run is prepared: what it promises to a page, from an upload to a line for the shell."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import pytest

from studio.api import ImportRequest, Studio, Wish
from studio.errors import PlanError, UnknownName, WrongState
from studio.runs import jobs
from studio.runs import store as runs
from studio.settings import Settings
from tests import tiny
from tests.data_helpers import archive, png, reviews, write


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(Settings(workspace=tmp_path / "workspace", device="cpu"))


def _tiny(studio: Studio, task: str = "text_classification") -> str:
    return tiny.dataset(studio.settings.workspace, task).id


def _planned(studio: Studio, dataset: str, name: str) -> runs.Run:
    """A run that was asked for and not started."""
    spec = studio.draw_up(dataset, None, Wish(changes={"epochs": 3}))
    return runs.create(studio.settings.runs, spec, name, "local")


def _uploaded(studio: Studio, tmp_path: Path) -> dict[str, Any]:
    table = "body,kind,note\n" + "".join(f"text number {i},{'ab'[i % 2]},note {i % 3}\n" for i in range(40))
    kept = studio.choices.keep_uploads([(write(tmp_path, "temporary", table), "table.csv")])
    return studio.import_dataset(ImportRequest(kept))


def test_a_sample_can_be_imported_by_its_name(studio: Studio) -> None:
    sample = studio.choices.samples()[0]
    assert set(sample) == {"name", "label", "task", "rows", "license"}
    found = studio.import_dataset(ImportRequest(Path(sample["name"])))
    assert (found["task"], found["rows"]) == (sample["task"], sample["rows"])


def test_a_corrected_dataset_takes_the_place_of_one_that_no_run_uses(studio: Studio, tmp_path: Path) -> None:
    first = _uploaded(studio, tmp_path)["dataset"]
    assert studio.choices.file_columns(first) == ["body", "kind", "note"]
    seen: list[dict[str, Any]] = []
    second = studio.choices.correct(first, options={"label": "note"}, report=seen.append)
    assert [label["name"] for label in second["labels"]] == ["note 0", "note 1", "note 2"]
    assert [entry["dataset"] for entry in studio.datasets()] == [second["dataset"]]
    assert seen
    _planned(studio, second["dataset"], "uses it")
    third = studio.choices.correct(second["dataset"], options={"label": ""})
    assert {entry["dataset"] for entry in studio.datasets()} == {second["dataset"], third["dataset"]}


def test_a_dataset_that_runs_use_is_not_deleted(studio: Studio, tmp_path: Path) -> None:
    dataset = _uploaded(studio, tmp_path)["dataset"]
    for number in range(7):
        _planned(studio, dataset, f"run {number}")
    with pytest.raises(WrongState, match=r"run 6, run 5, run 4, run 3, run 2 and 2 more"):
        studio.choices.delete_dataset(dataset)
    for entry in studio.runs():
        studio.delete(entry["run"])
    assert studio.choices.delete_dataset("table") == {"dataset": dataset, "deleted": True}
    assert studio.datasets() == []
    assert list((studio.settings.workspace / "uploads").iterdir()) == []


def test_a_dataset_is_deleted_or_has_a_run_whoever_comes_first(studio: Studio, tmp_path: Path) -> None:
    """While a start stands in the queue nothing it needs is deleted; what was deleted before is said to be gone."""
    dataset = _uploaded(studio, tmp_path)["dataset"]
    with ThreadPoolExecutor() as others, jobs.queue_to_ourselves(studio.settings.runs):
        start = others.submit(studio.start, dataset, "minilm-l6", None, "late", spawn=False)
        wait([start], timeout=1)  # drawn up by now, and waiting for its place
        assert not start.done()
        studio.choices._forget(studio.choices._record(dataset))
    with pytest.raises(UnknownName):
        start.result()
    assert studio.runs() == []


def test_old_uploads_are_cleaned_away(studio: Studio, tmp_path: Path) -> None:
    kept = studio.choices.keep_uploads([(write(tmp_path, "t", reviews()), "t.csv")])
    os.utime(kept, (0, 0))
    os.utime(kept.parent, (0, 0))
    studio.choices.clean_uploads(24)
    assert not kept.exists()


def test_an_overview_tells_lengths_in_tokens_and_what_would_be_cut(studio: Studio) -> None:
    found = studio.choices.overview(_tiny(studio))
    assert found["lengths"]["unit"] == "tokens"
    assert found["lengths"]["cut"]["limit"] >= 8
    assert sum(found["lengths"]["counts"]) == 24
    assert [sum(label[split] for label in found["labels"]) for split in ("train", "valid", "test")] == [24, 9, 9]
    short = studio.choices.overview(_tiny(studio), limit=4)["lengths"]["cut"]
    assert short["limit"] == 4
    assert short["share"] > 0.9
    assert studio.choices.overview(_tiny(studio), limit=8192)["lengths"]["cut"]["limit"] == 512  # MiniLM's
    json.dumps(found)


def test_an_overview_is_in_words_where_the_tokenizer_is_not_here(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "no-models"))
    found = studio.choices.overview(_tiny(studio, "token_classification"), "bert-base-uncased")
    assert found["lengths"]["unit"] == "words"
    assert found["lengths"]["cut"] == {"limit": 512, "share": 0.0}


def test_an_overview_of_images_has_no_lengths_and_its_images_can_be_drawn(studio: Studio, tmp_path: Path) -> None:
    members = {f"class {i % 2}/{i}.png": png(i) for i in range(30)}
    found = studio.import_dataset(ImportRequest(archive(tmp_path / "images.zip", members)))["dataset"]
    assert studio.choices.overview(found)["lengths"] is None
    assert studio.choices.file_columns(found) == []
    assert studio.choices.thumbnail(found, 29, side=40).startswith(b"\x89PNG")
    with pytest.raises(UnknownName):
        studio.choices.thumbnail("../" + found, 0)


def test_what_keeps_a_run_from_starting_is_said_and_nothing_is_raised(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "no-models"))
    dataset = _tiny(studio)
    assert studio.choices.problems(dataset, None, Wish()) == []
    assert studio.choices.problems("", None, Wish()) == ["Choose a dataset first."]
    for model, wish, reason in (
        (None, Wish(changes={"epochs": "many"}), "epochs cannot be 'many'"),
        (None, Wish(changes={"epochs": "many", "colour": 1}), "There is no option named 'colour'"),
        ("starter-resnet", Wish(), "needs a network for texts"),
        ("no-such-model-1", Wish(), "no model named"),
        ("bert-base-uncased", Wish(), "downloads are switched off"),
        (None, Wish(task="image_classification"), "import the file again"),
    ):
        [problem] = studio.choices.problems(dataset, model, wish)
        assert reason in problem
    assert "There is no dataset" in studio.choices.problems("nothing", None, Wish())[0]


def test_starting_values_are_those_of_the_run_that_would_start(studio: Studio) -> None:
    dataset = _tiny(studio)
    values = studio.choices.starting_values(dataset, None, Wish(method="lora", changes={"rank": "3"}))
    shown = {option["name"] for option in studio.choices.options("text_classification", "lora")}
    assert shown <= set(values)
    assert (values["rank"], values["epochs"]) == (3, 5)
    with pytest.raises(PlanError):
        studio.choices.starting_values(dataset, None, Wish(changes={"colour": "red"}))


def test_cards_tell_what_there_is_and_the_share_that_was_measured(studio: Studio, tmp_path: Path) -> None:
    network = tmp_path / "network"
    tiny.tiny_bert(network)
    dataset = _tiny(studio)
    assert [card["name"] for card in studio.choices.presets()] == ["quick", "balanced", "best"]
    assert [role["role"] for role in studio.choices.roles("text_classification")] == ["text", "label"]
    assert studio.choices.models("text_classification", dataset)[0]["default"]
    before = {card["name"]: card["share"] for card in studio.choices.methods(dataset, str(network))}
    wish = Wish(method="lora")
    assert studio.choices.known_forecast(dataset, str(network), wish) is None
    found = studio.choices.forecast(dataset, str(network), wish)
    assert studio.choices.known_forecast(dataset, str(network), wish) == found
    after = {card["name"]: card["share"] for card in studio.choices.methods(dataset, str(network))}
    assert after == before | {"lora": found["trainable_parameters"] / found["total_parameters"]}


def test_methods_of_a_model_that_does_not_fit_are_still_shown(studio: Studio) -> None:
    found = studio.choices.methods(_tiny(studio), "starter-resnet")
    assert [card["name"] for card in found] == [method["name"] for method in studio.methods()]


def test_the_same_run_can_be_asked_for_again(studio: Studio) -> None:
    dataset = _tiny(studio)
    run = _planned(studio, dataset, "mine")
    found = studio.choices.settings_of("mine")
    assert found["changes"] == {"epochs": 3}
    wish = Wish(found["task"], found["method"], found["preset"], found["changes"])
    assert studio.draw_up(found["dataset"], found["model"], wish) == run.spec()
    assert f" train {dataset} " in studio.choices.command(found["dataset"], found["model"], wish, "again")
