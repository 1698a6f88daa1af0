"""Which names the page may be asked for by, and which page a request comes from. Pure functions of headers.

A name that somebody else controls must not lead here (DNS rebinding), and a page of another origin must not make a
visitor's browser ask us for anything but a whole new page.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass

from studio.settings import Settings

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_AUTHORITY = re.compile(r"([a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?")
_EMBEDDED = ("iframe", "frame", "object", "embed", "fencedframe")


@dataclass(frozen=True)
class Names:
    """The names of this server in lower case; `numbers` also allows every address written as a number."""

    known: frozenset[str]
    numbers: bool


def names(settings: Settings) -> Names:
    """On loopback only its own names; elsewhere also any numeric address, which no stranger can make point here."""
    further = {_written(settings.host), *settings.hosts}
    if is_loopback(settings.host):
        return Names(frozenset({*_LOOPBACK, *further}), numbers=False)
    return Names(frozenset({"localhost", socket.gethostname().lower(), *further}), numbers=True)


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _written(host: str) -> str:
    """An address as it stands in a URL."""
    return f"[{host.lower()}]" if ":" in host else host.lower()


def is_ours(authority: str, names: Names) -> bool:
    """Whether the value of a Host header, name with or without port, is a name of this server."""
    found = _AUTHORITY.fullmatch(authority.lower())
    if not found or int(found[2] or 0) > 65535 or found[1].endswith("."):
        return False
    return found[1] in names.known or (names.numbers and _is_number(found[1]))


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def same_origin(origin: str, authority: str, schemes: tuple[str, ...]) -> bool:
    """Whether an Origin header names the very page this request is for: scheme, name and port."""
    return origin.lower() in {f"{scheme}://{authority.lower()}" for scheme in schemes}


def foreign(fetch: dict[str, str], method: str, embeddable: bool) -> bool:
    """Whether a browser says that a page of another origin is behind a request.

    `fetch` holds the headers Sec-Fetch-Site, -Mode and -Dest by their last word. Following a link to us is fine; being
    loaded as a part of another page is not, nor as a frame of one unless `embeddable`.
    """
    if fetch.get("site") not in ("cross-site", "same-site"):
        return False
    if fetch.get("mode") != "navigate" or method not in ("GET", "HEAD"):
        return True
    return not embeddable and fetch.get("dest") in _EMBEDDED
