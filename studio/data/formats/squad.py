"""SQuAD: paragraphs with questions, and answers that say where in the paragraph they begin.

One row per question with the columns id, title, question, context, answer (the first one), answers (all of them; where
none is in the text, what they say all the same) and answer_starts (where each begins, with spaces between). The layout
is that of https://rajpurkar.github.io/SQuAD-explorer/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from studio.contracts import Modality
from studio.data.formats import _text, json_lines
from studio.data.formats._fields import Fields
from studio.data.formats._records import Format, SkipLog, Table
from studio.data.notes import note, plural
from studio.data.places import start_of
from studio.data.reading import ReadOptions
from studio.data.store import Finding
from studio.errors import DataError
from studio.settings import Limits

_START = re.compile(r"\s*\{")


@dataclass
class _Found:
    """What was noticed about answers, by the ids of their questions."""

    moved: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)

    def notes(self) -> list[Finding]:
        said = {
            "answers_moved": (self.moved, "an answer that stood at another place than it says; it was found again"),
            "answers_lost": (self.lost, "an answer that is not in its text; it was left out"),
            "no_answer": (self.without, "no answer"),
        }
        return [
            note(code, f"{plural(len(ids), 'question has', 'questions have')} {what}.", len(ids), ids, severity)
            for (code, (ids, what)), severity in zip(said.items(), ("warning", "warning", "info"), strict=True)
            if ids
        ]


def recognise(path: Path, head: bytes) -> bool:
    """An object that has paragraphs with questions near its beginning."""
    text = _text.head_text(head)
    return bool(_START.match(text)) and all(f'"{key}"' in text for key in ("paragraphs", "context", "qas"))


def read(path: Path, options: ReadOptions, limits: Limits) -> Table:
    """A row per question. Raises EmptyFile (no questions), DataError (not JSON, another layout), LimitError."""
    text = _text.read(path, options.encoding)
    try:
        value = json_lines.parse(text.text)
    except ValueError as error:
        raise DataError(
            f"{path.name} is not valid JSON.", why=str(error), next="Correct the file, then import it again."
        ) from None
    skipped, found = SkipLog(), _Found()
    fields = Fields(path.name, options, limits)
    for number, (title, context, question) in enumerate(_questions(value, skipped), 1):
        fields.add(number, _row(title, context, question, found))
    return fields.table(skipped, [*text.notes(), *found.notes()])


def _questions(value: Any, skipped: SkipLog) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Title, context and question of every question; what has another shape is listed."""
    for article in _each(value, "data"):
        for place, paragraph in enumerate(_each(article, "paragraphs"), 1):
            if not isinstance(paragraph.get("context"), str):
                skipped.add(f"{article.get('title', '')}, paragraph {place}", "The paragraph has no text.")
                continue
            for question in _each(paragraph, "qas"):
                if isinstance(question.get("question"), str):
                    yield str(article.get("title", "")), paragraph["context"], question
                else:
                    skipped.add(str(question.get("id", place)), "The entry has no question.")


def _each(value: Any, key: str) -> list[dict[str, Any]]:
    entries = value.get(key) if isinstance(value, dict) else None
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _row(title: str, context: str, question: dict[str, Any], found: _Found) -> dict[str, Any]:
    name = str(question.get("id", ""))
    begin = len(context) - len(context.lstrip())  # cells are trimmed, so answers begin earlier by that
    texts, starts, missing = [], [], []
    moved = lost = False
    for answer in _each(question, "answers"):
        text, said = answer.get("text"), answer.get("answer_start")
        start = start_of(context, text, said if isinstance(said, int) else 0) if isinstance(text, str) else -1
        lost |= start < 0
        moved |= start >= 0 and start != said
        if start >= 0:
            texts.append(text)
            starts.append(str(max(0, start - begin)))
        elif isinstance(text, str) and text:
            missing.append(text)
    for ids, noticed in ((found.moved, moved), (found.lost, lost), (found.without, not texts and not lost)):
        if noticed:
            ids.append(name)
    return {
        "id": name,
        "title": title,
        "question": question["question"],
        "context": context,
        "answer": texts[0] if texts else "",
        "answers": texts or missing,  # a question whose answers are not there is none without an answer
        "answer_starts": " ".join(starts),
    }


FORMAT = Format(
    name="squad", label="SQuAD questions and answers", modality=Modality.TEXT, recognise=recognise, read=read
)
