"""The process that answers for one trained model: `python -m studio.inference.predictor <folder>`.

The folder is a run's or an unpacked export's. The first line on stdin holds the installation's settings, as no variable
of ours reaches a child; the first reply says whether the model is loaded. Then each line on stdin is a request, each
line on stdout its reply. It ends when its input does, and by itself after ten idle minutes. It takes no device slot, so
a model can be tried while another run trains.

    {"do": "predict", "rows": [{"text": ...}, ...]}            answers, one per row
    {"do": "predict_dataset", "folder": F, "start": 0, "stop": 500}    answers, each with its line
    {"do": "evaluate", "folder": F}                            metrics
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from studio import processes
from studio.errors import RequestError
from studio.inference import dialogue
from studio.settings import Limits, Settings

if TYPE_CHECKING:
    from studio.inference.trained import Trained

IDLE_SECONDS = 600

Request = dict[str, Any]


def main(folder: Path, requests: BinaryIO, replies: BinaryIO) -> int:
    """Load the model, say so, and answer until there are no more requests. Returns the exit code."""
    first = _next(requests)
    if not first:
        return 1
    settings = Settings.model_validate_json(first)
    loaded: list[Trained] = []
    greeting = dialogue.answered(lambda: loaded.append(_load(folder)), settings.workspace)
    dialogue.say(replies, greeting)
    if not loaded:
        return 1
    while line := _next(requests):
        action = partial(_answer, loaded[0], settings.limits, line)
        dialogue.say(replies, dialogue.answered(action, settings.workspace))
    return 0


def _load(folder: Path) -> Trained:
    from studio.inference import trained

    return trained.load(folder)


def _next(requests: BinaryIO) -> bytes:
    """The next request; empty at the end. Idle for too long, the process is ended by the alarm's own signal."""
    signal.alarm(IDLE_SECONDS)
    line = requests.readline()
    signal.alarm(0)
    return line


def _answer(trained: Trained, limits: Limits, line: bytes) -> Any:
    request = json.loads(line)
    action = _ACTIONS.get(request.get("do"))
    if action is None:
        raise RequestError("The predictor does not know this request.", why=f"It knows {', '.join(_ACTIONS)}.")
    return action(trained, limits, request)


def _predict(trained: Trained, limits: Limits, request: Request) -> Any:
    from studio.inference import answers

    return answers.of_rows(trained, request["rows"], limits)


def _predict_dataset(trained: Trained, _: Limits, request: Request) -> Any:
    from studio.inference import answers

    return answers.of_dataset(trained, Path(request["folder"]), request["start"], request["stop"])


def _evaluate(trained: Trained, _: Limits, request: Request) -> Any:
    from studio.inference import answers

    return answers.scores(trained, Path(request["folder"]))


_ACTIONS: dict[str, Callable[[Trained, Limits, Request], Any]] = {
    "predict": _predict,
    "predict_dataset": _predict_dataset,
    "evaluate": _evaluate,
}

if __name__ == "__main__":
    output = dialogue.own_output()
    processes.leave(main(Path(sys.argv[1]), sys.stdin.buffer, output))
