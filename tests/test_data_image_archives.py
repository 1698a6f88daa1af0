"""Images come in tars, with labels files, by the names of their files, and in several archives at once."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from studio.data.formats import recognise
from studio.data.formats._records import Images
from studio.errors import DataError, LimitError
from studio.settings import Limits
from tests.data_helpers import archive, build, images, png, write


def _tar(path: Path, members: Mapping[str, bytes], mode: str = "w", **options: str) -> Path:
    with tarfile.open(path, mode, **options) as target:  # type: ignore[call-overload]
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            target.addfile(member, io.BytesIO(content))
    return path


def _found(path: Path) -> Images:
    read = images(path)
    read.close()
    return read


def _counts(path: Path) -> Counter[tuple[str | None, str]]:
    return Counter((item.split, item.label) for item in _found(path).items)


def _classes(rows: int = 3) -> dict[str, bytes]:
    return {f"{c}/{i}.png": png(10 * n + i) for n, c in enumerate(("cat", "dog")) for i in range(rows)}


# Tars ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packing", ["", "gz", "bz2", "xz"])
def test_a_tar_is_read_like_a_zip_whatever_packs_it_and_whatever_it_is_called(tmp_path: Path, packing: str) -> None:
    path = _tar(tmp_path / "photos.csv", _classes(), f"w:{packing}")
    assert _counts(path) == {(None, "cat"): 3, (None, "dog"): 3}
    read = images(path)
    assert [read.read(item) for item in reversed(read.items)] == list(reversed(_classes().values()))
    read.close()
    assert recognise(path).name == "image_folders"


def test_an_old_tar_without_a_mark_is_known_by_its_checksum(tmp_path: Path) -> None:
    content = bytearray(_tar(tmp_path / "a.tar", _classes()).read_bytes())
    for start in range(0, len(content), 512):
        if content[start + 257 : start + 262] == b"ustar":
            content[start + 257 : start + 265] = bytes(8)
            content[start + 148 : start + 156] = b" " * 8
            content[start + 148 : start + 156] = b"%06o\0 " % sum(content[start : start + 512])
    assert _counts(write(tmp_path, "old", bytes(content))) == {(None, "cat"): 3, (None, "dog"): 3}


def test_links_devices_and_names_that_point_outside_are_listed_and_not_followed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as target:
        for name, content in {**_classes(), "../up.png": png(1), "/abs.png": png(2), ".hidden/x.png": png(3)}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            target.addfile(member, io.BytesIO(content))
        for name, kind in (("cat/link.png", tarfile.SYMTYPE), ("cat/hard.png", tarfile.LNKTYPE)):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            target.addfile(member)
        member = tarfile.TarInfo("cat/device.png")
        member.type = tarfile.CHRTYPE
        target.addfile(member)
    read = _found(tmp_path / "a.tar")
    assert len(read.items) == 6
    assert {item.where: item.why for item in read.skipped.items} == {
        "../up.png": "The name points outside the archive.",
        "/abs.png": "The name points outside the archive.",
        "cat/link.png": "It is a link, which is not followed.",
        "cat/hard.png": "It is a link, which is not followed.",
        "cat/device.png": "It is not a regular file.",
    }
    assert read.notes[0].count == 1


def test_links_in_a_zip_are_listed_too(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as target:
        for name, content in _classes().items():
            target.writestr(name, content)
        link = zipfile.ZipInfo("cat/link.png")
        link.external_attr = 0o120777 << 16
        target.writestr(link, "/etc/passwd")
    assert [item.why for item in _found(tmp_path / "a.zip").skipped.items] == ["It is a link, which is not followed."]


def test_a_tar_that_unpacks_to_more_than_the_limits_is_refused_before_it_does(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "bomb.tar.gz", "wb") as target:
        member = tarfile.TarInfo("cat/bomb.png")
        member.size = 10**12
        target.write(member.tobuf(tarfile.GNU_FORMAT) + bytes(10_000))
    with pytest.raises(LimitError, match="unpack to"):
        images(tmp_path / "bomb.tar.gz")
    with pytest.raises(LimitError, match="more than 3 files"):
        images(_tar(tmp_path / "many.tar", _classes()), Limits(archive_members=3))


def test_a_header_that_asks_for_more_than_any_file_may_have_is_refused(tmp_path: Path) -> None:
    member = tarfile.TarInfo("long")
    member.type, member.size = tarfile.XHDTYPE, 10**9
    with pytest.raises(LimitError, match="too large to be read"):
        images(write(tmp_path, "a.tar", member.tobuf(tarfile.PAX_FORMAT) + bytes(2_000)))


def test_a_cut_tar_is_damaged_at_the_file_or_refused(tmp_path: Path) -> None:
    packed = _tar(tmp_path / "a.tar.gz", _classes(), "w:gz").read_bytes()
    with pytest.raises(DataError, match="is a damaged archive"):
        images(write(tmp_path, "b.tar.gz", packed[: len(packed) // 2]))


def test_names_of_a_chinese_machine_are_readable_in_a_tar(tmp_path: Path) -> None:
    members = {f"{c}/照片{i}.png": png(i) for c in ("猫咪", "小狗") for i in range(3)}
    path = _tar(tmp_path / "a.tar", members, "w", format=tarfile.GNU_FORMAT, encoding="gb18030")  # type: ignore[arg-type]
    assert set(_counts(path)) == {(None, "猫咪"), (None, "小狗")}


# Labels files -------------------------------------------------------------------------------------------------------

_NAMED = [("img_1.png", "cat"), ("img_2.png", "dog"), ("img_3.png", "cat"), ("img_4.png", "dog")]
_FLAT = {f"images/{name}": png(i) for i, (name, _) in enumerate(_NAMED)}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("labels.csv", "file,label\n" + "".join(f"{n},{c}\n" for n, c in _NAMED)),
        ("labels.csv", "label;path\n" + "".join(f"{c};images/{n}\n" for n, c in _NAMED)),
        ("labels.tsv", "".join(f"{n}\t{c}\n" for n, c in _NAMED)),
        ("windows.csv", "file,class\n" + "".join(f"C:\\Users\\me\\images\\{n.upper()},{c}\n" for n, c in _NAMED)),
        ("train.csv", "id,breed\n" + "".join(f"{n[:-4]},{c}\n" for n, c in _NAMED)),
        ("list.txt", "".join(f"images/{n} {c}\n" for n, c in _NAMED)),
        ("metadata.jsonl", "".join(json.dumps({"file_name": n, "label": c}) + "\n" for n, c in _NAMED)),
        ("labels.json", json.dumps([{"image": n, "category": c} for n, c in _NAMED])),
        ("labels.json", json.dumps(dict(_NAMED))),
        ("images/labels.csv", "file,label\n" + "".join(f"./{n},{c}\n" for n, c in _NAMED)),
        ("labels.csv", "﻿file,label\n" + "".join(f'"{n}","{c}"\r\n' for n, c in _NAMED)),
    ],
    ids=["csv", "semicolons", "no header", "windows", "no ending", "list", "jsonl", "json", "mapping", "beside", "bom"],
)  # fmt: skip
def test_a_labels_file_beside_the_images_says_the_classes(tmp_path: Path, name: str, content: str) -> None:
    read = _found(archive(tmp_path / "a.zip", {**_FLAT, name: content.encode()}))
    assert {Path(item.name).name: item.label for item in read.items} == dict(_NAMED)
    assert read.skipped.count == 0
    assert [note.code for note in read.notes] == ["labels_file"]


def test_rows_without_an_image_and_images_without_a_row_are_reported(tmp_path: Path) -> None:
    rows = "file,label\ngone.png,cat\n" + "".join(f"{n},{c}\n" for n, c in _NAMED[:3])
    read = _found(archive(tmp_path / "a.zip", {**_FLAT, "labels.csv": rows.encode()}))
    assert {note.code: (note.count, note.examples) for note in read.notes if note.code != "labels_file"} == {
        "missing_images": (1, ["gone.png"]),
        "unlisted_images": (1, ["images/img_4.png"]),
    }
    assert {item.where for item in read.skipped.items} == {"labels.csv: gone.png", "images/img_4.png"}


def test_a_name_that_fits_two_images_names_neither(tmp_path: Path) -> None:
    members = {f"{folder}/{n}": png(i) for i, (n, _) in enumerate(_NAMED) for folder in ("a", "b")}
    rows = "file,label\nimg_1.png,cat\n" + "".join(f"b/{n},{c}\n" for n, c in _NAMED)
    read = _found(archive(tmp_path / "a.zip", {**members, "labels.csv": rows.encode()}))
    assert {item.name for item in read.items} == {f"b/{n}" for n, _ in _NAMED}


def test_splits_come_from_a_column_from_folders_or_from_several_files(tmp_path: Path) -> None:
    rows = [f"{n},{c},{('train', 'test')[i % 2]}\n" for i, (n, c) in enumerate(_NAMED)]
    column = "file,label,split\n" + "".join(rows)
    assert {split for split, _ in _counts(archive(tmp_path / "a.zip", {**_FLAT, "x.csv": column.encode()}))} == {
        "train",
        "test",
    }
    folders = {f"{s}/{n}": png(i) for i, (n, _) in enumerate(_NAMED) for s in ("train", "test")}
    listed = "".join(f"{s}/{n},{c}\n" for n, c in _NAMED for s in ("train", "test"))
    assert set(_counts(archive(tmp_path / "b.zip", {**folders, "y.csv": listed.encode()}))) == {
        (s, c) for s in ("train", "test") for c in ("cat", "dog")
    }
    own = {
        f"{s}.csv": "".join(f"{n},{c}\n" for n, c in part).encode()
        for s, part in (("train", _NAMED[:2]), ("test", _NAMED[2:]))
    }
    assert {split for split, _ in _counts(archive(tmp_path / "c.zip", {**_FLAT, **own}))} == {"train", "test"}


def test_class_folders_are_believed_before_a_table_that_does_not_speak_of_classes(tmp_path: Path) -> None:
    boxes = "file,camera\n" + "".join(f"{name},{i % 2}\n" for i, name in enumerate(_classes()))
    read = _found(archive(tmp_path / "a.zip", {**_classes(), "boxes.csv": boxes.encode()}))
    assert Counter(item.label for item in read.items) == {"cat": 3, "dog": 3}
    assert [item.where for item in read.skipped.items] == ["boxes.csv"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"[1, 2", b"{}", b"[[]]", b'{"a": {"b": 1}}', b"a\n\x00"])
def test_a_file_that_is_no_labels_file_is_listed(tmp_path: Path, content: bytes) -> None:
    read = _found(archive(tmp_path / "a.zip", {**_classes(), "notes.json": content}))
    assert [item.where for item in read.skipped.items] == ["notes.json"]


# Names of files, several archives -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["{c}.{i}.png", "{c}_{i:03}.png", "{c} ({i}).png", "{c}-{i}.png", "photos/{c}{i}.png"])
def test_the_names_of_the_files_say_the_class_where_nothing_else_does(tmp_path: Path, name: str) -> None:
    members = {name.format(c=c, i=i): png(i) for c in ("cat", "big dog") for i in range(3)}
    assert _counts(archive(tmp_path / "a.zip", members)) == {(None, "cat"): 3, (None, "big dog"): 3}


@pytest.mark.parametrize("names", [("IMG_{}", "DSC_{}"), ("{}", "{}a"), ("one{}", "one{}")], ids=str)
def test_names_that_cameras_write_are_no_classes(tmp_path: Path, names: tuple[str, str]) -> None:
    members = {f"photos/{name.format(i)}.png": png(i) for name in names for i in range(3)}
    assert {label for _, label in _counts(archive(tmp_path / "a.zip", members))} == {"photos"}


def _several(folder: Path, archives: Mapping[str, Mapping[str, bytes]]) -> Path:
    folder.mkdir()
    for name, members in archives.items():
        (_tar if ".tar" in name else archive)(folder / name, members)
    return folder


@pytest.mark.parametrize("inner", ["{}.png", "images/{}.png", "{c}/{}.png", "stuff/{c}/{}.png"])
def test_an_archive_for_each_class_is_a_class(tmp_path: Path, inner: str) -> None:
    archives = {f"{c}.zip": {inner.format(i, c=c): png(i) for i in range(2)} for c in ("cat", "dog")}
    assert _counts(_several(tmp_path / "both", archives)) == {(None, "cat"): 2, (None, "dog"): 2}


def test_an_archive_for_each_split_is_a_split_and_parts_of_one_set_are_put_together(tmp_path: Path) -> None:
    splits = {"train.tar": {f"train/{n}": v for n, v in _classes().items()}, "test.zip": _classes(2)}
    assert _counts(_several(tmp_path / "splits", splits)) == {
        ("train", "cat"): 3, ("train", "dog"): 3, ("test", "cat"): 2, ("test", "dog"): 2,
    }  # fmt: skip
    parts = {"part1.zip": {f"set/{n}": v for n, v in _classes().items()}, "part2.zip": _classes()}
    read = _found(_several(tmp_path / "parts", parts))
    assert Counter(item.label for item in read.items) == {"cat": 6, "dog": 6}


def test_loose_images_stand_beside_archives_and_a_damaged_one_is_listed(tmp_path: Path) -> None:
    folder = _several(tmp_path / "all", {"set.zip": _classes()})
    write(
        folder,
        "labels.csv",
        "file,label\n" + "".join(f"{name},{name[:3]}\n" for name in _classes()) + "loose.png,cow\n",
    )
    write(folder, "loose.png", png(77))
    write(folder, "broken.zip", b"PK\x03\x04 and no more")
    read = images(folder)
    assert Counter(item.label for item in read.items) == {"cat": 3, "dog": 3, "cow": 1}
    assert read.read(read.items[0]) == png(77)
    assert [item.where for item in read.skipped.items] == ["broken.zip"]
    read.close()


def test_archives_inside_an_archive_or_a_folder_of_folders_are_listed(tmp_path: Path) -> None:
    inner = archive(tmp_path / "inner.zip", _classes()).read_bytes()
    read = _found(archive(tmp_path / "a.zip", {**_classes(), "more.zip": inner, "more.tar.gz": inner}))
    assert {item.where for item in read.skipped.items} == {"more.zip", "more.tar.gz"}
    for name, content in {**_classes(), "old.zip": inner}.items():
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_bytes(content)
    assert [item.where for item in _found(tmp_path / "set").skipped.items] == ["old.zip"]


def test_all_archives_together_keep_the_limits(tmp_path: Path) -> None:
    folder = _several(tmp_path / "all", {"a.zip": _classes(), "b.tar": _classes()})
    with pytest.raises(LimitError, match="more than 10 files"):
        images(folder, Limits(archive_members=10))


def test_a_tar_with_splits_becomes_a_dataset(tmp_path: Path) -> None:
    names = [f"{s}/{c}/{i}.png" for s in ("train", "val", "test") for c in ("cat", "dog") for i in range(8)]
    record, _ = build(tmp_path, _tar(tmp_path / "a.tar.xz", {n: png(i) for i, n in enumerate(names)}, "w:xz"))
    assert (record.splits, record.label_names) == ({"train": 16, "valid": 16, "test": 16}, ("cat", "dog"))
