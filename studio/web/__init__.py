"""The HTTP shell: one port, one origin, guarded. `serve` is all that the rest of the studio needs of it."""

from studio.web.server import serve

__all__ = ["serve"]
