"""Uploads are kept under harmless names, read again in another way, and removed when nobody needs them."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio import files
from studio.data import checkup, store, uploads
from studio.data.store import DatasetRecord
from studio.data.upload import ImportRequest, import_dataset
from studio.data.uploads import Correction
from studio.errors import EmptyFile, LimitError, MissingFile, RequestError, WrongState
from studio.identifiers import new_id
from studio.settings import Limits, Settings
from tests.data_helpers import png, write

TABLE = "body,kind,note\n" + "".join(f"text number {i},{'ab'[i % 2]},note {i % 3}\n" for i in range(40))


def _silent(_: dict[str, Any]) -> None:
    pass


def _settings(tmp_path: Path, **limits: int) -> Settings:
    return Settings(workspace=tmp_path / "workspace", limits=Limits(**limits))


def _keep(settings: Settings, path: Path, name: str) -> Path:
    return uploads.keep_all(settings, [(path, name)])


def _brought(settings: Settings, folder: Path, content: str = TABLE, **asked: Any) -> DatasetRecord:
    """The dataset of an upload."""
    kept = _keep(settings, write(folder, "temporary", content), "my table.csv")
    return import_dataset(settings, ImportRequest(kept, **asked), _silent)


def _used(record: DatasetRecord) -> dict[str, str]:
    return {column.role: column.name for column in record.columns if column.role}


def _ages(path: Path, seconds: float) -> None:
    for each in [path, *path.rglob("*")]:
        os.utime(each, (time.time() - seconds,) * 2)


def test_an_upload_gets_a_place_in_the_workspace_for_everybody_who_brought_it(tmp_path: Path) -> None:
    settings, path = _settings(tmp_path), write(tmp_path, "x", TABLE)
    kept = _keep(settings, path, "../../etc/my\u202etable.csv")
    assert kept.parent.parent == settings.workspace / "uploads"
    assert kept.name == "mytable.csv"
    assert kept.read_text() == TABLE
    other = _keep(settings, path, "theirs.csv")  # the same file at the same moment lies at the same place
    assert (other.read_text(), path.read_text()) == (TABLE, TABLE)


def test_an_upload_that_cannot_be_is_refused_and_left_where_it_is(tmp_path: Path) -> None:
    settings = _settings(tmp_path, upload_bytes=10)
    with pytest.raises(EmptyFile, match=r"a\.csv is empty"):
        _keep(settings, write(tmp_path, "empty", ""), "a.csv")
    big = write(tmp_path, "big", "x" * 11)
    with pytest.raises(LimitError, match="the limit is"):
        _keep(settings, big, "a.csv")
    link = tmp_path / "link"
    link.symlink_to(big)
    for path in (link, tmp_path, tmp_path / "nothing"):
        with pytest.raises(MissingFile):
            _keep(settings, path, "a.csv")
    assert big.exists()
    assert not (settings.workspace / "uploads").exists()


def test_files_that_come_at_once_are_one_upload_that_is_kept_as_long_as_it_is_needed(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    places = [write(tmp_path, f"u{i}", png(i)) for i in range(24)]
    names = [f"{('cat', 'dog')[i % 2]}_{i:02}.png" for i in range(24)]
    kept = uploads.keep_all(settings, list(zip(places, names, strict=True)))
    record = import_dataset(settings, ImportRequest(kept), _silent)
    assert (record.name, record.label_names, record.rows) == ("cat_00 and 23 more", ("cat", "dog"), 24)
    _ages(kept.parent, 7200)
    uploads.clean(settings, 1)
    assert kept.is_dir()
    uploads.forget(settings, record)
    assert not kept.exists()


def test_the_limit_of_an_upload_holds_for_all_of_its_files_together(tmp_path: Path) -> None:
    places = [(write(tmp_path, f"u{i}", "x" * 6), f"{i}.csv") for i in range(2)]
    with pytest.raises(LimitError, match="together; the limit is"):
        uploads.keep_all(_settings(tmp_path, upload_bytes=10), places)


def test_files_that_lie_on_this_machine_are_gathered_and_stay_where_they_are(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    paths = [write(tmp_path, f"{('cat', 'dog')[i % 2]}_{i:02}.png", png(i)) for i in range(24)]
    record = import_dataset(settings, ImportRequest(uploads.gather(settings, paths)), _silent)
    assert (record.name, record.label_names, record.rows) == ("cat_00 and 23 more", ("cat", "dog"), 24)
    assert all(path.exists() for path in paths)
    uploads.forget(settings, record)
    assert list(uploads.folder(settings).iterdir()) == []
    with pytest.raises(RequestError, match="is a folder"):
        uploads.gather(settings, [paths[0], tmp_path])


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("reviews.csv", "reviews.csv"),
        ("/tmp/a/reviews.csv", "reviews.csv"),
        ("C:\\data\\reviews.csv", "reviews.csv"),
        ("...hidden.csv", "hidden.csv"),
        ("a\x00b\x1b[31m\nc.csv", "ab[31m c.csv"),
        ("..", "upload"),
        ("", "upload"),
        ("商品评论.csv", "商品评论.csv"),
        ("x" * 300 + ".tar.gz", "x" * 113 + ".tar.gz"),
    ],
)
def test_a_name_is_cleaned(name: str, clean: str) -> None:
    assert uploads.clean_name(name) == clean


@given(st.text(max_size=400))
def test_any_name_becomes_one_that_can_be_stored_and_shown(name: str) -> None:
    clean = uploads.clean_name(name)
    assert 0 < len(clean) <= uploads.MOST_LETTERS
    assert len(clean.encode()) <= uploads.MOST_BYTES
    assert "/" not in clean
    assert "\\" not in clean
    assert not clean.startswith((".", " "))
    assert clean.isprintable()
    assert uploads.clean_name(clean) == clean


def test_a_dataset_is_read_in_another_way_from_the_same_file(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    first = _brought(settings, tmp_path, options={"seed": "3"})
    assert _used(first) == {"text": "body", "label": "kind"}
    second = uploads.correct(settings, first, Correction(options={"label": "note"}), _silent)
    assert _used(second) == {"text": "body", "label": "note"}
    assert (second.options, second.name) == ({"seed": "3", "label": "note"}, first.name)
    third = uploads.correct(settings, second, Correction(options={"label": ""}), _silent)
    assert third.id == first.id  # asked for as it was at first


def test_nothing_is_read_again_where_nothing_or_only_the_name_is_different(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    record = _brought(settings, tmp_path, options={"seed": "3"})
    for same in (Correction(), Correction(record.task, {"seed": "3"}, record.name), Correction(options={"text": ""})):
        assert uploads.correct(settings, record, same, _silent) == record
    renamed = uploads.correct(settings, record, Correction(name="better"), _silent)
    assert (renamed.id, renamed.name) == (record.id, "better")
    assert store.find(settings.datasets, "better").fingerprint == record.fingerprint


def test_columns_of_one_task_are_not_asked_of_another(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    record = _brought(settings, tmp_path, options={"text": "body", "seed": "3"})
    with pytest.raises(Exception, match="do not suit the task") as refused:
        uploads.correct(settings, record, Correction(task="token_classification"), _silent)
    assert "no column 'text'" not in str(refused.value)


def test_a_file_that_is_gone_or_changed_has_to_be_uploaded_again_and_then_is_found(tmp_path: Path) -> None:
    settings, path = _settings(tmp_path), write(tmp_path, "table.csv", TABLE)
    record = import_dataset(settings, ImportRequest(path), _silent)
    other = Correction(options={"label": "note"})
    path.write_text(TABLE + "one more,a,note 1\n")
    with pytest.raises(WrongState, match=r"has changed .* Upload the file again"):
        uploads.correct(settings, record, other, _silent)
    path.unlink()
    with pytest.raises(WrongState, match=r"no longer where it was.* Upload the file again"):
        uploads.correct(settings, record, other, _silent)
    _keep(settings, write(tmp_path, "temporary", TABLE), "renamed.csv")
    assert _used(uploads.correct(settings, record, other, _silent))["label"] == "note"


def test_files_for_each_split_stay_what_they_are_for(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    test = write(tmp_path, "test.csv", TABLE.replace("number", "item"))
    record = _brought(settings, tmp_path, test=test)
    corrected = uploads.correct(settings, record, Correction(options={"label": "note"}), _silent)
    assert corrected.splits["test"] == record.splits["test"] == 40
    assert [source["split"] for source in corrected.sources] == ["train", "test"]


def test_a_mended_dataset_is_read_again_from_its_file(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    original = _brought(settings, tmp_path, TABLE + "text number 1,b,note 1\n" * 3)
    mended = checkup.mend(settings, original, ["duplicates"], _silent)
    uploads.forget(settings, original)
    assert len(list((settings.workspace / "uploads").iterdir())) == 1  # the mended copy came from it, too
    again = uploads.correct(settings, mended, Correction(options={"label": "note"}), _silent)
    assert (again.name, again.rows, again.options) == ("my table", original.rows, {"label": "note"})
    assert uploads.correct(settings, mended, Correction(name="tidy"), _silent).options == mended.options


def test_removing_the_last_dataset_of_an_upload_removes_the_upload(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    first = _brought(settings, tmp_path)
    second = uploads.correct(settings, first, Correction(options={"label": "note"}), _silent)
    uploads.forget(settings, first)
    assert len(list((settings.workspace / "uploads").iterdir())) == 1
    uploads.forget(settings, second)
    assert list((settings.workspace / "uploads").iterdir()) == []
    assert store.every(settings.datasets) == []


def test_with_its_last_dataset_an_upload_goes_from_where_it_arrived_too(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    theirs = write(files.make_folder(settings.incoming / "0a"), "theirs.csv", TABLE + "another text,a,\n")
    ours = write(files.make_folder(settings.incoming / "0b"), "ours.csv", TABLE)
    record = import_dataset(settings, ImportRequest(_keep(settings, ours, "ours.csv")), _silent)
    assert ours.exists()
    uploads.forget(settings, record)
    assert (ours.parent.exists(), theirs.exists()) == (False, True)


def test_a_file_that_is_no_upload_outlives_its_dataset(tmp_path: Path) -> None:
    settings, path = _settings(tmp_path), write(tmp_path, "table.csv", TABLE)
    uploads.forget(settings, import_dataset(settings, ImportRequest(path), _silent))
    assert path.exists()


def test_old_uploads_that_nobody_needs_are_cleaned_away(tmp_path: Path) -> None:
    settings = _settings(tmp_path)
    record = _brought(settings, tmp_path)
    again, fresh, old = (_keep(settings, write(tmp_path, f"t{end}", TABLE + end), "x.csv") for end in ("", "1", "2"))
    needed = next(place for place in (settings.workspace / "uploads").iterdir() if (place / "my table.csv").exists())
    for place in (needed, again.parent, old.parent):
        _ages(place, 7200)
    uploads.clean(settings, hours=1)
    left = {place.name for place in (settings.workspace / "uploads").iterdir()}
    assert left == {needed.name, again.parent.name, fresh.parent.name}  # `again` is the same file once more
    _ages(settings.datasets / record.id, 10**6)
    uploads.clean(settings, hours=1)
    assert store.find(settings.datasets, record.id) == record


def test_what_cut_off_imports_left_is_cleaned_away_and_work_is_left_alone(tmp_path: Path) -> None:
    settings = _settings(tmp_path, import_seconds=100)
    left, busy, staged = (settings.datasets / name for name in (new_id(), new_id(), ".staged-gone"))
    for place in (left, busy, staged):
        files.make_folder(place)
        write(place, "request.json", "{}")
        _ages(place, 10**4)
    write(busy, "progress.json", "{}")
    uploads.clean(settings, hours=1)
    assert [place.name for place in settings.datasets.iterdir()] == [busy.name]


def test_cleaning_an_empty_workspace_does_nothing(tmp_path: Path) -> None:
    uploads.clean(_settings(tmp_path), hours=0)
    assert not (tmp_path / "workspace").exists()
