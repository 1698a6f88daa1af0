"""The words of the page: every key in both languages with the same values, and every declaration in Chinese."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from studio.data.checkup import CODES
from studio.errors import all_errors
from studio.families import FAMILIES
from studio.methods import METHODS
from studio.options import describe
from studio.presets import PRESETS
from studio.runs.store import Status
from studio.spec import TrainingParams
from studio.tasks import TASKS
from studio.ui.words import CORE, LANGUAGES, WORDS, speaker

UI = Path(__file__).parent.parent / "studio" / "ui"


def places(said: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(said) if name}


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_say_it_with_the_same_values(key: str) -> None:
    english, chinese = WORDS[key]
    assert english.strip()
    assert chinese.strip()
    assert places(english) == places(chinese)


def test_chinese_is_chinese() -> None:
    plain = [key for key, (english, chinese) in WORDS.items() if len(english.split()) > 3 and english == chinese]
    assert plain == []


def declared() -> list[str]:
    options = [*describe(TrainingParams)]
    declarations = [*(method.options for method in METHODS.values()), *(task.options for task in TASKS.values())]
    options += [option for declaration in declarations for option in describe(declaration)]
    return [
        *(f"{kind}.{option.name}" for option in options for kind in ("option", "help")),
        *{f"group.{option.group}" for option in describe(TrainingParams)},
        *(f"task.{name}" for name in TASKS),
        *(f"method.{name}{part}" for name in METHODS for part in ("", ".summary")),
        *(f"preset.{name}{part}" for name in PRESETS for part in ("", ".summary")),
        *(f"model.{card.id}" for family in FAMILIES.values() for card in family.checkpoints),
        *(f"data.{card.id}" for family in FAMILIES.values() for card in family.checkpoints if card.data),
        *{f"language.{card.languages}" for family in FAMILIES.values() for card in family.checkpoints},
        *(f"metric.{metric}" for task in TASKS.values() for metric in (task.metric, *task.metrics)),
        *(f"role.{column.name}" for task in TASKS.values() for column in task.columns),
        *(f"finding.{code}" for code in CODES),
        *(f"error.{error.code}" for error in all_errors()),
    ]


@pytest.mark.parametrize("key", sorted(set(declared())))
def test_everything_declared_has_a_chinese_word(key: str) -> None:
    assert re.search(r"[\u4e00-\u9fff]|LoRA|F1", CORE.get(key, "")), f"studio/ui/words/core.py lacks {key}"


def test_every_state_of_a_run_has_a_word() -> None:
    assert all(f"status.{status.value}" in WORDS for status in Status)


def test_every_key_that_the_page_asks_for_is_there() -> None:
    asked = {
        key
        for path in UI.rglob("*.py")
        for key in re.findall(r"""\bsay\(\s*"([a-z0-9_.]+)\"""", path.read_text(encoding="utf-8"))
    }
    assert asked
    assert sorted(asked - WORDS.keys()) == []


def test_a_language_that_nobody_speaks_is_refused() -> None:
    with pytest.raises(ValueError, match="xx"):
        speaker("xx")
    assert [speaker(language)("tab.data") for language in LANGUAGES] == ["Data", "数据"]


def test_what_the_core_says_stands_in_english_where_the_table_has_nothing() -> None:
    assert speaker("zh").core("option.unheard_of", "Unheard of") == "Unheard of"
    assert speaker("en").core("option.epochs", "Epochs") == "Epochs"
