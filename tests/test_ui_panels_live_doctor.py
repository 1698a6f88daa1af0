"""The run doctor's cards in both languages, and what their buttons ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from studio import settings
from studio.api import Studio
from studio.errors import RequestError
from studio.runs import doctor, events
from studio.runs.store import Run
from studio.ui.panels.live_doctor import again, cards, carry_out, message, remedy, wish_with
from studio.ui.words import CORE, LANGUAGES, WORDS, speaker
from tests import tiny
from tests.finished import record_curves

HOSTILE = "<img src=x onerror=alert(1)> ${6*7} {{value}} \u202egnp.exe"
EMPTY: Mapping[str, Any] = {}
EN, ZH = speaker("en"), speaker("zh")


def finding(code: str, values: Mapping[str, Any] = EMPTY, fix: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"code": code, "severity": "warning", "message": "It rose.", "values": values, "fix": fix}


def fix(code: str = "lower_rate", method: str | None = None, **changes: Any) -> dict[str, Any]:
    return {"code": code, "label": "Do it", "changes": changes, "method": method}


def test_every_rule_has_a_title_and_chinese_words() -> None:
    codes = {rule.code for rule in doctor.RULES}
    assert {f"live.doctor.{code}" for code in codes} <= WORDS.keys()
    assert {f"doctor.{code}" for code in codes - {"failed"}} <= CORE.keys()


def test_english_is_what_the_doctor_said() -> None:
    assert message(finding("diverging", {"from": 0.1, "to": 3.0, "step": 5}), EN) == "It rose."


def test_chinese_is_made_of_the_values() -> None:
    values = {"from": 0.1234, "to": 3.0, "step": 1200, "rise": 0.25}
    assert message(finding("diverging", values), ZH) == "训练损失从第 1,200 步的 0.123 升到 3：训练已经发散。"
    over = finding("over_fitting", {"rise": 0.25, "step": 3, "best_step": 2})
    assert "上升了 25 %" in message(over, ZH)
    missed = finding("class_never_predicted", {"count": 2, "names": ["a", HOSTILE], "classes": 5})
    assert f"a、{HOSTILE}" in message(missed, ZH)


def test_a_value_that_is_missing_is_said_in_english() -> None:
    assert message(finding("diverging", {"step": 1}), ZH) == "It rose."
    assert message(finding("unheard_of"), ZH) == "It rose."


def test_a_failure_keeps_its_own_words_behind_the_known_ones() -> None:
    assert message(finding("failed", {"code": "storage"}), ZH) == f"{CORE['error.storage']}It rose."


def test_remedies_have_words_in_both_languages() -> None:
    assert remedy(fix(learning_rate=3e-5), EN) == "Do it"
    assert remedy(fix(learning_rate=3e-5), ZH) == "用三分之一的学习率（3e-05）重新训练"
    assert "仅输出层" in remedy(fix("head_only", "head"), ZH)
    assert "LoRA" in remedy(fix("less_memory", "lora"), ZH)
    assert "轮数 6" in remedy(fix("longer", epochs=6), ZH)
    assert remedy(fix("unheard_of"), ZH) == "Do it"


@pytest.mark.parametrize("language", LANGUAGES)
def test_cards_hold_text_only(language: str) -> None:
    spoken = finding("failed", {"code": "x"}, fix() | {"label": HOSTILE, "code": "x"}) | {"message": HOSTILE}
    shown = str(cards([spoken, finding("new_rule")], "failed", speaker(language)))
    assert shown.count('data-ask="failed"') == 1
    assert "<img" not in shown
    assert "${" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize(("status", "words"), [("queued", "soon"), ("running", "well.yet"), ("finished", "well")])
def test_nothing_found_is_said_too(status: str, words: str) -> None:
    assert EN(f"live.doctor.{words}") in str(cards([], status, EN))


def test_another_method_leaves_behind_what_suited_the_old_one() -> None:
    same = {"task": "t", "method": "lora", "preset": "best", "changes": {"rank": 4, "learning_rate": 1.0, "seed": 3}}
    wish = wish_with(fix("head_only", "head"), same, {"seed", "learning_rate"})
    assert (wish.method, wish.preset, wish.changes) == ("head", "best", {"seed": 3})
    wish = wish_with(fix(learning_rate=0.1), same, set())
    assert (wish.method, wish.changes) == ("lora", {"rank": 4, "learning_rate": 0.1, "seed": 3})


def diverged(workspace: Path) -> Run:
    """A run whose loss became NaN, on a network that can be trained again."""
    tiny.tiny_bert(workspace / "bert")
    run = tiny.new_run(workspace, "text_classification", "full", workspace / "bert", learning_rate=0.3, seed=11)
    record_curves(run, {"Loss/train": [1.0, 2.0]})
    events.append(run.log, events.Started(0))
    error = {"code": "not_finite", "what": "NaN.", "where": "", "why": "", "next": ""}
    events.append(run.log, events.Failed(error))
    return run


def test_a_fix_asks_for_the_same_run_with_its_changes(tmp_path: Path) -> None:
    run = diverged(tmp_path)
    studio = Studio(settings.load(workspace=tmp_path))
    found = studio.results.health(run.id)[0]
    assert found["code"] == "not_finite"
    before, after = run.spec(), studio.draw_up(*again(studio, run.id, found["fix"]))
    assert after.training.learning_rate == pytest.approx(0.1)
    assert after.training.seed == 11
    assert (after.dataset, after.method) == (before.dataset, before.method)


def test_a_finding_that_is_gone_starts_nothing(tmp_path: Path) -> None:
    run = diverged(tmp_path)
    studio = Studio(settings.load(workspace=tmp_path))
    for code in ("plateau", "", "'; drop"):
        with pytest.raises(RequestError, match="no longer there"):
            carry_out(studio, run.id, code)
    assert len(studio.runs()) == 1
