"""A small model hub on this machine, for tests: the part of the hub's interface that downloads of a model use.

It speaks plain HTTP on a free loopback port, in threads of the test's own process, and stops with the `with` block.
Every repository has one commit, on the branch `main`. A fault makes the hub misbehave in one way.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


class Fault(StrEnum):
    """How the hub misbehaves. The numbers are HTTP codes, given to every question."""

    NONE = "none"
    ACCOUNT = "401"
    LIMIT = "429"
    BROKEN = "500"
    SHORT = "short"  # files end early, as if that were all of them
    CUT = "cut"  # the connection breaks in the middle of a file, once for each file
    OTHER_WEIGHTS = "other weights"  # one byte of the weights differs
    LOGIN_PAGE = "login page"  # not the hub answers but the network's login page


@dataclass
class Hub:
    """A running hub: its address, and the requests it has had ("GET /org/model/...")."""

    repositories: Mapping[str, Path]
    fault: Fault = Fault.NONE
    url: str = ""
    requests: list[str] = field(default_factory=list)
    cut: set[str] = field(default_factory=set)


def commit_of(folder: Path) -> str:
    """The commit under which the hub serves a folder: it changes with its files."""
    names = [f"{path.name} {path.stat().st_size}" for path in sorted(folder.iterdir())]
    return hashlib.sha1("\n".join(names).encode()).hexdigest()


@contextmanager
def serve(repositories: Mapping[str, Path], fault: Fault = Fault.NONE) -> Iterator[Hub]:
    """A hub with these repositories (`org/name` to a folder of files)."""
    hub = Hub(repositories, fault)
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def log_message(self, format: str, *arguments: Any) -> None:
        self.hub.requests.append(f"{self.command} {self.path}")

    def answer(self) -> None:
        path = unquote(urlsplit(self.path).path).strip("/")
        if self.hub.fault.isdecimal():
            return self.send(int(self.hub.fault), b"{}")
        if self.hub.fault is Fault.LOGIN_PAGE:
            return self.send(200, b"<html>Welcome to the hotel</html>", {"Content-Type": "text/html"})
        for name, folder in self.hub.repositories.items():
            if path.removeprefix("api/models/").startswith(name):
                return self.repository(name, folder, path)
        return self.send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def repository(self, name: str, folder: Path, path: str) -> None:
        commit = commit_of(folder)
        api, _, rest = path.partition(name)
        verb, revision, file = (*rest.strip("/").split("/", 2), "", "", "")[:3]
        if revision not in ("", "main", commit):
            return self.send(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        if api and verb in ("", "revision"):
            return self.send_json(_about(name, folder, commit))
        if api and verb == "tree":
            return self.send_json([_entry(path) for path in sorted(folder.iterdir())])
        if not api and verb == "resolve" and (folder / file).is_file():
            return self.send_file(folder / file, commit)
        return self.send(404, b"{}", {"X-Error-Code": "EntryNotFound"})

    def send_file(self, path: Path, commit: str) -> None:
        content = path.read_bytes()
        headers = {
            "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
            "X-Repo-Commit": commit,
            "Accept-Ranges": "bytes",
        }
        get, fault, weights = self.command == "GET", self.hub.fault, path.suffix == ".safetensors"
        if get and weights and fault is Fault.OTHER_WEIGHTS:
            content = content[:-1] + bytes([content[-1] ^ 1])
        if get and weights and fault is Fault.SHORT:
            content = content[: len(content) // 2]
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        stop = len(content)
        if get and weights and fault is Fault.CUT and path.name not in self.hub.cut:
            self.hub.cut.add(path.name)
            stop = len(content) // 2
        self.send(206 if start else 200, content[start:], headers, stop - start)

    def send_json(self, value: Any) -> None:
        self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def send(
        self, status: int, content: bytes, headers: Mapping[str, str] | None = None, sent: int | None = None
    ) -> None:
        """An answer; of its content only the first `sent` bytes arrive."""
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[:sent])


def _about(name: str, folder: Path, commit: str) -> dict[str, Any]:
    files = [{"rfilename": path.name, "size": path.stat().st_size} for path in sorted(folder.iterdir())]
    return {"id": name, "modelId": name, "sha": commit, "siblings": files, "cardData": {"license": "cc0-1.0"}}


def _entry(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    entry: dict[str, Any] = {"type": "file", "path": path.name, "size": len(content)}
    entry["oid"] = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    if path.suffix in (".safetensors", ".bin"):
        entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
    return entry
