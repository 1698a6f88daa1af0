"""A trained model in a process of its own: good rows beside bad ones, files, evaluations, exports, and its death."""

from __future__ import annotations

import io
import json
import os
import signal
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio import files, sealed
from studio.errors import DataError, MissingFile, ModelError, WrongState
from studio.export import builder
from studio.export.formats import FORMATS
from studio.inference import client
from studio.inference.client import Predictor
from studio.pixels import fit
from studio.runs.store import Run
from studio.settings import Limits, Settings
from tests import tiny, trained
from tests.trained import TinyRuns


def silent(_: dict[str, Any]) -> None:
    """A report that nobody reads."""


def kept(run: Run) -> list[dict[str, Any]]:
    lines = (run.predictions / "test.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def png(pixels: Any) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(workspace=tmp_path_factory.mktemp("workspace"))


@pytest.fixture(scope="module")
def texts(tiny_runs: TinyRuns, settings: Settings) -> Iterator[Predictor]:
    with client.predictor(client.trained(tiny_runs.of("text", "lora")), settings) as predictor:
        yield predictor


def test_the_answers_are_those_that_the_run_kept(texts: Predictor, tiny_runs: TinyRuns) -> None:
    run = tiny_runs.of("text", "lora")
    answers = texts.predict([{"text": text} for text in trained.held_out(run)["text"]])
    for answer, wanted in zip(answers, kept(run), strict=True):
        assert answer["label"] == wanted["label"]
        assert answer["score"] == pytest.approx(wanted["score"], abs=1e-6)
        assert answer["unknown_share"] == 0


def test_a_bad_row_does_not_spoil_the_others(texts: Predictor) -> None:
    rows: list[dict[str, Any]] = [
        {"text": "good"},
        {"text": " "},
        {},
        {"text": 3},
        {"text": "bad \ud800 quux"},
        {"text": "good"},
    ]
    first, blank, none, number, odd, last = texts.predict(rows)
    assert first == last
    assert blank == {"error": "The text is empty."}
    assert none == number == {"error": "The row has no text."}
    assert odd["unknown_share"] > 0


def test_no_rows_get_no_answers(texts: Predictor) -> None:
    assert texts.predict([]) == []


def test_a_table_is_answered_in_its_order_and_its_bad_rows_are_named(
    texts: Predictor, settings: Settings, tmp_path: Path
) -> None:
    table = tmp_path / "new.csv"
    table.write_text("id,text\n1,good film\n2,\n3,bad room\n4,a,b,c\n", encoding="utf-8")
    answers = texts.predict_file(table, silent)
    assert [answer["line"] for answer in answers] == [f"new.csv:{line}" for line in (2, 3, 4, 5)]
    assert [answer.get("text") for answer in answers] == ["good film", None, "bad room", None]
    assert ["error" in answer for answer in answers] == [False, True, False, True]
    assert list(settings.workspace.iterdir()) == []


def test_a_plain_list_of_texts_has_no_header(texts: Predictor, tmp_path: Path) -> None:
    listing = tmp_path / "new.txt"
    listing.write_text("good film\nbad room\n", encoding="utf-8")
    assert [answer["text"] for answer in texts.predict_file(listing, silent)] == ["good film", "bad room"]


def test_the_file_that_a_run_was_trained_on_can_be_predicted_with_its_labels_in_it(
    texts: Predictor, tiny_runs: TinyRuns, tmp_path: Path
) -> None:
    table = tmp_path / "known.csv"
    table.write_text("text,label\ngood film,positive\nbad room,negative\n", encoding="utf-8")
    assert [answer["text"] for answer in texts.predict_file(table, silent)] == ["good film", "bad room"]


def test_an_evaluation_maps_labels_by_name_and_counts_unknown_ones(
    texts: Predictor, tiny_runs: TinyRuns, tmp_path: Path
) -> None:
    run = tiny_runs.of("text", "lora")
    rows = trained.held_out(run)
    labels = [run.spec().labels[i] for i in rows["label"]]
    table = tmp_path / "labelled.csv"
    lines = ["text,label", *(f"{text},{label}" for text, label in zip(rows["text"], labels, strict=True)), "a the,odd"]
    table.write_text("\n".join(lines), encoding="utf-8")
    found = texts.evaluate(table, silent)
    wanted = run.metrics()["metrics"]["test"]
    assert found["main"] == found["metrics"]["main"] == "macro_f1"
    for name in ("accuracy", "macro_f1", "loss", "n"):
        assert found["metrics"][name] == pytest.approx(wanted[name], abs=1e-6)
    assert found["unknown_labels"] == [{"name": "odd", "count": 1}]
    assert found["unknown_rows"] == 1


def test_labels_that_are_all_unknown_are_refused(texts: Predictor, tmp_path: Path) -> None:
    table = tmp_path / "odd.csv"
    table.write_text("text,label\ngood film,x\nbad room,y\ngood room,x\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"None of the rows has a label that the model knows\."):
        texts.evaluate(table, silent)
    with pytest.raises(MissingFile):
        texts.evaluate(tmp_path / "none.csv", silent)


def test_a_predictor_that_is_killed_is_told_in_plain_words_and_starts_again(
    tiny_runs: TinyRuns, settings: Settings
) -> None:
    with client.predictor(client.trained(tiny_runs.of("text", "full")), settings) as predictor:
        (first,) = predictor.predict([{"text": "good"}])
        os.kill(predictor._process.pid, signal.SIGSTOP)
        os.kill(predictor._process.pid, signal.SIGKILL)
        predictor._process.wait(30)
        assert predictor.predict([{"text": "good"}]) == [first]  # it had ended while nobody asked
        process = predictor._process
        os.kill(process.pid, signal.SIGSTOP)
        process.poll = lambda: None  # the kill is not noticed before the question
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(ModelError, match=r"most likely because memory ran out"):
            predictor.predict([{"text": "good"}])
    assert process.returncode == -signal.SIGKILL


def test_words_and_images_are_answered_too(tiny_runs: TinyRuns, settings: Settings, tmp_path: Path) -> None:
    run = tiny_runs.of("token", "full")
    with client.predictor(client.trained(run), settings) as predictor:
        answers = predictor.predict([{"tokens": words} for words in trained.held_out(run)["tokens"]])
        assert [answer["tags"] for answer in answers] == [wanted["tags"] for wanted in kept(run)]
        cut, empty, text = predictor.predict([{"tokens": ["good"] * 90}, {"tokens": []}, {"text": "anna in bonn"}])
        tagged = tmp_path / "tagged.jsonl"
        tagged.write_text('{"tokens": ["anna", "slept"], "tags": ["B-PER", "O"]}\n' * 2, encoding="utf-8")
        assert [answer["tokens"] for answer in predictor.predict_file(tagged, silent)] == [["anna", "slept"]] * 2
    assert len(cut["tags"]) == len(cut["tokens"]) == 90 - cut["unread"]
    assert empty == {"error": "The row has no words, or an empty one among them."}
    assert text["tokens"] == ["anna", "in", "bonn"]


def test_an_export_answers_as_its_run_does(tiny_runs: TinyRuns, settings: Settings, tmp_path: Path) -> None:
    run = tiny_runs.of("image", "lora")
    builder.build(run, FORMATS["adapter"], tmp_path / "adapter.zip")
    images = tmp_path / "images"
    images.mkdir()
    for place, pixels in enumerate(trained.held_out(run)["image"]):
        Image.fromarray(pixels).save(images / f"{place}.png")
    (images / "z.png").write_bytes(b"no image")
    with client.predictor(tmp_path / "adapter.zip", settings) as predictor:
        answers = predictor.predict_file(images, silent)
        single = predictor.predict([{"image": str(images / "0.png")}, {"image": str(images / "z.png")}])
    assert [answer["line"] for answer in answers] == [*(f"{i}.png" for i in range(9)), "z.png"]
    for answer, wanted in zip(answers[:-1], kept(run), strict=True):
        assert answer["score"] == pytest.approx(wanted["score"], abs=1e-5)
    assert "image" in answers[-1]["error"]
    assert single[0]["score"] == pytest.approx(answers[0]["score"], abs=1e-6)
    assert single[1] == {"error": answers[-1]["error"]}


def test_a_large_image_goes_the_way_of_the_training_images(
    tiny_runs: TinyRuns, settings: Settings, tmp_path: Path
) -> None:
    """Small as they were stored, then enlarged."""
    run = tiny.new_run(tmp_path, "image_classification", "full", tiny_runs.workspace / "resnet", image_size=24)
    tiny.run_in_process(run)
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 256, (61, 48, 3), dtype=np.uint8))
    (tmp_path / "images").mkdir()
    photo.save(tmp_path / "images" / "large.png")
    fit(photo, tiny.SIZE).save(tmp_path / "images" / "small.png")
    with client.predictor(client.trained(run), settings) as predictor:
        large, small = predictor.predict_file(tmp_path / "images", silent)
        single = predictor.predict([{"image": str(tmp_path / "images" / "large.png")}])
    assert large["score"] == pytest.approx(small["score"], abs=1e-6)
    assert single[0]["score"] == pytest.approx(small["score"], abs=1e-6)


def test_two_images_of_one_name_in_a_zip_keep_their_own_answers(
    tiny_runs: TinyRuns, settings: Settings, tmp_path: Path
) -> None:
    run = tiny_runs.of("image", "full")
    archive = tmp_path / "images.zip"
    pictures = [png(pixels) for pixels in trained.held_out(run)["image"][:3]]
    with zipfile.ZipFile(archive, "w") as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the name that is there twice
        for content in (pictures[0], b"no image", *pictures[1:]):
            opened.writestr("same.png", content)
    with client.predictor(client.trained(run), settings) as predictor:
        answers = predictor.predict_file(archive, silent)
    assert [answer["line"] for answer in answers] == ["same.png"] * 4
    assert "image" in answers.pop(1)["error"]
    assert [answer["score"] for answer in answers] == pytest.approx([w["score"] for w in kept(run)[:3]], abs=1e-5)


def test_the_limits_of_the_installation_hold_for_the_predictor(
    tiny_runs: TinyRuns, settings: Settings, tmp_path: Path
) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(png(np.zeros((20, 20, 3), dtype=np.uint8)))
    small = settings.model_copy(update={"limits": Limits(image_pixels=399)})
    with client.predictor(client.trained(tiny_runs.of("image", "full")), small) as predictor:
        (answer,) = predictor.predict([{"image": str(picture)}])
    assert answer["error"] == "The image has 20 x 20 pixels; the limit is 399 in total."


def test_a_run_without_a_model_cannot_be_asked(tiny_runs: TinyRuns, tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path, "text_classification", "full", tiny_runs.workspace / "bert")
    with pytest.raises(WrongState, match=r"The run has no model to ask\."):
        client.trained(run)


def test_a_model_that_cannot_be_loaded_is_told(tiny_runs: TinyRuns, settings: Settings, tmp_path: Path) -> None:
    run = Run(tmp_path / tiny_runs.of("text", "lora").id)
    files.copy(tiny_runs.of("text", "lora").folder, run.folder)
    spec = sealed.read(run.spec_file)
    spec["source"]["location"] = str(tmp_path / "gone")
    sealed.write(run.spec_file, spec)
    with client.predictor(run.folder, settings) as predictor, pytest.raises(ModelError, match=r"no starting weights"):
        predictor.predict([{"text": "good"}])


def test_pixels_of_any_size_become_what_the_exported_processor_makes_of_them(tiny_runs: TinyRuns) -> None:
    import transformers

    from studio.data import pictures

    auto: Any = transformers.AutoImageProcessor
    processor = auto.from_pretrained(tiny_runs.of("image", "full").model, backend="pil")
    random = np.random.default_rng(0)
    for width, height in ((16, 16), (40, 33), (17, 90), (64, 20)):
        image = Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8))
        ours = pictures.square(png(np.asarray(image)), tiny.SIZE, 10_000).astype(np.float64) / 255
        theirs = processor(image, return_tensors="np")["pixel_values"][0].transpose(1, 2, 0)
        assert np.abs((ours - processor.image_mean) / processor.image_std - theirs).max() < 1e-5
