"""TensorBoard itself, caged: one run's event files and nothing else, and no process that stays behind."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from starlette.types import Message, Scope
from tensorboardX import SummaryWriter

from studio.identifiers import new_id
from studio.web import tensorboard
from studio.web.tensorboard import Boards, Source, cage, font, in_process
from tests.web import Site, running, settings


def children() -> set[int]:
    """The data servers that live."""
    return {child.pid for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE}


def until(is_so: Callable[[], bool], seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def fake_run(workspace: Path) -> Path:
    """A run's folder as far as TensorBoard is concerned."""
    folder = workspace / "runs" / new_id()
    folder.mkdir(parents=True)
    (folder / "spec.json").write_text("{}")
    return folder


def write(folder: Path, tag: str, values: list[float], begin: int = 1) -> None:
    with SummaryWriter(str(folder / "tb"), filename_suffix=f".{begin}") as writer:
        for step, value in enumerate(values, begin):
            writer.add_scalar(tag, value, step)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    before = children()
    with running(settings(tmp_path_factory.mktemp("w"))) as found:
        yield found
    assert until(lambda: children() <= before), "a data server outlived the site"


@pytest.fixture
def run(site: Site) -> Path:
    folder = fake_run(site.studio.settings.workspace)
    write(folder, "Loss/train", [0.5, 0.25])
    return folder


def scalars(site: Site, run: Path, tag: str) -> list[Any]:
    answer = site.ask(f"/tensorboard/{run.name}/data/plugin/scalars/scalars?run=.&tag={tag.replace('/', '%2F')}")
    return list(json.loads(answer.body)) if answer.status == 200 else []


def test_the_index_and_the_numbers_of_a_run_are_shown(site: Site, run: Path) -> None:
    index = site.ask(f"/tensorboard/{run.name}/")
    assert index.status == 200
    assert "text/html" in index.headers["content-type"]
    assert until(lambda: len(scalars(site, run, "Loss/train")) == 2)
    assert [point[1:] for point in scalars(site, run, "Loss/train")] == [[1, 0.5], [2, 0.25]]


def test_a_new_point_shows_within_six_seconds(site: Site, run: Path) -> None:
    assert until(lambda: len(scalars(site, run, "Loss/train")) == 2)
    write(run, "Loss/train", [0.125], begin=3)
    assert until(lambda: len(scalars(site, run, "Loss/train")) == 3, 6.0)


def test_a_run_that_has_written_nothing_yet_appears_when_it_does(site: Site) -> None:
    folder = fake_run(site.studio.settings.workspace)
    assert site.ask(f"/tensorboard/{folder.name}/").status == 200
    write(folder, "Loss/train", [1.0])
    assert until(lambda: len(scalars(site, folder, "Loss/train")) == 1)


def test_only_the_listed_plugins_are_there(site: Site, run: Path) -> None:
    listing = json.loads(site.ask(f"/tensorboard/{run.name}/data/plugins_listing").body)
    assert set(listing) == {"timeseries", "scalars", "images", "graphs", "distributions", "histograms", "text",
                            "pr_curves", "hparams"}  # fmt: skip
    for name in ("projector", "debugger-v2", "profile", "mesh", "audio", "custom_scalars"):
        assert site.ask(f"/tensorboard/{run.name}/data/plugin/{name}/x").status == 404


def test_a_policy_without_foreign_hosts_says_who_may_frame_it(site: Site, run: Path) -> None:
    policy = site.ask(f"/tensorboard/{run.name}/").headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert policy.count("default-src") == 1
    assert "http" not in policy


def test_where_the_files_lie_is_not_told(site: Site, run: Path) -> None:
    for path in ("", "data/environment", "data/logdir", "data/runs", "data/window_properties"):
        answer = site.ask(f"/tensorboard/{run.name}/{path}")
        assert str(site.studio.settings.workspace) not in answer.text
    environment = json.loads(site.ask(f"/tensorboard/{run.name}/data/environment").body)
    assert environment["data_location"] == run.name


def test_without_the_slash_the_visitor_is_sent_on(site: Site, run: Path) -> None:
    answer = site.ask(f"/tensorboard/{run.name}?darkMode=true")
    assert (answer.status, answer.headers["location"]) == (307, f"/tensorboard/{run.name}/?darkMode=true")


def test_a_run_that_is_not_there_is_not_found_and_its_board_ends(site: Site, run: Path) -> None:
    assert site.ask(f"/tensorboard/{new_id()}/").status == 404
    before = children()
    assert site.ask(f"/tensorboard/{run.name}/").status == 200
    assert len(children() - before) == 1
    run.rename(run.with_name(".gone"))
    assert site.ask(f"/tensorboard/{run.name}/").status == 404
    assert until(lambda: children() <= before)


def test_one_run_cannot_be_seen_through_another(site: Site, run: Path) -> None:
    other = fake_run(site.studio.settings.workspace)
    write(other, "Secret", [1.0])
    assert until(lambda: len(scalars(site, run, "Loss/train")) == 2)
    assert json.loads(site.ask(f"/tensorboard/{run.name}/data/runs").body) == ["."]
    for name in (f"../{other.name}", f"../../{other.name}/tb", str(other / "tb")):
        assert site.ask(f"/tensorboard/{run.name}/data/plugin/scalars/scalars?run={name}&tag=Secret").status in (
            400,
            404,
        )


def test_the_fonts_it_asks_the_site_for_are_there(site: Site) -> None:
    name = "-L14Jk06m6pUHB-5mXQQnYX0hVgzZQUfRDuZrPvH3D8.woff2"
    answer = site.ask(f"/font-roboto/{name}")
    assert (answer.status, answer.headers["content-type"]) == (200, "font/woff2")
    assert site.ask("/font-roboto/none.woff2").status == 404
    assert font("../index.html") is None


async def visit(boards: Boards, run: Path) -> int:
    """The status of a board's index page."""
    place = f"/tensorboard/{run.name}"
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": f"{place}/",
        "root_path": place,
        "query_string": b"",
        "headers": [],
        "http_version": "1.1",
    }
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        said.append(message)

    await boards.show(run.name, run / "tb", scope, receive, send)
    return int(said[0]["status"])


def test_of_many_boards_the_ones_not_used_for_longest_end(tmp_path: Path) -> None:
    before, threads = children(), set(threading.enumerate())
    runs = [fake_run(tmp_path) for _ in range(4)]

    async def visits() -> list[int]:
        boards = Boards(most=2)
        counts = []
        for run in (*runs, runs[2], runs[0]):
            assert await visit(boards, run) == 200
            counts.append(len(children() - before))
        await boards.forget(runs[0].name)
        await boards.close()
        return counts

    assert asyncio.run(visits()) == [1, 2, 2, 2, 2, 2]
    assert until(lambda: children() <= before)
    assert until(lambda: set(threading.enumerate()) <= threads)


def test_two_who_open_a_board_at_once_get_one(tmp_path: Path) -> None:
    before, run = children(), fake_run(tmp_path)

    async def visits() -> int:
        boards = Boards()
        assert await asyncio.gather(*(visit(boards, run) for _ in range(8))) == [200] * 8
        count = len(children() - before)
        await boards.close()
        return count

    assert asyncio.run(visits()) == 1


def test_where_there_is_no_data_server_the_slower_reader_serves_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = fake_run(tmp_path)
    write(run, "Loss/train", [0.5])
    monkeypatch.setattr(tensorboard, "data_server", lambda _: None)
    monkeypatch.setattr(tensorboard, "RELOAD_SECONDS", 0.1)
    found: list[Source] = []

    def noted(flags: Any) -> Source:
        found.append(in_process(flags))
        return found[0]

    monkeypatch.setattr(tensorboard, "in_process", noted)
    board = cage(run / "tb", run.name)
    assert until(lambda: bool(found[0].multiplexer.Runs().get(".", {}).get("tensors")))
    board.close()
    assert until(lambda: not [t for t in threading.enumerate() if t.name == "event-reader"])


def test_the_data_server_is_given_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_canary")
    before = children()
    board = cage(fake_run(tmp_path) / "tb", "x")
    (child,) = children() - before
    assert "HF_TOKEN" not in psutil.Process(child).environ()
    board.close()
    assert until(lambda: children() <= before)
