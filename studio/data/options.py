"""The options of an import (`--option KEY=VALUE`), checked before any process starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from studio.data.reading import ReadOptions
from studio.errors import InvalidOption
from studio.tasks import TASKS

HELP = {
    "encoding": "Encoding of the file, or of the names in an archive: utf-8, gb18030, cp1252, ...; unset detects it.",
    "delimiter": "Character between the cells of a table; 'tab' for a tabulator; unset detects it.",
    "header": "yes or no: whether the first row of a table names its columns; unset looks at the rows.",
    "sheet": "Sheet of a workbook, by name or by number from 1; unset takes the first with a table.",
    "ragged": "yes or no: whether rows with too few or too many cells are taken all the same; no unless set.",
    "decimal": "point or comma: what stands before decimals in a column of numbers; unset goes by all of them.",
    "image_size": "Side in pixels in which images are stored, 8 to 1024; unset is the median shorter side, 32 to 256.",
    "seed": "Seed of the random split into train, valid and test; 0 unless set.",
    "split": "Name of the column that says train, valid or test; unset looks for one.",
    "join": "Name of a second column of texts that is put behind the first, with ' | ' between; none unless set.",
    "starts": "Name of the column that says at which character each answer begins; unset looks for one.",
}
ROLES = {column.name: column.label for task in TASKS.values() for column in task.columns}
EXTRA = ("split", "join", "starts")  # what a column can be beside a task's roles
_SPELLED = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|", "pipe": "|"}
_MARKS = {"": "", "point": ".", ".": ".", "comma": ",", ",": ","}
_SIZES = (8, 1024)


@dataclass(frozen=True)
class ImportOptions:
    """Checked options. `columns` maps a role, "split" or "join" to the column that plays it."""

    read: ReadOptions = field(default_factory=ReadOptions)
    image_size: int | None = None
    seed: int = 0
    decimal: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


def parse(options: Mapping[str, str]) -> ImportOptions:
    """Raises InvalidOption for a name that does not exist or a value it does not take."""
    known = (*HELP, *ROLES)
    for name in options:
        if name not in known:
            raise InvalidOption(f"There is no import option '{name}'.", why=f"Known: {', '.join(known)}.")
    columns = {name: value.strip() for name, value in options.items() if name in (*ROLES, *EXTRA)}
    read = ReadOptions(
        encoding=options.get("encoding", "").strip() or None,
        delimiter=_delimiter(options["delimiter"]) if "delimiter" in options else None,
        header=_yes_or_no("header", options["header"]) if "header" in options else None,
        sheet=options.get("sheet", "").strip() or None,
        ragged=_yes_or_no("ragged", options["ragged"]) if "ragged" in options else False,
    )
    size = _integer("image_size", options["image_size"], *_SIZES) if "image_size" in options else None
    seed = _integer("seed", options["seed"], 0, 2**31 - 1) if "seed" in options else 0
    return ImportOptions(read, size, seed, _decimal(options.get("decimal", "")), columns)


def _decimal(value: str) -> str:
    if value.strip().lower() not in _MARKS:
        raise InvalidOption(f"The option decimal does not take '{value}'.", why="It is point or comma.")
    return _MARKS[value.strip().lower()]


def _delimiter(value: str) -> str:
    character = _SPELLED.get(value.strip().lower(), value)
    if len(character) != 1 or character in '\r\n"\0' or character.isalnum():
        raise InvalidOption(
            f"The option delimiter does not take '{value}'.", why="It is one character, such as ';', or 'tab'."
        )
    return character


def _yes_or_no(name: str, value: str) -> bool:
    answers = {"yes": True, "true": True, "no": False, "false": False}
    if value.strip().lower() not in answers:
        raise InvalidOption(f"The option {name} does not take '{value}'.", why="It is yes or no.")
    return answers[value.strip().lower()]


def _integer(name: str, value: str, low: int, high: int) -> int:
    number = int(value) if value.strip().isdecimal() and len(value) < 12 else -1
    if not low <= number <= high:
        raise InvalidOption(f"The option {name} does not take '{value}'.", why=f"It is a number from {low} to {high}.")
    return number
