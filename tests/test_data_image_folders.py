"""Archives and folders of images are read by their class folders, and nothing in them can do harm."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from studio.errors import DataError, LimitError, UnknownFormat
from studio.settings import Limits
from tests.data_helpers import archive, images, png, write


def _items(path: Path) -> list[tuple[str | None, str, str]]:
    read = images(path)
    read.close()
    return [(item.split, item.label, item.name) for item in read.items]


def test_class_folders_give_the_classes_and_wrappers_do_not(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {f"My set/images/{c}/{i}.png": png(i) for c in ("cat", "dog") for i in range(2)})
    assert {label for _, label, _ in _items(path)} == {"cat", "dog"}


@pytest.mark.parametrize("valid", ["valid", "val", "Validation", "dev"])
def test_split_folders_give_the_splits(tmp_path: Path, valid: str) -> None:
    members = {f"ds/{s}/{c}/1.png": png(1) for s in ("train", valid, "test") for c in ("cat", "dog")}
    assert {(s, c) for s, c, _ in _items(archive(tmp_path / "a.zip", members))} == {
        (s, c) for s in ("train", "valid", "test") for c in ("cat", "dog")
    }


@pytest.mark.parametrize(
    ("train", "test"),
    [("training_set", "test_set"), ("seg_train", "seg_test"), ("Train Images", "test-images"), ("train1", "val1")],
)
@pytest.mark.parametrize("repeated", [False, True])
def test_folders_of_splits_may_have_words_beside_and_repeat_themselves(
    tmp_path: Path, train: str, test: str, repeated: bool
) -> None:
    splits = {"train": train, "valid" if "val" in test else "test": test}
    outer = {s: f"{name}/{name}" if repeated else name for s, name in splits.items()}
    members = {f"{folder}/{c}/1.png": png(1) for folder in outer.values() for c in ("cat", "dog")}
    members["seg_pred/seg_pred/1.png"] = png(2)
    assert {(s, c) for s, c, _ in _items(archive(tmp_path / "a.zip", members))} == {
        (s, c) for s in splits for c in ("cat", "dog")
    }


def test_a_class_may_be_called_like_the_split_that_it_is_in(tmp_path: Path) -> None:
    members = {f"train/{c}/1.png": png(1) for c in ("cat", "test")} | {"test/test/1.png": png(2)}
    assert {(s, c) for s, c, _ in _items(archive(tmp_path / "a.zip", members))} == {
        ("train", "cat"),
        ("train", "test"),
        ("test", "test"),
    }


def test_a_folder_is_read_like_a_zip(tmp_path: Path) -> None:
    for name in ("set/cat/1.png", "set/dog/2.png", "set/.hidden/3.png", "set/dog/Thumbs.db"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(png(1))
    read = images(tmp_path / "set")
    assert [(item.label, item.name) for item in read.items] == [("cat", "cat/1.png"), ("dog", "dog/2.png")]
    assert read.read(read.items[0]) == png(1)
    assert [(n.code, n.count) for n in read.notes] == [("junk_files", 2)]


@pytest.mark.parametrize("stray", ["LICENSE", "notes.odt", "cats/NOTICE"])
@pytest.mark.parametrize("outer", ["animals", "animals/val", "animals/test_set/test_set"])
def test_a_stray_file_makes_a_folder_around_the_classes_no_class(tmp_path: Path, outer: str, stray: str) -> None:
    members = {f"{outer}/{c}/{i}.png": png(i) for c in ("cats", "dogs") for i in range(3)}
    members |= {f"animals/{stray if outer == 'animals' else 'LICENSE'}": b"x", f"{outer}/{stray}": b"x"}
    read = images(archive(tmp_path / "a.zip", members))
    read.close()
    assert {item.label for item in read.items} == {"cats", "dogs"}
    assert {item.where for item in read.skipped.items} == {n for n in members if "cats" not in n and "dogs" not in n}


def test_images_without_an_ending_are_read_beside_others(tmp_path: Path) -> None:
    members = {f"animals/{c}/{i}": png(i) for c in ("cats", "dogs") for i in range(3)} | {"animals/cats/9.png": png(9)}
    assert len(_items(archive(tmp_path / "a.zip", members))) == 7
    del members["animals/cats/9.png"]
    assert len(_items(archive(tmp_path / "b.zip", members))) == 6


def test_folders_with_backslashes_in_their_names_are_no_files(tmp_path: Path) -> None:
    names = [f"animals\\{c}\\{i}.png" for c in ("cats", "dogs") for i in range(3)]
    members = {"animals\\": b"", "animals\\empty\\": b"", **{name: png(1) for name in names}}
    read = images(archive(tmp_path / "a.zip", members))
    read.close()
    assert {item.label for item in read.items} == {"cats", "dogs"}
    assert read.skipped.items == []


def test_system_files_are_ignored_and_others_listed(tmp_path: Path) -> None:
    members = {
        "cat/1.png": png(1),
        "dog/2.png": png(2),
        "__MACOSX/cat/._1.png": b"x",
        "cat/.DS_Store": b"x",
        "dog/desktop.ini": b"x",
        "readme.txt": b"x",
        "more.zip": b"x",
        "3.png": png(3),
    }
    read = images(archive(tmp_path / "a.zip", members))
    read.close()
    assert len(read.items) == 2
    assert {item.where for item in read.skipped.items} == {"readme.txt", "more.zip", "3.png"}
    assert read.notes[0].count == 3


@pytest.mark.parametrize("name", ["../../x.png", "/tmp/x.png", "a/../../x.png", "C:/x.png", "..\\x.png"])
def test_names_that_point_outside_are_skipped_and_listed(tmp_path: Path, name: str) -> None:
    read = images(archive(tmp_path / "a.zip", {"cat/1.png": png(1), "dog/1.png": png(2), name: png(3)}))
    read.close()
    assert len(read.items) == 2
    assert [item.why for item in read.skipped.items] == ["The name points outside the archive."]


def test_names_in_the_encoding_of_a_chinese_machine_are_readable(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {f"{c}/photo{i}.png": png(i) for c in ("Cmao", "Cgou") for i in range(3)})
    content = path.read_bytes().replace(b"Cmao", "猫咪".encode("gbk")).replace(b"Cgou", "小狗".encode("gbk"))
    assert {label for _, label, _ in _items(write(tmp_path, "b.zip", content))} == {"猫咪", "小狗"}


def test_a_name_of_no_letters_is_listed(tmp_path: Path) -> None:
    good = {f"{'ab'[i % 2]}/{i}.png": png(i) for i in range(4)}
    content = archive(tmp_path / "a.zip", {**good, "Q": b"nothing"}).read_bytes()
    start = content.rindex(b"Q")  # in the list of the archive: the length of the name stands 18 bytes before it
    content = content[: start - 18] + b"\0\0" + content[start - 16 : start] + content[start + 1 :]
    end = content.rindex(b"PK\x05\x06")
    size = int.from_bytes(content[end + 12 : end + 16], "little") - 1
    content = content[: end + 12] + size.to_bytes(4, "little") + content[end + 16 :]
    read = images(write(tmp_path, "b.zip", content))
    assert len(read.items) == 4
    assert [item.why for item in read.skipped.items] == ["The name points outside the archive."]


def test_a_zip_without_images_is_refused_with_the_layout_wanted(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match=r"a\.zip holds no images.*table\.csv.*into a folder"):
        images(archive(tmp_path / "a.zip", {"table.csv": b"text,label\n", "more.csv": b"text,label\n"}))
    with pytest.raises(UnknownFormat, match="no file in it"):
        images(archive(tmp_path / "b.zip", {}))
    with pytest.raises(DataError, match="not in class folders"):
        images(archive(tmp_path / "c.zip", {"1.png": png(1)}))


def test_a_damaged_zip_is_refused(tmp_path: Path) -> None:
    content = archive(tmp_path / "a.zip", {"cat/1.png": png(1)}).read_bytes()
    with pytest.raises(DataError, match="damaged zip archive"):
        images(write(tmp_path, "b.zip", content[:-10]))


def test_a_member_that_unpacks_to_a_thousand_times_its_size_is_not_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("cat/1.png", png(1))
        target.writestr("cat/bomb.png", bytes(20_000_000))
    read = images(write(tmp_path, "a.zip", buffer.getvalue()))
    read.close()
    assert [item.why for item in read.skipped.items] == ["The file unpacks to more than a thousand times its size."]


def test_archives_over_the_limits_are_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {f"cat/{i}.png": png(i) for i in range(5)})
    with pytest.raises(LimitError, match="more than 3 files"):
        images(path, Limits(archive_members=3))
    with pytest.raises(LimitError, match="unpack to"):
        images(path, Limits(archive_bytes=100))


def test_a_member_with_a_wrong_checksum_is_an_error_of_that_member(tmp_path: Path) -> None:
    content = archive(tmp_path / "a.zip", {"cat/1.png": b"A" * 50}).read_bytes().replace(b"A" * 50, b"B" * 50)
    read = images(write(tmp_path, "b.zip", content))
    with pytest.raises(DataError, match="damaged at this file"):
        read.read(read.items[0])
    read.close()


def test_a_folder_beside_train_and_test_is_skipped_and_listed(tmp_path: Path) -> None:
    members = {f"{s}/{c}/1.png": png(1) for s in ("train", "test") for c in ("cat", "dog")}
    read = images(archive(tmp_path / "a.zip", members | {"sample/1.png": png(2), "docs/figures/2.png": png(3)}))
    read.close()
    assert {(item.split, item.label) for item in read.items} == {
        (s, c) for s in ("train", "test") for c in ("cat", "dog")
    }
    assert {item.where for item in read.skipped.items} == {"sample/1.png", "docs/figures/2.png"}
    assert {item.why for item in read.skipped.items} == {"The image is beside the folders for train, valid and test."}


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", {f"{c}/1.png": png(1) for c in ("train", "car", "plane")})
    assert {(split, label) for split, label, _ in _items(path)} == {(None, c) for c in ("train", "car", "plane")}


@pytest.mark.parametrize("folder", ["", "more/"])
@pytest.mark.parametrize("name", ["test set", "train 1", "data", "train car", "trainset"])
def test_a_class_may_have_a_word_for_a_split_in_its_name(tmp_path: Path, name: str, folder: str) -> None:
    path = archive(tmp_path / "a.zip", {f"{c}/{folder}1.png": png(1) for c in (name, "car", "plane")})
    assert {(split, label) for split, label, _ in _items(path)} == {(None, c) for c in (name, "car", "plane")}


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_that_are_packed_in_an_unusual_way_are_skipped(tmp_path: Path, packing: int) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as target:
        target.writestr("cat/1.png", png(1), zipfile.ZIP_DEFLATED)
        target.writestr("cat/2.png", png(2), packing)
    read = images(tmp_path / "a.zip")
    assert [item.where for item in read.skipped.items] == ["cat/2.png"]
    assert read.read(read.items[0]) == png(1)
    read.close()


def test_a_member_that_holds_more_than_it_declares_is_damaged(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("cat/1.png", bytes(70_000))
    lied = buffer.getvalue().replace((70_000).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    read = images(write(tmp_path, "a.zip", lied))
    with pytest.raises(DataError, match="damaged at this file"):
        read.read(read.items[0])
    read.close()
