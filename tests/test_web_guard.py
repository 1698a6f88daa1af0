"""The gate, tried through a real server: hosts, origins, claims of proxies, sizes, and headers of every answer."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from studio.web.access import Door
from tests.web import Answer, Site, running, settings

ADDRESSES = (
    "/",
    "/healthz",
    "/config",
    "/gradio_api/queue/data?session_hash=a",
    "/gradio_api/heartbeat/a",
    "/theme.css",
)
POSTS = ("/gradio_api/queue/join", "/gradio_api/upload", "/gradio_api/component_server", "/gradio_api/run/ask")
LIMIT = 100_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site on loopback."""
    limits = {"STUDIO_LIMITS_REQUEST_BYTES": str(LIMIT), "STUDIO_LIMITS_UPLOAD_BYTES": str(3 * LIMIT)}
    with running(settings(tmp_path_factory.mktemp("w"), **limits)) as found:
        yield found


@pytest.fixture(scope="module")
def lan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that is open to the network, its door left open for these tests."""
    with running(settings(tmp_path_factory.mktemp("w"), STUDIO_HOST="0.0.0.0"), Door()) as found:
        yield found


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site behind a proxy that it trusts, as on a Space."""
    space = {"SPACE_ID": "me/studio", "SPACE_HOST": "me-studio.hf.space"}
    with running(settings(tmp_path_factory.mktemp("w"), **space)) as found:
        yield found


def foreign_origins(host: str) -> list[str]:
    name, _, port = host.rpartition(":")
    return [
        *("null", "http://evil.example", f"http://{host}.evil.example", f"http://evil.example/{host}", "file://"),
        *(f"https://{host}", f"http://{name}", f"http://{name}:{int(port) + 1}", f"http://x{host}", f"ftp://{host}"),
        *(f"http://user@{host}", f"http://{host}/", "http://localhost:1", f"http://{name}.:{port}"),
    ]


def hosts(site: Site) -> tuple[str, ...]:
    return tuple(f"{name}:{site.port}" for name in ("127.0.0.1", "localhost", "[::1]"))


def lan_hosts(site: Site) -> tuple[str, ...]:
    return tuple(f"{name}:{site.port}" for name in ("192.168.1.5", "10.0.0.7", socket.gethostname(), "[fe80::1]"))


def assert_closed(answer: Answer) -> None:
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_foreign_origin_is_refused_on_every_host_address_and_method(site: Site, lan: Site) -> None:
    for target, host in [*((site, h) for h in hosts(site)), *((lan, h) for h in lan_hosts(lan))]:
        for origin in foreign_origins(host):
            headers = {"Host": host, "Origin": origin, "Cookie": "studio_language=en"}
            for method, path in (("GET", "/config"), ("POST", POSTS[0]), ("GET", ADDRESSES[3]), ("HEAD", "/")):
                answer = target.ask(path, method, headers=headers)
                assert answer.status == 403, (host, origin, path)
                assert_closed(answer)


@pytest.mark.parametrize("path", [*ADDRESSES, *POSTS])
def test_a_preflight_of_a_foreign_origin_is_refused(site: Site, lan: Site, path: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    for target, host in ((site, f"127.0.0.1:{site.port}"), (lan, f"192.168.1.5:{lan.port}")):
        answer = target.ask(path, "OPTIONS", headers={"Host": host, "Origin": "http://evil.example", **asked})
        assert answer.status == 403
        assert_closed(answer)


def test_the_page_itself_may_ask_and_nobody_is_told_that_others_may_read(site: Site, lan: Site) -> None:
    for target, host in [*((site, h) for h in hosts(site)), *((lan, h) for h in lan_hosts(lan))]:
        for path in ("/", "/config", "/theme.css"):
            answer = target.ask(path, headers={"Host": host, "Origin": f"http://{host}"})
            assert answer.status == 200
            assert_closed(answer)


def test_an_event_can_be_started_by_the_page_and_not_by_another(site: Site) -> None:
    body = json.dumps({"data": ["hello"]}).encode()
    host = f"127.0.0.1:{site.port}"
    kind = {"Content-Type": "application/json"}
    ours = site.ask("/en/gradio_api/run/ask", "POST", body, {**kind, "Origin": f"http://{host}"})
    assert (ours.status, json.loads(ours.body)["data"]) == (200, ["en: hello"])
    assert site.ask("/en/gradio_api/run/ask", "POST", body, {**kind, "Origin": "null"}).status == 403
    cross = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert site.ask("/en/gradio_api/run/ask", "POST", body, {**kind, **cross}).status == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "a@127.0.0.1", "", "."]
)
def test_a_foreign_host_is_refused_and_not_repeated(site: Site, host: str) -> None:
    answer = site.ask("/config", headers={"Host": host.format(port=site.port)})
    assert answer.status == 400
    assert "evil" not in answer.text


def test_two_hosts_are_none(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.port)) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        assert b" 400 " in connection.makefile("rb").readline()


CLAIMS = {
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "host=evil.example",
    "X-Gradio-Server": "http://evil.example",
    "X-Original-URL": "/evil",
}


def test_nobody_is_believed_who_claims_to_be_a_proxy(site: Site, lan: Site) -> None:
    for target in (site, lan):
        for path in ("/", "/config", "/gradio_api/info"):
            answer = target.ask(path, headers=CLAIMS)
            assert answer.status == 200
            assert "evil" not in answer.text
            assert f"https://127.0.0.1:{target.port}" not in answer.text


def test_a_trusted_proxy_is_believed_about_name_and_scheme(proxied: Site) -> None:
    said = {"Host": "me-studio.hf.space", "X-Forwarded-Host": "me-studio.hf.space", "X-Forwarded-Proto": "https"}
    answer = proxied.ask("/config", headers={**said, "Origin": "https://me-studio.hf.space"})
    assert (answer.status, json.loads(answer.body)["root"]) == (200, "https://me-studio.hf.space/en")
    assert proxied.ask("/config", headers={**said, "Origin": "http://me-studio.hf.space"}).status == 403
    assert proxied.ask("/config", headers={**said, "Origin": "https://evil.example"}).status == 403


def test_a_trusted_proxy_is_not_believed_about_a_foreign_name(proxied: Site) -> None:
    answer = proxied.ask("/config", headers={"Host": "me-studio.hf.space", "X-Forwarded-Host": "evil.example"})
    assert (answer.status, "evil" in answer.text) == (400, False)


def test_a_space_may_be_framed_by_the_hub_and_a_local_studio_by_nobody(site: Site, proxied: Site) -> None:
    framed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
    assert site.ask("/", headers=framed).status == 403
    answer = proxied.ask("/", headers={"Host": "me-studio.hf.space", **framed})
    assert answer.status == 200
    assert (
        "frame-ancestors 'self' https://huggingface.co https://*.hf.space" in answer.headers["content-security-policy"]
    )
    assert "frame-ancestors 'self'" in site.ask("/").headers["content-security-policy"]


@pytest.mark.parametrize("path", [*ADDRESSES, "/nothing", "/static/none", "/curves/x", "/gradio_api/file=/etc/passwd"])
def test_every_answer_carries_the_headers(site: Site, path: str) -> None:
    if path.startswith(("/gradio_api/heartbeat", "/gradio_api/queue")):
        return  # streams that go on; that they carry them is shown by their refusals
    headers = site.ask(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["content-security-policy"].count("default-src") == 1
    assert "\n" not in headers["content-security-policy"]
    assert "server" not in headers


BLOCKED = [
    "/monitoring",
    "/monitoring/summary",
    "/gradio_api/runs",
    "/gradio_api/deep_link",
    "/gradio_api/openapi.json",
]
BLOCKED += ["/gradio_api/proxy=https://a.b/c", "/gradio_api/file=https://a.b/c", "/gradio_api/file=http:%2f%2fa.b"]
BLOCKED += ["/gradio_api/vibe-code", "/gradio_api/process_recording", "/login", "/logout", "/docs", "/openapi.json"]


@pytest.mark.parametrize("prefix", ["", "/en", "/zh"])
@pytest.mark.parametrize("path", BLOCKED)
def test_what_the_page_does_not_need_is_not_there(site: Site, path: str, prefix: str) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert site.ask(prefix + path, method).status == 404


@pytest.mark.parametrize("path", POSTS)
def test_a_request_that_says_it_is_too_large_is_refused_unread(site: Site, path: str) -> None:
    limit = 3 * LIMIT + (1 << 20) if path.endswith("upload") else LIMIT
    answer = site.ask(path, "POST", b"", {"Content-Length": str(limit + 1)})
    assert answer.status == 413
    assert "at most" in answer.text


FIELD = b'--b\r\nContent-Disposition: form-data; name="files"; filename="t.csv"\r\nContent-Type: text/csv\r\n\r\n'


def chunked(site: Site, path: str, size: int) -> bytes:
    """The status line of the answer to a body of unknown length."""
    upload = path.endswith("upload")
    kind = "multipart/form-data; boundary=b" if upload else "application/json"
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nContent-Type: {kind}\r\n"
    body = (FIELD if upload else b"") + b"x" * size
    with socket.create_connection(("127.0.0.1", site.port), timeout=20) as connection:
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        with suppress(BrokenPipeError, ConnectionResetError):  # the answer may come before the end, as it should
            for start in range(0, len(body), 10_000):
                part = body[start : start + 10_000]
                connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))
            connection.sendall(b"0\r\n\r\n")
        return connection.makefile("rb").readline()


@pytest.mark.parametrize("path", [f"/en{path}" for path in POSTS])
def test_a_body_of_unknown_length_is_cut_off_at_the_limit(site: Site, path: str) -> None:
    limit = 3 * LIMIT + (1 << 20) if path.endswith("upload") else LIMIT
    assert b" 413 " in chunked(site, path, limit + 50_000)
    assert b" 413 " not in chunked(site, path, LIMIT // 2)


def form(content: bytes) -> tuple[bytes, dict[str, str]]:
    return FIELD + content + b"\r\n--b--\r\n", {"Content-Type": "multipart/form-data; boundary=b"}


def test_files_arrive_in_the_workspace_up_to_their_limit(site: Site) -> None:
    body, headers = form(b"a,b\n" * 50_000)
    arrived = site.ask("/en/gradio_api/upload", "POST", body, headers)
    assert arrived.status == 200
    path = Path(json.loads(arrived.body)[0])
    assert path.is_relative_to(site.studio.settings.workspace / "incoming")
    assert site.ask(f"/en/gradio_api/file={path}").body == b"a,b\n" * 50_000
    body, headers = form(b"x" * (3 * LIMIT + 1))
    assert site.ask("/en/gradio_api/upload", "POST", body, headers).status == 413


def test_an_upload_that_finds_no_room_is_refused_unread(tmp_path: Path) -> None:
    wanted = settings(tmp_path, STUDIO_LIMITS_WORKSPACE_BYTES="1000")
    with running(wanted) as full:
        body, headers = form(b"x" * 2000)
        answer = full.ask("/en/gradio_api/upload", "POST", body, headers)
        assert (answer.status, b"The workspace is full" in answer.body) == (507, True)
        assert list(wanted.incoming.glob("*")) == []


def test_a_websocket_is_turned_away(site: Site) -> None:
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    answer = site.ask("/gradio_api/queue/join", headers={**upgrade, "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
    assert answer.status in (400, 404)
