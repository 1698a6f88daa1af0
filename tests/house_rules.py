"""The limits that keep the house livable, each a function from one source file to what is wrong with it.

The rules read our own source text; nothing is imported but the catalogs, whose names no branch may test for.
`test_house_rules.py` applies them, and tries each on bad samples.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from studio.families import FAMILIES
from studio.methods import METHODS
from studio.tasks import TASKS

ROOT = Path(__file__).parent.parent
Function = ast.FunctionDef | ast.AsyncFunctionDef

FILE_LINES, FILE_MEDIAN = 300, 150
FUNCTION_LINES, FUNCTION_MEDIAN, LOOP_LINES = 40, 12, 120
ARGUMENTS = 6
LOOP = "studio/training/loop.py"  # one function there may be long: the training loop reads best in one piece
BROAD = ("studio/training/worker.py", "studio/data/importer.py", "studio/boundary.py")  # where errors end
WRITERS = ("studio/files.py", "studio/processes.py")  # state, and the output file that a child process writes
SPEAKERS = ("studio/cli", "benchmarks/")  # print is how they talk
SWEEPING = (
    "every_combination",
    "round_trip",
    "import_layering",
    "docs",
    "house_rules",
    "types",
    "wrong_input",
    "app",
    "hosting",
    "whole_job",
    "torture",
)


@dataclass(frozen=True)
class Source:
    """One Python file of ours; `path` is relative to the repository, with forward slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    def functions(self) -> list[Function]:
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]


@cache
def every_source() -> tuple[Source, ...]:
    folders = ("studio", "tests", "benchmarks")
    paths = [ROOT / "app.py", *(path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))]
    return tuple(Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in paths)


def length(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def no_docstring(source: Source) -> Iterator[str]:
    if ast.get_docstring(source.tree) is None:
        yield "does not open with a docstring that says what it does"


def long_file(source: Source) -> Iterator[str]:
    lines = source.text.count("\n")
    if lines > FILE_LINES:
        yield f"has {lines} lines; at most {FILE_LINES}"


def long_functions(source: Source) -> Iterator[str]:
    long = sorted((node for node in source.functions() if length(node) > FUNCTION_LINES), key=length)
    if source.path == LOOP and long and length(long[-1]) <= LOOP_LINES:
        long.pop()
    for node in long:
        yield f"{node.name} (line {node.lineno}) has {length(node)} lines; at most {FUNCTION_LINES}"


def many_arguments(source: Source) -> Iterator[str]:
    for node in source.functions():
        names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        count = len([name for name in names if name not in ("self", "cls")])
        if count > ARGUMENTS:
            yield f"{node.name} (line {node.lineno}) has {count} arguments; at most {ARGUMENTS}: pass the record"


def missing_annotations(source: Source) -> Iterator[str]:
    for node in source.functions():
        arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg)
        bare = [a.arg for a in arguments if a and a.annotation is None and a.arg not in ("self", "cls")]
        if bare or node.returns is None:
            yield f"{node.name} (line {node.lineno}) lacks annotations: {', '.join(bare) or 'its result'}"


def broad_excepts(source: Source) -> list[ast.ExceptHandler]:
    """Handlers that catch everything and do not raise it again when they have cleaned up."""
    broad = ("Exception", "BaseException")
    return [
        node
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or any(isinstance(n, ast.Name) and n.id in broad for n in ast.walk(node.type)))
        and not (isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None)
    ]


def broad_except_elsewhere(source: Source) -> Iterator[str]:
    found = broad_excepts(source)
    allowed = 1 if source.path.startswith(BROAD) else 0
    for node in found[allowed:]:
        yield f"line {node.lineno}: a broad except; one each is allowed in {', '.join(BROAD)}"


def global_statements(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Global):
            yield f"line {node.lineno}: global {', '.join(node.names)}"


MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
CONTAINERS = ("list", "dict", "set", "defaultdict", "OrderedDict", "Counter", "deque")
MUTATORS = re.compile(
    "append|extend|insert|remove|pop|popitem|clear|add|discard|update|setdefault|sort|reverse|appendleft|popleft"
)


def module_state(source: Source) -> Iterator[str]:
    """Containers at module level are constants by their name, and nothing below ever changes them."""
    constants = dict(_containers(source.tree))
    for name, line in constants.items():
        if not re.fullmatch(r"_*[A-Z][A-Z0-9_]*|__all__", name):
            yield f"line {line}: {name} is a container at module level and not a constant (UPPER_CASE)"
    for function in source.functions():
        for node in ast.walk(function):
            for changed in _changed_names(node):
                if changed in constants:
                    yield f"line {node.lineno}: changes the module's {changed}"  # type: ignore[attr-defined]


def _containers(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        called = value.func.id if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) else ""
        if isinstance(value, MUTABLE) or called in CONTAINERS:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]  # type: ignore[attr-defined]
            yield from ((t.id, node.lineno) for t in targets if isinstance(t, ast.Name))


def _changed_names(node: ast.AST) -> Iterator[str]:
    """The variables whose content a statement or call changes."""
    touched: list[ast.expr] = []
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=attr)) if MUTATORS.fullmatch(attr):
            touched = [value]
        case ast.Assign(targets=targets) | ast.Delete(targets=targets):
            touched = [t.value for t in targets if isinstance(t, ast.Subscript)]
        case ast.AugAssign(target=target):
            touched = [target.value if isinstance(target, ast.Subscript) else target]
    yield from (t.id for t in touched if isinstance(t, ast.Name))


def prints(source: Source) -> Iterator[str]:
    if not source.path.startswith(SPEAKERS):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                yield f"line {node.lineno}: print"


def writes(source: Source) -> Iterator[str]:
    """State is written by `studio.files` alone; `files.write_bytes` and its sisters are how to ask for it."""
    if not source.path.startswith(("studio/", "app.py")) or source.path in WRITERS:
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and (what := _written(node)):
            yield f"line {node.lineno}: {what}; ask studio.files"
        if isinstance(node, ast.Import | ast.ImportFrom) and "shutil" in ast.unparse(node):
            yield f"line {node.lineno}: shutil; ask studio.files"


def _written(call: ast.Call) -> str | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    owner = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    if owner == "files":
        return None
    if name in ("write_text", "write_bytes", "symlink_to", "touch") or f"{owner}.{name}" in ("os.rename", "os.replace"):
        return f"{owner}.{name}"
    if name in ("rename", "replace") and len(call.args) == 1 and not call.keywords:  # of a Path; that of str takes two
        return f"{owner}.{name}"
    if name == "open":
        modes = [*call.args[:2], *(k.value for k in call.keywords if k.arg == "mode")]
        if any(
            isinstance(m, ast.Constant) and re.fullmatch(r"[rwaxbt+]*[wax+][rwaxbt+]*", str(m.value)) for m in modes
        ):
            return "open for writing"
    return None


NAMES = {kind: frozenset(names) for kind, names in (("task", TASKS), ("family", FAMILIES), ("method", METHODS))}


def name_branches(source: Source) -> Iterator[str]:
    """No comparison with, match on, or table keyed by the names of tasks, families or methods: ask the entry."""
    if not source.path.startswith(("studio/", "app.py")):
        return
    for node in ast.walk(source.tree):
        tested: list[ast.expr] = []
        match node:
            case ast.Compare(left=left, comparators=others):
                tested = [part for side in (left, *others) for part in getattr(side, "elts", [side])]
            case ast.MatchValue(value=value):
                tested = [value]
        texts = _strings(tested)
        keys = _strings(getattr(node, "keys", []))
        for kind, names in NAMES.items():
            if found := (texts & names) | (keys & names if len(keys & names) > 1 else set()):
                yield f"line {getattr(node, 'lineno', 0)}: decides by the name of a {kind}: {', '.join(sorted(found))}"


def _strings(nodes: list[ast.expr]) -> set[str]:
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def strange_test_names(source: Source) -> Iterator[str]:
    """`tests/test_runs_store.py` and `tests/test_runs_store_more.py` belong to `studio/runs/store.py`."""
    if source.path.startswith("tests/test_"):
        stem = Path(source.path).stem.removeprefix("test_")
        if not any(stem == name or stem.startswith(f"{name}_") for name in (*SWEEPING, "benchmarks", *_mirrored())):
            yield "is named after no module of studio"


def _mirrored() -> list[str]:
    """Every module and folder of studio as a test file spells it: `tasks/_classes.py` is `tasks_classes`."""
    paths = (path.relative_to(ROOT / "studio").with_suffix("") for path in (ROOT / "studio").rglob("*.py"))
    names = {"_".join(part.strip("_") for part in path.parts if part != "__init__") for path in paths}
    return sorted(names - {""})


def unfinished(source: Source) -> Iterator[str]:
    for number, line in enumerate(source.text.splitlines(), 1):
        if re.search(r"\b(TO" r"DO|FIX" r"ME|raise Not" r"ImplementedError)\b", line):
            yield f"line {number}: left unfinished: {line.strip()}"


def dangerous_calls(source: Source) -> Iterator[str]:
    """Nothing in a file, a model or a name can become code or a command."""
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        truths = {k.arg for k in node.keywords if isinstance(k.value, ast.Constant) and k.value.value is True}
        found = sorted(str(truth) for truth in truths & {"shell", "trust_remote_code", "allow_pickle"})
        if found or name in ("eval", "exec", "torch.load") or name.endswith((".extractall", "yaml.load")):
            yield f"line {node.lineno}: {name}{' with ' if found else ''}{', '.join(found)}"
