"""Which module may look at which: the rules as data, a small engine that reads them, and a check of the engine itself.

Two kinds of rule. `Rule` is about the text of our own modules: which imports stand in them, wherever they stand.
`Fresh` is about what really gets loaded when a module is imported into an interpreter that has loaded nothing else.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Rule:
    """Of the modules under `of`, the modules under `who` (but not under `but`) import only those under `allowed`."""

    who: tuple[str, ...]
    of: str
    allowed: tuple[str, ...]
    why: str
    but: tuple[str, ...] = ()
    top_level_only: bool = False


def own(who: str, allowed: str, why: str) -> Rule:
    """Of the studio's own modules, `who` imports only itself and `allowed`: names under `studio`, in one string."""
    module = f"studio.{who}"
    return Rule((module,), "studio", (module, *(f"studio.{name}" for name in allowed.split())), why)


def apart(who: str, of: str, why: str, but: str = "") -> Rule:
    """`who` imports nothing under `of`; `but` names what it may import all the same."""
    return Rule((f"studio.{who}",), f"studio.{of}", tuple(f"studio.{name}" for name in but.split()), why)


HEAVY = ("torch", "transformers", "peft", "datasets", "sklearn", "tensorboardX")
TRAINING_ONLY = (*HEAVY, "accelerate", "scipy", "seqeval")
LEAVES = ("errors", "arrays", "identifiers", "pixels", "spreadsheet", "gpus", "nvml", "disk", "figures", "margins")
ENTRIES = ("tasks", "families", "methods")
FACES = "cli ui web"
ROOMS = (
    "choices",
    "cards",
    "drafts",
    "forecasts",
    "janitor",
    "lengths",
    "rerun",
    "suspects",
)  # of the front door, and what they stand on

RULES = (
    *(own(name, "", "a leaf: everybody may import it, so it imports nobody") for name in LEAVES),
    own("machine", "gpus nvml", "looks at the system, and at nothing of ours"),
    own("catalog", "errors", "knows entries by their names only"),
    own("files", "errors", "the one place that writes knows nothing of what it writes"),
    own("locks", "errors", "a lock knows nothing of what it guards"),
    own("settings", "errors", "read before anything else"),
    own("contracts", "errors arrays anatomy", "read first, so it stands on nothing; arrays only for its annotations"),
    own("tuning", "contracts anatomy", "read second: what a method is"),
    own("spec", "contracts errors", "a spec is data"),
    own("processes", "errors settings", "starting a process needs no knowledge of its work"),
    *(
        own(name, "contracts anatomy tuning catalog errors arrays pixels", "any new entry works with all old ones")
        for name in ENTRIES
    ),
    own("data.store", "files errors identifiers contracts arrays", "read by the page and by the worker alike"),
    own("sealed", "files errors", "shows whether a file is as it was written, whatever it says"),
    own(
        "runs.store",
        "files locks sealed errors identifiers spec contracts runs.events",
        "read by the page and by the worker alike",
    ),
    own("runs.events", "files sealed errors", "read by the page and by the worker alike"),
    own("ui", "api contracts spec errors figures settings boundary", "a panel cannot reach around the front door"),
    own(
        "web",
        "ui api contracts errors settings boundary",
        "the HTTP shell reaches the studio through its page and its object",
    ),
    own(
        "cli",
        "api contracts spec errors settings boundary catalog web terminal",
        "the terminal is a second thin face of the same object",
    ),
    own(
        "terminal",
        "api contracts spec errors figures settings catalog files web spreadsheet",
        "the terminal reaches the studio through its object",
    ),
    own("boundary", "files errors", "explains mistakes without knowing what was asked"),
    apart("training", "runs", "two processes, one folder", but="runs.store runs.events"),
    apart("runs", "training", "two processes, one folder"),
    apart("web", "training", "the web process does not train"),
    *(
        apart(name, "api", "what the front door opens does not reach back for it")
        for name in ("plan", "data", "runs", *ROOMS)
    ),
    *(apart("plan", name, "a plan is made before there is a run") for name in ("runs", "training", "export")),
    *(
        apart("data", name, "a dataset does not know who will use it")
        for name in ("runs", "training", "inference", "plan")
    ),
    *(
        apart(name, face, "the core never imports a face")
        for name in ("api", "plan", "data", "runs", "training", "inference", "export", *ROOMS)
        for face in FACES.split()
    ),
    Rule(("studio",), "gradio", (), "the logic runs and is tested without a browser", but=("studio.ui", "studio.web")),
    *(
        Rule(("studio",), heavy, (), "read in milliseconds by forms and terminals", ("studio.training",), True)
        for heavy in TRAINING_ONLY
    ),
)


@dataclass(frozen=True)
class Fresh:
    """Importing `module` loads none of `banned`."""

    module: str
    banned: tuple[str, ...]


FRESH = (
    *(Fresh(f"studio.{name}", (*HEAVY, "gradio", "pandas")) for name in ("cli", "api", "__main__", "reference")),
    Fresh("studio.training.worker", (*HEAVY, "gradio", "pandas", "fastapi")),
    Fresh("studio.data.importer", ("torch", "transformers", "gradio")),
    Fresh("studio.web", HEAVY),
    Fresh("studio.ui", HEAVY),
    Fresh("app", HEAVY),
)


@dataclass(frozen=True)
class Import:
    """`module` is what is imported; `top_level` says that it happens when the importing module is loaded."""

    module: str
    line: int
    top_level: bool


@cache
def sources() -> Mapping[str, str]:
    """The text of every module of ours, by the module's name."""
    found = {"app": ROOT / "app.py"} | {_module(path): path for path in sorted((ROOT / "studio").rglob("*.py"))}
    return {name: path.read_text(encoding="utf-8") for name, path in found.items() if path.is_file()}


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(name: str, text: str, known: frozenset[str]) -> Iterator[Import]:
    """Every import in a module. `from studio import files` imports `studio.files` where `known` has such a module."""
    for node, top_level in import_statements(text):
        base = "" if isinstance(node, ast.Import) else _absolute(name, node)
        for alias in node.names:
            full = f"{base}.{alias.name}" if base else alias.name
            yield Import(full if full in known or not base else base, node.lineno, top_level)


@cache
def import_statements(text: str) -> tuple[tuple[ast.Import | ast.ImportFrom, bool], ...]:
    """Every import statement of a module, and whether it runs when the module is loaded."""
    tree = ast.parse(text)
    loaded = frozenset(_run_on_import(tree))
    return tuple((node, node in loaded) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def _absolute(name: str, node: ast.ImportFrom) -> str:
    if node.level == 0:
        return node.module or ""
    return ".".join([*name.split(".")[: -node.level], *([node.module] if node.module else [])])


def _run_on_import(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is loaded: not the bodies of functions, not what is there for the type checker only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _run_on_import(child)


def under(module: str, prefixes: tuple[str, ...]) -> bool:
    return any(module == prefix or module.startswith(f"{prefix}.") for prefix in prefixes)


def broken(rule: Rule, texts: Mapping[str, str]) -> list[str]:
    """Every import that the rule forbids."""
    known = frozenset(texts)
    return [
        f"{name}, line {found.line}: imports {found.module}"
        for name, text in texts.items()
        if under(name, rule.who) and not under(name, rule.but)
        for found in imports(name, text, known)
        if under(found.module, (rule.of,))
        and found.module != "studio"
        and not under(found.module, rule.allowed)
        and (found.top_level or not rule.top_level_only)
    ]


@cache
def loaded_by(module: str) -> frozenset[str]:
    """The top-level packages in an interpreter that has imported `module` and nothing else."""
    program = (
        f"import json, sys, {module}\nsys.stdout.write(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return frozenset(json.loads(done.stdout))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{'+'.join(rule.who)} of {rule.of}")
def test_modules_import_only_what_they_may(rule: Rule) -> None:
    assert broken(rule, sources()) == [], rule.why


@pytest.mark.parametrize("fresh", [f for f in FRESH if f.module in sources()], ids=lambda fresh: str(fresh.module))
def test_importing_a_module_loads_nothing_heavy(fresh: Fresh) -> None:
    assert sorted(loaded_by(fresh.module) & set(fresh.banned)) == []


def test_the_fresh_interpreter_check_sees_what_is_loaded() -> None:
    assert {"rich", "pygments"} & loaded_by("rich.syntax") == {"rich", "pygments"}


BAD = {
    "studio.ui.panel": ("from studio.runs import store", "studio.ui"),
    "studio.ui": ("def show() -> None:\n    from studio import files", "studio.ui"),
    "studio.tasks.new": ("from ..families import bert", "studio.tasks"),
    "studio.methods.new": ("import studio.tasks.text_classification", "studio.methods"),
    "studio.training.new": ("from studio.runs import jobs", "studio.training"),
    "studio.runs.new": ("import gradio as gr", "studio"),
    "studio.families.new": ("import torch.nn", "studio"),
    "studio.errors": ("from studio.contracts import Task", "studio.errors"),
}
GOOD = {
    "studio.ui.panel": "from studio.api import Studio\nfrom studio import errors\nimport gradio",
    "studio.tasks.new": "from studio.contracts import Task\ndef encode() -> None:\n    import torch",
    "studio.families.new": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch",
    "studio.training.new": "import torch\nfrom studio.runs import events, store",
}


@pytest.mark.parametrize("name", BAD)
def test_a_module_that_looks_where_it_must_not_is_found(name: str) -> None:
    text, who = BAD[name]
    found = [line for rule in RULES if who in rule.who for line in broken(rule, {**sources(), name: text})]
    assert [line for line in found if line.startswith(f"{name}, line")]


@pytest.mark.parametrize("name", GOOD)
def test_a_module_that_keeps_the_rules_is_left_in_peace(name: str) -> None:
    texts = {**sources(), name: GOOD[name]}
    assert [line for rule in RULES for line in broken(rule, texts) if line.startswith(f"{name},")] == []
