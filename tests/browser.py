"""A real browser for the tests of the page.

`tests/conftest.py` makes these fixtures known everywhere; a test takes `open_page`:

    def test_the_title_is_shown(open_page: OpenPage, url: str) -> None:
        page = open_page(url)
        expect(page.get_by_role("heading", name="Studio")).to_be_visible()

When such a test ends, it fails if a page that it opened wrote an error to the console, threw an exception, or asked for
anything at another address than its own. Expected complaints are named: `open_page(url, tolerate="404")`.

A test that fails in the browser is tried once more, and the summary names it: a page draws, fetches and is redrawn by
the theme in its own time, and no other part of the tests waits for a program of somebody else in this way. A fault of
the studio fails twice.

The browser lives as long as a module, not as long as the session: while it lives, playwright keeps an event loop
running in this thread, and `asyncio.run` in other tests would refuse to work. Without playwright or Chromium the tests
that need them are skipped.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import uvicorn

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Request, Response

OpenPage = Callable[..., "Page"]  # see `open_page`

WAIT = 60_000  # milliseconds that an expectation may take on a busy machine
DESKTOP = (1280, 900)
PHONE = (360, 740)
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "open_page" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium, started once for a module's tests."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no chromium on this machine")
    playwright.expect.set_options(timeout=WAIT)
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Opens `open_page(url, dark=False, size=DESKTOP, locale="en-US", tolerate="")`, each page with storage of its own.

    `tolerate` is a regular expression; complaints that it is found in do not fail the test.
    """
    complaints: list[str] = []
    contexts = []

    def opened(
        url: str, *, dark: bool = False, size: tuple[int, int] = DESKTOP, locale: str = "en-US", tolerate: str = ""
    ) -> Page:
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, locale=locale)
        contexts.append(context)
        context.set_default_timeout(WAIT)
        page = context.new_page()
        listen(page, url, lambda text: None if tolerate and re.search(tolerate, text) else complaints.append(text))
        page.goto(f"{url}{'&' if '?' in url else '?'}__theme={'dark' if dark else 'light'}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def expect(part: Locator) -> Any:
    """Playwright's own `expect` for a part of a page, with patience for a busy machine."""
    from playwright import sync_api

    return sync_api.expect(part)


def listen(page: Page, url: str, complain: Callable[[str], Any]) -> None:
    """Report console errors, exceptions, and requests to another place than `url`'s, which are refused as well.

    A failure of the server is told with what was asked, so that its cause can be found.
    """
    page.on("console", lambda message: complain(_said(message)) if message.type == "error" else None)
    page.on("pageerror", lambda error: complain(f"exception: {error}"))
    page.on("response", lambda answer: complain(_failed(answer)) if answer.status >= 500 else None)

    def judge(request: Request) -> bool:
        parts = urlsplit(request.url)
        foreign = parts.scheme not in ("data", "blob", "about") and parts.netloc != urlsplit(url).netloc
        if foreign:
            complain(f"foreign request: {request.url}")
        return foreign

    page.route("**/*", lambda route: route.abort() if judge(route.request) else route.continue_())


def _said(message: ConsoleMessage) -> str:
    return f"console: {message.text} {message.location.get('url', '')}".strip()


def _failed(answer: Response) -> str:
    return f"server: {answer.status} {answer.request.method} {answer.url} {(answer.request.post_data or '')[:2000]}"


def accessibility_problems(page: Page, within: str = "body") -> list[str]:
    """What axe finds wrong inside the element that the selector `within` names: rule, gravity and place."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = axe.Axe().run(page, context=within).response["violations"]
    return [
        f"{problem['id']} ({problem['impact']}): {place['html'][:200]}"
        for problem in found
        for place in problem["nodes"]
    ]


@contextmanager
def hosted(make: Callable[[], Any]) -> Iterator[str]:
    """The address of the ASGI application that `make` returns, served at a free port until the block ends.

    For a small application of a test's own; `tests/serving.py` runs the whole studio. `make` is called inside the
    server's event loop, in a thread: Gradio otherwise makes loops of its own and leaves them open.
    """
    servers: list[uvicorn.Server] = []

    async def serve(listening: socket.socket) -> None:
        config = uvicorn.Config(make(), log_level="error", ws="none", timeout_graceful_shutdown=1)
        servers.append(uvicorn.Server(config))
        await servers[0].serve([listening])

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=lambda: asyncio.run(serve(listening)))
        thread.start()
        try:
            while thread.is_alive() and not (servers and servers[0].started):
                time.sleep(0.02)
            assert thread.is_alive(), "the application did not start"
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        finally:
            for server in servers:
                server.should_exit = True
            thread.join()
