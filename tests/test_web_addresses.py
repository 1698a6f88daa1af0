"""By which names the server may be asked, and which requests come from another page."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.web.addresses import foreign, is_loopback, is_ours, names, same_origin
from tests.web import settings


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.8.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("a.b", False)],
)
def test_loopback_is_what_only_this_machine_reaches(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:7860", "127.0.0.1:1", "[::1]:7860", "studio.example:443"])
def test_on_loopback_its_names_and_the_configured_ones_are_known(tmp_path: Path, host: str) -> None:
    assert is_ours(host, names(settings(tmp_path, STUDIO_HOSTS="studio.example")))


FOREIGN = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.",
    "user@localhost",
    "localhost:7860.",
    "localhost:",
    "",
]
FOREIGN += ["localhost:99999", "localhost:1:2", "local host", "[::1", "::1", "localhost/", "localhost\t", "localhost,x"]


@pytest.mark.parametrize("host", [*FOREIGN, "192.168.1.5", "10.0.0.1:7860"])
def test_on_loopback_every_other_name_is_foreign(tmp_path: Path, host: str) -> None:
    assert not is_ours(host, names(settings(tmp_path)))


@pytest.mark.parametrize("host", ["192.168.1.5:7860", "[fe80::1]", "localhost:7860", socket.gethostname(), "gpu.lan"])
def test_open_to_the_network_numbers_and_own_names_are_known(tmp_path: Path, host: str) -> None:
    assert is_ours(host, names(settings(tmp_path, STUDIO_HOST="0.0.0.0", STUDIO_HOSTS="gpu.lan,other.lan")))


@pytest.mark.parametrize("host", [*FOREIGN, "1.2.3.4.5", "999.1.1.1", "0x7f.1"])
def test_open_to_the_network_a_name_of_somebody_else_is_foreign(tmp_path: Path, host: str) -> None:
    assert not is_ours(host, names(settings(tmp_path, STUDIO_HOST="0.0.0.0")))


def test_the_host_of_a_space_is_known(tmp_path: Path) -> None:
    space = names(settings(tmp_path, SPACE_ID="me/studio", SPACE_HOST="me-studio.hf.space"))
    assert is_ours("me-studio.hf.space", space)
    assert not is_ours("you-studio.hf.space", space)


@pytest.mark.parametrize(
    ("origin", "same"),
    [
        ("http://127.0.0.1:7860", True),
        ("HTTP://127.0.0.1:7860", True),
        ("http://127.0.0.1", False),
        ("http://127.0.0.1:7861", False),
        ("https://127.0.0.1:7860", False),
        ("http://127.0.0.1:78600", False),
        ("http://127.0.0.1:7860.evil.example", False),
        ("http://evil.example/127.0.0.1:7860", False),
        ("http://localhost:7860", False),
        ("null", False),
        ("", False),
    ],
)
def test_only_the_very_same_page_is_of_the_same_origin(origin: str, same: bool) -> None:
    assert same_origin(origin, "127.0.0.1:7860", ("http",)) is same


@pytest.mark.parametrize(
    ("fetch", "method", "embeddable", "expected"),
    [
        ({}, "POST", False, False),
        ({"site": "same-origin", "mode": "cors"}, "POST", False, False),
        ({"site": "none", "mode": "navigate"}, "GET", False, False),
        ({"site": "cross-site", "mode": "navigate", "dest": "document"}, "GET", False, False),
        ({"site": "cross-site", "mode": "navigate", "dest": "document"}, "POST", False, True),
        ({"site": "cross-site", "mode": "navigate", "dest": "iframe"}, "GET", False, True),
        ({"site": "cross-site", "mode": "navigate", "dest": "iframe"}, "GET", True, False),
        ({"site": "cross-site", "mode": "no-cors", "dest": "image"}, "GET", True, True),
        ({"site": "same-site", "mode": "cors"}, "GET", False, True),
    ],
)
def test_links_to_us_are_followed_and_parts_of_other_pages_refused(
    fetch: dict[str, str], method: str, embeddable: bool, expected: bool
) -> None:
    assert foreign(fetch, method, embeddable) is expected


@given(st.text(max_size=40))
def test_any_text_is_judged(text: str) -> None:
    known = names(settings(Path("/nowhere")))
    assert is_ours(text, known) in (True, False)
    assert same_origin(text, "localhost:1", ("http",)) in (True, False)
