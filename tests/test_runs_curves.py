"""Curves read back from real event files: written, torn, resumed, grown, replaced."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from studio.runs import curves, tfrecords

WRITER = """
import sys, time, warnings
warnings.simplefilter("ignore")
from tensorboardX import SummaryWriter
folder = sys.argv[1]
for session in sys.argv[2:]:
    first, last = map(int, session.split("-"))
    writer = SummaryWriter(folder, filename_suffix=f".{session}", purge_step=first if first else None)
    for step in range(first, last + 1):
        writer.add_scalar("Loss/train", step + len(sys.argv) / 100, step)
        if step % 10 == 0:
            writer.add_scalar("Loss/valid", step, step)
    writer.add_text("note", "not a scalar", last)
    writer.close()
    time.sleep(0.01)
"""


def write_sessions(folder: Path, *sessions: str) -> None:
    """Event files by tensorboardX itself, in a process of its own because it loads torch."""
    subprocess.run([sys.executable, "-c", WRITER, str(folder), *sessions], check=True, timeout=120)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was resumed five times, each time from a step before the last one recorded."""
    folder = tmp_path_factory.mktemp("run") / "tb"
    write_sessions(folder, "0-25", "21-42", "41-60", "50-71", "72-90", "85-100")
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "tb"
    shutil.copytree(written, copy, copy_function=shutil.copyfile)  # without the times, as an unpacked archive
    return copy


def record(step: int, **values: float) -> bytes:
    """One TFRecord with an event."""
    return framed(event(step, values).SerializeToString())


def framed(content: bytes) -> bytes:
    length = len(content).to_bytes(8, "little")
    return b"".join(part + tfrecords.checksum(part).to_bytes(4, "little") for part in (length, content))


def event(step: int, values: dict[str, float]) -> Any:
    from tensorboard.compat.proto.event_pb2 import Event

    made = Event(step=step, wall_time=1000.0 + step)
    for tag, value in values.items():
        made.summary.value.add(tag=tag, simple_value=value)
    return made


def start(step: int) -> bytes:
    from tensorboard.compat.proto.event_pb2 import Event, SessionLog

    made = Event(step=step, session_log=SessionLog(status=SessionLog.START))
    return framed(made.SerializeToString())


def event_file(folder: Path, second: int, content: bytes, suffix: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"events.out.tfevents.{second}.host{suffix}"
    path.write_bytes(content)
    return path


def test_a_run_resumed_five_times_has_no_gap_no_double_and_no_backward_step(folder: Path) -> None:
    found = curves.read(folder)
    assert [step for step, _ in found["Loss/train"]] == list(range(101))
    assert [step for step, _ in found["Loss/valid"]] == list(range(0, 101, 10))
    assert found["Loss/train"][50][1] == pytest.approx(50.08)


def test_only_scalars_are_curves(folder: Path) -> None:
    assert sorted(curves.read(folder)) == ["Loss/train", "Loss/valid"]


def test_a_folder_that_is_not_there_yet_has_no_curves(tmp_path: Path) -> None:
    assert curves.read(tmp_path / "tb") == {}


def test_a_torn_last_record_is_left_out_and_read_when_it_is_whole(tmp_path: Path) -> None:
    first, second = record(1, loss=1.0), record(2, loss=0.5)
    for torn in range(len(second)):
        path = event_file(tmp_path / str(torn), 1000, first + second[:torn])
        tail = curves.Tail(path.parent)
        assert tail.poll()
        assert tail.curves == {"loss": [(1, 1.0)]}
        path.write_bytes(first + second)
        assert tail.poll()
        assert tail.curves == {"loss": [(1, 1.0), (2, 0.5)]}


def test_a_poll_reads_only_what_was_added(tmp_path: Path) -> None:
    path = event_file(tmp_path, 1000, record(1, loss=1.0))
    tail = curves.Tail(tmp_path)
    assert tail.poll()
    assert not tail.poll()
    points = tail.curves["loss"]
    with path.open("ab") as file:
        file.write(record(2, loss=0.5) + record(3, loss=0.25))
    assert tail.poll()
    assert tail.curves["loss"] is points
    assert points == [(1, 1.0), (2, 0.5), (3, 0.25)]
    assert tail.generation == 0


def test_a_shrunken_file_is_read_from_its_start_again(tmp_path: Path) -> None:
    path = event_file(tmp_path, 1000, record(1, loss=1.0) + record(2, loss=0.5))
    tail = curves.Tail(tmp_path)
    tail.poll()
    path.write_bytes(record(7, loss=7.0))
    assert tail.poll()
    assert tail.curves == {"loss": [(7, 7.0)]}
    assert tail.generation == 1


def test_a_resume_takes_back_points_while_a_tail_follows(tmp_path: Path) -> None:
    event_file(tmp_path, 1000, b"".join(record(step, loss=float(step)) for step in range(10)))
    tail = curves.Tail(tmp_path)
    tail.poll()
    event_file(tmp_path, 1001, start(6) + record(6, loss=60.0))
    assert tail.poll()
    assert tail.curves["loss"] == [*((step, float(step)) for step in range(6)), (6, 60.0)]
    assert tail.generation == 1


def test_points_that_precede_their_own_session_start_are_kept(tmp_path: Path) -> None:
    event_file(tmp_path, 1000, b"".join(record(step, loss=1.0, valid=1.0) for step in range(10)))
    event_file(tmp_path, 1001, record(7, loss=2.0) + start(5) + record(8, loss=2.0))
    found = curves.read(tmp_path)
    assert found["loss"] == [*((step, 1.0) for step in range(5)), (7, 2.0), (8, 2.0)]
    assert found["valid"] == [(step, 1.0) for step in range(5)]


def test_a_new_file_without_a_session_start_replaces_what_it_repeats(tmp_path: Path) -> None:
    event_file(tmp_path, 1000, b"".join(record(step, loss=1.0) for step in range(10)))
    event_file(tmp_path, 1001, record(4, loss=2.0) + record(5, loss=2.0))
    assert curves.read(tmp_path)["loss"] == [*((step, 1.0) for step in range(4)), (4, 2.0), (5, 2.0)]


def test_files_of_one_second_are_ordered_by_the_time_inside(tmp_path: Path) -> None:
    event_file(tmp_path, 1000, record(5, loss=2.0), suffix=".10")
    event_file(tmp_path, 1000, record(1, loss=1.0) + record(6, loss=1.0), suffix=".9")
    event_file(tmp_path, 1000, record(2, loss=1.0), suffix=".95")
    assert curves.read(tmp_path)["loss"] == [(1, 1.0), (2, 1.0), (5, 2.0)]


def test_a_record_without_meaning_and_a_huge_one_are_passed_over(tmp_path: Path) -> None:
    huge = framed(b"\0" * (tfrecords.MOST_BYTES + 1))
    event_file(tmp_path, 1000, record(1, loss=1.0) + framed(b"\xff" * 20) + huge + record(2, loss=0.5))
    assert curves.read(tmp_path) == {"loss": [(1, 1.0), (2, 0.5)]}


def test_a_length_that_leads_nowhere_ends_the_reading(tmp_path: Path) -> None:
    event_file(tmp_path, 1000, record(1, loss=1.0) + (2**63).to_bytes(8, "little") + b"\0" * 50)
    assert curves.read(tmp_path) == {"loss": [(1, 1.0)]}


def test_values_that_are_not_finite_are_points_too(tmp_path: Path) -> None:
    event_file(tmp_path, 1000, record(1, loss=math.inf) + record(2, loss=math.nan))
    (first, second) = curves.read(tmp_path)["loss"]
    assert first == (1, math.inf)
    assert math.isnan(second[1])


def test_reading_curves_loads_neither_torch_nor_tensorboardx(folder: Path) -> None:
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from studio.runs import curves
        assert len(curves.read(Path(sys.argv[1]))) == 2
        print([name for name in ("torch", "tensorboardX", "tensorflow", "pandas") if name in sys.modules])
    """)
    result = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
