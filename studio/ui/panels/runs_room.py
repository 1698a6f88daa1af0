"""What the workspace takes on the disk, what of it can be spared, and what this installation allows."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

from studio.settings import Mode
from studio.ui.markup import Html, element, joined, text
from studio.ui.shared import ACTING, QUIET, Data, Page, notice, size, static_html
from studio.ui.words import Say


def build(page: Page) -> None:
    """An accordion that looks things up when it is opened."""
    say = page.say
    with gr.Accordion(say("room.title"), open=False, elem_id="runs-room") as box:
        room = static_html()
        tidy = gr.Button(say("room.tidy"), elem_id="runs-tidy")
        static_html(limits(page.studio.limits(), page.studio.settings.mode, say))

    def looked() -> str:
        return str(parts(page.studio.room(), say))

    def tidied() -> str:
        freed = page.studio.tidy()["bytes"]
        return str(joined(notice(say("room.tidied", size=size(freed)), kind="success"), parts(page.studio.room(), say)))

    box.expand(page.handler(looked), None, room, **QUIET)
    tidy.click(page.handler(tidied), None, room, **ACTING)


def parts(found: Data, say: Say) -> Html:
    """The table of what takes room."""
    rows = [
        (say(f"room.part.{part['name']}"), size(part["bytes"]), size(part["spare"]) if part["spare"] else "")
        for part in found["parts"]
    ]
    rows.append((say("room.all"), size(found["bytes"]), ""))
    quota = say("room.quota", quota=size(found["quota"])) if found["quota"] else say("room.quota.none")
    heads = (say("room.part"), say("room.size"), say("room.spare"))
    line = element("p", say("room.free", free=size(found["free"])), " ", quota, cls="subdued")
    return joined(_table(heads, rows, say("room.title")), line)


def limits(found: list[Data], mode: Mode, say: Say) -> Html:
    """The table of limits."""
    rows = [(say(f"limit.{limit['name']}"), shown(limit["name"], limit["value"], say)) for limit in found]
    lower = element("p", say("limits.public"), cls="subdued") if mode is Mode.PUBLIC else None
    return joined(
        element("h3", say("limits.title")), lower, _table((say("limit"), say("limit.value")), rows, say("limits.title"))
    )


def shown(name: str, value: int, say: Say) -> str:
    """A limit's value in its unit, which its name tells."""
    if not value:
        return say("limit.none")
    return size(value) if name.endswith("bytes") else f"{value:,}"


def _table(heads: Sequence[str], rows: Sequence[tuple[str, ...]], label: str) -> Html:
    head = element("thead", element("tr", [element("th", name, scope="col") for name in heads]))
    lines = [
        element(
            "tr", element("th", text(row[0]), scope="row"), [element("td", cell, cls="numbers") for cell in row[1:]]
        )
        for row in rows
    ]
    return element("table", head, element("tbody", lines), cls="studio", aria_label=label)
