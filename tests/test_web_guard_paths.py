"""No spelling of an address reaches a file that is not meant to be handed out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.web import Site, running, settings


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running(settings(tmp_path_factory.mktemp("w"))) as found:
        yield found


PIECES = [
    "..",
    ".",
    "%2e%2e",
    "%252e%252e",
    "..%2f",
    "..%5c",
    "\\..",
    "%00",
    "%c0%ae%c0%ae",
    "%ef%bc%8e",
    ";",
    "#",
    "?",
    "//",
]
PIECES += [
    "etc",
    "passwd",
    "proc",
    "self",
    "environ",
    "C:",
    "~",
    "canary.txt",
    "/",
    "%2f",
    "%2F",
    "file=",
    "&",
    "....//",
]
PLACES = [
    "/static/",
    "/assets/",
    "/assets/page/",
    "/assets/vendor/",
    "/svelte/",
    "/gradio_api/file=",
    "/font-roboto/",
    "/",
]
PLACES += ["/download/{run}/", "/image/{run}/", "/tensorboard/{run}/", "/curves/{run}/", "/zh/static/", "/en/assets/"]


@given(st.sampled_from(PLACES), st.lists(st.sampled_from(PIECES), max_size=8), st.booleans())
@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_spelling_of_a_path_reaches_a_file_outside(site: Site, place: str, pieces: list[str], named: bool) -> None:
    workspace = site.studio.settings.workspace
    (workspace.parent / "canary.txt").write_text("the canary sings")
    (workspace / "canary.txt").write_text("the canary sings")
    (workspace / "incoming").mkdir(exist_ok=True)
    tail = "/".join(pieces) + (f"/..{workspace}/canary.txt" if named else "")
    answer = site.ask(place.format(run="01m0000000000000000000000z") + tail)
    assert b"canary sings" not in answer.body
    assert b"root:" not in answer.body
    assert answer.status < 500
    assert str(workspace) not in answer.text or answer.status == 200


@pytest.mark.parametrize("path", ["canary.txt", "dataset.json", "errors.log", "runs/x/spec.json"])
def test_the_workspace_is_not_served(site: Site, path: str) -> None:
    file = site.studio.settings.workspace / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("the canary sings")
    for spelling in (f"{file}", f"{file.parent}/../{file.parent.name}/{file.name}", f"{file.parent}/./{file.name}"):
        answer = site.ask(f"/gradio_api/file={spelling}")
        assert (answer.status in (403, 404), "canary" in answer.text) == (True, False)
