"""A forecast is measured once for runs that cost the same, and giving up on it leaves no process behind."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from studio import files, forecasts, plan
from studio.errors import TrainingError
from studio.locks import Lock
from studio.plan import Wish
from studio.runs import jobs
from studio.settings import Settings
from studio.spec import RunSpec
from tests import tiny


class GivenUp(Exception):
    pass


def _spec(workspace: Path, **changes: Any) -> RunSpec:
    network = workspace / "network"
    if not network.exists():
        tiny.tiny_bert(network)
    record = tiny.dataset(workspace, "text_classification")
    wish = Wish(method="lora", changes={"batch_size": 4, "max_steps": 3, "epochs": 1, "precision": "fp32"} | changes)
    return plan.draw_up(wish, record, tiny.family_of(record.task), tiny.checkpoint(network), "cpu")


def _silent(_: dict[str, Any]) -> None:
    pass


def _measuring(workspace: Path) -> list[str]:
    """The command lines of processes that measure in this workspace."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().decode("utf-8", "replace")
        except OSError:
            continue
        if "studio.training.forecast" in line and str(workspace) in line:
            found.append(line)
    return found


def test_a_forecast_is_measured_once_for_runs_that_cost_the_same(tmp_path: Path) -> None:
    settings, spec = Settings(workspace=tmp_path), _spec(tmp_path)
    assert forecasts.known(settings, spec) is None
    found = forecasts.measure(settings, spec, _silent)
    assert found["seconds"] > 0
    assert 0 < found["trainable_parameters"] < found["total_parameters"]
    assert found["measured_at"] == pytest.approx(time.time(), abs=300)
    alike = spec.model_copy(
        update={"dataset": "another", "preset": "mine", "training": spec.training.model_copy(update={"seed": 7})}
    )
    seen: list[dict[str, Any]] = []
    assert forecasts.known(settings, alike) == found
    assert forecasts.measure(settings, alike, seen.append) == found
    assert seen == []
    assert forecasts.known(settings, _spec(tmp_path, batch_size=5)) is None
    assert _measuring(tmp_path) == []


def test_a_kept_forecast_heeds_the_time_that_is_left_when_it_is_asked(tmp_path: Path) -> None:
    settings, spec = Settings(workspace=tmp_path), _spec(tmp_path)
    kept: dict[str, Any] = dict.fromkeys(forecasts._NUMBERS, 1.0)
    kept |= {"seconds": 8000.0, "seconds_per_step": 1.0, "steps": 6000}
    kept |= {"seconds_by_phase": {"warm": 800.0, "train": 7200.0}}  # a fifth on top of the steps: rates are tried
    files.make_folder(tmp_path / "forecasts")
    files.write_json(forecasts._file(settings, spec), kept)
    assert forecasts.known(settings, spec) == kept
    for minutes, train in ((1, 72.0), (50, 3600.0), (200, 7200.0)):
        found = forecasts.known(settings, _spec(tmp_path, max_minutes=minutes))
        assert found is not None
        assert found["seconds_by_phase"] == {"warm": 800.0, "train": train}
        assert found["seconds"] == pytest.approx(800 + train)
    by_six = spec.training.model_copy(update={"finish_by": "18:00"})
    at = [datetime(2026, 5, 4, hour, minute).timestamp() for hour, minute in ((9, 0), (17, 50))]
    assert [forecasts.within(kept, by_six, now)["seconds"] for now in at] == [8000, 800 + 1.2 * 0.9 * 600]


def test_giving_up_ends_the_measuring_process_and_keeps_nothing(tmp_path: Path) -> None:
    settings, spec = Settings(workspace=tmp_path), _spec(tmp_path)
    at_work: list[str] = []

    def give_up(_: dict[str, Any]) -> None:
        at_work.extend(_measuring(tmp_path))
        if at_work:  # a process has its own command line only a moment after it was started
            raise GivenUp

    with pytest.raises(GivenUp):
        forecasts.measure(settings, spec, give_up)
    assert len(at_work) == 1
    assert _measuring(tmp_path) == []
    assert list((tmp_path / "runs").iterdir()) == []
    assert forecasts.known(settings, spec) is None


def test_a_second_measurement_waits_for_the_first_and_may_give_up_too(tmp_path: Path) -> None:
    settings, spec = Settings(workspace=tmp_path), _spec(tmp_path)
    said: list[str] = []

    def give_up(progress: dict[str, Any]) -> None:
        said.append(progress["phase"])
        raise GivenUp

    lock = Lock.take(files.make_folder(tmp_path / "forecasts") / "lock")
    assert lock is not None
    with lock, pytest.raises(GivenUp):
        forecasts.measure(settings, spec, give_up)
    assert said == ["waiting for another measurement"]


def test_a_forecast_that_somebody_else_measured_meanwhile_is_taken(tmp_path: Path) -> None:
    settings, spec = Settings(workspace=tmp_path), _spec(tmp_path)
    kept: dict[str, Any] = dict.fromkeys(forecasts._NUMBERS, 1.0)
    kept |= {"seconds_by_phase": {"train": 1.0}}

    def somebody_writes(_: dict[str, Any]) -> None:
        files.write_json(forecasts._file(settings, spec), kept)
        lock.release()

    taken = Lock.take(files.make_folder(tmp_path / "forecasts") / "lock")
    assert taken is not None
    lock = taken
    assert forecasts.measure(settings, spec, somebody_writes) == kept


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[]", b"7", b'{"seconds": 1}', b"\xff\xfe", b"[" * 100_000, b'{"seconds": "soon"}']
)
def test_a_file_that_is_no_forecast_is_none(tmp_path: Path, content: bytes) -> None:
    settings, spec = Settings(workspace=tmp_path), _spec(tmp_path)
    file = forecasts._file(settings, spec)
    file.parent.mkdir()
    file.write_bytes(content)
    assert forecasts.known(settings, spec) is None


def test_the_oldest_forecasts_give_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecasts, "MOST_KEPT", 3)
    for number in range(5):
        files.write_json(tmp_path / f"{number}.json", number)
        time.sleep(0.01)
    forecasts._forget_oldest(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["3.json", "4.json"]


def test_what_takes_too_long_to_measure_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, spec = Settings(workspace=tmp_path), _spec(tmp_path)
    monkeypatch.setattr(jobs, "_FORECAST", replace(jobs._FORECAST, minutes=0.001))
    with pytest.raises(TrainingError, match="could not be measured") as found:
        forecasts.measure(settings, spec, _silent)
    assert "not over after 0.001 minutes" in str(found.value.why)
    assert _measuring(tmp_path) == []
