"""The page in two languages behind one address, each with an application of its own."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from gradio_client import Client
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from studio import ui
from studio.api import Studio
from studio.web.access import Door
from studio.web.pages import gradio_application, prepare_environment, wished
from tests.web import Site, running, settings


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_SSR_MODE", "True")  # as a Space sets it
        with running(settings(tmp_path_factory.mktemp("w"))) as found:
            yield found


@pytest.mark.parametrize(
    ("path", "headers", "language"),
    [
        ("/", {}, "en"),
        ("/", {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}, "zh"),
        ("/", {"Accept-Language": "de,en;q=0.5,zh;q=0.9"}, "zh"),
        ("/", {"Accept-Language": "fr, xx;q=nonsense, *"}, "en"),
        ("/", {"Accept-Language": "zh;q=0, en;q=0.1"}, "en"),
        ("/", {"Cookie": "studio_language=zh"}, "zh"),
        ("/", {"Cookie": "studio_language=en", "Accept-Language": "zh"}, "en"),
        ("/", {"Cookie": "studio_language=xx", "Accept-Language": "zh"}, "zh"),
        ("/?lang=zh", {"Cookie": "studio_language=en"}, "zh"),
        ("/?lang=xx", {"Accept-Language": "zh"}, "zh"),
        ("/?lang=en&lang=zh", {}, "zh"),
    ],
)
def test_the_language_is_the_asked_one_then_the_remembered_then_the_browsers(
    site: Site, path: str, headers: dict[str, str], language: str
) -> None:
    answer = site.ask(path, headers=headers)
    assert answer.status == 200
    assert f"page {language}" in answer.text
    assert f'"root":"http://127.0.0.1:{site.port}/{language}"' in answer.text


def test_only_asking_for_a_language_is_remembered(site: Site) -> None:
    cookie = site.ask("/?lang=zh").headers["set-cookie"]
    assert cookie.startswith("studio_language=zh; Path=/; ")
    assert "SameSite=Lax" in cookie
    for path in ("/", "/?lang=xx", "/?lang=", "/config?lang=zh", "/?lang=zh%0d%0aX:1"):
        assert "set-cookie" not in site.ask(path).headers


def test_what_a_page_asks_for_goes_to_the_application_of_its_own_language(site: Site) -> None:
    body = json.dumps({"data": ["?"]}).encode()
    other = {"Cookie": "studio_language=en", "Content-Type": "application/json"}
    answer = site.ask("/zh/gradio_api/run/ask", "POST", body, other)
    assert json.loads(answer.body)["data"] == ["zh: ?"]


def test_a_server_function_of_each_language_is_reached(site: Site) -> None:
    for language in ("en", "zh"):
        config = json.loads(site.ask(f"/{language}/config").body)
        part = next(c["id"] for c in config["components"] if c["props"].get("elem_id") == "look")
        asked = {"data": {"a": 1}, "component_id": part, "session_hash": "x", "fn_name": "look"}
        headers = {"Content-Type": "application/json"}
        answer = site.ask(f"/{language}/gradio_api/component_server/", "POST", json.dumps(asked).encode(), headers)
        assert json.loads(answer.body) == {"language": language, "asked": {"a": 1}}


def test_the_python_client_does_the_whole_job(site: Site) -> None:
    client = Client(f"http://127.0.0.1:{site.port}", verbose=False, analytics_enabled=False)
    try:
        assert client.predict("hello", api_name="/ask") == "en: hello"
        assert "/ask" in client.view_api(return_format="dict")["named_endpoints"]
    finally:
        client.close()


def test_the_python_client_brings_a_token(tmp_path: Path) -> None:
    with running(settings(tmp_path), Door(token="abc")) as site:
        bearer = {"Authorization": "Bearer abc"}
        client = Client(f"http://127.0.0.1:{site.port}", verbose=False, headers=bearer, analytics_enabled=False)
        try:
            assert client.predict("hello", api_name="/ask") == "en: hello"
        finally:
            client.close()


def test_nothing_is_reported_to_anybody_and_nothing_of_gradios_own_is_offered(site: Site) -> None:
    config = json.loads(site.ask("/config").body)
    assert config["analytics_enabled"] is False
    assert config["footer_links"] == []
    assert config.get("run_history") is False
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert int(os.environ["GRADIO_ANALYTICS_MAX_EVENTS"]) < 100 < int(os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"])
    assert not config.get("is_ssr", False)


def test_uploads_arrive_in_the_workspace(tmp_path: Path) -> None:
    prepare_environment(settings(tmp_path / "here"))
    assert os.environ["GRADIO_TEMP_DIR"] == str(tmp_path / "here" / "incoming")


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_wish_for_a_language_is_understood_somehow(accepted: str, cookie: str) -> None:
    raw = [(b"accept-language", accepted.encode("utf-8", "replace")), (b"cookie", cookie.encode("utf-8", "replace"))]
    assert isinstance(wished(Headers(raw=raw)), list)


def test_an_idle_queue_rests(tmp_path: Path) -> None:
    """Gradio's own pace, a thousand looks a second, takes several percent of a core from whatever trains."""
    chosen = settings(tmp_path)

    async def paces() -> tuple[float, float]:
        blocks = ui.build(Studio(chosen), "en")
        before = blocks._queue.sleep_when_free
        gradio_application(chosen, blocks, {})
        return before, blocks._queue.sleep_when_free

    before, after = asyncio.run(paces())
    assert before < 0.01
    assert after >= 0.05
