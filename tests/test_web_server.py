"""The web server as a real process: it answers, refuses foreign hosts, says where it is, and ends when asked."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from studio.errors import SettingsError
from studio.runs import store
from studio.web.access import Door
from studio.web.server import address, announcement, listen
from tests import tiny
from tests.web import running, settings

ROOT = Path(__file__).parent.parent
PATIENCE = 120  # seconds for a server to say where it is, on a busy machine


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[str]
    port: int
    said: str

    def ask(self, path: str, host: str | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path, headers={"Host": host or f"127.0.0.1:{self.port}"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


def started(workspace: Path, **variables: str) -> subprocess.Popen[str]:
    """`app.py` on a free port, as anybody starts it."""
    studio = {"STUDIO_PORT": "0", "STUDIO_WORKSPACE": str(workspace), "PYTHONWARNINGS": "error::ResourceWarning"}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("STUDIO_", "SPACE_"))}
    return subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env=inherited | studio | variables, stderr=subprocess.PIPE, text=True
    )


def ready(process: subprocess.Popen[str]) -> Server:
    """The server when it has said where it is."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            return Server(process, int(found[1]), "".join(said))
    raise AssertionError("".join(said))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with started(tmp_path_factory.mktemp("web")) as process:
        try:
            yield ready(process)
        finally:
            process.kill()


def test_the_health_check_answers(server: Server) -> None:
    assert server.ask("/healthz") == (200, '{"status":"ok"}')


def test_the_page_of_the_studio_is_served_and_names_nothing_of_the_workspace(server: Server) -> None:
    status, page = server.ask("/", host=f"localhost:{server.port}")
    assert status == 200
    assert "window.gradio_config" in page
    assert "/web0" not in page


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "a b"])
def test_a_foreign_host_is_refused(server: Server, host: str) -> None:
    status, body = server.ask("/healthz", host=host)
    assert status == 400
    assert "ok" not in body


def test_a_path_that_does_not_exist_is_not_found(server: Server) -> None:
    assert [server.ask(path)[0] for path in ("/docs", "/openapi.json", "/redoc", "/nothing")] == [404] * 4


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_when_it_is_asked_to_though_somebody_still_listens(
    tmp_path: Path, ending: signal.Signals
) -> None:
    with started(tmp_path) as process:
        try:
            server = ready(process)
            threads = [threading.Thread(target=_listen_on, args=(server.port, path)) for path in
                       ("/en/gradio_api/heartbeat/a", "/en/gradio_api/queue/data?session_hash=a")]  # fmt: skip
            for thread in threads:
                thread.start()
            time.sleep(0.5)
            process.send_signal(ending)
            assert process.wait(timeout=20) in (0, -ending)
            assert process.stderr is not None
            assert process.stderr.read() == ""
            for thread in threads:
                thread.join(10)
        finally:
            process.kill()


def _listen_on(port: int, path: str) -> None:
    """Follow a stream until the server ends it."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
        try:
            while connection.recv(4096):
                pass
        except OSError:
            pass  # cut off: that is an end as well


def test_an_open_server_prints_an_address_with_the_token_that_opens_it(tmp_path: Path) -> None:
    with started(tmp_path, STUDIO_HOST="0.0.0.0") as process:
        try:
            server = ready(process)
            token = re.search(r"/\?token=([\w-]{43})", server.said)
            assert token
            assert server.ask("/")[0] == 401
            assert server.ask(f"/?token={token[1]}")[0] == 303
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("variable", "value"), [("STUDIO_AUTH", "nobody"), ("STUDIO_HOSTS", "http://x"), ("STUDIO_PORT", "x")]
)
def test_a_wrong_setting_is_refused_at_the_start_with_the_reason(tmp_path: Path, variable: str, value: str) -> None:
    with started(tmp_path, **{variable: value}) as process:
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(PATIENCE) == 2
    assert variable in said
    assert "Traceback" not in said


def test_a_port_that_is_taken_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"cannot be served at 127.0.0.1, port {port}") as refused:
            listen(settings(tmp_path, STUDIO_PORT=str(port)))
    assert "STUDIO_PORT" in refused.value.next


@pytest.mark.parametrize("host", ["not an address", "a" * 80, "999.0.0.1"])
def test_an_address_that_is_none_is_refused_with_a_sentence(tmp_path: Path, host: str) -> None:
    with pytest.raises(SettingsError, match="cannot be served"):
        listen(settings(tmp_path, STUDIO_HOST=host, STUDIO_PORT="0"))


def test_a_server_open_to_the_network_says_how_others_reach_it(tmp_path: Path) -> None:
    with listen(settings(tmp_path, STUDIO_HOST="0.0.0.0", STUDIO_PORT="0")) as listening:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address(listening))
        said = announcement(listening, Door(token="abc"))
    assert re.search(r"http://127\.0\.0\.1:\d+/\?token=abc ", said)
    assert "From another machine" in said


def lost_run(workspace: Path, network: Path) -> store.Run:
    """A run that waits in the queue and whose worker is gone."""
    tiny.tiny_bert(network)
    run = tiny.new_run(workspace, "text_classification", "full", network)
    store.change_meta(run, asked=time.time() - 60)
    return run


def test_a_run_that_waited_when_the_machine_went_down_goes_on_when_the_server_starts(tmp_path: Path) -> None:
    run = lost_run(tmp_path / "w", tmp_path / "network")
    assert run.status() is store.Status.INTERRUPTED
    with running(settings(tmp_path / "w")):
        deadline = time.monotonic() + PATIENCE
        while run.status() is not store.Status.FINISHED and time.monotonic() < deadline:
            time.sleep(0.1)
    assert run.status() is store.Status.FINISHED


def test_uploads_that_a_killed_server_left_are_removed_after_a_day(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    for name, age in (("old", 25), ("young", 23)):
        (chosen.incoming / name).mkdir(parents=True)
        (chosen.incoming / name / "data.csv").write_text("a")
        os.utime(chosen.incoming / name, (time.time() - age * 3600,) * 2)
    with running(chosen):
        assert {path.name for path in chosen.incoming.iterdir()} == {"young"}


def test_what_cannot_be_tidied_up_does_not_keep_the_page_from_being_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("studio.api.Studio.recover", broken)
    with running(settings(tmp_path)) as site:
        assert site.ask("/").status == 200
    assert "error id" in capfd.readouterr().err
