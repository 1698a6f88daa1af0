"""Below a path of a proxy's: the same site, whether the proxy leaves the path on or takes it away."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from gradio_client import Client
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route, Router
from starlette.testclient import TestClient

from studio import settings
from studio.errors import SettingsError
from studio.web.prefix import Prefixed
from tests.browser import OpenPage, expect
from tests.serving import Served, served

PREFIX = "/shared/studio"


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("below"), STUDIO_PREFIX=PREFIX) as found:
        yield found


@pytest.fixture
def client() -> TestClient:
    routes = [
        Route("/", lambda request: PlainTextResponse(request.url.path)),
        Route("/away", lambda _: RedirectResponse("/there?a=b")),
        Route("/out", lambda _: RedirectResponse("https://example.org/")),
    ]
    return TestClient(Prefixed(Router(routes), PREFIX), follow_redirects=False)


@pytest.mark.parametrize("path", ["/", f"{PREFIX}/"])
def test_with_and_without_the_path_the_same_is_answered(client: TestClient, path: str) -> None:
    assert client.get(path).text == "/"


def test_browsers_are_sent_back_below_the_path(client: TestClient) -> None:
    assert client.get(f"{PREFIX}/away").headers["location"] == f"{PREFIX}/there?a=b"
    assert client.get(f"{PREFIX}/out").headers["location"] == "https://example.org/"
    assert client.get(f"{PREFIX}?lang=zh").headers["location"] == f"{PREFIX}/?lang=zh"
    assert client.get(f"{PREFIX}else/").status_code == 404


@pytest.mark.parametrize("prefix", ["studio", "/stu dio", "/a//b", "/../a", "/studio?x"])
def test_what_is_no_path_is_refused(prefix: str) -> None:
    with pytest.raises(SettingsError):
        settings.load(prefix=prefix)
    assert settings.load(prefix="/studio/").prefix == "/studio"
    assert settings.load().prefix == ""


def test_the_page_works_below_the_path(open_page: OpenPage, below: Served) -> None:
    outside = []
    page = open_page(f"{below.url.rstrip('/')}{PREFIX}?lang=zh")
    page.on("request", lambda asked: outside.append(asked.url))
    page.locator("#panels [role=tab]").nth(0).wait_for()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    page.get_by_role("button", name=re.compile("digits|数字")).first.click()
    expect(page.locator("#data-selected")).to_be_visible()
    page.locator("#panels [role=tab]").nth(2).click()
    page.wait_for_timeout(2000)
    assert outside
    assert [url for url in outside if PREFIX not in url] == []


def test_a_program_comes_in_below_the_path(below: Served) -> None:
    client = Client(f"{below.url.rstrip('/')}{PREFIX}/", verbose=False)
    assert client.predict(api_name="/runs") == {"items": []}
    client.close()
