"""The page at `/`: one Gradio application per language behind a small dispatcher.

Which language a visitor gets: `?lang=` (which a cookie then remembers), the cookie, what the browser prefers. All that
the page itself asks for afterwards goes to addresses that begin with its language, so that two tabs in two languages
never talk to each other's application.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import cookie_parser
from starlette.types import Message, Receive, Scope, Send

from studio.api import Studio
from studio.settings import Settings
from studio.web import sense
from studio.web.allowlist import LANGUAGE_PREFIX
from studio.web.document import Head, dressing
from studio.web.visits import Returning, forgetting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import gradio as gr

Build = Callable[[Studio, str], "gr.Blocks"]
LANGUAGES = ("en", "zh")
COOKIE = "studio_language"
_REMEMBERED = 365 * 24 * 3600
_RESTS = (0.05, 0.1)  # seconds between two looks of an idle queue: for events, for their progress
_LEFTOVERS = (3600, 24 * 3600)  # every hour uploads of yesterday are removed; those that were used have been moved


def prepare_environment(settings: Settings) -> None:
    """What Gradio reads from the environment: nothing is reported to anybody, and uploads arrive in the workspace.

    To be called before Gradio is imported.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    # Gradio keeps the last 10,000 events and has pandas sum them up after each one, for a page that is not served here.
    os.environ["GRADIO_ANALYTICS_MAX_EVENTS"] = "1"
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(10**12)
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["GRADIO_SSR_MODE"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = str(settings.incoming)


def gradio_application(settings: Settings, blocks: gr.Blocks, appearance: Mapping[str, Any]) -> FastAPI:
    """A page as an application of its own, with everything of Gradio's switched off that we do not need."""
    import gradio as gr

    blocks.delete_cache = _LEFTOVERS
    # An idle queue looks for work a thousand times a second, which takes a run some percent of a processor core. Gradio
    # itself looks twenty times a second on Windows.
    blocks._queue.sleep_when_free, blocks._queue.progress_update_sleep_when_free = _RESTS
    app: FastAPI = gr.mount_gradio_app(
        FastAPI(openapi_url=None, lifespan=forgetting(blocks), middleware=[Middleware(Returning, blocks=blocks)]),
        blocks,
        path="",
        ssr_mode=False,
        enable_monitoring=False,
        run_history=False,
        show_error=False,
        mcp_server=False,
        pwa=False,
        footer_links=[],
        max_file_size=settings.limits.upload_bytes,
        allowed_paths=[],
        **appearance,
    )
    return app


class Pages:
    """An ASGI application that passes each request to the application of its language. `prefix` is the path below which
    browsers find it."""

    def __init__(
        self,
        apps: Mapping[str, FastAPI],
        heads: Mapping[str, Head] | None = None,
        across_sites: bool = False,
        prefix: str = "",
    ) -> None:
        self._apps, self._heads, self._across_sites, self._prefix = dict(apps), dict(heads or {}), across_sites, prefix

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """The time in which the applications work: their queues are at work inside."""
        async with AsyncExitStack() as stack:
            for app in self._apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            yield

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        prefix = LANGUAGE_PREFIX.match(scope["path"])
        if prefix and prefix[1] in self._apps:
            await sense.answered(self._apps[prefix[1]], self._below(scope, prefix[1], scope["path"]), receive, send)
            return
        language = spoken(scope, tuple(self._apps))
        if _asked(scope) == language and scope["path"] == "/":
            send = self._remembering(language, scope["scheme"] == "https", send)
        if scope["path"] == "/" and language in self._heads:
            send = dressing(send, self._heads[language])
        below = self._below(scope, language, f"/{language}{scope['path']}")
        await sense.answered(self._apps[language], below, receive, send)

    def _below(self, scope: Scope, language: str, path: str) -> Scope:
        """The request as one for the application below `/<language>`."""
        whole = self._prefix + path
        return {**scope, "path": whole, "raw_path": whole.encode(), "root_path": f"{self._prefix}/{language}"}

    def _remembering(self, language: str, secure: bool, send: Send) -> Send:
        attributes = "SameSite=None; Secure; Partitioned" if self._across_sites and secure else "SameSite=Lax"
        cookie = f"{COOKIE}={language}; Path=/; Max-Age={_REMEMBERED}; {attributes}"

        async def remember(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        return remember


def spoken(scope: Scope, able: Sequence[str] = LANGUAGES) -> str:
    """The language that a visitor gets of those that there are; the first where none is known to be wished for."""
    return next((tag for tag in (_asked(scope), *wished(Headers(scope=scope))) if tag in able), able[0])


def _asked(scope: Scope) -> str:
    """The last `?lang=` of the address."""
    query: str = scope["query_string"].decode("ascii", "replace")
    return parse_qs(query).get("lang", [""])[-1]


def wished(headers: Headers) -> list[str]:
    """The languages a visitor would like, most wanted first: the cookie's, then those of Accept-Language."""
    remembered = str(cookie_parser(headers.get("cookie", "")).get(COOKIE, ""))
    weighed = [_weighed(part) for part in headers.get("accept-language", "").split(",")[:20]]
    return [remembered, *(tag for weight, tag in sorted(weighed, key=lambda pair: -pair[0]) if weight > 0)]


def _weighed(part: str) -> tuple[float, str]:
    """One entry of Accept-Language: its weight and the language without its region."""
    tag, _, parameter = part.strip().partition(";")
    name, _, value = parameter.strip().partition("=")
    try:
        weight = float(value) if name.strip() == "q" else 1.0
    except ValueError:
        weight = 0.0
    return weight, tag.strip().lower().split("-")[0]
