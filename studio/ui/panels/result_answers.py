"""What a model says of new rows, as markup: one answer with its certainty, a table of a file's rows, its metrics.

Texts, labels and tags are users' texts. An answer is a record as `Studio.results.ask` gives it.
"""

from __future__ import annotations

from collections.abc import Sequence

from studio.figures import figure
from studio.ui.markup import Html, element, joined, text
from studio.ui.panels import result_excerpts as excerpts
from studio.ui.panels import result_guesses as guesses
from studio.ui.panels import result_numbers as numbers
from studio.ui.panels import result_several as several
from studio.ui.panels.result_examples import SHORT, TEXTS, chip, picture, target_of
from studio.ui.panels.result_score import certainty, interval, metrics_table, table
from studio.ui.panels.result_spans import tagged
from studio.ui.shared import Data, notice, percent
from studio.ui.words import Say

UNKNOWN = 0.1  # share of a text's tokens above which the answer is doubtful
SHOWN = 20  # rows of a file
BARS = 5


def answer(found: Data, kinds: Sequence[str], say: Say) -> Html:
    """One answer, or why there is none."""
    if "error" in found:
        return notice(say("result.try.failed"), say.sentences(str(found["error"])), "warning")
    doubts = []
    if float(found.get("unknown_share") or 0) > UNKNOWN:
        doubts.append(notice(say("result.try.unknown", share=percent(found["unknown_share"], 0)), "", "warning"))
    if "read_share" in found:
        doubts.append(notice(say("result.try.cut", share=percent(found["read_share"], 0)), "", "warning"))
    shown = _spans(found, kinds, say) if "tags" in found else _said_of_all(found, say)
    return element("div", shown, doubts, cls="result-answer")


def _said_of_all(found: Data, say: Say) -> Html:
    """An answer to the row as a whole: a number, a piece of its text, words for its gaps, labels, or one label."""
    if "number" in found:
        return numbers.answer(found, say)
    if "answer" in found:
        return excerpts.answer(found, say)
    if "guesses" in found:
        return guesses.answer(found, say)
    return several.answer(found, say) if "labels" in found else _label(found, say)


def _label(found: Data, say: Say) -> Html:
    sure = element("strong", certainty(found["score"]), cls="numbers")
    said = element("p", chip(found["label"], say("result.try.answer"), "said"), sure, cls="result-said")
    return joined(said, guesses.ranked(found.get("top", [])[:BARS], say))


def _spans(found: Data, kinds: Sequence[str], say: Say) -> Html:
    nothing = all(tag == "O" for tag in found["tags"])
    note = [say("result.nothing.found")] if nothing else []
    note += [say("result.sure.of", share=certainty(found["score"]))] if "score" in found else []
    note += [say("result.unread", count=found["unread"])] if found.get("unread") else []
    shown = tagged(found["tokens"], found["tags"], say("result.try.spans"), kinds, say)
    return joined(shown, element("p", " · ".join(note), cls="subdued"))


def known_picture(item: Data, dataset: str, say: Say) -> Html:
    """What the model said of a held-out image when it was tested."""
    image = element("img", src=picture(dataset, item["image"], 256), alt="", width=160, height=160)
    told = element("p", say("result.try.kept", label=target_of(item)), cls="subdued")
    return element("div", image, _said_of_all(item, say), told, cls="result-answer result-known")


def suggestions(items: Sequence[Data], dataset: str, say: Say) -> Html:
    """Held-out rows to press; what is pressed says the row's place."""
    buttons = [_suggestion(item, dataset, say) for item in items]
    if not any(buttons):
        return joined()
    return element("div", element("p", say("result.try.examples"), cls="subdued"), buttons, cls="result-suggestions")


def _suggestion(item: Data, dataset: str, say: Say) -> Html | None:
    asked = {"type": "button", "data_ask": str(item["index"]), "cls": "suggestion"}
    if "image" in item:
        told = say("result.picture", index=item["image"], label=target_of(item))
        return element(
            "button", element("img", src=picture(dataset, item["image"]), alt=told, width=56, height=56), **asked
        )
    words = written(item) or " ".join(item.get("tokens", []))
    return element("button", text(words, 70), title=words[:600], **asked) if words else None


# A whole file -------------------------------------------------------------------------------------------------------


def predictions(found: Data, address: str, kinds: Sequence[str], say: Say) -> Html:
    """The first rows of a file with the answers, and where all of them are; `found` is of `Studio.results.ask_file`."""
    rows = found["rows"][:SHOWN]
    failed = int(found["failed"])
    names = ("line", "input", "answer", "sure")
    head = element("tr", [element("th", say(f"result.file.{name}"), scope="col") for name in names])
    return element(
        "div",
        element("p", element("strong", say("result.file.done", count=f"{found['count']:,}"))),
        element("p", say("result.file.unreadable", count=failed), cls="subdued") if failed else None,
        element("p", element("a", say("result.file.link"), href=address, download=True, cls="button-link")),
        table(say("result.file.first", count=len(rows)), [head], [_answered(row, kinds, say) for row in rows]),
        cls="result-predictions",
    )


def _answered(row: Data, kinds: Sequence[str], say: Say) -> Html:
    line = element("th", text(row.get("line", ""), 40), scope="row")
    if "error" in row:
        why = text(say.sentences(str(row["error"])), SHORT)
        return element("tr", line, element("td", why, colspan=3, cls="subdued"))
    if "tags" in row:
        shown = tagged(row.get("tokens", []), row["tags"], "", kinds, say)
        return element("tr", line, element("td", shown, _cut(row, say), colspan=2), _sure(row))
    cells = (element("td", text(written(row), SHORT), _cut(row, say)), element("td", text(_said(row), 60)))
    return element("tr", line, cells, _sure(row))


def _cut(row: Data, say: Say) -> Html | None:
    """Under a text of which the end was not read, how much was."""
    if "read_share" not in row:
        return None
    return element("p", say("result.file.cut", share=percent(row["read_share"], 0)), cls="subdued")


def _said(row: Data) -> str:
    if "answer" in row:
        return str(row["answer"]) or "–"
    if "number" in row:
        return figure(row["number"], 4)
    if "guesses" in row:
        return " / ".join(str(best["label"]) for best, *_ in row["guesses"])
    return ", ".join(map(str, row["labels"])) or "–" if "labels" in row else str(row["label"])


def written(row: Data) -> str:
    """The text of a row, or its texts with a bar between them."""
    return " | ".join(str(row[role]) for role in TEXTS if row.get(role))


def _sure(row: Data) -> Html:
    return element("td", certainty(row["score"]) if "score" in row else "–", cls="number")


def measured(found: Data, say: Say) -> Html:
    """The metrics on a labelled file. `found` is of `Studio.evaluate`."""
    metrics, main = found["metrics"], str(found["main"])
    notes = []
    if metrics.get("interval"):
        notes.append(interval(main, metrics["interval"], say))
    if found["unknown_rows"]:
        labels = ", ".join(str(entry["name"])[:40] for entry in found["unknown_labels"][:8])
        notes.append(say("result.measured.unknown", count=found["unknown_rows"], labels=labels))
    if found["skipped_count"]:
        notes.append(say("result.measured.skipped", count=found["skipped_count"]))
    title = element("p", element("strong", text(say("result.measured", file=found["file"]), 200)))
    measures = metrics_table([(say("result.value"), metrics)], say)
    return element("div", title, measures, [element("p", text(note, 600)) for note in notes])
