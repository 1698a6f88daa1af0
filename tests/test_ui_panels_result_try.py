"""Asking a run's model from the page: what the browser sends is checked, and errors stand where the answer would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import gradio as gr
import pytest
from gradio.utils import get_upload_folder

from studio import files, settings
from studio.api import Studio
from studio.errors import RequestError, UnknownName, WrongState
from studio.ui.markup import Html, element
from studio.ui.panels import result_try as trying
from studio.ui.shared import Data, Page
from studio.ui.words import speaker
from tests.trained import TinyRuns

HOSTILE = "<img src=x onerror=alert(1)>${6*7} good fine"


@pytest.fixture
def page(tiny_runs: TinyRuns) -> Iterator[Page]:
    studio = Studio(settings.load(workspace=tiny_runs.workspace))
    yield Page(studio, speaker("en"), gr.Textbox(), gr.Textbox(), gr.Textbox(), gr.Tabs())
    studio.results.close()


def sent(name: str, content: bytes) -> Data:
    """A file as the browser's upload leaves it."""
    folder = files.make_folder(Path(get_upload_folder()) / "of-a-test")
    path = folder / name
    files.write_bytes(path, content)
    return {"path": str(path), "orig_name": name}


def test_a_question_is_answered_after_a_word_of_patience(page: Page, tiny_runs: TinyRuns) -> None:
    run = tiny_runs.of("text", "full").id
    loading, answer = trying._answered(page, run, lambda: trying._row(page, run, (HOSTILE, None), None))
    assert "Loading the model" in loading
    assert "result-bars" in answer
    assert "<img" not in answer


@pytest.mark.parametrize("text", ["", "  \n", None, 7, ["a"], "x" * (trying.MOST_CHARACTERS + 1)])
def test_what_is_no_text_is_refused_in_place(page: Page, tiny_runs: TinyRuns, text: object) -> None:
    run = tiny_runs.of("text", "full").id
    *_, shown = trying._answered(page, run, lambda: trying._row(page, run, (text, None), None))
    assert "notice-error" in shown


@pytest.mark.parametrize("picture", [None, "/etc/passwd", {"path": "/etc/passwd"}, {"path": "\0"}, {}])
def test_only_an_upload_is_an_image(page: Page, tiny_runs: TinyRuns, picture: object) -> None:
    with pytest.raises(RequestError):
        trying._row(page, tiny_runs.of("image", "full").id, ("text", ""), picture)


def test_a_damaged_image_is_answered_with_what_is_wrong(page: Page, tiny_runs: TinyRuns) -> None:
    run, picture = tiny_runs.of("image", "full").id, sent("broken.png", b"no image")
    *_, shown = trying._answered(page, run, lambda: trying._row(page, run, ("", ""), picture))
    assert "could not answer" in shown


@pytest.mark.parametrize("run", ["", None, 5, "nothing", "0" * 26])
def test_a_run_that_is_not_there_is_refused(page: Page, run: object) -> None:
    with pytest.raises((RequestError, UnknownName)):
        trying.known(page, run)


def test_held_out_rows_from_all_over_can_be_pressed(page: Page, tiny_runs: TinyRuns) -> None:
    record = tiny_runs.of("token", "full")
    shown = str(trying.suggested(page, record.id, record.spec().dataset))
    assert shown.count("data-ask") == trying.SUGGESTED
    (words, _, _), (same, _, answer) = trying._taken(page, record.id, "3")
    assert words == same
    assert " " in words
    assert "result-tagged" in answer


def test_a_held_out_image_shows_what_was_said_of_it(page: Page, tiny_runs: TinyRuns) -> None:
    ((_, _, shown),) = trying._taken(page, tiny_runs.of("image", "full").id, "0")
    assert "This is what the model said" in shown


@pytest.mark.parametrize("ask", ["", "-1", "99999", "1e3", "x", "9" * 40])
def test_a_row_that_is_not_there_is_refused(page: Page, tiny_runs: TinyRuns, ask: str) -> None:
    with pytest.raises(RequestError):
        list(trying._taken(page, tiny_runs.of("text", "full").id, ask))


def test_a_file_goes_in_and_predictions_come_out(page: Page, tiny_runs: TinyRuns) -> None:
    run = tiny_runs.of("text", "full").id
    table = sent("rows.csv", b"text,label\ngood fine,positive\nbad poor,negative\nthe a,strange\n")
    *progress, shown = trying._predicted(page, run, table)
    assert "Reading the file" in progress[0]
    assert "Rows in the file: 3" in shown
    address = shown.split('href="')[1].split('"')[0]
    assert address.startswith(f"download/{run}/predictions.csv?id=")
    kept = page.studio.results.predictions(run, address.rpartition("=")[2])
    assert Path(kept["path"]).read_text(encoding="utf-8").count("\n") == 4
    *_, measured = trying._measured(page, run, table)
    assert "Measured on rows.csv" in measured
    assert "know their labels: 1 (strange)" in measured


@pytest.mark.parametrize("value", [None, "rows.csv", {"path": "/etc/passwd"}, []])
def test_what_is_no_upload_is_no_file(page: Page, tiny_runs: TinyRuns, value: object) -> None:
    *_, shown = trying._predicted(page, tiny_runs.of("text", "full").id, value)
    assert "notice-error" in shown
    assert "Rows in the file" not in shown


def test_an_error_of_a_piece_of_work_takes_the_place_of_its_result(page: Page) -> None:
    def work(report: Callable[[Data], None]) -> Data:
        report({"phase": "predicting", "done": 1, "total": 2})
        raise WrongState("It broke.", next="Mend it.")

    def shown(_: Data) -> Html:
        return element("p", "never")

    *_, last = trying.worked(page, "a run", work, shown)
    assert "It broke." in last
    assert "Mend it." in last


def test_a_pair_is_asked_with_both_texts_and_taken_with_both(page: Page, tiny_runs: TinyRuns) -> None:
    run = tiny_runs.of("text_pair", "full").id
    assert trying.texts(page, "text_pair_classification") == ["text", "text_b"]
    assert trying.texts(page, "token_classification") == ["text"]
    assert trying.texts(page, "image_classification") == []
    with pytest.raises(RequestError):
        trying._row(page, run, ("good film", " "), None)
    *_, (first, second, answer) = trying._taken(page, run, "3")
    assert trying._row(page, run, (first, second), None) == {"text": first, "text_b": second}
    assert "result-bars" in answer
    shown = str(trying.suggested(page, run, tiny_runs.of("text_pair", "full").spec().dataset))
    assert f"{first} | {second}"[:30] in shown
