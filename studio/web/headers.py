"""What every answer says to the browser about itself: where its parts may come from and who may frame it.

The page needs inline scripts and `eval`: Gradio's templates and the scripts of `gr.HTML` are made that way. Nothing of
any answer may come from another host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

Header = tuple[bytes, bytes]

_POLICY = (
    "default-src 'self'",
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "worker-src 'self' blob:",
    "frame-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
)
_FEATURES = ("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid", "magnetometer")
_FURTHER = ("microphone", "midi", "payment", "publickey-credentials-get", "serial", "usb", "xr-spatial-tracking")
_PERMISSIONS = ", ".join(f"{feature}=()" for feature in (*_FEATURES, *_FURTHER))
_FOREIGN = re.compile(r"(https?|wss?)://\S+|(?<=\s)(https?|wss?):(?=\s|$)|(?<=\s)\*(?=\s|$)")
_DROPPED = (b"server", b"x-frame-options")
_CSP = b"content-security-policy"


def completed(headers: Iterable[Header], frames: tuple[str, ...]) -> list[Header]:
    """The headers of an answer with ours where they lack them, and without those that let other pages read it.

    `frames` are the sites that may show the page in a frame; with any, the page has to live among foreign windows.
    """
    kept = [(name.lower(), value) for name, value in headers]
    kept = [h for h in kept if h[0] not in _DROPPED and not h[0].startswith(b"access-control-")]
    kept = [(name, guarded(value.decode("latin-1"), frames).encode("latin-1") if name == _CSP else value)
            for name, value in kept]  # fmt: skip
    present = {name for name, _ in kept}
    return kept + [header for header in ours(frames) if header[0] not in present]


def ours(frames: tuple[str, ...]) -> list[Header]:
    """The headers for an answer that has none of its own."""
    values = {
        "content-security-policy": guarded("; ".join(_POLICY), frames),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "permissions-policy": _PERMISSIONS,
        "cross-origin-resource-policy": "same-origin",
    }
    if not frames:
        values["cross-origin-opener-policy"] = "same-origin"
    return [(name.encode(), value.encode()) for name, value in values.items()]


def guarded(policy: str, frames: tuple[str, ...]) -> str:
    """A content security policy without foreign hosts, and with a word on who may frame the answer."""
    parts = [" ".join(_FOREIGN.sub("", part).split()) for part in policy.split(";")]
    parts = [part for part in parts if part and not part.startswith("frame-ancestors")]
    return "; ".join([*parts, " ".join(("frame-ancestors 'self'", *frames))])
