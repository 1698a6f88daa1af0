"""Who may come in: everybody, whoever has the token of the printed address, or users with a password.

On this machine alone, and for strangers on purpose (public mode), the door is open. Reached from elsewhere it takes a
login or the token, and whoever has brought wrong ones too often waits. It knows nothing of who owns what.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.settings import Mode, Settings
from studio.ui.words import Say, speaker
from studio.web.addresses import is_loopback
from studio.web.attempts import MOST_TRIES, Attempts
from studio.web.pages import spoken

_OPEN = ("/healthz",)
_PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{studio}</title>
<style>
:root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }}
body {{ max-width: 40rem; margin: 3rem auto; padding: 0 1rem }}
</style>
<h1>{title}</h1>
<p>{words}</p>
</html>
"""
_ADDRESS, _HEADER = "<code>/?token=…</code>", "<code>Authorization: Bearer …</code>"


@dataclass(frozen=True)
class Door:
    """`token` opens it where there is one; so does each of `accounts` ("user:password"). Neither: it is open.

    `tries` is how often an address may bring a wrong one in a minute.
    """

    token: str = ""
    accounts: tuple[bytes, ...] = ()
    across_sites: bool = False  # the page is shown in a frame of another site, and its cookies must be sent there
    tries: int = MOST_TRIES


def door(settings: Settings) -> Door:
    """The door of an installation; a token is drawn anew at each start."""
    pairs = tuple(f"{user}:{secret.get_secret_value()}".encode() for user, secret in settings.auth.items())
    if pairs:
        return Door(accounts=pairs)
    # Behind a proxy, or under another name, this machine's own address is where everybody comes from.
    alone = is_loopback(settings.host) and not settings.proxy and not settings.hosts
    if settings.mode is Mode.PUBLIC or (settings.mode is Mode.LOCAL and alone):
        return Door()
    return Door(token=secrets.token_urlsafe(32), across_sites=bool(settings.frames))


class Access:
    """An ASGI application that passes on only those who may come in."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app, self.door = app, door
        self._attempts = Attempts(door.tries)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _OPEN:
            await self.app(scope, receive, send)
            return
        await (self._refused(scope) or self.app)(scope, receive, send)

    def _refused(self, scope: Scope) -> Response | None:
        """What is answered in place of what was asked for; None for who may come in.

        A cookie is no try: an open page brings one that was good before the studio was started again, time after time.
        """
        headers, address = Headers(scope=scope), (scope.get("client") or ("",))[0]
        tries = "authorization" in headers or bool(_given_token(scope, self.door))
        wait = self._attempts.wait(address) if tries else 0.0
        if wait > 0:
            return _impatient(wait, speaker(spoken(scope)))
        answer = _token_link(scope, self.door) if self.door.token else None
        if answer is None and not admits(self.door, headers):
            answer = _closed(self.door, speaker(spoken(scope)))
            if tries:
                self._attempts.failed(address)
        return answer


def admits(door: Door, headers: Headers) -> bool:
    """Whether a request with these headers may come in."""
    scheme, _, credentials = headers.get("authorization", "").partition(" ")
    if door.accounts:
        given = _decoded(credentials) if scheme.lower() == "basic" else b""
        return sum(hmac.compare_digest(given, pair) for pair in door.accounts) > 0  # each one is compared
    if door.token:
        bearer = credentials if scheme.lower() == "bearer" else ""
        return _equal(bearer, door.token) or _equal(_cookie(headers), door.token)
    return True


def _decoded(credentials: str) -> bytes:
    try:
        return base64.b64decode(credentials, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _equal(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())


def cookie_name(headers: Headers) -> str:
    """Two studios on one machine differ only in the port, and browsers mix up the cookies of ports."""
    return f"studio_access_{headers.get('host', '').rpartition(':')[2] or 'web'}".replace("]", "")


def _cookie(headers: Headers) -> str:
    return cookie_parser(headers.get("cookie", "")).get(cookie_name(headers), "")


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("ascii", "replace"), keep_blank_values=True)


def _given_token(scope: Scope, door: Door) -> str:
    """The token in the address of a visit, right or wrong."""
    if not door.token or scope["path"] != "/" or scope["method"] != "GET":
        return ""
    return next((value for name, value in _query(scope) if name == "token"), "")


def _token_link(scope: Scope, door: Door) -> Response | None:
    """A visit by the printed address: the token goes into a cookie and out of the address bar."""
    if not _equal(_given_token(scope, door), door.token):
        return None
    rest = urlencode([(name, value) for name, value in _query(scope) if name != "token"])
    answer = RedirectResponse("/" + (f"?{rest}" if rest else ""), status_code=303)
    name = cookie_name(Headers(scope=scope))
    if door.across_sites:
        answer.headers.append(
            "set-cookie", f"{name}={door.token}; Path=/; HttpOnly; SameSite=None; Secure; Partitioned"
        )
    else:
        answer.set_cookie(name, door.token, httponly=True, samesite="lax", secure=scope["scheme"] == "https")
    answer.headers["cache-control"] = "no-store"
    return answer


def _closed(door: Door, say: Say) -> Response:
    words, challenge = say("door.token", address=_ADDRESS, header=_HEADER), "Bearer"
    if door.accounts:
        words, challenge = say("door.login"), 'Basic realm="studio", charset="UTF-8"'
    return _page(words, say, 401, {"www-authenticate": challenge})


def _impatient(seconds: float, say: Say) -> Response:
    return _page(say("door.patience"), say, 429, {"retry-after": str(math.ceil(seconds))})


def _page(words: str, say: Say, status: int, headers: Mapping[str, str]) -> Response:
    content = _PAGE.format(language=say.language, studio=say("title"), title=say("door.title"), words=words)
    return HTMLResponse(content, status_code=status, headers={**headers, "cache-control": "no-store"})
