"""The reference page, written from the declarations: `python -m studio.reference > docs/reference.md`.

Nothing on that page is typed by hand, so it cannot be out of date: a test compares it with what this module writes.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Sequence

from pydantic import BaseModel

from studio import errors
from studio.cli import build_parser
from studio.contracts import Source, SourceKind
from studio.families import FAMILIES
from studio.methods import METHODS
from studio.options import Option, allowed, describe
from studio.presets import PRESETS
from studio.runs.events import Event
from studio.settings import Limits, Settings
from studio.spec import TrainingParams
from studio.tasks import TASKS
from studio.tuning import Method, Saved

_FOUND = {
    SourceKind.PACKAGE: "comes with the studio",
    SourceKind.HUB: "downloaded from the model hub as `{}`",
    SourceKind.FOLDER: "a folder",
    SourceKind.RUN: "a finished run",
    SourceKind.UNTRAINED: "random weights",
}
_SAVED = {Saved.WHOLE: "the whole network", Saved.ADAPTER: "an adapter over the starting weights"}


def page() -> str:
    """The whole page as Markdown."""
    parts: Iterable[Iterator[str]] = (
        _introduction(), _tasks(), _families(), _methods(), _presets(), _training(), _commands(), _settings(),
        _errors(), _events(),
    )  # fmt: skip
    text = "\n".join(line for part in parts for line in part)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _introduction() -> Iterator[str]:
    yield "# Reference"
    yield ""
    yield "Every task, network, method, option, command, setting and error, written from the declarations by"
    yield "`python -m studio.reference`. Change the declaration, then write this page again."


def _tasks() -> Iterator[str]:
    yield from _heading("Tasks", "What is learned: `--task`.")
    for task in TASKS.values():
        yield f"### `{task.name}`: {task.label}\n"
        yield f"{task.summary}\n"
        columns = [
            (f"`{c.name}`", c.kind.value, " or ".join(f"`{alias}`" for alias in c.aliases)) for c in task.columns
        ]
        yield from _table(("Column", "Holds", "Found under the headers"), columns)
        others = ", ".join(f"`{name}`" for name in task.metrics if name != task.metric)
        yield f"The best checkpoint is chosen by `{task.metric}`; also reported: {others}.\n"
        yield from _options(describe(task.options))


def _families() -> Iterator[str]:
    yield from _heading("Networks", "Which network: `--model`, by the name in the first column.")
    for family in FAMILIES.values():
        yield f"### `{family.name}`: {family.label}\n"
        yield f"Serves models whose `model_type` is {' or '.join(f'`{kind}`' for kind in family.model_types)}.\n"
        rows = [
            (f"`{c.id}`", c.label, f"{c.parameters:g} M", f"{c.size_mb} MB", c.license, c.languages, _found(c.source))
            for c in family.checkpoints
        ]
        yield from _table(("Name", "Network", "Parameters", "Size", "Licence", "For", "Weights"), rows)
        for checkpoint in family.checkpoints:
            yield f"- `{checkpoint.id}`: {checkpoint.advice}"
        yield ""


def _found(source: Source) -> str:
    return _FOUND[source.kind].format(source.location)


def _methods() -> Iterator[str]:
    yield from _heading("Methods", "How the weights are tuned: `--method`. Options are given with `--set NAME=VALUE`.")
    for method in METHODS.values():
        yield f"### `{method.name}`: {method.label}\n"
        yield f"{method.summary} It leaves {_SAVED[method.saved]}.\n"
        yield from _table(
            ("Starting values for", "Learning rate", "of the head", "Epochs", "Weight decay"), _rates(method)
        )
        yield from _options(describe(method.options))


def _rates(method: Method) -> list[tuple[str, ...]]:
    return [
        (
            modality.value,
            f"{method.learning_rate[modality]:g}",
            f"{method.head_learning_rate[modality]:g}",
            f"{method.epochs[modality]}",
            f"{method.weight_decay[modality]:g}",
        )
        for modality in method.learning_rate
    ]


def _presets() -> Iterator[str]:
    yield from _heading("Presets", "How much time to spend: `--preset`.")
    for preset in PRESETS.values():
        yield f"- `{preset.name}`: {preset.summary}"


def _training() -> Iterator[str]:
    yield from _heading(
        "Options of training", "Given with `--set NAME=VALUE`. What is unset is chosen for you, or off."
    )
    yield from _options(describe(TrainingParams), grouped=True)


def _options(options: Sequence[Option], grouped: bool = False) -> Iterator[str]:
    if options:
        rows = [
            (f"`{o.name}`", *((o.group,) if grouped else ()), allowed(o), _default(o.default), o.help) for o in options
        ]
        yield from _table(("Option", *(("Group",) if grouped else ()), "Takes", "Default", "What it does"), rows)


def _default(value: object) -> str:
    return "unset" if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _commands() -> Iterator[str]:
    pages = {name: (summary, _arguments(command)) for name, (summary, command) in commands().items()}
    everywhere = [row for row in next(iter(pages.values()))[1] if all(row in rows for _, rows in pages.values())]
    yield from _heading("Commands", "`python -m studio COMMAND ...`. Every command takes:")
    yield from _table(("Argument", "What it is"), everywhere)
    for name, (summary, rows) in pages.items():
        yield f"### `{name}`\n"
        yield f"{_sentence(summary)}\n"
        if own := [row for row in rows if row not in everywhere]:
            yield from _table(("Argument", "What it is"), own)


def _arguments(command: argparse.ArgumentParser) -> list[tuple[str, ...]]:
    return [(f"`{_spelling(a)}`", _help(a, command)) for a in command._actions if "--help" not in a.option_strings]


def commands() -> dict[str, tuple[str, argparse.ArgumentParser]]:
    """Summary and parser of each command, in the order of the help text."""
    found: dict[str, tuple[str, argparse.ArgumentParser]] = {}
    for action in build_parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            summaries = {choice.dest: choice.help or "" for choice in action._choices_actions}
            found |= {name: (summaries.get(name, ""), command) for name, command in action.choices.items()}
    return found


def _spelling(action: argparse.Action) -> str:
    """An argument as it is typed: `--name NAME`, `FILE`, `--json`."""
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    value = "|".join(map(str, action.choices)) if action.choices and action.metavar is None else metavar
    more = " ..." if action.nargs in ("*", "+", argparse.REMAINDER) else ""
    if not action.option_strings:
        return value + more
    return action.option_strings[-1] + (f" {value}{more}" if action.nargs != 0 else "")


def _help(action: argparse.Action, command: argparse.ArgumentParser) -> str:
    return (action.help or "") % (vars(action) | {"prog": command.prog})


def _settings() -> Iterator[str]:
    yield from _heading("Settings", "Variables of the environment, read once at the start. A wrong value is refused.")
    yield from _table(("Variable", "Default", "What it sets"), [*_variables(Settings, "STUDIO_")])
    yield from _heading("Limits", "Also variables of the environment; larger data is refused with a sentence.")
    yield from _table(("Variable", "Default", "What it limits"), [*_variables(Limits, "STUDIO_LIMITS_")])


def _variables(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        if not isinstance(field.default, BaseModel):
            yield f"`{prefix}{name.upper()}`", f"`{field.default}`", field.description or ""


def _errors() -> Iterator[str]:
    yield from _heading("Errors", "The `code` of an error in JSON output, and how the command ends.")
    meanings = dict(re.findall(r"^[│├└─ ]*(\w+) {2,}(.+)$", inspect.getdoc(errors) or "", flags=re.MULTILINE))
    rows = [(f"`{e.code}`", f"{e.exit_code}", _sentence(meanings.get(e.__name__, ""))) for e in errors.all_errors()]
    yield from _table(("Code", "Exit code", "Meaning"), rows)


def _events() -> Iterator[str]:
    yield from _heading("Events", "What a run's `events.jsonl` tells, one JSON object a line.")
    for kind in Event.__subclasses__():
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
        yield f"- `{name}`: {inspect.getdoc(kind)}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _heading(title: str, sentence: str) -> Iterator[str]:
    yield f"\n## {title}\n"
    yield f"{sentence}\n"


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    for row in (header, ("---",) * len(header), *rows):
        yield f"| {' | '.join(map(_cell, row))} |"
    yield ""


def _cell(text: str) -> str:
    """A text that Markdown shows as it is, within a table."""
    return re.sub(r"([|<])", r"\\\1", text)


if __name__ == "__main__":
    sys.stdout.write(page())
