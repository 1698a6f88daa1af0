"""The cards of the panel Download: what can be had, what cannot and why, size and licence, how it is used."""

from __future__ import annotations

import re

from studio.families import FAMILIES
from studio.ui.panels.download_cards import also, cards, usage
from studio.ui.shared import Data
from studio.ui.words import speaker

EN, ZH = speaker("en"), speaker("zh")
HOSTILE = "<img src=x onerror=alert(1)>${6*7}"


def form(name: str, obstacle: str = "", ready: Data | None = None) -> Data:
    return {"name": name, "label": name, "summary": "For tests.", "obstacle": obstacle, "ready": ready}


READY: Data = {
    "name": "mine-model.zip", "bytes": 91_500_000, "sha256": "ab" * 32, "license": "Apache-2.0", "terms": "",
    "files": ["README.md", HOSTILE],
}  # fmt: skip


def test_a_zip_that_is_there_shows_size_licence_files_and_a_plain_link() -> None:
    shown = str(cards([form("model", ready=READY)], "r", "", EN))
    assert 'href="download/r/model.zip" download' in shown
    assert "91.5 MB" in shown
    assert "Apache-2.0" in shown
    assert f"<code>{'ab' * 32}</code>" in shown
    assert "2 files inside" in shown
    assert "data-ask" not in shown
    assert "<img" not in shown


def test_the_terms_of_the_starting_weights_are_said_beside_the_zip() -> None:
    terms = FAMILIES["resnet"].checkpoints[0].terms
    for speak, words in ((EN, "non-commercial research"), (ZH, "非商业的研究")):
        assert words in str(cards([form("model", ready=READY | {"terms": terms})], "r", "", speak))
    assert "terms" not in str(cards([form("model", ready=READY)], "r", "", EN))


def test_a_licence_in_words_is_said_in_the_language_of_the_page() -> None:
    ready = READY | {"license": "non-commercial research"}
    assert "仅供非商业研究" in str(cards([form("model", ready=ready)], "r", "", ZH))


def test_a_format_that_cannot_be_had_says_why_and_has_no_button() -> None:
    formats = [form("model"), form("adapter", "There is no adapter.")]
    shown = str(cards(formats, "r", "", EN))
    assert "There is no adapter." in shown
    assert re.findall(r'data-ask="build:(\w+)"', shown) == ["model"]
    blocked = "The run was stopped, and no model was kept."
    assert "没有保留模型" in str(cards([form("model", blocked)], "r", "", ZH))
    assert "No model." in str(cards([form("model", "No model.")], "r", "", ZH))


def test_while_one_zip_is_built_the_others_wait() -> None:
    shown = str(cards([form("model"), form("merged")], "r", "model", EN))
    assert "Building The model" in shown
    assert re.search(r"<button[^>]*build:merged[^>]* disabled", shown)


def test_a_format_of_the_future_is_shown_in_its_own_words() -> None:
    assert "For tests." in str(cards([form("newer")], "r", "", EN))


def test_usage_names_the_zip_in_three_lines() -> None:
    shown = str(usage("b77-model.zip", EN))
    assert "unzip b77-model.zip" in shown
    assert "--selftest" in shown
    assert "&quot;模型-model.zip&quot;" in str(usage("模型-model.zip", EN))


def test_log_and_predictions_can_be_had_too() -> None:
    assert "predictions.csv" in str(also("r", True, EN))
    assert "predictions.csv" not in str(also("r", False, EN))
