"""The gate before everything: hosts, origins, addresses, sizes of requests, headers of requests and answers.

Pure ASGI, so that streams stay streams. It knows no route's inside; what may be asked for stands in `allowlist`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.settings import Settings
from studio.web.addresses import Names, foreign, is_ours, names, same_origin
from studio.web.allowlist import is_answered, is_upload
from studio.web.headers import Header, completed

_SLACK = 1 << 20  # what a form puts around the file that it uploads
_FORWARDED = (b"x-forwarded-host", b"x-forwarded-proto")  # what a trusted proxy may say


@dataclass(frozen=True)
class Rules:
    """What the gate lets through. `frames` are sites that may show the page in a frame; sizes are in bytes.

    `uploads` are spellings of the folder in which uploads arrive, the only one from which a path gets a file.
    """

    names: Names
    uploads: tuple[str, ...]
    proxy: bool
    frames: tuple[str, ...]
    request_bytes: int
    upload_bytes: int


def rules(settings: Settings) -> Rules:
    limits, uploads = settings.limits, settings.incoming
    return Rules(
        names(settings),
        uploads=(f"{uploads}/", f"{uploads.resolve()}/"),
        proxy=settings.proxy,
        frames=settings.frames,
        request_bytes=limits.request_bytes,
        upload_bytes=limits.upload_bytes + _SLACK,
    )


class Guard:
    """An ASGI application around another one. `no_room` says why an upload of so many bytes finds none, if so."""

    def __init__(self, app: ASGIApp, rules: Rules, no_room: Callable[[int], str] = lambda _: "") -> None:
        self.app, self.rules, self.no_room = app, rules, no_room

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, _completing(send, self.rules.frames))
        else:
            await send({"type": "websocket.close", "code": 1008})  # nothing here speaks WebSocket

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = refusal(scope, self.rules)
        if refused is None and is_upload(scope["path"]):
            full = await run_in_threadpool(self.no_room, _length(scope["headers"]))
            refused = (507, full) if full else None
        if refused:
            status, words = refused
            await PlainTextResponse(words, status)(scope, receive, send)
            return
        limit = self.rules.upload_bytes if is_upload(scope["path"]) else self.rules.request_bytes
        body = _Body(receive, send, limit)
        try:
            await self.app(passed(scope, self.rules.proxy), body.receive, body.send)
        except ClientDisconnect:
            if not body.refused:
                raise
        except RuntimeError as error:  # a refusal in the midst of a stream, which has told its reader
            if not isinstance(error.__cause__, HTTPException):
                raise
            await body.send({"type": "http.response.body", "body": b""})


def refusal(scope: Scope, rules: Rules) -> tuple[int, str] | None:
    """Why a request is not answered, as a status and a sentence; None if it is."""
    headers: list[Header] = scope["headers"]
    host = _only(headers, b"host")
    forwarded = _first(headers, b"x-forwarded-host") if rules.proxy else None
    if not host or not is_ours(host, rules.names) or (forwarded and not is_ours(forwarded, rules.names)):
        return 400, "This server does not go by that name. STUDIO_HOSTS lists further names of it.\n"
    if _is_foreign(scope, rules, forwarded or host):
        return 403, "A page of another origin may not ask for this.\n"
    if not is_answered(scope["method"], scope["path"]) or _not_ascii(scope) or _elsewhere(scope["path"], rules):
        return 404, "There is nothing at this address.\n"
    limit = rules.upload_bytes if is_upload(scope["path"]) else rules.request_bytes
    if _length(headers) > limit:
        return 413, _too_large(limit)
    return None


def _is_foreign(scope: Scope, rules: Rules, authority: str) -> bool:
    headers: list[Header] = scope["headers"]
    origins = [value.decode("latin-1") for name, value in headers if name == b"origin"]
    if any(not same_origin(origin, authority, _schemes(headers, rules.proxy)) for origin in origins):
        return True
    prefix = b"sec-fetch-"
    fetch = {n[len(prefix) :].decode(): v.decode("latin-1") for n, v in headers if n.startswith(prefix)}
    return foreign(fetch, scope["method"], bool(rules.frames))


def _schemes(headers: list[Header], proxy: bool) -> tuple[str, ...]:
    """How the page was asked for. A trusted proxy says so; one that does not may have taken TLS off."""
    said = _first(headers, b"x-forwarded-proto") if proxy else "http"
    return (said,) if said else ("http", "https")


def _elsewhere(path: str, rules: Rules) -> bool:
    """Whether a file is asked for that lies somewhere else than uploads do."""
    _, found, file = path.partition("/gradio_api/file=")
    return bool(found) and not file.startswith(rules.uploads)


def _not_ascii(scope: Scope) -> bool:
    return not (scope.get("raw_path") or b"").isascii() or not scope["query_string"].isascii()


def _only(headers: list[Header], wanted: bytes) -> str | None:
    """The value of a header that must be there once."""
    values = [value for name, value in headers if name == wanted]
    return values[0].decode("latin-1") if len(values) == 1 else None


def _first(headers: list[Header], wanted: bytes) -> str | None:
    """The first of a header's values, however they are listed."""
    values = b",".join(value for name, value in headers if name == wanted)
    return values.split(b",")[0].strip().decode("latin-1") or None


def _length(headers: list[Header]) -> int:
    value = _first(headers, b"content-length") or "0"
    return int(value) if value.isdecimal() else 0


def passed(scope: Scope, proxy: bool) -> Scope:
    """The request as the application sees it: without what anybody may claim about the way it took.

    A trusted proxy says at the end of its list which address it was asked by.
    """
    headers: list[Header] = scope["headers"]
    kept = [(name, value) for name, value in headers if not _claims(name)]
    if proxy:
        said = {name: _first(headers, name) for name in _FORWARDED}
        kept += [(name, value.encode("latin-1")) for name, value in said.items() if value]
    secure = proxy and _first(headers, b"x-forwarded-proto") == "https"
    told = b",".join(value for name, value in headers if name == b"x-forwarded-for").split(b",")[-1] if proxy else b""
    client = (told.strip().decode("latin-1"), 0) if told.strip() else scope.get("client")
    return {**scope, "headers": kept, "scheme": "https" if secure else scope["scheme"], "client": client}


def _claims(name: bytes) -> bool:
    return name.startswith((b"x-forwarded-", b"x-gradio-")) or name in (b"forwarded", b"x-real-ip", b"x-original-url")


def _completing(send: Send, frames: tuple[str, ...]) -> Send:
    async def complete(message: Message) -> None:
        if message["type"] == "http.response.start":
            given: Iterable[Header] = message.get("headers", ())
            message = {**message, "headers": completed(given, frames)}
        await send(message)

    return complete


def _too_large(limit: int) -> str:
    return f"The request is too large: at most {limit / 1e6:,.0f} MB may be sent at once.\n"


class _Body:
    """Counts a request's body as it comes. One that turns out too large is answered with 413 there and then."""

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self._receive, self._send, self._limit = receive, send, limit
        self._count = 0
        self._started = False
        self.refused = False

    async def receive(self) -> Message:
        if self.refused:
            return {"type": "http.disconnect"}
        message = await self._receive()
        self._count += len(message.get("body", b""))
        if self._count > self._limit:
            await self._refuse()
            return {"type": "http.disconnect"}
        return message

    async def _refuse(self) -> None:
        self.refused = True
        if not self._started:
            text = _too_large(self._limit).encode()
            headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(text)).encode())]
            await self._send({"type": "http.response.start", "status": 413, "headers": headers})
            await self._send({"type": "http.response.body", "body": text})

    async def send(self, message: Message) -> None:
        if not self.refused:
            self._started = True
            await self._send(message)
