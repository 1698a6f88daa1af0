"""What is remembered of visits: those that ended are forgotten, those that go on are not, and never too many."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from studio.api import Studio
from studio.web import visits
from tests.web import Site, running, settings, tiny_page

MINUTE = 60.0


@pytest.fixture
def pages() -> list[gr.Blocks]:
    return []


@pytest.fixture
def site(tmp_path: Path, pages: list[gr.Blocks], monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(visits, "KEPT", 3)

    def page(studio: Studio, language: str) -> gr.Blocks:
        pages.append(tiny_page(studio, language))
        return pages[-1]

    with running(settings(tmp_path), page=page) as found:
        yield found


def call(site: Site, session: str) -> None:
    body = json.dumps({"data": ["?"], "session_hash": session}).encode()
    answer = site.ask("/en/gradio_api/run/ask", "POST", body, {"Content-Type": "application/json"})
    assert answer.status == 200, answer.text


def test_only_the_visits_used_last_are_remembered(site: Site, pages: list[gr.Blocks]) -> None:
    for session in ("a", "b", "c", "a", "d", "e"):
        call(site, session)
    assert set(pages[0].state_holder.session_data) == {"a", "d", "e"}
    assert not pages[1].state_holder.session_data


def test_a_visit_that_ended_is_forgotten_after_ten_minutes(site: Site, pages: list[gr.Blocks]) -> None:
    for session in ("ended", "open"):
        call(site, session)
    holder = pages[0].state_holder
    holder.session_data["ended"].is_closed = True
    kept = visits.Visits(holder)
    for minute in range(10):
        kept.forget_ended(minute * MINUTE)
        assert set(holder.session_data) == {"ended", "open"}
    kept.forget_ended(10 * MINUTE)
    assert set(holder.session_data) == set(holder.time_last_used) == {"open"}


def test_a_visit_that_came_back_has_its_ten_minutes_anew(site: Site, pages: list[gr.Blocks]) -> None:
    call(site, "tab")
    holder = pages[0].state_holder
    kept = visits.Visits(holder)
    for began in (0.0, 30 * MINUTE):  # the connection breaks, twice
        holder.session_data["tab"].is_closed = True
        kept.forget_ended(began)
        kept.forget_ended(began + 9 * MINUTE)
        with closing(http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)) as again:
            again.request("GET", "/en/gradio_api/heartbeat/tab")
            assert b"ALIVE" in again.getresponse().readline()
            assert holder.session_data["tab"].is_closed is False
            kept.forget_ended(began + 11 * MINUTE)
    assert set(holder.session_data) == {"tab"}


def test_while_the_application_lives_it_looks_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "_EVERY", 0.001)
    monkeypatch.setattr(visits, "_AFTER", 0.01)
    closed: Any = SimpleNamespace(is_closed=True)

    async def life() -> None:
        blocks = gr.Blocks(analytics_enabled=False)
        inside = visits.forgetting(blocks)
        assert blocks.state_session_capacity == visits.KEPT
        blocks.state_holder = gr.state_holder.StateHolder()  # type: ignore[no-untyped-call]
        async with inside(SimpleNamespace()):  # type: ignore[arg-type]
            blocks.state_holder.session_data["x"] = closed
            async with asyncio.timeout(10):
                while blocks.state_holder.session_data:
                    await asyncio.sleep(0.005)

    asyncio.run(life())
