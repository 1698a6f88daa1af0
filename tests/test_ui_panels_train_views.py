"""What the panel Train shows: details, costs, warnings and the command, whatever the names in them are."""

from __future__ import annotations

import re
import shlex
from html import unescape

import pytest

from studio.ui.markup import Html
from studio.ui.panels import train_views as views
from studio.ui.panels.train_asked import RUN
from studio.ui.words import LANGUAGES, speaker
from tests.train_forms import FORECAST, HOSTILE, a_model, a_run

EN = speaker("en")


def test_the_details_tell_what_a_model_was_trained_on_and_its_licence() -> None:
    starter = a_model(name="starter-resnet", data="95,000 photos", license="non-commercial research")
    shown = " ".join(plain(views.model_details("starter-resnet", [starter], None, EN)).split())
    assert "Trained on 95,000 photos" in shown
    assert "Licence non-commercial research" in shown
    assert "Trained on" not in plain(views.model_details("minilm-l6", [a_model()], None, EN))
    chinese = plain(views.model_details("starter-resnet", [starter], None, speaker("zh")))
    assert "Tiny ImageNet" in chinese
    assert "仅供非商业研究" in chinese


def test_the_details_tell_what_speaks_against_a_model() -> None:
    hints = {
        "downloaded once": a_model(offline=False),
        "does not know 77 %": a_model(warning="No.", unknown_share=0.7712),
        "Not here.": a_model(offline=False, obstacle="Not here."),
    }
    for words, item in hints.items():
        assert words in plain(views.model_details(item["name"], [item], None, EN))
    assert "train-hint" not in str(views.model_details("minilm-l6", [a_model()], None, EN))


def test_the_forecast_is_told_in_words() -> None:
    told = plain(views.cost(FORECAST, False, EN))
    for words in (
        "about 4 min, 1.2 GB of memory",
        "846 of 32 rows",
        "0.28 s, 8 rows at a time",
        "CPU, 2 threads, bf16",
    ):
        assert words in told
    assert "Not measured yet" in plain(views.cost(None, False, EN))
    assert "A run is training" in plain(views.cost(None, True, EN))


def test_what_was_measured_on_is_told_in_the_language_of_the_page() -> None:
    forecast = FORECAST | {"device": "CPU, 2 threads"}
    assert "CPU，2 线程" in str(views.cost(forecast, False, speaker("zh")))
    assert "CPU, 2 threads" in str(views.cost(forecast, False, EN))


def plain(html: Html) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", str(html)))


def test_a_warning_names_models_that_can_be_taken_by_a_press() -> None:
    menu = [
        a_model(),
        a_model(name="bert-base-chinese", label="BERT base Chinese"),
        a_model(name="bert-base", label="BERT base"),
    ]
    message = "MiniLM L6 does not know 60% of these texts. Models that can read Chinese: bert-base-chinese, minilm-l6."
    html = str(views.warnings([{"code": "unknown_tokens", "message": message}], menu, "minilm-l6", EN))
    assert re.findall(r'data-ask="([^"]+)"', html) == ["bert-base-chinese"]
    chinese = plain(views.warnings([{"code": "unknown_tokens", "message": message}], menu, "minilm-l6", speaker("zh")))
    assert "不认识" in chinese
    assert "能读中文的模型：bert-base-chinese, minilm-l6。" in chinese
    assert str(views.warnings([], menu, "minilm-l6", EN)) == ""


def test_the_command_can_be_read_back_from_the_page() -> None:
    line = f"python -m studio train d1 --name {shlex.quote(HOSTILE)}"
    code = re.search(r"<code>(.*)</code>", str(views.command(line, EN)), re.DOTALL)
    assert code
    assert unescape(code.group(1)) == line.replace("\u202e", "[U+202E]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_name_becomes_markup(language: str) -> None:
    say = speaker(language)
    record = {"name": HOSTILE, "task": "text_classification", "labels": [1, 2], "splits": {"train": 5}}
    shown = [
        views.dataset_line(record, say),
        views.model_details("x", [a_model(name="x", label=HOSTILE, advice=HOSTILE, note=HOSTILE)], None, say),
        views.model_details(RUN, [], a_run(name=HOSTILE, model=HOSTILE), say),
        views.cost(FORECAST | {"device": HOSTILE}, False, say),
        views.readiness([HOSTILE], 0, say),
        views.warnings([{"code": "x", "message": HOSTILE}], [], "", say),
        views.command(HOSTILE, say),
        views.progress({"phase": HOSTILE, "seconds": 3}, HOSTILE, say),
    ]
    for html in map(str, shown):
        assert "<img" not in html
        assert "${" not in html
        assert "{{" not in html


def test_what_is_missing_is_said_beside_start() -> None:
    assert "Ready to start." in plain(views.readiness([], 0, EN))
    assert "number 3" in plain(views.readiness([], 2, EN))
    assert "Choose a dataset" in plain(views.readiness(["Choose a dataset first."], 0, EN))


def test_waiting_for_another_measurement_is_told_apart() -> None:
    assert "Measuring full: 3 s" in plain(views.progress({"phase": "measuring", "seconds": 3.2}, "full", EN))
    assert "Waiting for another" in plain(
        views.progress({"phase": "waiting for another measurement", "seconds": 1}, "full", EN)
    )
