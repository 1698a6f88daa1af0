"""Every task has its page, which says exactly what is declared; the page's help is made of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from studio import guides, settings
from studio.api import Studio
from studio.methods import METHODS
from studio.tasks import TASKS
from studio.ui.panels import data_guides, train_guides
from studio.ui.words import CORE, speaker


def named(section: str) -> list[str]:
    """What stands in code type in the first cell of each row of the section's table."""
    return re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)


@pytest.mark.parametrize("task", TASKS)
def test_the_page_of_a_task_lists_exactly_its_columns_and_metrics(task: str) -> None:
    entry = TASKS[task]
    found = guides.guide(entry.name)
    assert found["title"] == entry.label
    assert [name for name in found["sections"] if name != "Long texts"] == ["File", "Defaults", "Metrics"]
    assert named(found["sections"]["File"]) == [column.name for column in entry.columns]
    assert named(found["sections"]["Metrics"]) == list(entry.metrics)
    assert f"`{entry.metric}` on the" in found["sections"]["Defaults"].replace("\n", " ")
    assert re.search(r"^    \S", found["sections"]["File"], flags=re.MULTILINE), "no example"
    for column in entry.columns:
        row = next(line for line in found["sections"]["File"].splitlines() if line.startswith(f"| `{column.name}` |"))
        said = [alias.strip() for alias in row.split("|")[3].split(",")]
        assert set(said) <= {column.name, *column.aliases}, "a header that is not known"


def test_there_is_no_page_of_a_task_that_does_not_exist() -> None:
    assert {path.stem for path in guides.FOLDER.glob("*.md")} == set(TASKS)
    assert guides.guide("nothing") == {"title": "", "summary": "", "sections": {}}


def test_the_help_on_methods_shows_their_pages_and_in_chinese_its_own_words(tmp_path: Path) -> None:
    studio = Studio(settings.load(workspace=tmp_path))
    english, chinese = (train_guides.guides(studio, speaker(language)) for language in ("en", "zh"))
    for name in METHODS:
        sections = guides.guide(name, guides.METHODS)["sections"]
        assert all(sections[part] in english for part in train_guides.SHOWN)
        assert CORE[f"guide.method.{name}"] in chinese
        assert sections["How it works"] not in chinese
    assert chinese.count("###") == english.count("###") == len(METHODS)


def test_the_help_shows_the_documentation_and_in_chinese_its_own_words(tmp_path: Path) -> None:
    studio = Studio(settings.load(workspace=tmp_path))
    english, chinese = (data_guides.guides(studio, speaker(language)) for language in ("en", "zh"))
    for name in TASKS:
        found = guides.guide(name)
        assert found["summary"] in english
        assert found["sections"]["File"] in english
        assert CORE[f"guide.{name}"] in chinese
        assert found["summary"] not in chinese
    assert chinese.count("###") == english.count("###") == len(TASKS)
