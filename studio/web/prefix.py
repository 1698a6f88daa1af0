"""The site below a path, such as `/studio`: where a proxy shows several things under one name.

Whether the proxy takes the path away before it asks us or leaves it on makes no difference.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Prefixed:
    """An ASGI application that lets `app` answer as if there were no such path, and sends browsers back below it.

    `prefix` begins with a slash and ends without one.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app, self.prefix = app, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
        elif scope["path"] == self.prefix:  # addresses in the page are beside it, and need the slash
            query = scope["query_string"].decode("ascii", "replace")
            await RedirectResponse(f"{self.prefix}/{'?' if query else ''}{query}")(scope, receive, send)
        else:
            await self.app(self._within(scope), receive, self._returning(send))

    def _within(self, scope: Scope) -> Scope:
        path, raw = scope["path"], scope.get("raw_path") or scope["path"].encode()
        if not path.startswith(f"{self.prefix}/"):
            return scope
        return {**scope, "path": path.removeprefix(self.prefix), "raw_path": raw.removeprefix(self.prefix.encode())}

    def _returning(self, send: Send) -> Send:
        async def returning(message: Message) -> None:
            if message["type"] == "http.response.start" and message.get("headers"):
                headers = MutableHeaders(raw=message["headers"])
                if headers.get("location", "").startswith("/"):
                    headers["location"] = self.prefix + headers["location"]
                message = {**message, "headers": headers.raw}
            await send(message)

        return returning
