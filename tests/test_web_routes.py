"""Our own addresses through a real server: curves, downloads, thumbnails, scripts and styles."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image
from tensorboardX import SummaryWriter

from studio.identifiers import new_id
from studio.runs import store
from studio.runs.deltas import SHORTEST_WAIT
from studio.runs.store import Run
from studio.web import routes
from studio.web.routes import asset
from tests import tiny
from tests.trained import TinyRuns
from tests.web import Site, running, settings

NAME = 'böse/..\\ "zip"; filename=x\r\nX-Evil: 1 名前'


@pytest.fixture(scope="module")
def site(tiny_runs: TinyRuns) -> Iterator[Site]:
    with running(settings(tiny_runs.workspace)) as found:
        yield found


@pytest.fixture(scope="module")
def run(tiny_runs: TinyRuns) -> Run:
    return tiny_runs.of("text", "lora")


def test_curves_come_whole_and_then_only_what_is_new(site: Site, run: Run) -> None:
    first = json.loads(site.ask(f"/curves/{run.id}").body)
    assert first["status"] == "finished"
    assert {"Loss/train", "Loss/valid"} <= set(first["tags"])
    assert set(first) == {"generation", "cursor", "tags", "status"}
    again = json.loads(site.ask(f"/curves/{run.id}?since={first['cursor']}").body)
    assert (again["tags"], again["generation"]) == ({}, first["generation"])


def test_a_point_that_is_written_is_in_the_next_answer(site: Site, tmp_path: Path, tiny_runs: TinyRuns) -> None:
    network = tmp_path / "network"
    tiny.tiny_bert(network)
    run = tiny.new_run(tiny_runs.workspace, "text_classification", "full", network)
    first = json.loads(site.ask(f"/curves/{run.id}").body)
    assert first["tags"] == {}
    with SummaryWriter(str(run.curves)) as writer:
        writer.add_scalar("Loss/train", float("nan"), 1)
        writer.add_scalar("Loss/train", 0.5, 2)
    time.sleep(SHORTEST_WAIT)
    answer = json.loads(site.ask(f"/curves/{run.id}?since={first['cursor']}").body)
    assert answer["tags"] == {"Loss/train": [[1, None], [2, 0.5]]}
    site.studio.delete(run.id)
    time.sleep(SHORTEST_WAIT)
    gone = site.ask(f"/curves/{run.id}?since={answer['cursor']}")
    assert (gone.status, json.loads(gone.body)["error"]["code"]) == (404, "unknown_name")


@pytest.mark.parametrize("cursor", ["x", "0", "%00", "a" * 5000, "1.0:99999999999999999999", "%f0%9f%98%80"])
def test_a_strange_cursor_gets_everything(site: Site, run: Run, cursor: str) -> None:
    answer = site.ask(f"/curves/{run.id}?since={cursor}")
    assert answer.status == 200
    assert json.loads(answer.body)["tags"]


@pytest.mark.parametrize(
    "path", ["/curves/{id}", "/download/{id}/model.zip", "/download/{id}/log.txt", "/image/{id}/0.png"]
)
def test_what_does_not_exist_is_not_found_with_a_sentence(site: Site, path: str) -> None:
    answer = site.ask(path.format(id=new_id()))
    assert answer.status == 404
    assert "There is no" in answer.text
    assert str(site.studio.settings.workspace) not in answer.text
    assert "Traceback" not in answer.text


def test_only_the_watched_curves_are_kept_in_memory(site: Site, tiny_runs: TinyRuns) -> None:
    feeds = routes.Feeds(site.studio, most=2)
    for found in tiny_runs.runs.values():
        assert feeds.since(found.id, "")["tags"]
    assert len(feeds._feeds) == 2


def test_a_model_is_downloaded_whole_and_in_parts(site: Site, run: Run) -> None:
    whole = site.ask(f"/download/{run.id}/adapter.zip")
    assert whole.status == 200
    assert zipfile.ZipFile(io.BytesIO(whole.body)).testzip() is None
    assert whole.headers["content-disposition"].startswith("attachment; ")
    assert whole.headers["accept-ranges"] == "bytes"
    part = site.ask(f"/download/{run.id}/adapter.zip", headers={"Range": "bytes=10-19"})
    assert (part.status, part.body) == (206, whole.body[10:20])
    rest = site.ask(f"/download/{run.id}/adapter.zip", headers={"Range": f"bytes={len(whole.body) - 5}-"})
    assert rest.body == whole.body[-5:]
    assert site.ask(f"/download/{run.id}/adapter.zip", headers={"Range": "bytes=999999999-"}).status == 416
    head = site.ask(f"/download/{run.id}/adapter.zip", "HEAD")
    assert (head.status, head.headers["content-length"], head.body) == (200, str(len(whole.body)), b"")


def test_a_name_of_any_letters_goes_out_as_a_name_and_nothing_else(site: Site, run: Run) -> None:
    before = run.meta().name
    store.change_meta(run, name=NAME)
    try:
        (site.studio.settings.workspace / "predictions").mkdir(exist_ok=True)
        number = new_id()
        file = site.studio.settings.workspace / "predictions" / f"{run.id}-{number}.csv"
        file.write_text("text,label\n")
        answer = site.ask(f"/download/{run.id}/predictions.csv?id={number}")
    finally:
        store.change_meta(run, name=before)
    assert (answer.status, answer.body) == (200, b"text,label\n")
    assert "x-evil" not in answer.headers
    sent = answer.headers["content-disposition"]
    assert sent.startswith("attachment; filename*=utf-8''")
    assert sent.isascii()
    assert sent.count(";") == 1
    assert "名前" in unquote(sent)


@pytest.mark.parametrize("number", ["x", "../../errors.log", "%2e%2e%2f", "0" * 26])
def test_predictions_are_found_by_their_number_only(site: Site, run: Run, number: str) -> None:
    assert site.ask(f"/download/{run.id}/predictions.csv?id={number}").status == 404


def test_predictions_of_one_run_are_not_handed_out_for_another(site: Site, run: Run, tiny_runs: TinyRuns) -> None:
    folder = site.studio.settings.workspace / "predictions"
    folder.mkdir(exist_ok=True)
    number, other = new_id(), tiny_runs.of("image", "full")
    (folder / f"{run.id}-{number}.csv").write_text("a\n")
    assert site.ask(f"/download/{run.id}/predictions.csv?id={number}").status == 200
    assert site.ask(f"/download/{other.id}/predictions.csv?id={number}").status == 404


def test_the_log_comes_as_a_text_file(site: Site, run: Run) -> None:
    run.output.write_text("<script>alert(1)</script>\x1b[31m\n")
    answer = site.ask(f"/download/{run.id}/log.txt")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="log.txt"'
    assert "\x1b" not in answer.text


@pytest.mark.parametrize(
    "name", ["spec.json", "model.tar", "../spec.json", "events.jsonl", "model.zip/x", "worker.log"]
)
def test_no_other_file_of_a_run_can_be_downloaded(site: Site, run: Run, name: str) -> None:
    assert site.ask(f"/download/{run.id}/{name}").status == 404


def test_a_format_that_a_run_does_not_have_is_refused_with_the_reason(site: Site, tiny_runs: TinyRuns) -> None:
    answer = site.ask(f"/download/{tiny_runs.of('text', 'full').id}/adapter.zip")
    assert 400 <= answer.status < 500
    assert answer.headers["content-type"].startswith("text/plain")
    assert "adapter" in answer.text


def test_a_stored_image_is_drawn_small_and_kept_by_the_browser(site: Site, tiny_runs: TinyRuns) -> None:
    dataset = tiny_runs.of("image", "full").spec().dataset
    answer = site.ask(f"/image/{dataset}/0.png?side=64")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert Image.open(io.BytesIO(answer.body)).size == (64, 64)
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("rest", ["999999.png", "0.png?side=0", "0.png?side=9999", "0.png?side=x", "0.png?side=-5", "99999999999999999999999.png"])  # fmt: skip  # noqa: E501
def test_an_image_that_cannot_be_is_refused_with_a_sentence(site: Site, tiny_runs: TinyRuns, rest: str) -> None:
    answer = site.ask(f"/image/{tiny_runs.of('image', 'full').spec().dataset}/{rest}")
    assert 400 <= answer.status < 500
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_dataset_of_texts_has_no_images(site: Site, run: Run) -> None:
    answer = site.ask(f"/image/{run.spec().dataset}/0.png")
    assert (answer.status, "no images" in answer.text) == (409, True)


def test_our_scripts_and_styles_are_served_and_asked_for_again_by_their_tag(site: Site) -> None:
    first = site.ask("/assets/page/studio.css")
    assert (first.status, first.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert first.headers["cache-control"] == "no-cache"
    again = site.ask("/assets/page/studio.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert site.ask("/assets/page/page.js").headers["content-type"] == "text/javascript; charset=utf-8"


def test_gradios_own_scripts_are_served_beside_ours(site: Site) -> None:
    page = site.ask("/").text
    script = next(part.split('"')[0] for part in page.split('src="./assets/')[1:])
    assert site.ask(f"/assets/{script}").status == 200


def test_nothing_but_scripts_and_styles_is_an_asset() -> None:
    assert asset("page", "studio.css") is not None
    for place, path in (
        ("samples", "digits.zip"),
        ("page", "../samples/digits.zip"),
        ("page", "/etc/passwd"),
        ("page", ""),
    ):
        assert asset(place, path) is None
    assert asset("page/..", "page/studio.css") is None


def test_a_mistake_of_ours_gets_a_number_and_tells_nothing_else(
    site: Site, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: str) -> str:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(site.studio, "log", broken)
    answer = site.ask(f"/download/{run.id}/log.txt")
    assert answer.status == 500
    assert "error id" in answer.text
    assert "secret detail" not in answer.text
    assert str(site.studio.settings.workspace) not in answer.text
