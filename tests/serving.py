"""The whole studio as people run it: `app.py` in a process of its own on a free port, ended with the block."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from studio import ui
from studio.api import Studio

ROOT = Path(__file__).parent.parent
PATIENCE = 90.0  # seconds for a server to say where it is


@dataclass(frozen=True)
class Served:
    """A running studio. `said` grows with what it writes to standard error."""

    url: str
    workspace: Path
    process: subprocess.Popen[str]
    said: list[str]

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url.rstrip("/") + path, timeout=30) as answer:
            return bytes(answer.read())


@contextmanager
def served(workspace: Path, **environment: str) -> Iterator[Served]:
    """A studio on this workspace; variables of the environment can be given or replaced."""
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"STUDIO_WORKSPACE": str(workspace), "STUDIO_PORT": "0", "HF_HUB_OFFLINE": "1"} | environment,
    )
    said: list[str] = []
    reader = threading.Thread(target=_read, args=(process, said), daemon=True)
    reader.start()
    try:
        yield Served(_address(process, said), workspace, process, said)
    finally:
        end(process)
        reader.join(5)


def _read(process: subprocess.Popen[str], said: list[str]) -> None:
    assert process.stderr is not None
    said.extend(iter(process.stderr.readline, ""))


def _address(process: subprocess.Popen[str], said: list[str]) -> str:
    """The address it prints, as soon as it answers there."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"http://[^\s)]+", "".join(said))
        if found and _answers(found.group()):
            return found.group()
        time.sleep(0.05)
    raise AssertionError(f"the studio did not start: {''.join(said)}")


def _answers(url: str) -> bool:
    base = re.match(r"http://[^/?]+", url)
    assert base is not None
    try:
        with urllib.request.urlopen(f"{base.group()}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def end(process: subprocess.Popen[str]) -> None:
    """Ask the server to end as a terminal or a container would, and make sure of it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stderr is not None:
        process.stderr.close()


def built(studio: Studio, language: str = "en") -> gr.Blocks:
    """The page. Built within an event loop, since Gradio otherwise makes loops of its own and leaves them open."""

    async def build() -> gr.Blocks:
        return ui.build(studio, language)

    return asyncio.run(build())
