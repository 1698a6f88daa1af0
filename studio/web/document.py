"""The page's document as a browser gets it first: in its own language, with our styles and scripts in its head.

Gradio adds a head of ours only after its own program has started: too late for the choice of its language, and parts of
the page may ask for our scripts before they have arrived. So the head is written into the document itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Send

_OPENED = re.compile(rb"<head>", re.IGNORECASE)
_CLOSED = re.compile(rb"</body>", re.IGNORECASE)
_LANGUAGE = re.compile(rb'(<html[^>]*?\blang=")[^"]*(")', re.IGNORECASE)


@dataclass(frozen=True)
class Head:
    """What a document gets: the language of its text (BCP 47), the markup at the top of its head, and its styles.

    Styles stand at the end of the body: Gradio adds its own to the head later, and of two rules of the same weight the
    one that stands later wins.
    """

    language: str
    markup: str
    styles: str = ""


def with_head(content: bytes, head: Head) -> bytes:
    """The document in the head's language and with its markup. What is no document stays as it is."""
    content = _LANGUAGE.sub(lambda found: found[1] + head.language.encode() + found[2], content, count=1)
    content = _OPENED.sub(lambda found: found[0] + head.markup.encode(), content, count=1)
    return _CLOSED.sub(lambda found: head.styles.encode() + found[0], content, count=1)


def dressing(send: Send, head: Head) -> Send:
    """A `send` that gives the head to an answer that is a document, and passes on every other as it comes."""
    started: list[Message] = []
    body: list[bytes] = []

    async def dressed(message: Message) -> None:
        if message["type"] == "http.response.start" and _is_document(message):
            started.append(message)
        elif started and message["type"] == "http.response.body":
            body.append(message.get("body", b""))
            if not message.get("more_body", False):
                content = with_head(b"".join(body), head)
                MutableHeaders(scope=started[0])["content-length"] = str(len(content))
                await send(started.pop())
                await send({"type": "http.response.body", "body": content})
        else:
            await send(message)

    return dressed


def _is_document(message: Message) -> bool:
    headers = Headers(raw=message.get("headers", []))
    return headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers
