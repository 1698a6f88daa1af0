"""The commands that use a trained model: predict, evaluate, export."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio import files
from studio.errors import RequestError
from studio.figures import figure
from studio.spreadsheet import as_csv as as_csv
from studio.terminal import text
from studio.terminal.data import skipped_page
from studio.terminal.desk import Answer, Data, Desk, existing
from studio.terminal.runs import metrics_table
from studio.terminal.tables import facts, table


def predict(desk: Desk) -> Answer:
    given = desk.given
    if bool(given.text) == bool(given.file):
        raise RequestError("Say what to predict: either --text (as often as you like) or --file.")
    writer = _writer(Path(given.out)) if given.out else None
    if given.file and given.out:
        _refuse_to_replace(existing(given.file), Path(given.out).expanduser())
    if given.file:
        found = desk.studio.predict_file(given.source, existing(given.file), desk.report)
    else:
        if given.second and len(given.second) != len(given.text):
            raise RequestError("Give --second once for each --text.", next="A pair is one of each, in their order.")
        pairs = zip(given.text, given.second or [None] * len(given.text), strict=True)
        rows = [{"text": line} | ({} if other is None else {"text_b": other}) for line, other in pairs]
        answers = desk.studio.predict(given.source, rows)
        found = [row | answer for row, answer in zip(rows, answers, strict=True)]
    desk.progress.close()
    if writer is None:
        return Answer({"predictions": found}, predictions_table(found))
    out = Path(given.out).expanduser().absolute()
    files.write_bytes(out, writer(found))
    return Answer(
        {"predictions": found, "out": str(out)}, f"{len(found):,} predictions are in {text.visible(str(out))}"
    )


def predictions_table(found: Sequence[Mapping[str, Any]]) -> str:
    """One line a row: what was asked, the answer, how sure the model is."""
    rows = [(_asked(row, number), _answered(row) + _cut(row), row.get("score")) for number, row in enumerate(found, 1)]
    return table(("row", "answer", "score"), rows)


def _asked(row: Mapping[str, Any], number: int) -> str:
    return str(row.get("text") or row.get("where") or row.get("line") or number)


def _cut(row: Mapping[str, Any]) -> str:
    """How much of a text was read, where that is not all of it."""
    return f" (only the first {row['read_share']:.0%} read)" if "read_share" in row else ""


def _answered(row: Mapping[str, Any]) -> str:
    if "top" in row and "answer" in row:
        return str(row["answer"]) or "(no answer)"
    if "guesses" in row:
        return " / ".join(str(entries[0]["label"]) for entries in row["guesses"])
    if "tags" not in row:
        if "number" in row:
            return figure(row["number"], 4)
        if "labels" in row:
            return ", ".join(row["labels"]) or "none"
        return str(row.get("label") or row.get("error") or row.get("why") or "")
    words = row.get("tokens") or str(row.get("text", "")).split()
    if len(words) != len(row["tags"]):
        return " ".join(row["tags"])
    return " ".join(word if tag == "O" else f"{word}[{tag}]" for word, tag in zip(words, row["tags"], strict=True))


def _writer(out: Path) -> Any:
    """The function that turns predictions into the bytes of a file with this ending."""
    writers = {".csv": as_csv, ".jsonl": as_json_lines}
    writer = writers.get(out.suffix.lower())
    if writer is None:
        raise RequestError(
            f"Predictions cannot be written as '{out.name}'.", next="Give a name that ends in .csv or .jsonl."
        )
    if not out.expanduser().absolute().parent.is_dir():
        raise RequestError(f"There is no folder '{out.parent}' to write to.", next="Make it first, or name another.")
    return writer


def _refuse_to_replace(asked: Path, out: Path) -> None:
    if out.exists() and out.samefile(asked):
        raise RequestError(
            f"The predictions would replace the file that is asked about, '{asked.name}'.",
            next="Give --out another name.",
        )


def as_json_lines(rows: Sequence[Data]) -> bytes:
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    return "".join(lines).encode("utf-8", "replace")


def evaluate(desk: Desk) -> Answer:
    found = desk.studio.evaluate(desk.given.run, existing(desk.given.file), desk.report)
    desk.progress.close()
    values = found.get("metrics", found)
    table_of_metrics = metrics_table({"value": values}, str(found.get("main", values.get("main", ""))))
    skipped = skipped_page(found.get("skipped", ()), found.get("skipped_count", 0))
    return Answer(found, "\n\n".join(part for part in (table_of_metrics, skipped) if part))


def export(desk: Desk) -> Answer:
    out = Path(desk.given.out).expanduser().absolute()
    found = desk.studio.export(desk.given.run, desk.given.format, out)
    return Answer(found, facts(found))
