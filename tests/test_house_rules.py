"""The house rules are kept, and each of them would notice if it were not."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.house_rules import (
    BROAD,
    FILE_LINES,
    FILE_MEDIAN,
    FUNCTION_LINES,
    FUNCTION_MEDIAN,
    LOOP,
    ROOT,
    Source,
    broad_except_elsewhere,
    broad_excepts,
    dangerous_calls,
    every_source,
    global_statements,
    length,
    long_file,
    long_functions,
    many_arguments,
    missing_annotations,
    module_state,
    name_branches,
    no_docstring,
    prints,
    strange_test_names,
    unfinished,
    writes,
)

LONG_BODY = "\n".join("    x = 1" for _ in range(FUNCTION_LINES))
Rule = Callable[[Source], Iterator[str]]
RULES: dict[Rule, tuple[Source, ...]] = {  # each with samples that it must refuse
    no_docstring: (Source("studio/x.py", "import os\n"),),
    long_file: (Source("studio/x.py", "\n" * (FILE_LINES + 1)),),
    long_functions: (
        Source("studio/x.py", f"def f() -> None:\n{LONG_BODY}\n"),
        Source(LOOP, f"def f() -> None:\n{LONG_BODY}\ndef g() -> None:\n{LONG_BODY}\n"),
        Source(LOOP, "def f() -> None:\n" + f"{LONG_BODY}\n" * 3),
    ),
    many_arguments: (
        Source("tests/x.py", "def f(a: int, b: int, c: int, d: int, *, e: int, f: int, g: int) -> None: ..."),
    ),
    missing_annotations: (
        Source("studio/x.py", "def f(a) -> None: ..."),
        Source("studio/x.py", "def f(*a) -> None: ..."),
        Source("studio/x.py", "def f(a: int): ..."),
    ),
    broad_except_elsewhere: (
        Source("studio/x.py", "try:\n    f()\nexcept Exception:\n    pass\n"),
        Source("studio/x.py", "try:\n    f()\nexcept:\n    pass\n"),
        Source("studio/x.py", "try:\n    f()\nexcept (OSError, BaseException) as e:\n    raise ValueError from e\n"),
        Source(BROAD[0], "try:\n    f()\nexcept Exception:\n    pass\ntry:\n    f()\nexcept Exception:\n    pass\n"),
    ),
    global_statements: (Source("studio/x.py", "def f() -> None:\n    global a\n    a = 1\n"),),
    module_state: (
        Source("studio/x.py", "cache = {}\n"),
        Source("studio/x.py", "seen: list[int] = list()\n"),
        Source("studio/x.py", "SEEN = []\ndef f() -> None:\n    SEEN.append(1)\n"),
        Source("studio/x.py", "SEEN = {}\ndef f() -> None:\n    SEEN['a'] = 1\n"),
        Source("studio/x.py", "SEEN = {}\ndef f() -> None:\n    del SEEN['a']\n"),
    ),
    prints: (Source("studio/x.py", "def f() -> None:\n    print(1)\n"),),
    writes: (
        Source("studio/x.py", "open('a', 'w')\n"),
        Source("studio/x.py", "path.open(mode='ab')\n"),
        Source("studio/x.py", "path.write_text('a')\n"),
        Source("studio/x.py", "os.replace('a', 'b')\n"),
        Source("studio/x.py", "path.replace(other)\n"),
        Source("studio/x.py", "from shutil import move\n"),
    ),
    name_branches: (
        Source("studio/x.py", "if spec.method == 'lora': ...\n"),
        Source("studio/x.py", "if family in ('bert', 'other'): ...\n"),
        Source("studio/x.py", "match task:\n    case 'text_classification': ...\n"),
        Source("studio/x.py", "f = {'full': 1, 'lora': 2}[method]\n"),
    ),
    strange_test_names: (Source("tests/test_nothing_of_ours.py", ""),),
    unfinished: (Source("studio/x.py", "a = 1  # TO" + "DO\n"),),
    dangerous_calls: (
        Source("studio/x.py", "archive.extractall(folder)\n"),
        Source("studio/x.py", "eval('1')\n"),
        Source("studio/x.py", "load(a, trust_remote_code=True)\n"),
    ),
}
FINE = Source(
    "studio/fine.py",
    '"""Fine."""\nNAMES = {"full": 1}\ndef f(path: str, *rest: int, **more: int) -> str:\n'
    "    try:\n        files.write_bytes(path, b'')\n    except BaseException:\n        raise\n"
    "    with open(path, 'rb') as file:\n        return path.replace('a', 'b')\n",
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.__name__))
def test_the_house_rules_are_kept(rule: Rule) -> None:
    assert [f"{source.path}: {what}" for source in every_source() for what in rule(source)] == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.__name__))
def test_each_rule_refuses_a_bad_sample_and_lets_a_good_one_pass(rule: Rule) -> None:
    for sample in RULES[rule]:
        assert list(rule(sample)), sample.text
    assert list(rule(FINE)) == []


def test_half_of_the_files_and_functions_are_short() -> None:
    studio = [source for source in every_source() if source.path.startswith("studio/")]
    assert median(source.text.count("\n") for source in studio) < FILE_MEDIAN
    assert median(length(node) for source in studio for node in source.functions()) < FUNCTION_MEDIAN


def test_at_most_three_places_catch_everything() -> None:
    assert sum(len(broad_excepts(source)) for source in every_source()) <= 3


def tracked_texts() -> Iterator[tuple[str, str]]:
    """Every file of the repository that is text, whatever its kind."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("no git checkout: which files belong to the project is unknown")
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            yield name, content.decode("utf-8", "replace")


def private_paths(text: str, root: Path) -> list[str]:
    """Places of one machine in a text: somebody's home, this checkout, and the folder that it lies in."""
    places = [r"/(?:home|Users)/\w+", r"(?<![\w.~])/root/", re.escape(f"{root}/")]
    if root.parent not in (Path("/"), Path(tempfile.gettempdir())):
        places.append(re.escape(f"{root.parent}/"))
    return re.findall("|".join(places), text)


def test_no_file_knows_a_place_on_somebodys_machine() -> None:
    found = [f"{name}: {place}" for name, text in tracked_texts() for place in private_paths(text, ROOT)]
    assert [line for line in found if not line.startswith("tests/test_house_rules.py")] == []


@pytest.mark.parametrize("text", ["see /home/ann/notes", "/root/x", "in /srv/checkout/studio", "in /srv/other"])
def test_a_place_on_somebodys_machine_is_noticed(text: str) -> None:
    assert private_paths(text, Path("/srv/checkout"))
    assert private_paths("../shared/x, app/root/x, docs/home.md", Path("/srv/checkout")) == []
