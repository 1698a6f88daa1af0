"""The documentation is complete and true: what can be named is named there, and what is derived is fresh."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from pydantic import BaseModel

from studio import errors, reference
from studio.data.checks import CHECKS
from studio.families import FAMILIES
from studio.methods import METHODS
from studio.options import describe
from studio.presets import PRESETS
from studio.settings import Limits, Settings
from studio.spec import TrainingParams
from studio.tasks import TASKS

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
HOSTED = "sdk_version"  # the key of the front matter that must follow the pin of gradio


def pins() -> dict[str, str]:
    """Exact version by library, as required to run."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return dict(re.match(r"([\w.-]+)==([\w.]+)", line).groups() for line in lines if line and line[0] != "#")  # type: ignore[union-attr,misc]


def names() -> Iterator[tuple[str, str]]:
    """Everything a user can name, with the kind of thing it is."""
    yield from (("task", name) for name in TASKS)
    yield from (("family", name) for name in FAMILIES)
    yield from (("model", checkpoint.id) for family in FAMILIES.values() for checkpoint in family.checkpoints)
    yield from (("method", name) for name in METHODS)
    yield from (("preset", name) for name in PRESETS)
    declarations: list[type[BaseModel]] = [TrainingParams]
    declarations += [*(task.options for task in TASKS.values()), *(method.options for method in METHODS.values())]
    yield from (("option", option.name) for declared in declarations for option in describe(declared))
    yield from (("setting", f"STUDIO_{name.upper()}") for name in Settings.model_fields if name != "limits")
    yield from (("setting", f"STUDIO_LIMITS_{name.upper()}") for name in Limits.model_fields)
    yield from (("error", kind.code) for kind in errors.all_errors())
    yield from (("command", name) for name in reference.commands())
    yield from (("finding", code) for code in CHECKS)


def undocumented(text: str) -> list[str]:
    """What has no mention of its own, in code type, in the documentation."""
    mentioned = set(re.findall(r"`([^`\n]+)`", text))
    return [f"{kind} {name}" for kind, name in names() if name not in mentioned]


def documentation() -> str:
    return "\n".join([README, *(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md")))])


def test_everything_that_can_be_named_is_in_the_documentation() -> None:
    assert undocumented(documentation()) == []


def test_a_name_that_is_missing_from_the_documentation_is_noticed() -> None:
    assert undocumented(documentation().replace("`rate_ratio`", "")) == ["option rate_ratio"]


def test_the_reference_page_is_what_the_declarations_say() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "studio.reference"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert page == done.stdout, "write it again: python -m studio.reference > docs/reference.md"


def test_every_error_class_has_its_line_in_the_tree_of_errors() -> None:
    assert "| 1 |  |" not in reference.page()
    assert "| 2 |  |" not in reference.page()
    assert len({kind.code for kind in errors.all_errors()}) == len(list(errors.all_errors()))


def test_the_file_tree_lists_every_module_with_a_phrase_and_nothing_else() -> None:
    tree = README.split("\n    studio/\n")[1].split("\n    tests/")[0]
    listed = {
        name.rstrip("/"): phrase for name, phrase in re.findall(r"^ +(\S+) {2,}(\S.+)$", tree, flags=re.MULTILINE)
    }
    assert len(listed) == len(tree.splitlines())
    own = (ROOT / "studio").iterdir()
    present = {path.name for path in own if path.suffix == ".py" or any(path.glob("*.py"))} - {"__init__.py"}
    assert set(listed) == present


def test_files_that_the_readme_sends_people_to_exist() -> None:
    named = re.findall(r"`((?:docs|assets)/[\w./-]+|[A-Z_]+\.md|LICENSE|Dockerfile)`", README)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_every_task_and_method_is_listed_with_its_page(name: str) -> None:
    listed = set(re.findall(r"\(docs/(?:tasks|methods)/(\w+)\.md\)", (ROOT / name).read_text(encoding="utf-8")))
    assert listed == {*TASKS, *METHODS}


def test_a_space_gets_the_gradio_that_is_pinned() -> None:
    front = README.split("---\n")[1]
    assert re.search(rf"^{HOSTED}: (.+)$", front, flags=re.MULTILINE)[1] == pins()["gradio"]  # type: ignore[index]
    assert "app_file: app.py" in front


def test_what_is_pinned_is_what_these_tests_run_with() -> None:
    installed = {name: metadata.version(name).split("+")[0] for name in pins()}
    assert installed == pins()


def test_every_library_is_listed_with_its_licence() -> None:
    listed = (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")
    assert [name for name in pins() if f"| {name} | " not in listed] == []


def test_every_requirement_says_why_it_is_there() -> None:
    lines = [
        line
        for name in ("requirements.txt", "requirements-dev.txt")
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
        if line and line[0] not in "#-"
    ]
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+ +# .+", line)] == []


def test_the_commands_of_the_readme_exist() -> None:
    used = re.findall(r"^    python -m studio (\w+)", README, flags=re.MULTILINE)
    assert used
    assert set(used) <= set(reference.commands())
