"""What Gradio remembers of each visit: a copy of the page's configuration, three quarters of a megabyte of memory.

Gradio keeps those of the last 10,000 visits, ended or not, which is gigabytes. Here a visit that has ended is forgotten
after ten minutes, so that a tab whose connection broke for a while goes on with what it had. Visits that never say that
they end (each call of the programming interface without a client is one) make room for newer ones.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI
    from gradio.state_holder import StateHolder

KEPT = 300  # visits at most, those that were used last
_EVERY = 60.0  # seconds between two looks for visits that have ended
_AFTER = 600.0  # seconds from the first such look at which an ended visit is forgotten
_HEARTBEAT = re.compile(r"/heartbeat/([\w-]+)/?$")


def forgetting(blocks: gr.Blocks) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """The life of a page's application, in which ended visits are forgotten. To be asked for before it is made."""
    blocks.state_session_capacity = KEPT

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_again_and_again(Visits(blocks.state_holder)))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return lifespan


async def _again_and_again(visits: Visits) -> None:
    while True:
        await asyncio.sleep(_EVERY)
        visits.forget_ended(time.monotonic())


class Visits:
    """The visits of one page."""

    def __init__(self, holder: StateHolder) -> None:
        self._holder = holder
        self._ended: dict[str, float] = {}  # when each was first seen to have ended

    def forget_ended(self, now: float) -> None:
        """Forget the visits that were seen to have ended long enough before `now` (seconds)."""
        ended = {session for session, state in list(self._holder.session_data.items()) if state.is_closed}
        self._ended = {session: self._ended.get(session, now) for session in ended}
        for session, since in self._ended.items():
            if now - since >= _AFTER:
                with self._holder.lock:
                    self._holder.session_data.pop(session, None)
                    self._holder.time_last_used.pop(session, None)


class Returning:
    """ASGI middleware: a visit whose connection is there again has not ended, which Gradio does not notice."""

    def __init__(self, app: ASGIApp, blocks: gr.Blocks) -> None:
        self._app, self._blocks = app, blocks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (found := _HEARTBEAT.search(scope["path"])):
            state = self._blocks.state_holder.session_data.get(found[1])
            if state is not None:
                state.is_closed = False
        await self._app(scope, receive, send)
