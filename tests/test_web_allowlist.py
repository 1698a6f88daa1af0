"""The list of addresses that are answered, held against every route that Gradio brings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from studio.api import Studio
from studio.web.allowlist import is_answered, is_upload
from studio.web.server import application
from tests.web import settings, tiny_page

RUN = "01m0000000000000000000000z"
# Reviewed by hand, each with what it is for. A route that a new Gradio brings is in neither list: look at it first.
ANSWERED = {
    "/assets/{path:path}",
    "/config",
    "/config/",
    "/favicon.ico",
    "/manifest.json",
    "/robots.txt",
    "/static/{path:path}",
    "/svelte/{path:path}",
    "/theme.css",
    "/gradio_api/theme.css",
    "/gradio_api/info",
    "/gradio_api/info/",
    "/gradio_api/startup-events",
    "/gradio_api/file={path_or_url:path}",
    "/gradio_api/heartbeat/{session_hash}",
    "/gradio_api/queue/data",
    "/gradio_api/queue/join",
    "/gradio_api/upload",
    "/gradio_api/upload_progress",
    "/gradio_api/component_server",
    "/gradio_api/component_server/",
    "/gradio_api/cancel",
    "/gradio_api/reset",
    "/gradio_api/reset/",
    "/gradio_api/run/{api_name}",
    "/gradio_api/run/{api_name}/",
    "/gradio_api/call/{api_name}",
    "/gradio_api/call/{api_name}/",
    "/gradio_api/call/v2/{api_name}",
    "/gradio_api/call/v2/{api_name}/",
    "/gradio_api/call/{api_name}/{event_id}",
    "/gradio_api/call/v2/{api_name}/{event_id}",
    "/gradio_api/app_id",
}
REFUSED = {
    "/login",
    "/login/",
    "/logout",
    "/gradio_api/user",
    "/gradio_api/user/",
    "/gradio_api/login_check",
    "/gradio_api/login_check/",
    "/gradio_api/token",
    "/gradio_api/token/",
    "/gradio_api/app_id/",
    "/gradio_api/dev/reload",
    "/gradio_api/runs",
    "/gradio_api/runs/",
    "/gradio_api/run-history/connect",
    "/gradio_api/run-history/buckets",
    "/gradio_api/run-history/records",
    "/gradio_api/run-history/records/{endpoint}/{record_id}/assets/{asset_id}",
    "/gradio_api/deep_link",
    "/gradio_api/openapi.json",
    "/openapi.json",
    "/gradio_api/custom_component/{id}/{environment}/{type}/{file_name}",
    "/gradio_api/proxy={url_path:path}",
    "/gradio_api/file/{path:path}",
    "/gradio_api/api/{api_name}",
    "/gradio_api/api/{api_name}/",
    "/gradio_api/stream/{event_id}",
    "/gradio_api/stream/{event_id}/close",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext}",
    "/gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file",
    "/gradio_api/queue/status",
    "/gradio_api/process_recording",
    "/pwa_icon",
    "/pwa_icon/{size}",
    "/monitoring",
    "/monitoring/summary",
    "/monitoring/{key}",
    "/gradio_api/vibe-edit",
    "/gradio_api/vibe-edit/",
    "/gradio_api/undo-vibe-edit",
    "/gradio_api/undo-vibe-edit/",
    "/gradio_api/vibe-code",
    "/gradio_api/vibe-code/",
    "/gradio_api/vibe-starter-queries",
    "/gradio_api/vibe-starter-queries/",
    "/gradio_api/profiling/traces",
    "/gradio_api/profiling/summary",
    "/gradio_api/profiling/clear",
}
PAGE = "/"


def gradios_routes(app: FastAPI) -> Iterator[str]:
    """Every path that Gradio would answer."""
    pages: Any = app.routes[-1].app  # type: ignore[attr-defined]
    for inner in pages._apps.values():
        mounted = next(route.app for route in inner.routes if type(route).__name__ == "Mount")
        yield from _paths(mounted.routes)


def _paths(routes: Any) -> Iterator[str]:
    for route in routes:
        if hasattr(route, "path"):
            yield route.path
        router = getattr(route, "router", None) or getattr(route, "original_router", None)
        if router is not None:
            yield from _paths(router.routes)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    chosen = settings(tmp_path_factory.mktemp("workspace"))
    return application(chosen, Studio(chosen), tiny_page)


def test_every_route_of_gradio_has_been_reviewed(app: FastAPI) -> None:
    found = set(gradios_routes(app))
    assert "/gradio_api/queue/join" in found, "the walk over the routes finds those of the router too"
    assert found - {*ANSWERED, *REFUSED, PAGE} == set()
    assert ANSWERED - found == set()


def test_our_own_routes_are_these(app: FastAPI) -> None:
    assert [getattr(route, "path", "?") for route in app.routes] == [
        "/healthz",
        "/curves/{run}",
        "/download/{run}/{name}",
        "/image/{dataset}/{index:int}.png",
        "/assets/{place}/{path:path}",
        "/font-roboto/{name}",
        "/tensorboard",
        "",
    ]


def example(path: str) -> str:
    return re.sub(r"\{path_or_url:path\}", "/tmp/x", re.sub(r"\{(?!path_or)[^}]*\}", "abc", path))


@pytest.mark.parametrize("prefix", ["", "/en", "/zh"])
@pytest.mark.parametrize("path", sorted(ANSWERED))
def test_what_the_page_needs_is_answered(path: str, prefix: str) -> None:
    assert is_answered("GET", prefix + example(path)) or is_answered("POST", prefix + example(path))


@pytest.mark.parametrize("prefix", ["", "/en", "/zh", "/fr", "/en/zh"])
@pytest.mark.parametrize("path", sorted(REFUSED))
def test_what_the_page_does_not_need_is_not_answered(path: str, prefix: str) -> None:
    methods = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT")
    assert not any(is_answered(method, prefix + example(path)) for method in methods)


@pytest.mark.parametrize(
    "path",
    [
        *("/gradio_api/file=http://a.b/c", "/gradio_api/file=HTTPS://a.b", "/gradio_api/file=", "/gradio_api/file=etc"),
        *("/gradio_api/proxy=http://a.b", "/gradio_api/proxy=/x", "/en/", "/zh/", "/en", "/en/healthz"),
        *("/static/../x", "/static/..", "/assets/./x", "/static/a\\b", "/static/a\0b", "/static/\n", "//"),
        *(f"/tensorboard/{RUN}/../x", f"/tensorboard/{RUN[:-1]}/", f"/tensorboard/{RUN}x/", f"/curves/{RUN}/"),
        *(f"/download/{RUN}/", f"/download/{RUN}/a/b.zip", f"/image/{RUN}/-1.png", f"/image/{RUN}/1.jpg"),
    ],
)  # fmt: skip
def test_addresses_that_are_nearly_right_do_not_exist(path: str) -> None:
    assert not is_answered("GET", path)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/healthz", f"/curves/{RUN}", f"/download/{RUN}/model.zip", f"/image/{RUN}/12.png"),
        *(f"/tensorboard/{RUN}", f"/tensorboard/{RUN}/", f"/tensorboard/{RUN}/data/plugin/scalars/tags"),
        *("/assets/page/studio.css", "/assets/vendor/uplot/uPlot.iife.min.js", "/font-roboto/a-B_1.woff2"),
    ],
)
def test_our_own_addresses_are_answered_and_nothing_is_written_there(path: str) -> None:
    assert is_answered("GET", path)
    assert is_answered("HEAD", path)
    assert is_answered("POST", path) is path.startswith("/tensorboard/")


def test_uploads_go_to_one_address() -> None:
    assert all(map(is_upload, ("/gradio_api/upload", "/zh/gradio_api/upload", "/gradio_api/upload/")))
    assert not is_upload("/gradio_api/upload_progress")


@given(st.text(max_size=60))
def test_any_path_is_judged(path: str) -> None:
    assert is_answered("GET", path) in (True, False)
