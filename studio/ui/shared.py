"""What every panel is built with: the page's record, the error boundary of handlers, live parts, numbers in words."""

from __future__ import annotations

import functools
import inspect
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from studio.api import Studio
from studio.boundary import explained
from studio.errors import StudioError
from studio.ui.markup import Html, element, joined, text
from studio.ui.words import Say

Data = dict[str, Any]
Handler = Callable[..., Any]
Speak = Callable[[StudioError], gr.Error]
# How events run: what changes something, what only looks, and what never leaves the browser.
ACTING: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
QUIET: dict[str, Any] = ACTING | {"queue": False}
ALONE: dict[str, Any] = {"queue": False, "api_visibility": "private"}
PANELS = ("data", "train", "live", "result", "download", "runs")


@dataclass(frozen=True)
class Page:
    """What a panel is given. `dataset` and `run` hold the ids of what is selected ("" for none); their values live in
    the browser, so that handlers look everything up afresh and nothing is lost when the server restarts. Setting
    `clone` to a run's id opens the panel Train and fills its form with that run's settings."""

    studio: Studio
    say: Say
    dataset: gr.Textbox
    run: gr.Textbox
    clone: gr.Textbox
    tabs: gr.Tabs

    def handler(self, action: Handler) -> Handler:
        """`action` as an event handler: a `StudioError` becomes a message on the page, our own mistakes get an id."""
        return guarded(action, self.studio, lambda error: spoken(error, self.say))


def guarded(action: Handler, studio: Studio, speak: Speak) -> Handler:
    """See `Page.handler`; `speak` puts an error into words. Generators stay generators; names and annotations are kept,
    since Gradio reads them."""
    if inspect.isgeneratorfunction(action):

        @functools.wraps(action)
        def stepwise(*arguments: Any, **named: Any) -> Iterator[Any]:
            steps = action(*arguments, **named)
            try:
                while True:
                    found = _spoken(lambda: next(steps, _END), studio, speak)
                    if found is _END:
                        return
                    yield found
            finally:
                steps.close()

        return stepwise

    @functools.wraps(action)
    def whole(*arguments: Any, **named: Any) -> Any:
        return _spoken(lambda: action(*arguments, **named), studio, speak)

    return whole


_END = object()


def _spoken(action: Callable[[], Any], studio: Studio, speak: Speak) -> Any:
    try:
        found = explained(lambda: _outcome(action), studio.settings.workspace)
    except StudioError as error:
        raise speak(error) from None
    if isinstance(found, _Raised):
        raise found.error
    return found


@dataclass(frozen=True)
class _Raised:
    """A message that a panel raised itself; it passes the boundary as a value."""

    error: gr.Error


def _outcome(action: Callable[[], Any]) -> Any:
    try:
        return action()
    except gr.Error as error:
        return _Raised(error)


def spoken(error: StudioError, say: Say) -> gr.Error:
    """The message of an error; its text is escaped, since the page shows messages as HTML."""
    parts = [element("p", text(part, 600)) for part in told(error, say)]
    return gr.Error(str(joined(parts)), duration=20, print_exception=False)


def told(error: StudioError, say: Say) -> list[str]:
    """What failed, and then where, why and what to do next, each in sentences in the page's language. Where the first
    is not known in it, the kind of the error stands before it."""
    what = say.sentences(error.what)
    kind = say.core(f"error.{error.code}", "") if what == error.what else ""
    return [part for part in (kind, what, *map(say.sentences, (error.where, error.why, error.next))) if part]


# Live parts ---------------------------------------------------------------------------------------------------------

Look = Callable[[Data], Data]


def live_html(page: Page, look: Look, elem_id: str, label: str) -> gr.HTML:
    """A part of the page that keeps itself up to date while it can be seen.

    Its value is the id it is about. Once a second the browser calls `look({"id": value})`, which returns
    {"html": str of Html, "state": text}: the markup is shown if it changed. The first look at a value (not at "", as
    long as there was no other) fires the component's event `seen`, and every later one that finds another `state` fires
    `moved`: upon both, handlers bring real controls up to date. A part that cannot be seen looks as soon as it can. No
    event handler waits.
    """

    def view(question: Data) -> Data:
        return _looked(look, question, page)

    part = gr.HTML(
        "",
        html_template='<div class="live-part"></div>',
        js_on_load=(
            "window.studioPage.live(element, props, server, watch, () => trigger('moved'), () => trigger('seen'))"
        ),
        server_functions=[view],
        apply_default_css=False,
        elem_id=elem_id,
        elem_classes=["live"],
    )
    part.label = label
    return part


def _looked(look: Look, question: Any, page: Page) -> Data:
    """The answer to a look; what is asked comes from a browser and may be anything."""
    asked = question if isinstance(question, dict) else {}
    reference = asked.get("id")
    try:
        clean = {"id": reference if isinstance(reference, str) and re.fullmatch(r"[0-9a-z]{26}", reference) else ""}
        return explained(lambda: look(clean), page.studio.settings.workspace)
    except StudioError as error:
        say = page.say.sentences
        return {"html": str(notice(say(error.what), say(error.next), "warning")), "state": "error"}


_ABOUT = """(selected, markup) =>
    !markup?.includes("data-about=") || markup.includes(`data-about="${selected}"`) ? markup : "" """


def about(selected: object, content: Html) -> Html:
    """Markup that says what it is about, for `only_about`."""
    return element("div", content, data_about=str(selected))


def only_about(selected: gr.Textbox, event: Any, part: gr.HTML) -> None:
    """Take back what `event` brought to `part` late, when something else was selected: it would stand under that."""
    event.then(None, [selected, part], part, js=_ABOUT, **ALONE)


def static_html(content: Html | str = "", elem_id: str | None = None, label: str | None = None) -> gr.HTML:
    """A part whose value is markup made by `markup.element`, shown as it is."""
    return gr.HTML(str(content), elem_id=elem_id, apply_default_css=False, label=label)


def answering(part: gr.HTML) -> Any:
    """The `asked` event of a part made by `asking_html`."""
    return part.asked


def asking_html(content: Html | str = "", elem_id: str | None = None) -> gr.HTML:
    """As `static_html`; a press on an element with `data-ask` in it fires the event `asked` with that text in
    `event.ask` (`def handler(event: gr.EventData)`). Buttons in tables and matrices are made this way."""
    return gr.HTML(
        str(content),
        elem_id=elem_id,
        apply_default_css=False,
        js_on_load="window.studioPage.asking(element, (ask) => trigger('asked', {ask}))",
    )


def telling_html(hear: Callable[[Any], None], script: str) -> gr.HTML:
    """A part that shows nothing and lets the page's own script tell the server something at once, outside of all
    events: the function `window.<script>` is given an object whose `tell` calls `hear`. What is heard may be anything.
    """

    def tell(value: Any) -> None:
        hear(value)

    return gr.HTML("", js_on_load=f"window.{script}(server)", server_functions=[tell], apply_default_css=False)


def asked(event: gr.EventData) -> str:
    """What was asked for, as sent by the browser: any text, so look it up before use."""
    try:
        value = getattr(event, "ask", "")
    except TypeError:  # Gradio, of an event that came without anything, as no page of ours sends it
        value = ""
    return value if isinstance(value, str) else ""


# Words for values ---------------------------------------------------------------------------------------------------


def notice(what: str, next: str = "", kind: str = "info", *extra: Html) -> Html:
    """A box with a sentence and what to do next. `kind`: info, success, warning or error."""
    return element(
        "div",
        element("p", element("strong", text(what, 600))),
        element("p", text(next, 600)) if next else None,
        extra,
        cls=f"notice notice-{kind}",
        role="alert" if kind == "error" else "note",
    )


def nothing_yet(say: Say, what: str) -> Html:
    """The empty state of a panel: `what` is "dataset" or "run"."""
    return notice(say(f"no.{what}"), say(f"no.{what}.next"))


def duration(seconds: float | None, say: Say) -> str:
    """A length of time in words; "" if it is not known."""
    if seconds is None:
        return ""
    if seconds < 60:
        return say("time.seconds", n=max(0, round(seconds)))
    if seconds < 3600:
        return say("time.minutes", n=round(seconds / 60))
    return say("time.hours", n=int(seconds // 3600), m=int(seconds % 3600 // 60))


def percent(share: float | None, digits: int = 1) -> str:
    """A share of one as a percentage; a dash if there is none."""
    return "–" if share is None else f"{100 * share:.{digits}f} %"


def size(count: float | None) -> str:
    """Bytes in decimal units."""
    if count is None:
        return "–"
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit in ("B", "kB") else f"{count:.1f} {unit}"
        count /= 1000
    return ""


def status_word(status: str, say: Say) -> str:
    return say(f"status.{status}")


def badge(status: str, say: Say) -> Html:
    """A run's status as a coloured word."""
    return element("span", status_word(status, say), cls=f"badge badge-{status}")


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
