"""Every address that is answered; all others do not exist. Gradio brings more routes than the page needs.

The list is reviewed by hand: a test compares Gradio's routes with it, so that a route that comes with a new version is
noticed before it is served.
"""

from __future__ import annotations

import re

ID = r"[0-9a-z]{26}"
LANGUAGE_PREFIX = re.compile(r"/(en|zh)(?=/)")

_READ, _WRITE, _BOTH = ("GET", "HEAD"), ("POST",), ("GET", "HEAD", "POST")

OWN: tuple[tuple[tuple[str, ...], str], ...] = (
    (_READ, r"/"),
    (_READ, r"/healthz"),
    (_READ, rf"/curves/{ID}"),
    (_READ, rf"/download/{ID}/[a-z]+\.[a-z]+"),
    (_READ, rf"/image/{ID}/\d+\.png"),
    (_READ, r"/assets/(page|vendor)/.+"),
    (_READ, r"/font-roboto/[\w-]+\.woff2"),
    (_BOTH, rf"/tensorboard/{ID}(/.*)?"),
)
# What the page and `gradio_client` ask Gradio for, each also behind the prefix of a language.
GRADIO: tuple[tuple[tuple[str, ...], str], ...] = (
    (_READ, r"/config/?"),
    (_READ, r"/(static|assets|svelte)/.+"),
    (_READ, r"/(theme\.css|favicon\.ico|manifest\.json|robots\.txt)"),
    (_READ, r"/gradio_api/(info/?|app_id|theme\.css|startup-events|queue/data|upload_progress)"),
    (_READ, r"/gradio_api/heartbeat/[\w-]+"),
    (_READ, r"/gradio_api/file=/.+"),  # what was uploaded, by its place; never the address of another server
    (_READ, r"/gradio_api/call/(v2/)?\w+/\w+"),
    (_WRITE, r"/gradio_api/(queue/join|upload|component_server/?|cancel|reset/?)"),
    (_WRITE, r"/gradio_api/(run|call|call/v2)/\w+/?"),
)
_ALL = tuple((methods, re.compile(pattern)) for methods, pattern in (*OWN, *GRADIO))
_STRANGE = re.compile(r"[\x00-\x1f\x7f\\]|(^|/)\.\.?(/|$)")


def is_answered(method: str, path: str) -> bool:
    """Whether a request for a path (percent signs decoded) is let through."""
    if _STRANGE.search(path):
        return False
    plain = LANGUAGE_PREFIX.sub("", path, count=1) if LANGUAGE_PREFIX.match(path) else path
    rules = _ALL[len(OWN) :] if plain != path else _ALL
    return any(method in methods and pattern.fullmatch(plain) for methods, pattern in rules)


def is_upload(path: str) -> bool:
    """Whether files may be sent to this path."""
    return path.removesuffix("/").endswith("/gradio_api/upload")
