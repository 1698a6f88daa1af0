"""State on disk is whole or not there, whatever happens to the writer."""

from __future__ import annotations

import hashlib
import json
import math
import os
import subprocess
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from studio import files
from studio.errors import StorageError
from tests.children import READY, child

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
ONE_FOLDER = hypothesis(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(files.STAGED)]


@ONE_FOLDER
@given(value=JSON)
def test_json_comes_back_as_it_was_written(tmp_path: Path, value: Any) -> None:
    files.write_json(tmp_path / "a.json", value)
    assert files.read_json(tmp_path / "a.json") == value
    files.write_volatile_json(tmp_path / "b.json", value)
    assert files.read_json(tmp_path / "b.json") == value


def test_text_that_is_no_unicode_comes_back_too(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a.json", {"name": "broken \ud800"})
    assert files.read_json(tmp_path / "a.json") == {"name": "broken \ud800"}


@pytest.mark.parametrize("value", [math.nan, math.inf, {"loss": -math.inf}])
def test_numbers_that_json_does_not_know_are_refused_and_the_old_file_stays(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "a.json"
    files.write_json(path, 1)
    for write in (files.write_json, files.write_volatile_json):
        with pytest.raises(ValueError, match="not JSON compliant"):
            write(path, value)
    assert files.read_json(path) == 1
    assert leftovers(tmp_path) == []


def test_a_write_that_the_system_refuses_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    path = tmp_path / "a"
    files.write_bytes(path, b"old")
    program = (
        "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        + READY
        + "files.write_bytes(Path(sys.argv[1]), b'x' * 5000)\n"
    )
    with child(program, path, stderr=subprocess.DEVNULL) as process:
        assert process.wait(timeout=20) == 1
    assert path.read_bytes() == b"old"
    assert leftovers(tmp_path) == []


def test_a_folder_that_is_not_there_is_not_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.write_bytes(tmp_path / "missing" / "a", b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_a_sentence_with_advice() -> None:
    with pytest.raises(StorageError, match=r"^Could not save full\. The disk is full\. Free some space"):
        files.append_line(Path("/dev/full"), "line")


def test_a_writer_killed_at_any_moment_leaves_a_whole_file(tmp_path: Path) -> None:
    path, random = tmp_path / "state.json", Random(7)
    program = READY + "n = 0\nwhile True:\n    n += 1\n    files.write_json(Path(sys.argv[1]), [n] * 20000)\n"
    files.write_json(path, [0] * 20000)
    for _ in range(6):
        with child(program, path) as process:
            time.sleep(random.uniform(0.01, 0.15))
            process.kill()
            process.wait(timeout=20)
        value = files.read_json(path)
        assert len(value) == 20000
        assert len(set(value)) == 1
    assert files.read_json(path)[0] > 0


def test_lines_are_added_in_order(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for line in ("one", "zwei", "三"):
        files.append_line(log, line)
    assert log.read_text(encoding="utf-8") == "one\nzwei\n三\n"


@pytest.mark.parametrize("torn", [b'{"event": "sta', "三".encode()[:2], b"\x00\x00"])
def test_a_torn_last_line_is_closed_before_the_next_is_added(tmp_path: Path, torn: bytes) -> None:
    log = tmp_path / "log"
    files.append_line(log, "whole")
    with log.open("ab") as file:
        file.write(torn)
    files.append_line(log, "next")
    assert log.read_bytes().splitlines() == [b"whole", torn, b"next"]


def test_a_writer_killed_at_any_moment_leaves_at_most_one_torn_line(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = READY + "while True:\n    files.append_line(Path(sys.argv[1]), '{\"a\": \"' + 'x' * 3000 + '\"}')\n"
    for _ in range(3):
        with child(program, log) as process:
            time.sleep(0.05)
            process.kill()
    files.append_line(log, '{"a": "end"}')
    lines = log.read_bytes().splitlines()
    whole = [line for line in lines if line.endswith(b'"}')]
    assert len(lines) - len(whole) <= 3
    assert [json.loads(line) for line in whole][-1] == {"a": "end"}


def test_a_staged_folder_appears_complete_and_readable_for_others(tmp_path: Path) -> None:
    target = tmp_path / "model"
    with files.staged_folder(target) as staged:
        (staged / "deep").mkdir()
        (staged / "deep" / "a").write_text("a")
        assert not target.exists()
        assert staged.parent == target.parent
    assert (target / "deep" / "a").read_text() == "a"
    assert target.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_a_staged_folder_replaces_an_older_one_whole(tmp_path: Path) -> None:
    target = tmp_path / "model"
    for name in ("old", "new"):
        with files.staged_folder(target) as staged:
            (staged / name).write_text(name)
    assert [path.name for path in target.iterdir()] == ["new"]
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_while_staging_leaves_the_target_as_it_was(tmp_path: Path, error: type[BaseException]) -> None:
    target = tmp_path / "model"
    with files.staged_folder(target) as staged:
        (staged / "old").write_text("old")
    with pytest.raises(error), files.staged_folder(target) as staged:
        (staged / "new").write_text("new")
        raise error
    assert [path.name for path in target.iterdir()] == ["old"]
    assert leftovers(tmp_path) == []


def test_a_writer_killed_while_staging_leaves_nothing_half_done(tmp_path: Path) -> None:
    program = READY + (
        "for n in range(10**6):\n    with files.staged_folder(Path(sys.argv[1]) / str(n)) as staged:\n"
        "        for name in 'abc':\n            files.write_bytes(staged / name, name.encode() * 1000)\n"
    )
    for attempt in range(4):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        with child(program, folder) as process:
            time.sleep(0.03 + 0.03 * attempt)
            process.kill()
        done = [path for path in folder.iterdir() if not path.name.startswith(files.STAGED)]
        assert all(sorted(file.name for file in path.iterdir()) == ["a", "b", "c"] for path in done)
        assert all((path / "c").stat().st_size == 1000 for path in done)


def test_removing_takes_files_and_folders_and_does_not_mind_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    for name in ("file", "folder", "nothing"):
        files.remove(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_removing_a_link_leaves_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "kept", target_is_directory=True)
    files.remove(tmp_path / "link")
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_what_somebody_is_just_writing_is_no_leftover(tmp_path: Path) -> None:
    for name, age in (("young", 5), ("old", 90)):
        path = tmp_path / f"{files.STAGED}{name}"
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age,) * 2)
    files.remove_leftovers(tmp_path, 60.0)
    assert leftovers(tmp_path) == [f"{files.STAGED}young"]
    files.remove_leftovers(tmp_path)
    assert leftovers(tmp_path) == []


def test_copies_are_equal_and_have_equal_hashes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"content")
    files.copy(tmp_path / "a", tmp_path / "c")
    files.copy(tmp_path / "a" / "b", tmp_path / "d")
    expected = hashlib.sha256(b"content").hexdigest()
    assert files.sha256(tmp_path / "c" / "b") == files.sha256(tmp_path / "d") == expected
