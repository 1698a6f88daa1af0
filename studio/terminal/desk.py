"""What every command gets and gives: the studio with what was asked for, and an answer as data and as a page."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import InvalidOption, MissingFile
from studio.terminal.progress import Moment, Progress
from studio.terminal.text import duration

if TYPE_CHECKING:
    from studio.api import Studio
    from studio.settings import Settings

Data = dict[str, Any]


@dataclass(frozen=True)
class Desk:
    """`given` are the parsed arguments; `unicode` says whether pages may hold characters beyond ASCII."""

    settings: Settings
    given: Namespace
    progress: Progress
    unicode: bool

    @property
    def studio(self) -> Studio:
        """The front door, opened when a command first needs it."""
        from studio.api import Studio

        return Studio(self.settings)

    def report(self, facts: Mapping[str, Any]) -> None:
        """Show the progress that long work of the studio reports."""
        self.progress.show(moment(facts))


@dataclass(frozen=True)
class Answer:
    """`data` is what `--json` prints, `page` what people read. `error` is shown as well: the run that failed."""

    data: Data
    page: str
    exit_code: int = 0
    error: Mapping[str, str] | None = None


def items(entries: Sequence[Data], page: str) -> Answer:
    """A list: every item has a name."""
    return Answer({"items": list(entries)}, page)


def moment(facts: Mapping[str, Any]) -> Moment:
    """Reported progress as something to show: phase, share done, and how many of how many."""
    done, total = facts.get("done"), facts.get("total")
    phase = str(facts.get("phase") or "working")
    if isinstance(done, int | float) and isinstance(total, int | float) and total:
        return Moment(phase, done / total, f"{done:,} of {total:,}")
    if isinstance(seconds := facts.get("seconds"), int | float):
        return Moment(phase, None, f"for {duration(seconds)}")
    return Moment(phase, None, f"{done:,}" if isinstance(done, int) and done else "")


def pairs(texts: Sequence[str], flag: str) -> dict[str, str]:
    """KEY=VALUE texts as a mapping; the last of a key counts."""
    found = {}
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key.strip():
            raise InvalidOption(f"{flag} takes KEY=VALUE, not '{text}'.", next=f"For example: {flag} epochs=3")
        found[key.strip()] = value.strip()
    return found


def named(text: str) -> Path:
    """What a person typed as a path, which need not be there. Raises MissingFile for what can be no path at all."""
    try:
        path = Path(text).expanduser()
        path.exists()
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL in it, the home of nobody
        raise MissingFile(f"'{text[:80]}' cannot be a path.", why=f"{str(error)[:200]}.") from None
    return path


def existing(text: str) -> Path:
    """The path of a file or folder that is there. Raises MissingFile."""
    path = named(text)
    if not path.exists():
        raise MissingFile(f"There is no file or folder '{text}'.", next="Check the name and the folder.")
    return path.absolute()
