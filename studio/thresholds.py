"""From which probability on a class is answered, where a row may have several classes or none.

The thresholds are chosen on the validation rows when training is over, and lie beside the weights as `thresholds.json`,
by the names of the classes: every reader of the model's folder finds them there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from studio import files
from studio.errors import ModelRefused

if TYPE_CHECKING:
    from studio.arrays import Array

FILE = "thresholds.json"

Thresholds: TypeAlias = tuple[float, ...]  # one for each class, in their order; none where answers need none
Judge: TypeAlias = "Callable[[Sequence[Array], Sequence[Array], Sequence[str]], Array]"
Decode: TypeAlias = "Callable[[Array, Sequence[str]], dict[str, Any]]"


@dataclass(frozen=True)
class Cut:
    """How a task's answers are cut from outputs.

    - `choose(outputs, targets)`: the thresholds that suit these outputs best.
    - `at(thresholds)`: the task's `judge` and `decode` with these. The task's own are for when none are chosen yet: its
      `judge` takes those that suit the very outputs that it judges.
    """

    choose: Callable[[Sequence[Array], Sequence[Array]], Thresholds]
    at: Callable[[Thresholds], tuple[Judge, Decode]]


def write(folder: Path, labels: Sequence[str], thresholds: Thresholds) -> None:
    """Keep thresholds beside a model; nothing where there are none."""
    if thresholds:
        values = dict(zip(labels, thresholds, strict=True))
        files.write_json(folder / FILE, values)


def read(folder: Path, labels: Sequence[str]) -> Thresholds:
    """The thresholds beside a model; none where there is no such file. Raises ModelRefused for a damaged one."""
    try:
        found: Mapping[str, Any] = files.read_json(folder / FILE)
        values = tuple(float(found[label]) for label in labels)
        if not all(0 <= value <= 1 for value in values):
            raise ValueError("no probabilities")
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelRefused(
            "The thresholds of the model's answers cannot be read.",
            where=f"{FILE}, in {folder}, is damaged or of another model.",
            next="Export the run again, or train again.",
        ) from error
    return values
