"""A running site for the tests of the HTTP shell: a real server, and a client that sends just what it is told.

The page is a tiny one, so that a site is up in a second. `Site.ask` sends exactly the headers it is given, also those
that a browser or a library would not let through.
"""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import uvicorn

from studio.api import Studio
from studio.settings import Settings, load
from studio.web.access import Door
from studio.web.pages import Build
from studio.web.server import application


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # by lower-case name; several of one name with a line each
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True)
class Site:
    port: int
    studio: Studio

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The answer to a request; a header given as "" is left out, Host is this server's unless given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        sent = {"Host": f"127.0.0.1:{self.port}", **(headers or {})}
        if body is not None and "Transfer-Encoding" not in sent:
            sent.setdefault("Content-Length", str(len(body)))
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                if value:
                    connection.putheader(name, value)
            connection.endheaders()
            if body is not None:
                connection.send(body)
            return _read(connection.getresponse())
        finally:
            connection.close()


def _read(answer: http.client.HTTPResponse) -> Answer:
    headers: dict[str, str] = {}
    for name, value in answer.getheaders():
        headers[name.lower()] = f"{headers[name.lower()]}\n{value}" if name.lower() in headers else value
    streams = headers.get("content-type", "").startswith("text/event-stream")
    return Answer(answer.status, headers, b"" if streams else answer.read())


def tiny_page(_: Studio, language: str) -> gr.Blocks:
    """A page with one handler and one server function, which say their language."""
    blocks: gr.Blocks
    with gr.Blocks(title=f"page {language}", analytics_enabled=False) as blocks:
        question = gr.Textbox(label="question")
        answer = gr.Textbox(label="answer")
        gr.File(label="file", elem_id="file")
        gr.Button("ask").click(lambda text: f"{language}: {text}", question, answer, api_name="ask")

        def look(asked: Any) -> Any:
            return {"language": language, "asked": asked}

        gr.HTML("", server_functions=[look], elem_id="look")
    return blocks


@contextmanager
def running(settings: Settings, door: Door | None = None, page: Build = tiny_page) -> Iterator[Site]:
    """A site of these settings until the block ends."""
    studio = Studio(settings)
    config = uvicorn.Config(
        application(settings, studio, page, door),
        log_level="error",
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=1,
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            yield Site(listening.getsockname()[1], studio)
        finally:
            server.should_exit = True
            thread.join()


def settings(workspace: Path, **variables: str) -> Settings:
    """The settings of an environment with these variables."""
    return load({"STUDIO_WORKSPACE": str(workspace), **variables})
