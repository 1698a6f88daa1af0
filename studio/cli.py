"""The studio from a terminal: `python -m studio <command> ...`, a thin face of `studio.api.Studio`.

Every command is one entry of `terminal.commands` and one function of `studio.terminal`. Pages go to standard output,
progress and failures to standard error; with `--json` exactly one JSON object goes to standard output. Exit codes: 0
done, 1 the thing asked for failed, 2 the request itself is wrong.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO

from studio import __version__, boundary
from studio.catalog import unknown
from studio.errors import RequestError, StudioError
from studio.terminal.commands import COMMANDS as COMMANDS
from studio.terminal.desk import Answer, Desk
from studio.terminal.progress import Progress
from studio.terminal.text import draws_unicode, visible

PROGRAM = "python -m studio"


class Parser(argparse.ArgumentParser):
    """An argument parser whose refusals are errors like all others."""

    def error(self, message: str) -> NoReturn:
        raise _refusal(message, self.prog)


def _refusal(message: str, program: str) -> RequestError:
    wrong = re.match(r"argument COMMAND: invalid choice: '(.*)' \(choose from ", message)
    if wrong:
        return unknown("command", wrong.group(1), tuple(command.name for command in COMMANDS))
    sentence = message[:1].upper() + message[1:]
    return RequestError(f"{sentence.rstrip('.')}.", next=f"'{program} --help' shows what it takes.")


def build_parser() -> argparse.ArgumentParser:
    """Every command with its arguments; `--workspace` and `--json` may stand before or after the command."""
    common = Parser(add_help=False, argument_default=argparse.SUPPRESS)
    common.add_argument("--workspace", metavar="DIR", help="folder of datasets and runs (default: ~/.studio)")
    common.add_argument("--json", action="store_true", help="print one JSON object")
    parser = Parser(prog=PROGRAM, description="Fine-tune networks for texts and images.", parents=[common])
    parser.add_argument("--version", action="version", version=f"studio {__version__}")
    verbs = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    for command in COMMANDS:
        verb = verbs.add_parser(
            command.name,
            help=command.help,
            description=f"{command.help[:1].upper()}{command.help[1:]}.",
            parents=[common],
            allow_abbrev=False,
        )
        verb.set_defaults(run_command=command.run)
        for argument in command.arguments:
            verb.add_argument(*argument.names, **argument.rules)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _show_anything(sys.stdout, sys.stderr)
    as_json = "--json" in arguments
    try:
        given = build_parser().parse_args(arguments)
        answer = boundary.explained(lambda: _carry_out(given), _workspace(given))
        _write(answer, as_json)
        sys.stdout.flush()
    except StudioError as error:
        return _refuse(error, as_json)
    except KeyboardInterrupt:
        return _refuse(StudioError("Interrupted."), as_json)
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return answer.exit_code


def _carry_out(given: argparse.Namespace) -> Answer:
    from studio import settings

    named = {name: getattr(given, name, None) for name in ("workspace", "host", "port")}
    loaded = settings.load(os.environ, **named)
    desk = Desk(loaded, given, Progress(sys.stderr), draws_unicode(sys.stdout))
    answer: Answer = given.run_command(desk)
    return answer


def _workspace(given: argparse.Namespace) -> Path:
    """Where the log of our own mistakes goes, also when the settings themselves cannot be read."""
    named = getattr(given, "workspace", None) or os.environ.get("STUDIO_WORKSPACE") or "~/.studio"
    return Path(os.path.expanduser(named)).absolute()  # noqa: PTH111 (pathlib raises where there is no home folder)


def _write(answer: Answer, as_json: bool) -> None:
    if as_json:
        print(json.dumps(finite(answer.data), allow_nan=False, default=str))
    elif answer.page:
        print(answer.page)
    if answer.error:
        _explain(answer.error)


def _refuse(error: StudioError, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"error": error.record()}))
    _explain(error.record())
    return error.exit_code


def _explain(error: Mapping[str, str]) -> None:
    """What failed, where, why and what to do next, one line each."""
    lines = [visible(error[part]) for part in ("what", "where", "why", "next") if error.get(part)]
    print("\n".join(lines), file=sys.stderr)


def finite(value: Any) -> Any:
    """The value as JSON can hold it: numbers that are not finite become null."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {str(key): finite(part) for key, part in value.items()}
        case list() | tuple():
            return [finite(part) for part in value]
        case _:
            return value


def _show_anything(*streams: TextIO) -> None:
    """A character that a terminal's encoding lacks is shown as its number instead of ending the program."""
    for stream in streams:
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
