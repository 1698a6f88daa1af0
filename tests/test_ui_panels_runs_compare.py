"""Runs side by side: settings that differ, the best of each result, and names that stay names."""

from __future__ import annotations

from typing import Any

import pytest

from studio import settings
from studio.api import Studio
from studio.ui.panels.runs_compare import called, result, setting, tables
from studio.ui.words import LANGUAGES, speaker
from tests.trained import TinyRuns

HOSTILE = "<img src=x onerror=alert(1)> ${6*7} \u202egnp.exe"
EN, ZH = speaker("en"), speaker("zh")


def row(name: str, *values: Any) -> dict[str, Any]:
    return {"name": name, "values": list(values)}


def test_the_best_result_is_marked_and_lower_is_better_for_costs() -> None:
    found = {
        "settings": [],
        "metrics": [
            row("accuracy", 0.9, 0.95),
            row("loss", 0.3, 0.4),
            row("best_step", 7, 9),
            row("f1", 0.5, 0.5),
            row("rmse", 0.4, 1.9),
        ],
    }
    shown = str(tables(["a", "b"], found, {}, EN))
    assert '<strong title="best">0.950</strong>' in shown
    assert '<strong title="best">0.300</strong>' in shown
    assert '<strong title="best">0.400</strong>' in shown
    assert shown.count("<strong") == 3


def test_equal_settings_and_missing_results_are_said() -> None:
    shown = str(tables(["a", "b"], {"settings": [], "metrics": [row("accuracy", None, None)]}, {}, EN))
    assert "All their settings are the same." in shown
    assert "None of them has results yet." in shown
    assert "<table" not in shown


def test_settings_and_results_have_names_and_values_in_words() -> None:
    assert (called("learning_rate", EN), called("learning_rate", ZH)) == ("Learning rate", "学习率")
    assert (called("macro_f1", EN), called("f1", EN), called("macro_f1", ZH)) == ("Macro F1", "F1", "宏平均 F1")
    assert (called("seconds", EN), called("method", ZH)) == ("Time", "方法")
    assert setting("lora", "method", {"lora": "LoRA"}, EN) == "LoRA"
    assert setting(None, "rank", {}, EN) == "–"
    assert setting(True, "warm_head", {}, ZH) == "是"
    assert setting(9e-05, "learning_rate", {}, EN) == "9e-05"
    assert setting(["a", "b"], "targets", {}, EN) == "a, b"
    assert result(90, "seconds", EN) == "2 min"
    assert result(2e9, "peak_memory_bytes", EN) == "2.0 GB"
    assert result(None, "loss", EN) == "–"


def test_devices_are_told_in_the_language_of_the_page() -> None:
    assert [setting("CPU, 2 threads", "device", {}, say) for say in (EN, ZH)] == ["CPU, 2 threads", "CPU，2 线程"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_of_others_stay_text(language: str) -> None:
    found = {"settings": [row("model", HOSTILE, "b"), row(HOSTILE, 1, 2)], "metrics": [row(HOSTILE, 1.0, 2.0)]}
    shown = str(tables([HOSTILE, "b"], found, {}, speaker(language)))
    assert "<img" not in shown
    assert "${" not in shown
    assert "\u202e" not in shown
    assert shown.count("<caption>") == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_real_runs_stand_side_by_side(tiny_runs: TinyRuns, language: str) -> None:
    studio = Studio(settings.load(workspace=tiny_runs.workspace))
    runs = [tiny_runs.of("text", method).id for method in ("full", "lora")]
    shown = str(tables(["one", "two"], studio.results.compare(runs), {"full": "Full"}, speaker(language)))
    assert shown.count("<table") == 2
    assert {"en": "Rank", "zh": "秩"}[language] in shown
