"""The web server: one port, one origin. Our own addresses, then the page, all of it behind the guard and the door.

From outside to inside: `prefix` (a path of a proxy's), `guard` (hosts, origins, sizes, headers), `access` (token or
login), `routes` and TensorBoard, `pages` (Gradio).
"""

from __future__ import annotations

import asyncio
import ipaddress
import itertools
import logging
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from types import FrameType
from typing import TypeVar

import uvicorn
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware

from studio import __version__
from studio.api import Studio
from studio.boundary import explained
from studio.errors import SettingsError, StudioError
from studio.settings import Mode, Settings
from studio.web import heap
from studio.web.access import Access, Door, door
from studio.web.document import Head
from studio.web.guard import Guard, rules
from studio.web.pages import LANGUAGES, Build, Pages, gradio_application, prepare_environment
from studio.web.prefix import Prefixed
from studio.web.routes import Routes

_GRACE = 2  # seconds that open requests get when the server is asked to end
_LAST_SECONDS = 7.5  # that workers get from then on, where they end with us: of ten that a container has
_RECOVER_SECONDS = 15.0  # between two looks for runs that have lost their worker
_LOOKS_BETWEEN = 240  # such looks between two for uploads: an hour
_UPLOAD_HOURS = 24.0  # after which an upload that became no dataset is removed
_VISIT_HOURS = 1.0  # where everybody may bring some


T = TypeVar("T")


def application(
    settings: Settings, studio: Studio, build: Build | None = None, closed_by: Door | None = None
) -> FastAPI:
    """The whole site as an ASGI application.

    `build` makes the page of one language (the studio's own if left out); `closed_by` says who may come in (what the
    settings say if left out).
    """
    prepare_environment(settings)
    _clear(studio)  # before the page puts files of its own there
    pages = _inside_a_loop(lambda: _pages(settings, studio, build))
    routes = Routes(studio)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        tidying = asyncio.create_task(_look_after(studio))
        try:
            async with pages.lifespan():
                yield
        finally:
            tidying.cancel()
            with suppress(asyncio.CancelledError):
                await tidying
            await routes.boards.close()
            await run_in_threadpool(_quietly, studio.results.close, studio)

    app = FastAPI(
        title="Fine-tuning studio",
        version=__version__,
        openapi_url=None,
        lifespan=lifespan,
        middleware=_before(settings, studio, closed_by or door(settings)),
    )
    routes.add_to(app)
    app.mount("/tensorboard", routes.tensorboard)
    app.mount("/", pages)
    return app


def _before(settings: Settings, studio: Studio, entrance: Door) -> list[Middleware]:
    """What a request passes on its way, the first one first."""
    below = [Middleware(Prefixed, prefix=settings.prefix)] if settings.prefix else []
    guard = Middleware(Guard, rules=rules(settings), no_room=studio.choices.no_room)
    return [*below, guard, Middleware(Access, door=entrance)]


def _inside_a_loop(make: Callable[[], T]) -> T:
    """What `make` returns. Without a running event loop, Gradio opens one for each queue and never closes it."""

    async def made() -> T:
        return make()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(made())
    return make()


def _pages(settings: Settings, studio: Studio, build: Build | None) -> Pages:
    """The page in each language. The studio's own is loaded only if it is wanted: that takes a second or two."""
    across = bool(settings.frames)
    if build is not None:
        plain = {language: gradio_application(settings, build(studio, language), {}) for language in LANGUAGES}
        return Pages(plain, across_sites=across, prefix=settings.prefix)
    from studio import ui

    apps = {
        language: gradio_application(settings, ui.build(studio, language), {"theme": ui.theme()})
        for language in LANGUAGES
    }
    heads = {language: Head(ui.locale(language), ui.head(language), ui.styles()) for language in LANGUAGES}
    return Pages(apps, heads, across, settings.prefix)


async def _look_after(studio: Studio) -> None:
    """Again and again: runs without a worker, and uploads that broke off or, now and then, became nothing."""
    for look in itertools.count():
        await run_in_threadpool(_quietly, studio.recover, studio)
        await run_in_threadpool(_clear, studio)
        if look % _LOOKS_BETWEEN == 0:
            await run_in_threadpool(_quietly, lambda: studio.choices.clean_uploads(_UPLOAD_HOURS), studio)
        await asyncio.sleep(_RECOVER_SECONDS)


def _clear(studio: Studio) -> None:
    hours = _VISIT_HOURS if studio.settings.mode is Mode.PUBLIC else _UPLOAD_HOURS
    _quietly(lambda: studio.choices.clear_incoming(hours), studio)


def _quietly(task: Callable[[], object], studio: Studio) -> None:
    """Do what the page can do without; a failure is told on standard error and ends nothing."""
    try:
        explained(task, studio.settings.workspace)
    except StudioError as error:
        sys.stderr.write(f"{error}\n")


def listen(settings: Settings) -> socket.socket:
    """A listening socket at the settings' address. Raises SettingsError where that cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except (OSError, UnicodeError) as error:
        raise SettingsError(
            f"The page cannot be served at {settings.host}, port {settings.port}.",
            why=f"{(isinstance(error, OSError) and error.strerror) or error}.",
            next="Name another port with --port or STUDIO_PORT, or another address with --host or STUDIO_HOST.",
        ) from error


def address(listening: socket.socket, token: str = "") -> str:
    """The URL under which a browser on this machine finds the page."""
    host, port = listening.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "127.0.0.1"
    base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    return f"{base}/?token={token}" if token else base


def announcement(listening: socket.socket, door: Door) -> str:
    """What is said when the server is up: where it is, and how others reach it."""
    lines = f"The studio runs at {address(listening, door.token)} (end it with Ctrl-C).\n"
    if ipaddress.ip_address(listening.getsockname()[0]).is_unspecified:
        lines += "From another machine, put this one's name or address in the place of 127.0.0.1.\n"
    return lines


def _worth_telling(record: logging.LogRecord) -> bool:
    """Not that open pages were cut off when the server ended: they always are, and find their way back."""
    cut_off = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not cut_off and "graceful shutdown exceeded" not in str(record.msg)


class Server(uvicorn.Server):
    """A server that asks the workers to save and end as soon as it is asked to end itself, where its end is theirs:
    whoever stops a container tells its first process alone, and kills all of them soon after."""

    def __init__(self, config: uvicorn.Config, studio: Studio) -> None:
        super().__init__(config)
        self._studio = studio
        self._until: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The handler of SIGTERM and SIGINT."""
        if self._until is None and self._studio.takes_workers_along():
            self._until = time.monotonic() + _LAST_SECONDS
            self._studio.pause()
        super().handle_exit(sig, frame)

    def wait_for_workers(self) -> None:
        """Let workers that were asked to end do so."""
        if self._until is not None:
            self._studio.at_rest(self._until - time.monotonic())


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. The first line on standard error says where."""
    heap.keep_compact()
    # A container's first process gets only signals it has asked for, and what a script starts in the background begins
    # with SIGINT ignored: ask for both, also for the time before uvicorn does.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)
    # uvicorn raises the signal again when it has closed everything.
    with suppress(KeyboardInterrupt), listen(settings) as listening:
        entrance, studio = door(settings), Studio(settings)
        config = uvicorn.Config(
            application(settings, studio, closed_by=entrance),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=_GRACE,
        )
        logging.getLogger("uvicorn.error").addFilter(_worth_telling)
        sys.stderr.write(announcement(listening, entrance))
        sys.stderr.flush()
        server = Server(config, studio)
        try:
            server.run(sockets=[listening])
        finally:
            server.wait_for_workers()
