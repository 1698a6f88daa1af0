"""What takes room, what can be spared, and keeping within a quota; nothing that is needed or in use goes."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from studio import files, janitor, settings
from studio.errors import StorageError
from studio.locks import Lock
from studio.runs.store import Run
from studio.settings import Settings
from tests import tiny
from tests.finished import finished

KB = 1000


def chosen(workspace: Path, **limits: Any) -> Settings:
    given = {f"STUDIO_LIMITS_{name.upper()}": str(value) for name, value in limits.items()}
    return settings.load(given, workspace=workspace)


def with_checkpoint(run: Run, size: int = 50 * KB) -> Run:
    files.write_bytes(files.make_folder(run.checkpoints / "step-3") / "weights.safetensors", bytes(size))
    return run


def old_file(path: Path, size: int, hours: float = 2.0) -> Path:
    files.write_bytes(files.make_folder(path.parent) / path.name, bytes(size))
    os.utime(path, (time.time() - hours * 3600,) * 2)
    return path


def parts(found: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {part["name"]: (part["bytes"], part["spare"]) for part in found["parts"]}


def test_every_byte_is_in_one_part(tmp_path: Path) -> None:
    over = with_checkpoint(finished(tmp_path, "text_classification", []))
    with_checkpoint(tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network"), 7 * KB)
    old_file(tmp_path / "exports" / f"{over.id}-model.zip", 9 * KB)
    old_file(tmp_path / "exports" / f"{over.id}-merged.zip", 4 * KB, hours=0.1)
    found = janitor.room(chosen(tmp_path))
    assert sum(part["bytes"] for part in found["parts"]) == found["bytes"]
    assert parts(found)["checkpoints"] == (57 * KB, 50 * KB)
    assert parts(found)["exports"] == (13 * KB, 9 * KB)
    assert found["free"] > 0
    assert found["quota"] == 0


def test_what_can_be_spared_goes_and_the_rest_stays(tmp_path: Path) -> None:
    over = with_checkpoint(finished(tmp_path, "text_classification", []))
    interrupted = with_checkpoint(tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network"))
    in_use = with_checkpoint(finished(tmp_path, "text_classification", []))
    export = old_file(tmp_path / "exports" / f"{over.id}-model.zip", 9 * KB)
    being_made = old_file(tmp_path / "exports" / f"{over.id}-merged.zip", 9 * KB)
    upload = old_file(tmp_path / "uploads" / "nobody" / "data.csv", 5 * KB)
    os.utime(upload.parent, (time.time() - 7200,) * 2)
    with Lock.wait(in_use.lock), Lock.wait(being_made.with_suffix(".lock")):
        assert janitor.tidy(chosen(tmp_path)) == {"bytes": 64 * KB}
    assert not any(path.exists() for path in (over.checkpoints, export, upload))
    assert all(path.exists() for path in (interrupted.checkpoints, in_use.checkpoints, being_made, over.metrics_file))


def test_what_killed_processes_left_goes_when_it_is_old(tmp_path: Path) -> None:
    run = tiny.new_run(tmp_path, "text_classification", "full", tmp_path / "network")
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    places = ("runs/.staged-gone-7-a", "runs/.forecast-b", f"runs/{run.id}/.staged-gone-8")
    for hours in (2.0, 0.1):
        for place in places:
            old_file(tmp_path / f"{place}-{hours}" / "weights.safetensors", 9 * KB, hours)
            os.utime(tmp_path / f"{place}-{hours}", (time.time() - hours * 3600,) * 2)
    assert parts(janitor.room(chosen(tmp_path)))["runs"][1] == 27 * KB
    assert janitor.tidy(chosen(tmp_path))["bytes"] == 27 * KB
    assert not any((tmp_path / f"{place}-2.0").exists() for place in places)
    assert all((tmp_path / f"{place}-0.1").exists() for place in places)
    assert before <= set(tmp_path.rglob("*"))


def test_no_more_goes_than_the_quota_asks_for(tmp_path: Path) -> None:
    runs = [with_checkpoint(finished(tmp_path, "text_classification", [])) for _ in range(3)]
    used = janitor.room(chosen(tmp_path))["bytes"]
    limited = chosen(tmp_path, workspace_bytes=used + 10 * KB)
    janitor.make_room(limited, 5 * KB)
    assert all(run.checkpoints.exists() for run in runs)
    janitor.make_room(limited, 30 * KB)
    assert [run.checkpoints.exists() for run in sorted(runs, key=lambda run: run.id)] == [False, True, True]
    with pytest.raises(StorageError, match="The workspace is full") as refused:
        janitor.make_room(limited, 500 * KB)
    assert "STUDIO_LIMITS_WORKSPACE_BYTES" in refused.value.next
    assert sum(run.checkpoints.exists() for run in runs) == 2  # what would not do is not thrown away


def test_without_a_quota_nothing_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.disk.size", lambda path: pytest.fail("it was measured"))
    janitor.make_room(chosen(tmp_path), 5)


def test_uploads_that_broke_off_or_became_nothing_go_and_count_as_room(tmp_path: Path) -> None:
    wanted = chosen(tmp_path, workspace_bytes=100 * KB)
    broken = old_file(wanted.incoming / "tmpabc", 30 * KB, hours=0.1)
    going_on = old_file(wanted.incoming / "tmpdef", 30 * KB, hours=0.0)
    old, fresh = (old_file(wanted.incoming / name / "data.csv", 30 * KB) for name in ("old", "fresh"))
    os.utime(old.parent, (time.time() - 7200,) * 2)
    assert "The workspace is full" in janitor.refusal(wanted, KB)
    janitor.clear_incoming(wanted, 1.0)
    assert [path.exists() for path in (broken, going_on, old, fresh)] == [False, True, False, True]
    assert janitor.refusal(wanted, KB) == ""
    os.utime(fresh.parent, (time.time() - 7200,) * 2)
    assert janitor.tidy(wanted)["bytes"] == 30 * KB


def test_a_run_is_over_all_the_while_that_its_checkpoints_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = with_checkpoint(finished(tmp_path, "text_classification", []))
    seen = []

    def watched(path: Path, **_: object) -> None:
        seen.append(run.status().value)

    monkeypatch.setattr("shutil.rmtree", watched)
    janitor.tidy(chosen(tmp_path))
    assert seen == ["finished"]
    assert not run.checkpoints.exists()
