"""What every test shares: the data pack, and an environment in which no test meets the tester's own workspace."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import pytest

from tests import canary, trained
from tests.trained import TinyRuns

pytest_plugins = ("tests.browser", "tests.workers")

LONGEST = ("test_whole_job", "test_types", "test_training_worker", "test_benchmarks", "test_ui_panels")

WATCHED = Path(__file__).parent / "watched"
sys.path.insert(0, str(WATCHED))
sys.modules.pop("sitecustomize", None)  # that of this Python, if it has one, has done its work by now
importlib.import_module("sitecustomize")  # from now on nothing is unpickled here, nor in any child
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(WATCHED), os.environ.get("PYTHONPATH"))))
os.environ["HF_HUB_OFFLINE"] = "1"  # before any library reads it: the tests need no network
os.environ.setdefault("GOMP_SPINCOUNT", "999")  # tests stand side by side: no worker needs to look how busy they are


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: two processes share the work by files, and should end together."""
    items.sort(key=lambda item: [not item.path.name.startswith(name) for name in LONGEST])


@pytest.fixture(scope="session")
def data_pack() -> Path:
    """The folder with real datasets; tests that use it are skipped where there is none."""
    folder = os.environ.get("STUDIO_TEST_DATA", "")
    if not folder or not Path(folder).is_dir():
        pytest.skip("no data pack: STUDIO_TEST_DATA names no folder")
    return Path(folder)


@pytest.fixture(scope="session")
def tiny_runs(tmp_path_factory: pytest.TempPathFactory) -> TinyRuns:
    """A finished run of each kind, trained when the first test asks."""
    return trained.train_all(tmp_path_factory.mktemp("trained"))


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The studio's variables as on a fresh machine, and a workspace that vanishes with the test."""
    for variable in os.environ:
        if variable.startswith("STUDIO_") and variable != "STUDIO_TEST_DATA":
            monkeypatch.delenv(variable)
    for variable in ("SPACE_ID", "COLUMNS"):  # of a hosted page, and of a terminal
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("STUDIO_WORKSPACE", str(tmp_path / "workspace"))
    for variable in canary.VARIABLES:
        monkeypatch.setenv(variable, canary.WORD)
