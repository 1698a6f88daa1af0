"""The web server: a page at `/` that says what the studio can do, `/healthz` for watchers, and a guard before both.

Knows nothing of training, and shows nothing of the workspace: whoever opens the page learns what any reader of the
project's documentation knows.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from contextlib import suppress
from html import escape

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

from studio import __version__
from studio.errors import SettingsError
from studio.settings import Settings

# What the page tells a visitor who has the machine's terminal at hand.
COMMANDS = (
    ("import FILE", "turn a file or a folder of images into a checked, split dataset"),
    ("train FILE", "fine-tune a network on it"),
    ("runs", "list the runs and what became of them"),
    ("show RUN", "everything about one run"),
    ("predict RUN", "ask a finished run"),
    ("export RUN", "take the model away"),
)
_LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")
_GRACE = 3  # seconds that open requests get when the server is asked to end

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Fine-tuning studio</title>
<style>
:root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }}
body {{ max-width: 44rem; margin: 3rem auto; padding: 0 1rem }}
dt {{ font-family: ui-monospace, monospace; margin-top: .75rem }}
</style>
<h1>The studio is running</h1>
<p>Version {version}. It fine-tunes networks for texts and images from a terminal on this machine:</p>
<dl>
{commands}
</dl>
<p><code>python -m studio --help</code> lists every command.</p>
</html>
"""


def application(settings: Settings) -> FastAPI:
    """The page and the health check behind the guard."""
    app = FastAPI(title="Fine-tuning studio", version=__version__, openapi_url=None)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_allowed_hosts(settings.host), www_redirect=False)

    @app.get("/", response_class=HTMLResponse)
    def page() -> str:
        return _page()

    @app.get("/healthz")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


def _page() -> str:
    commands = "\n".join(f"<dt>python -m studio {escape(c)}</dt><dd>{escape(what)}</dd>" for c, what in COMMANDS)
    return _PAGE.format(version=escape(__version__), commands=commands)


def _allowed_hosts(host: str) -> list[str]:
    """The names by which the page may be asked for.

    On loopback only those of loopback, so that a foreign web page cannot reach the studio by a name of its own that
    points here (DNS rebinding). Who opens the studio to a network chooses the name, and the network is the guard.
    """
    return [*_LOOPBACK] if is_loopback(host) else ["*"]


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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


def address(listening: socket.socket) -> str:
    """The URL under which a browser on this machine finds the page."""
    host, port = listening.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. The first line on standard error says where."""
    with listen(settings) as listening:
        config = uvicorn.Config(
            application(settings),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE,
        )
        sys.stderr.write(f"The studio runs at {address(listening)} (end it with Ctrl-C).\n")
        sys.stderr.flush()
        with suppress(KeyboardInterrupt):  # uvicorn raises the signal again when it has closed everything
            uvicorn.Server(config).run(sockets=[listening])
