"""Start here: the settings, then the page. What `make run`, a Space and a container start."""

from __future__ import annotations

import sys

from studio import settings, web
from studio.errors import StudioError


def main() -> int:
    """Serve until asked to end; the exit code says whether the request was at fault (2) or something failed (1)."""
    try:
        web.serve(settings.load())
    except StudioError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
