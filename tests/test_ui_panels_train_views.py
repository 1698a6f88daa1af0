"""What the panel Train shows: cards, costs, warnings and the command, whatever the names in them are."""

from __future__ import annotations

import re
import shlex
from html import unescape
from typing import Any

import pytest

from studio.ui.markup import Html
from studio.ui.panels import train_views as views
from studio.ui.panels.train_asked import OTHER, RUN
from studio.ui.words import LANGUAGES, speaker
from tests.train_forms import HOSTILE

EN = speaker("en")
FORECAST = {
    "seconds": 251.0, "memory_bytes": 1.23e9, "steps": 846, "batch_size": 32, "seconds_per_step": 0.28137,
    "micro_batch": 8, "device": "CPU, 2 threads", "precision": "bf16", "trainable_parameters": 30,
    "total_parameters": 1000,
}  # fmt: skip
METHOD = {"name": "lora", "label": "LoRA", "summary": "Small adapters.", "share": 0.05, "obstacle": ""}


def model(**changes: Any) -> dict[str, Any]:
    return {
        "name": "minilm-l6", "label": "MiniLM L6", "size_mb": 92, "parameters": 22.7, "license": "Apache-2.0",
        "languages": "English", "advice": "Small and quick.", "data": "", "terms": "", "offline": True, "note": "",
        "obstacle": "", "warning": "", "unknown_share": None, "default": True,
    } | changes  # fmt: skip


def run(**changes: Any) -> dict[str, Any]:
    return {
        "run": "0" * 26,
        "name": "first",
        "model": "minilm-l6",
        "method": "full",
        "metric": "macro_f1",
        "value": 0.9123,
    } | changes


def test_a_model_s_card_tells_size_language_and_whether_it_is_here() -> None:
    menu = [model(), model(offline=False, size_mb=1130), model(obstacle="No.")]
    first, second, third = (text for text, _ in views.model_cards(menu, [], False, EN))
    assert first.split("\n") == ["MiniLM L6", "22.7 M parameters · 92 MB", "English · on this machine"]
    assert second.split("\n")[1:] == ["22.7 M parameters · 1.1 GB", "English · needs the network once"]
    assert third.split("\n")[1:] == ["22.7 M parameters · 92 MB", "English · not possible here"]


def test_the_details_tell_what_a_model_was_trained_on_and_its_licence() -> None:
    starter = model(name="starter-resnet", data="95,000 photos", license="non-commercial research")
    shown = " ".join(plain(views.model_details("starter-resnet", [starter], None, EN)).split())
    assert "Trained on 95,000 photos" in shown
    assert "Licence non-commercial research" in shown
    assert "Trained on" not in plain(views.model_details("minilm-l6", [model()], None, EN))
    assert "Tiny ImageNet" in plain(views.model_details("starter-resnet", [starter], None, speaker("zh")))


def test_the_details_tell_what_speaks_against_a_model() -> None:
    hints = {
        "downloaded once": model(offline=False),
        "does not know 77 %": model(warning="No.", unknown_share=0.7712),
        "Not here.": model(offline=False, obstacle="Not here."),
    }
    for words, item in hints.items():
        assert words in plain(views.model_details(item["name"], [item], None, EN))
    assert "train-hint" not in str(views.model_details("minilm-l6", [model()], None, EN))


def test_runs_and_other_models_are_offered_where_there_are_any() -> None:
    assert [value for _, value in views.model_cards([model()], [run()], True, EN)] == ["minilm-l6", RUN, OTHER]
    assert [value for _, value in views.model_cards([model()], [], True, EN)] == ["minilm-l6", OTHER]
    assert [value for _, value in views.model_cards([model()], [run()], False, EN)] == ["minilm-l6", RUN]


def test_a_method_s_card_tells_share_and_cost() -> None:
    ((card, name),) = views.method_cards([METHOD], {"lora": FORECAST}, EN)
    assert name == "lora"
    assert card.split("\n")[2:] == ["3 % of the weights", "about 4 min, 1.2 GB"]
    ((card, _),) = views.method_cards([METHOD], {}, EN)
    assert card.split("\n")[2:] == ["about 5 % of the weights", "cost not measured yet"]
    ((card, _),) = views.method_cards([METHOD | {"obstacle": "Not for this."}], {"lora": FORECAST}, EN)
    assert card.split("\n")[2:] == ["Not for this."]


@pytest.mark.parametrize(
    ("value", "words"),
    [(1.0, "100 %"), (0.5, "50 %"), (0.05, "5 %"), (0.011, "1.1 %"), (0.001, "under 1 %"), (0, "0 %")],
)
def test_shares_have_no_more_digits_than_matter(value: float, words: str) -> None:
    assert views.share(value, EN) == words


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


def plain(html: Html) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", str(html)))


def test_a_warning_names_models_that_can_be_taken_by_a_press() -> None:
    menu = [
        model(),
        model(name="bert-base-chinese", label="BERT base Chinese"),
        model(name="bert-base", label="BERT base"),
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
        views.model_details("x", [model(name="x", label=HOSTILE, advice=HOSTILE, note=HOSTILE)], None, say),
        views.model_details(RUN, [], run(name=HOSTILE, model=HOSTILE), say),
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
    ((label, _),) = views.run_choices([run(name=HOSTILE)], say)
    assert "\u202e" not in label


def test_what_is_missing_is_said_beside_start() -> None:
    assert "Ready to start." in plain(views.readiness([], 0, EN))
    assert "number 3" in plain(views.readiness([], 2, EN))
    assert "Choose a dataset" in plain(views.readiness(["Choose a dataset first."], 0, EN))


def test_waiting_for_another_measurement_is_told_apart() -> None:
    assert "Measuring full: 3 s" in plain(views.progress({"phase": "measuring", "seconds": 3.2}, "full", EN))
    assert "Waiting for another" in plain(
        views.progress({"phase": "waiting for another measurement", "seconds": 1}, "full", EN)
    )
