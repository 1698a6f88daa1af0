"""The web server as a real process: it answers, refuses foreign hosts, says where it is, and ends when asked."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from studio import __version__
from studio.errors import SettingsError
from studio.settings import Settings, load
from studio.web.server import COMMANDS, address, application, is_loopback, listen

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[str]
    port: int

    def ask(self, path: str, host: str | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Host": host or f"127.0.0.1:{self.port}"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with started(tmp_path_factory.mktemp("web")) as process:
        try:
            yield Server(process, port_of(process))
        finally:
            process.kill()


def started(workspace: Path) -> subprocess.Popen[str]:
    """`app.py` on a free port, as anybody starts it."""
    studio = {"STUDIO_PORT": "0", "STUDIO_WORKSPACE": str(workspace), "PYTHONWARNINGS": "error"}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("STUDIO_", "SPACE_"))}
    return subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env=inherited | studio, stderr=subprocess.PIPE, text=True
    )


def port_of(process: subprocess.Popen[str]) -> int:
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
    assert found, line
    return int(found[1])


def test_the_health_check_answers(server: Server) -> None:
    assert server.ask("/healthz") == (200, '{"status":"ok"}')


def test_the_page_says_what_can_be_done_and_nothing_of_the_workspace(server: Server) -> None:
    status, page = server.ask("/", host=f"localhost:{server.port}")
    assert status == 200
    assert __version__ in page
    assert all(f"python -m studio {command}" in page for command, _ in COMMANDS)
    assert "workspace" not in page.lower()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "", "a b"])
def test_a_foreign_host_is_refused(server: Server, host: str) -> None:
    status, body = server.ask("/healthz", host=host or "?")
    assert status == 400
    assert "ok" not in body


def test_a_path_that_does_not_exist_is_not_found(server: Server) -> None:
    assert server.ask("/docs")[0] == 404
    assert server.ask("/openapi.json")[0] == 404


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_when_it_is_asked_to(tmp_path: Path, ending: signal.Signals) -> None:
    with started(tmp_path) as process:
        try:
            assert Server(process, port_of(process)).ask("/healthz")[0] == 200
            process.send_signal(ending)
            assert process.wait(timeout=10) in (0, -ending)
            assert process.stderr is not None
            assert process.stderr.read() == ""
        finally:
            process.kill()


def test_a_port_that_is_taken_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"cannot be served at 127.0.0.1, port {port}") as refused:
            listen(settings(tmp_path, port=port))
    assert "STUDIO_PORT" in refused.value.next


@pytest.mark.parametrize("host", ["not an address", "a" * 80, "999.0.0.1"])
def test_an_address_that_is_none_is_refused_with_a_sentence(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsError, match="cannot be served"):
        listen(settings(tmp_path, host=host))


def test_a_server_open_to_the_network_is_printed_as_an_address_a_browser_can_open(tmp_path: Path) -> None:
    with listen(settings(tmp_path, host="0.0.0.0")) as listening:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address(listening))


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("a.b", False)],
)
def test_loopback_is_what_only_this_machine_reaches(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_the_application_has_no_routes_but_its_own(tmp_path: Path) -> None:
    assert sorted(getattr(route, "path", "?") for route in application(settings(tmp_path)).routes) == ["/", "/healthz"]


def settings(workspace: Path, host: str = "127.0.0.1", port: int = 0) -> Settings:
    return load({}, workspace=workspace, host=host, port=port)
