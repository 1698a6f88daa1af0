"""A front door of the studio in a process of its own, as a server or a terminal is one: it does what lines of JSON say.

`python -m tests.torture.desk <workspace>`; each order {"do", "at", ...} is carried out at its moment, so that several
desks do theirs at once.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from studio import settings
from studio.api import Studio, Wish
from studio.errors import StudioError


class Desk:
    """The process, seen from outside. Use it as a context: it is gone afterwards, and what it has started is not."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace

    def __enter__(self) -> Desk:
        command = [sys.executable, "-W", "ignore", "-m", "tests.torture.desk", str(self._workspace)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.answer() == {"ready": True}
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()

    def order(self, do: str, at: float = 0.0, **how: Any) -> None:
        """Ask for something at a moment of the system's clock that never jumps; `answer` waits for what came of it."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, "at": at, **how}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())


def main(workspace: Path) -> None:
    """Carry out orders until there are no more."""
    studio = Studio(settings.load({"STUDIO_DEVICE": "cpu"}, workspace=workspace))
    _say({"ready": True})
    for line in sys.stdin:
        order = json.loads(line)
        moment = order.pop("at")
        while (left := moment - time.monotonic()) > 0:
            time.sleep(left if left < 0.01 else left - 0.005)
        _say(_done(studio, order.pop("do"), order))


def _done(studio: Studio, do: str, how: dict[str, Any]) -> Any:
    try:
        if do == "start":
            wish = Wish(method="full", changes=how["changes"])
            found = studio.start(how["dataset"], how["model"], wish, how["name"], ticket=how["ticket"])
            return {"run": found["run"]}
        return {"recovered": [run["run"] for run in studio.recover()]}
    except StudioError as error:
        return {"error": error.record()}


def _say(found: Any) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
