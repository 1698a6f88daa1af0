"""Our own addresses: curves, downloads, thumbnails, our scripts and styles, TensorBoard, health.

Every answer is made through the studio object. A `StudioError` becomes its sentence with a fitting status; a place on
this machine never stands in an answer.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from studio.api import Feed, Studio
from studio.boundary import explained
from studio.errors import InternalError, LimitError, RequestError, StorageError, StudioError, UnknownName
from studio.web import tensorboard
from studio.web.tensorboard import Boards

ASSETS = Path(__file__).resolve().parents[2] / "assets"
MOST_FEEDS = 64
SIDES = (16, 512)  # pixels of a thumbnail, smallest and largest
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
EXPORTS = {"model.zip": "model", "adapter.zip": "adapter", "merged.zip": "merged"}
_STATUSES: tuple[tuple[type[StudioError], int], ...] = (
    (UnknownName, 404),
    (LimitError, 413),
    (RequestError, 409),
    (StorageError, 507),
    (InternalError, 500),
)
_KEPT = {"cache-control": "private, max-age=86400, immutable"}  # what a dataset's id names never changes
_FRESH = {"cache-control": "no-store"}
_CHECKED = {"cache-control": "no-cache"}  # kept by the browser, asked for again by its ETag

T = TypeVar("T")


class Feeds:
    """The curves that are being watched, shared by all who watch; those not watched for longest are let go."""

    def __init__(self, studio: Studio, most: int = MOST_FEEDS) -> None:
        self._studio, self._most = studio, most
        self._feeds: OrderedDict[str, Feed] = OrderedDict()
        self._guard = threading.Lock()

    def since(self, run: str, cursor: str) -> dict[str, Any]:
        """See `Feed.since`. Raises UnknownName."""
        try:
            return self._feed(run).since(cursor)
        except UnknownName:
            with self._guard:
                self._feeds.pop(run, None)
            raise

    def _feed(self, run: str) -> Feed:
        with self._guard:
            if run not in self._feeds:
                self._feeds[run] = self._studio.feed(run)
            self._feeds.move_to_end(run)
            while len(self._feeds) > self._most:
                self._feeds.popitem(last=False)
            return self._feeds[run]


class Routes:
    """Answers to our own addresses."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._feeds = Feeds(studio)
        self.boards = Boards()

    def add_to(self, app: FastAPI) -> None:
        """Put the routes into an application, before anything that is mounted."""
        read = ["GET", "HEAD"]
        app.router.routes += [
            Route("/healthz", self.health, methods=read),
            Route("/curves/{run}", self.curves, methods=read),
            Route("/download/{run}/{name}", self.download, methods=read),
            Route("/image/{dataset}/{index:int}.png", self.image, methods=read),
            Route("/assets/{place}/{path:path}", self.asset, methods=read),
            Route("/font-roboto/{name}", self.font, methods=read),
        ]

    async def health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers=_FRESH)

    async def curves(self, request: Request) -> Response:
        ask = partial(self._feeds.since, request.path_params["run"], request.query_params.get("since", ""))
        return await self._answer(ask, lambda news: JSONResponse(news, headers=_FRESH), as_json=True)

    async def image(self, request: Request) -> Response:
        side = request.query_params.get("side", "96")
        if not side.isdecimal() or len(side) > 4 or not SIDES[0] <= int(side) <= SIDES[1]:
            return PlainTextResponse(f"A thumbnail has a side of {SIDES[0]} to {SIDES[1]} pixels.\n", 400)
        place = (request.path_params["dataset"], request.path_params["index"], int(side))
        return await self._answer(
            partial(self._studio.choices.thumbnail, *place),
            lambda content: Response(content, media_type="image/png", headers=_KEPT),
        )

    async def download(self, request: Request) -> Response:
        run, name = request.path_params["run"], request.path_params["name"]
        if name in EXPORTS:
            ask = partial(self._studio.results.exported, run, EXPORTS[name])
            return await self._answer(ask, _attached)
        if name == "log.txt":
            return await self._answer(partial(self._log, run), lambda answer: answer)
        if name == "predictions.csv":
            ask = partial(self._studio.results.predictions, run, request.query_params.get("id", ""))
            return await self._answer(ask, _attached)
        return PlainTextResponse("There is nothing at this address.\n", 404)

    def _log(self, run: str) -> Response:
        headers = {"content-disposition": 'attachment; filename="log.txt"', **_FRESH}
        return PlainTextResponse(self._studio.log(run), headers=headers)

    async def asset(self, request: Request) -> Response:
        place, path = request.path_params["place"], request.path_params["path"]
        found = await run_in_threadpool(asset, place, path)
        if found is None:
            return PlainTextResponse("There is nothing at this address.\n", 404)
        answer = FileResponse(found, headers=_CHECKED, stat_result=found.stat())
        answer.headers["content-type"] = TYPES[found.suffix]
        if answer.headers["etag"] == request.headers.get("if-none-match"):
            return Response(status_code=304, headers={"etag": answer.headers["etag"], **_CHECKED})
        return answer

    async def font(self, request: Request) -> Response:
        content = await run_in_threadpool(tensorboard.font, request.path_params["name"])
        if content is None:
            return PlainTextResponse("There is nothing at this address.\n", 404)
        return Response(content, media_type="font/woff2", headers=_KEPT)

    async def tensorboard(self, scope: Scope, receive: Receive, send: Send) -> None:
        """TensorBoard of one run; an ASGI application mounted at `/tensorboard`."""
        run, slash, _ = scope["path"].removeprefix("/tensorboard/").partition("/")
        found = await self._answer(partial(self._studio.tail, run), lambda tail: _Found(tail.folder))
        if not isinstance(found, _Found):
            await self.boards.forget(run)
            await found(scope, receive, send)
        elif not slash:
            query = scope["query_string"].decode("ascii")
            await RedirectResponse(f"/tensorboard/{run}/{'?' if query else ''}{query}")(scope, receive, send)
        else:
            below = {**scope, "root_path": f"/tensorboard/{run}"}
            try:
                await self.boards.show(run, found.folder, below, receive, send)
            except InternalError as error:
                await self._refused(error, False)(scope, receive, send)

    async def _answer(self, ask: Callable[[], T], reply: Callable[[T], Response], as_json: bool = False) -> Response:
        """What `reply` makes of the answer of `ask`, which is looked for in another thread."""
        try:
            return reply(await run_in_threadpool(explained, ask, self._studio.settings.workspace))
        except StudioError as error:
            return self._refused(error, as_json)

    def _refused(self, error: StudioError, as_json: bool) -> Response:
        status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 422)
        words = str(error).replace(str(self._studio.settings.workspace), "the workspace")
        if as_json:
            return JSONResponse({"error": {"code": error.code, "message": words}}, status, headers=_FRESH)
        return PlainTextResponse(f"{words}\n", status, headers=_FRESH)


class _Found(Response):
    """Says that there is such a run, and where its event files lie."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder


def _attached(file: dict[str, Any]) -> Response:
    """A file of ours ({"path", "name"}) to keep; its name goes as RFC 5987 wants it, ranges are served."""
    return FileResponse(file["path"], filename=str(file["name"]), media_type="application/octet-stream", headers=_FRESH)


def asset(place: str, path: str) -> Path | None:
    """One of our own scripts, styles or pictures; None if there is none of that name."""
    root = (ASSETS / place).resolve()
    found = (root / path).resolve()
    inside = place in ("page", "vendor") and found.is_relative_to(root) and found.is_file()
    return found if inside and found.suffix in TYPES else None
