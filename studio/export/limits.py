"""The section Limits of a model card: what the model cannot do, how far its score may be off, where it is weakest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio import margins
from studio.contracts import Answer, Modality
from studio.export.confusion import Confusion
from studio.export.markdown import plain

if TYPE_CHECKING:
    from studio.export.card import Facts

_ANSWERS = {
    Answer.LABEL: "It answers every input with one of its classes, also one that belongs to none of them.",
    Answer.LABELS: "It may give classes to any input, also to one that has nothing to do with what it has learned.",
    Answer.SPANS: "It gives every word one of its tags, also where nothing is like what it has learned.",
    Answer.NUMBER: "It answers every input with a number, also one that has nothing to do with what it has learned.",
    Answer.EXCERPT: "It answers in the words of the text alone, and never with more than one piece of it.",
    Answer.WORDS: "It says what is likely in texts like those that it has read, not what is true.",
}
_WEAK = 5  # classes named as the weakest
_FEW_TESTED = 200


def section(facts: Facts, found: Confusion) -> str:
    """The section, a point a line. `found` is of the test rows."""
    modality = facts.plan.task.modality
    lines = [_ANSWERS[facts.plan.task.answer], *(_of_texts(facts) if modality is Modality.TEXT else _of_images(facts))]
    lines += _few_tested(facts.record["rows"].get("test", 0), facts.record["metrics"].get("test") or {})
    lines += _weaknesses(found)
    return "## Limits\n\n" + "".join(f"- {line}\n" for line in lines)


def _of_texts(facts: Facts) -> list[str]:
    known = f"Starting weights for: {plain(facts.origin.languages)}. Texts in other languages are guesses."
    length = facts.max_length or "?"
    if facts.plan.task.windowed:
        return [known, f"Longer texts than {length} tokens are read in windows that overlap."]
    trained = facts.record["facts"].get("max_length") or length
    also = "" if trained == length else f" Those it was trained on were cut after {trained}."
    return [known, f"Texts are cut after {length} tokens.{also}"]


def _of_images(facts: Facts) -> list[str]:
    size, small = facts.plan.training.image_size, facts.plan.spec.enlarged_from
    first = f", once they have been made as small as {small} x {small}: it was trained so" if small else ""
    return [f"Images are resized and cut to the middle {size} x {size} pixels{first}."]


def _few_tested(rows: int, metrics: dict[str, Any]) -> list[str]:
    if rows >= _FEW_TESTED:
        return []
    off = f"its score can be off by {margins.off(rows, margins.known(metrics)):.2f} either way"
    return [f"It was tested on {rows:,} rows only: {off}." if rows else "No rows were kept apart to test it on."]


def _weaknesses(found: Confusion) -> list[str]:
    if not found.labels:
        return []
    lines = []
    recalls = [(recall, label) for label in found.labels if (recall := found.recall(label)) is not None]
    weak = [f"{plain(label)} ({recall:.0%})" for recall, label in sorted(recalls)[:_WEAK] if recall < 0.9]
    if weak:
        lines.append(f"The classes it misses most (share found on the test rows): {', '.join(weak)}.")
    if any(a for a, _ in found.pairs(1)):
        mistakes = [f"{plain(a)} taken for {plain(b)} ({count})" for (a, b), count in found.pairs(3)]
        lines.append(f"The most frequent mistakes: {', '.join(mistakes)}.")
    return [*lines, "The scores are not calibrated: 0.9 need not mean right nine times out of ten."]
