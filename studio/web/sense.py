"""Requests that make no sense to Gradio, answered as such.

Its routes trust what they are sent: a body of another shape ends in an exception and in 500, as if the server had
failed. It is the sender's mistake: 400. And a handler that refuses what it was asked is no failure either: 422. What
really goes wrong inside a handler is told and logged by the boundary (`ui.shared.guarded`) before it comes here.
"""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_WORDS = "This request cannot be understood.\n"


async def answered(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let Gradio's `app` answer a request; what it says of failures is put right."""
    if scope["type"] != "http" or scope["method"] != "POST":
        await app(scope, receive, send)
        return
    held = _Held(send)
    try:
        await app(scope, receive, held.send)
    except _senseless():
        if not held.messages:
            raise
        await PlainTextResponse(_WORDS, 400)(scope, receive, send)
        return
    for message in held.messages:
        await send({**message, "status": 422} if message["type"] == "http.response.start" else message)


def _senseless() -> tuple[type[Exception], ...]:
    """What comes out of Gradio then. It is loaded only by those who serve a page."""
    from gradio.route_utils import FnIndexInferError

    return LookupError, TypeError, ValueError, AttributeError, RecursionError, FnIndexInferError


class _Held:
    """Passes an answer on, but for one that tells of a failure: that is kept in `messages`."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.messages: list[Message] = []

    async def send(self, message: Message) -> None:
        if self.messages or (message["type"] == "http.response.start" and message["status"] == 500):
            self.messages.append(message)
        else:
            await self._send(message)
