"""Guesses at words that are missing in a text, as markup: the text with its gaps, and a ranked list for each.

Texts and words are users' texts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from studio.ui.markup import Html, element, joined, text
from studio.ui.panels.result_score import certainty
from studio.ui.shared import Data
from studio.ui.words import Say

_AROUND = 160  # characters of the text between two gaps
_PIECE = "##"  # before what goes on with a word, as BERT's tokenizers write it
_NEXT = 4  # guesses named beside the first


def answer(found: Data, say: Say) -> Html:
    """The text with the best guess in each gap, and for each gap the likeliest words."""
    best = [entries[0]["label"] for entries in found["guesses"]]
    lists = [
        element("li", element("p", element("strong", say("result.gap", number=number))), ranked(entries, say))
        for number, entries in enumerate(found["guesses"], 1)
    ]
    shown = element("p", _filled(found["parts"], [("said", word) for word in best]), cls="result-context")
    return joined(shown, element("ol", lists, cls="result-gaps"))


def asking(item: Data) -> str:
    """A held-out text with a blank for each word that was hidden in it, as it is asked about."""
    return " ___ ".join(str(part).strip() for part in item["parts"]).strip()


def ranked(entries: Sequence[Data], say: Say) -> Html:
    """What is likely, as bars, the likeliest first."""
    return element("ul", [_bar(entry) for entry in entries], cls="result-bars", aria_label=say("result.try.bars"))


def _bar(entry: Data) -> Html:
    style = f"--value:{100 * entry['score']:.2f}%"
    drawn = element("span", element("i", cls="fill"), cls="bar", style=style, aria_hidden="true")
    name = element("span", text(entry["label"], 60), cls="name", title=str(entry["label"])[:300])
    return element("li", name, drawn, element("span", certainty(entry["score"]), cls="figure"))


def compared(item: Data, say: Say) -> Html:
    """A held-out text with the words that were hidden in it, and under it what was guessed for each."""
    wanted = [str(word) for word in item["target"]]
    rights = [bool(word) and entries[0]["label"] == word for word, entries in zip(wanted, item["guesses"], strict=True)]
    marks = [("said-right" if right else "right", word) for right, word in zip(rights, wanted, strict=True)]
    lines = [
        element(
            "li",
            element("strong", text(word or "___", 60)),
            " ← ",
            _list(entries),
            cls="result-guess-right" if right else "",
        )
        for word, right, entries in zip(wanted, rights, item["guesses"], strict=True)
    ]
    shown = element("p", _filled(item["parts"], marks), cls="result-context")
    title = element("summary", say("result.gaps", count=len(lines), right=sum(rights)))
    return joined(shown, element("details", title, element("ul", lines)))


def _list(entries: Sequence[Data]) -> Html:
    shown = [f"{entry['label']} {certainty(entry['score'])}" for entry in entries[: 1 + _NEXT]]
    return element("span", text(", ".join(shown), 300))


def _filled(parts: Sequence[str], gaps: Sequence[tuple[str, str]]) -> list[Html]:
    """The text between the gaps, and in each gap a marked word. Pieces of a word follow it without a blank."""
    between = [_behind(part, lambda rest: text(_short(rest), None)) for part in parts]
    words = [_behind(word or "___", partial(_marked, kind)) for kind, word in gaps]
    return [piece for pair in zip(between, [*words, joined()], strict=False) for piece in pair]


def _behind(piece: str, shown: Callable[[str], Html]) -> Html:
    inside = len(piece) > len(_PIECE) and piece.startswith(_PIECE)
    return shown(piece.removeprefix(_PIECE)) if inside else joined(" ", shown(piece))


def _marked(kind: str, word: str) -> Html:
    return element("mark", text(word, 60), cls=f"excerpt-{kind}")


def _short(part: str) -> str:
    return part if len(part) <= _AROUND else f"{part[: _AROUND // 2]} … {part[-_AROUND // 2 :]}"
