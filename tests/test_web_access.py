"""Who comes in by which door."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from studio.web.access import Door, admits, cookie_name, door
from tests.web import Site, running, settings

TOKEN = "a-token-that-nobody-guesses"


def basic(pair: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


@pytest.mark.parametrize(
    ("variables", "kind"),
    [
        ({}, "open"),
        ({"STUDIO_HOST": "::1"}, "open"),
        ({"STUDIO_PROXY": "true"}, "token"),
        ({"STUDIO_HOSTS": "studio.example"}, "token"),
        ({"STUDIO_HOST": "0.0.0.0"}, "token"),
        ({"STUDIO_HOST": "192.168.1.5"}, "token"),
        ({"STUDIO_MODE": "team"}, "token"),
        ({"STUDIO_HOST": "0.0.0.0", "STUDIO_MODE": "public"}, "open"),
        ({"SPACE_ID": "me/studio"}, "open"),
        ({"SPACE_ID": "me/studio", "STUDIO_MODE": "team"}, "token"),
        ({"STUDIO_AUTH": "ann:secret"}, "login"),
        ({"SPACE_ID": "me/studio", "STUDIO_AUTH": "ann:secret"}, "login"),
        ({"STUDIO_HOST": "0.0.0.0", "STUDIO_AUTH": "ann:secret"}, "login"),
    ],
)
def test_the_settings_decide_which_door_there_is(tmp_path: Path, variables: dict[str, str], kind: str) -> None:
    found = door(settings(tmp_path, **variables))
    assert ("login" if found.accounts else "token" if found.token else "open") == kind


def test_each_start_draws_a_long_token_of_its_own(tmp_path: Path) -> None:
    tokens = {door(settings(tmp_path, STUDIO_HOST="0.0.0.0")).token for _ in range(5)}
    assert len(tokens) == 5
    assert all(len(token) >= 43 for token in tokens)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(settings(tmp_path_factory.mktemp("w")), Door(token=TOKEN, tries=1000)) as found:
        yield found


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    wanted = settings(tmp_path_factory.mktemp("w"), STUDIO_AUTH="ann:s:cret,bob:häagen")
    with running(wanted, replace(door(wanted), tries=1000)) as found:
        yield found


RUN = "01m0000000000000000000000z"
EVERYWHERE = ["/", "/config", "/en/config", f"/curves/{RUN}", f"/download/{RUN}/log.txt", f"/tensorboard/{RUN}/"]
EVERYWHERE += [f"/image/{RUN}/0.png", "/assets/page/x.css", "/gradio_api/info", "/gradio_api/info"]


@pytest.mark.parametrize("path", EVERYWHERE)
def test_without_the_token_every_address_says_what_to_do_and_nothing_else(site: Site, path: str) -> None:
    for wrong in ({}, {"Authorization": "Bearer x"}, basic(f"x:{TOKEN}"), {"Cookie": f"studio_access_{site.port}=x"}):
        answer = site.ask(path, headers=wrong)
        assert answer.status == 401
        assert "/?token=" in answer.text
        assert TOKEN not in answer.text


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/?lang=zh", {}),
        ("/", {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}),
        ("/", {"Cookie": "studio_language=zh", "Accept-Language": "en"}),
    ],
)
def test_a_closed_door_speaks_the_language_of_who_stands_before_it(
    site: Site, guarded: Site, path: str, headers: dict[str, str]
) -> None:
    for closed, said in ((site, "/?token="), (guarded, "用户名")):
        shown = closed.ask(path, headers=headers).text
        assert '<html lang="zh">' in shown
        assert "不对所有人开放" in shown
        assert said in shown
        assert "not open to everybody" not in shown
    assert '<html lang="en">' in site.ask("/?lang=xx", headers={"Accept-Language": "fr"}).text


def test_health_is_told_to_everybody(site: Site, guarded: Site) -> None:
    assert (site.ask("/healthz").text, guarded.ask("/healthz").text) == ('{"status":"ok"}', '{"status":"ok"}')


def test_the_printed_address_leaves_a_cookie_and_the_token_leaves_the_address(site: Site) -> None:
    visit = site.ask(f"/?token={TOKEN}&lang=zh&token=")
    assert (visit.status, visit.headers["location"]) == (303, "/?lang=zh")
    cookie, *attributes = visit.headers["set-cookie"].split("; ")
    assert cookie == f"studio_access_{site.port}={TOKEN}"
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(attributes)
    page = site.ask("/", headers={"Cookie": f"other=1; {cookie}"})
    assert (page.status, "page en" in page.text) == (200, True)


def test_a_program_brings_the_token_in_a_header(site: Site) -> None:
    assert site.ask("/config", headers={"Authorization": f"Bearer {TOKEN}"}).status == 200


@pytest.mark.parametrize("path", ["/?token=wrong", "/?token=", "/config?token=" + TOKEN, "/?Token=" + TOKEN])
def test_a_wrong_token_and_one_in_the_wrong_place_are_refused(site: Site, path: str) -> None:
    answer = site.ask(path)
    assert answer.status == 401
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", EVERYWHERE)
def test_without_a_login_every_address_asks_for_one(guarded: Site, path: str) -> None:
    answer = guarded.ask(path)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Basic ")
    assert "user name" in answer.text


@pytest.mark.parametrize("pair", ["ann:s:cret", "bob:häagen"])
def test_users_come_in_with_their_password(guarded: Site, pair: str) -> None:
    assert guarded.ask("/", headers=basic(pair)).status == 200


@pytest.mark.parametrize(
    "pair", ["ann:häagen", "ann:", "ann", ":s:cret", "", "ANN:s:cret", "ann:s:cret ", "ann:s:cret,bob"]
)
def test_nobody_comes_in_with_a_wrong_password(guarded: Site, pair: str) -> None:
    assert guarded.ask("/", headers=basic(pair)).status == 401


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_header_is_judged_and_opens_nothing(authorization: str, cookie: str) -> None:
    pairs = [(b"authorization", authorization), (b"cookie", cookie), (b"host", "a:1")]
    headers = Headers(raw=[(name, value.encode("utf-8", "replace")) for name, value in pairs])
    assert not admits(Door(token=TOKEN), headers)
    assert not admits(Door(accounts=(b"ann:secret",)), headers)
    assert admits(Door(), headers)


def test_studios_on_two_ports_have_two_cookies() -> None:
    assert cookie_name(Headers({"host": "a:1"})) != cookie_name(Headers({"host": "a:2"}))
    assert cookie_name(Headers({"host": "[::1]"})).isascii()


def test_in_a_frame_of_another_site_the_cookie_is_sent_along(tmp_path: Path) -> None:
    with running(settings(tmp_path), Door(token=TOKEN, across_sites=True)) as site:
        cookie = site.ask(f"/?token={TOKEN}").headers["set-cookie"]
    assert "SameSite=None; Secure; Partitioned" in cookie


def test_who_tries_wrong_tokens_too_often_has_to_wait_and_nobody_else_does(tmp_path: Path) -> None:
    with running(settings(tmp_path, STUDIO_PROXY="true"), Door(token=TOKEN)) as found:

        def tried(token: str, address: str, way: str = "header") -> int:
            origin = {"X-Forwarded-For": f"1.1.1.1, {address}"}
            if way == "link":
                return found.ask(f"/?token={token}", headers=origin).status
            return found.ask("/config", headers=origin | {"Authorization": f"Bearer {token}"}).status

        assert [tried(f"wrong{n}", "2.2.2.2", ("header", "link")[n % 2]) for n in range(10)] == [401] * 10
        assert {tried(token, "2.2.2.2", way) for token in ("wrong", TOKEN) for way in ("header", "link")} == {429}
        refused = found.ask("/", headers={"X-Forwarded-For": "2.2.2.2", "Authorization": "Bearer x"})
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert "too many wrong tries" in refused.text
        waiting = {"X-Forwarded-For": "2.2.2.2", "Authorization": "Bearer x", "Accept-Language": "zh"}
        assert "错误尝试太多" in found.ask("/", headers=waiting).text
        assert (tried(TOKEN, "3.3.3.3"), tried(TOKEN, "3.3.3.3", "link")) == (200, 303)
        cookie = {"X-Forwarded-For": "2.2.2.2", "Cookie": f"studio_access_{found.port}={TOKEN}"}
        assert found.ask("/config", headers=cookie).status == 200


def test_passwords_are_tried_ten_times_a_minute_and_no_more(tmp_path: Path) -> None:
    with running(settings(tmp_path, STUDIO_AUTH="ann:secret")) as found:
        assert [found.ask("/").status for _ in range(11)] == [401] * 11  # who brings nothing tries nothing
        assert [found.ask("/", headers=basic(f"ann:{n}")).status for n in range(11)] == [401] * 10 + [429]
