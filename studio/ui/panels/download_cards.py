"""The panel Download as markup: a card per export format, how a zip is used, what else a run has to give.

Pure functions from the plain data of `Studio.results` to markup. Links are addresses of our own, so that a browser can
resume a download and the file is never copied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studio.ui.markup import Html, element, text
from studio.ui.shared import Data, size
from studio.ui.words import WORDS, Say

ADAPTED = "model"  # the format that every model has; the others want an adapter
_FILES = 60


def cards(formats: Sequence[Data], run: str, building: str, say: Say) -> Html:
    """A card per format. `building` is the one that is being made, "" for none."""
    shown = [_card(form, run, building, say) for form in formats]
    return element("div", shown, cls="download-cards")


def _card(form: Data, run: str, building: str, say: Say) -> Html:
    name, blocked = str(form["name"]), bool(form["obstacle"])
    return element(
        "section",
        element("h3", label(form, say)),
        element("p", _said(f"download.format.{name}.for", str(form["summary"]), say)),
        _obstacle(form, say) if blocked else _made(form["ready"], run, name, say),
        None if blocked else _action(form, building, say),
        cls=f"card download-card{' obstructed' if blocked else ''}",
        aria_label=label(form, say),
    )


def label(form: Data, say: Say) -> str:
    return _said(f"download.format.{form['name']}", str(form["label"]), say)


def _said(key: str, english: str, say: Say) -> str:
    return say(key) if key in WORDS else english


def _obstacle(form: Data, say: Say) -> Html:
    """Why a format cannot be had."""
    why = say.sentences(str(form["obstacle"]))
    return element("p", element("strong", say("download.not")), " · ", text(why, 400), cls="subdued")


def _made(made: Mapping[str, object] | None, run: str, name: str, say: Say) -> Html | None:
    """The link to a zip that is there, its size and SHA-256, its licence, what is in it."""
    if made is None:
        return None
    files = [str(entry) for entry in made["files"]] if isinstance(made["files"], list) else []
    facts = (
        element("dt", say("download.size")),
        element("dd", size(float(str(made["bytes"])))),
        element("dt", "SHA-256"),
        element("dd", element("code", text(made["sha256"], 64))),
        element("dt", say("download.license")),
        element("dd", text(say.sentences(str(made["license"])) or "–", 200)),
        *_terms(str(made["terms"]), say),
    )
    listed = element("ul", [element("li", text(file, 120)) for file in files[:_FILES]])
    inside = element("details", element("summary", say("download.files", count=len(files))), listed, id=f"files-{name}")
    words = text(say("download.get", name=made["name"]), 160)
    link = element("a", words, href=f"download/{run}/{name}.zip", download=True, cls="button-link")
    return element("div", element("p", link), element("dl", facts, cls="download-facts"), inside)


def _terms(terms: str, say: Say) -> tuple[Html, ...]:
    """What the starting weights may be used for, where that is narrow."""
    if not terms:
        return ()
    return element("dt", say("download.terms")), element("dd", text(say.sentences(terms), 800))


def _action(form: Data, building: str, say: Say) -> Html | None:
    name = str(form["name"])
    if name == building:
        words = say("download.building", format=label(form, say))
        bar = element("div", element("progress", aria_label=words), element("span", words), cls="result-progress")
        return element(
            "div", bar, element("p", say("download.building.next"), cls="subdued"), cls="action", role="status"
        )
    if form["ready"] is not None:
        return None
    first = " first" if name == ADAPTED else ""
    waiting = bool(building)
    button = element(
        "button",
        say("download.build"),
        type="button",
        cls=f"build-button{first}",
        data_ask=f"build:{name}",
        disabled=waiting,
        title=say("download.wait") if waiting else None,
        aria_label=f"{say('download.build')}: {label(form, say)}",
    )
    return element("div", button, cls="action")


def usage(name: str, say: Say) -> Html:
    """How a zip of this name is used, in lines for a terminal."""
    lines = (
        f"unzip {quoted(name)} -d model && cd model",
        "pip install -r requirements.txt",
        "python predict.py --selftest",
    )
    return element(
        "section",
        element("h3", say("download.use")),
        element("p", say("download.use.help"), cls="subdued"),
        element("pre", element("code", text("\n".join(lines), None)), tabindex=0, aria_label=say("download.use")),
        cls="download-use",
    )


def quoted(name: str) -> str:
    """A file's name for a shell: run names are cleaned, so quotes are only ever needed for other scripts."""
    return name if name.isascii() and " " not in name else f'"{name}"'


def also(run: str, has_predictions: bool, say: Say) -> Html:
    """The other files of a run."""
    links = [element("li", element("a", say("download.log"), href=f"download/{run}/log.txt", download=True))]
    if has_predictions:
        address = f"download/{run}/predictions.csv"
        links.append(element("li", element("a", say("download.predictions"), href=address, download=True)))
    return element("section", element("h3", say("download.also")), element("ul", links), cls="download-also")
