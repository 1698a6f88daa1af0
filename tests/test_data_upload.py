"""Uploads are imported by a process of their own, once, and leave nothing behind when they fail."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from studio import files
from studio.data import runner
from studio.data.samples import SAMPLES
from studio.data.upload import ImportRequest, content_hash, import_dataset
from studio.errors import (
    EmptyFile,
    ImportStopped,
    InternalError,
    InvalidOption,
    LimitError,
    MissingFile,
    TooFewClasses,
    UnknownName,
)
from studio.settings import Limits, Settings
from tests.data_helpers import archive, png, reviews, write


def _silent(progress: dict[str, Any]) -> None:
    pass


def _settings(tmp_path: Path, **limits: int) -> Settings:
    return Settings(workspace=tmp_path / "workspace", limits=Limits(**limits))


def _left(settings: Settings) -> list[str]:
    return [path.name for path in settings.datasets.iterdir()] if settings.datasets.exists() else []


def test_a_file_is_imported_and_the_same_again_is_the_same_dataset(tmp_path: Path) -> None:
    settings, path = _settings(tmp_path), write(tmp_path, "reviews.csv", reviews(40))
    phases: list[str] = []
    first = import_dataset(settings, ImportRequest(path), lambda progress: phases.append(progress["phase"]))
    assert (first.name, first.task, first.splits["train"]) == ("reviews", "text_classification", 32)
    assert phases
    copied = write(tmp_path, "copy.csv", path.read_bytes())
    assert import_dataset(settings, ImportRequest(copied), _silent).id == first.id
    assert import_dataset(settings, ImportRequest(path, options={"seed": "5"}), _silent).id != first.id
    assert len(_left(settings)) == 2


def test_a_sample_is_imported_by_its_id(tmp_path: Path) -> None:
    record = import_dataset(_settings(tmp_path), ImportRequest(Path("digits")), _silent)
    assert (record.name, record.rows, record.image_size, len(record.labels)) == ("digits", 1797, 32, 10)


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=lambda sample: sample.id)
def test_samples_are_there_and_hold_what_they_say(sample: Any) -> None:
    assert sample.file.is_file()
    assert sample.file.stat().st_size < 1_000_000
    if sample.file.suffix == ".csv":
        import csv

        with sample.file.open(newline="", encoding="utf-8") as file:
            assert sum(1 for _ in csv.DictReader(file)) == sample.rows


def test_requests_that_cannot_be_are_refused_before_any_process(tmp_path: Path) -> None:
    settings, path = _settings(tmp_path, upload_bytes=500), write(tmp_path, "a.csv", reviews(10))
    with pytest.raises(MissingFile, match=r"no file .*nowhere\.csv.*name a sample: support-messages"):
        import_dataset(settings, ImportRequest(tmp_path / "nowhere.csv"), _silent)
    with pytest.raises(UnknownName):
        import_dataset(settings, ImportRequest(path, task="nonsense"), _silent)
    with pytest.raises(InvalidOption, match="no import option 'nonsense'"):
        import_dataset(settings, ImportRequest(path, options={"nonsense": "1"}), _silent)
    with pytest.raises(EmptyFile):
        import_dataset(settings, ImportRequest(write(tmp_path, "empty.csv", "")), _silent)
    with pytest.raises(LimitError, match="the limit is"):
        import_dataset(settings, ImportRequest(write(tmp_path, "big.csv", reviews(100))), _silent)
    assert _left(settings) == []


def test_what_the_importer_refuses_arrives_as_the_same_error_and_leaves_no_folder(tmp_path: Path) -> None:
    settings, path = _settings(tmp_path), write(tmp_path, "a.csv", reviews(40, classes=1))
    with pytest.raises(TooFewClasses, match="Every row has the class 'class0'"):
        import_dataset(settings, ImportRequest(path), _silent)
    assert _left(settings) == []


def test_an_importer_without_memory_is_reported_with_the_limit(tmp_path: Path) -> None:
    settings = _settings(tmp_path, import_memory_bytes=300 * 2**20)
    path = write(tmp_path, "a.csv", "text,label\n" + "words and more words,x\n" * 2_000_000)
    with pytest.raises(ImportStopped, match=r"0\.3 GB of memory"):
        import_dataset(settings, ImportRequest(path), _silent)
    assert _left(settings) == []


def test_an_importer_that_cannot_even_begin_says_why_and_leaves_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _settings(tmp_path)
    monkeypatch.setattr(runner, "IMPORTER", "studio.data.nowhere")
    with pytest.raises(InternalError, match=r"No module named studio\.data\.nowhere"):
        import_dataset(settings, ImportRequest(write(tmp_path, "a.csv", reviews(40))), _silent)
    assert _left(settings) == []
    assert len(list((settings.workspace / "logs").iterdir())) == 1


def test_an_importer_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    settings = _settings(tmp_path, import_seconds=1)
    path = write(tmp_path, "a.csv", "text,label\n" + "".join(f"words {i},{i % 2}\n" for i in range(1_500_000)))
    with pytest.raises(ImportStopped, match="longer than 1 seconds"):
        import_dataset(settings, ImportRequest(path), _silent)
    assert _left(settings) == []


def test_an_interrupt_ends_the_importer_and_cleans_up(tmp_path: Path) -> None:
    settings, path = _settings(tmp_path), write(tmp_path, "a.csv", reviews(100_000))

    def interrupt(progress: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_dataset(settings, ImportRequest(path), interrupt)
    assert _left(settings) == []


def test_a_mistake_of_ours_is_reported_by_an_id_that_is_in_the_log(tmp_path: Path) -> None:
    folder = files.make_folder(tmp_path / "d")
    files.write_json(folder / "request.json", {"kind": "nonsense", "limits": Limits().model_dump()})
    done = subprocess.run([sys.executable, "-m", runner.IMPORTER, str(folder)], capture_output=True, text=True)
    record = json.loads((folder / "error.json").read_text())
    assert done.returncode == 1
    assert record["code"] == "internal"
    error_id = record["what"].split("(id ")[1].rstrip(").")
    assert error_id in done.stderr
    assert "Traceback" in done.stderr
    assert "Traceback" not in json.dumps(record)


def test_a_folder_hashes_by_its_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    write(tmp_path / "a", "1.png", png(1))
    first = content_hash(tmp_path / "a")
    assert first == content_hash(tmp_path / "a")
    write(tmp_path / "a", "1.png", png(2))
    assert first != content_hash(tmp_path / "a")
    assert content_hash(archive(tmp_path / "z.zip", {"x": b"1"})) == files.sha256(tmp_path / "z.zip")


def test_the_same_bytes_under_another_ending_are_another_dataset(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    path = write(tmp_path, "a.csv", reviews(40))
    first = import_dataset(settings, ImportRequest(path), _silent)
    assert import_dataset(settings, ImportRequest(path.rename(tmp_path / "a.txt")), _silent).id != first.id
