"""Names in archives are read in the encoding of the machine that wrote them, and a guess is said to be one."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from studio.data.formats import _names
from studio.errors import InvalidOption
from tests.data_helpers import build, images, png, write

# What people call the folders of their photos, in the code page that their machine writes into a zip.
_WORDS = {
    "gb18030": ("猫咪的照片", "小狗的照片"),
    "big5": ("貓咪的照片", "風景照片"),
    "cp932": ("ねこの写真", "いぬの写真"),
    "cp949": ("고양이 사진", "강아지 사진"),
    "cp1252": ("Käse", "été à la plage"),
    "cp850": ("Käse", "été à la plage"),
    "cp437": ("Käse", "Bücher"),
    "mac_roman": ("Käse und Brötchen", "été à la plage"),
    "cp1250": ("żółw", "źrebię"),
    "cp852": ("żółw", "źrebię"),
    "cp1251": ("Кошки", "собаки"),
    "cp866": ("Кошки", "собаки"),
    "koi8_r": ("Кошки", "собаки"),
    "cp1253": ("γάτες", "σκύλοι"),
}


@pytest.mark.parametrize("encoding", _WORDS)
def test_names_are_read_in_the_code_page_of_their_machine(encoding: str) -> None:
    words = _WORDS[encoding]
    names, told = _names.decoded([f"{word}/0{i}.jpg".encode(encoding) for i, word in enumerate(words)], None)
    assert names == [f"{word}/0{i}.jpg" for i, word in enumerate(words)]
    (note,) = told
    assert note.code == "names_encoding"
    first = min(words, key=lambda word: word.encode(encoding))
    assert note.examples[0].split(": ")[1] == first
    assert 1 < len(note.examples) <= 4


def test_names_that_are_certain_are_no_guess() -> None:
    assert _names.decoded([b"cat/1.jpg", "猫/1.jpg".encode()], None) == (["cat/1.jpg", "猫/1.jpg"], [])
    assert _names.decoded([], None) == ([], [])


def _unsaid(path: Path, words: tuple[str, str], encoding: str) -> Path:
    """A zip whose names do not say their encoding, as Windows packs it."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as target:
        for number, place in enumerate("C" * len(word.encode(encoding)) for word in words * 6):
            target.writestr(f"{'AB'[number % 2]}{place}/{number}.png", png(number))
    content = written.getvalue()
    for letter, word in zip("AB", words, strict=True):
        raw = word.encode(encoding)
        content = content.replace(f"{letter}{'C' * len(raw)}/".encode(), b"_" + raw + b"/")
    return write(path.parent, path.name, content)


def test_a_wrong_guess_is_mended_by_naming_the_encoding(tmp_path: Path) -> None:
    words = ("СТОЛ", "стул")  # the first in capitals, in an encoding whose capitals are another's small letters
    path = _unsaid(tmp_path / "a.zip", words, "koi8_r")
    record, _ = build(tmp_path, path, {"encoding": "cp866"})
    assert set(record.label_names) != {f"_{word}" for word in words}
    record, _ = build(tmp_path, path, {"encoding": "koi8_r"})
    assert set(record.label_names) == {f"_{word}" for word in words}
    assert "names_encoding" not in {finding.code for finding in record.findings}
    with pytest.raises(InvalidOption, match="no text encoding named 'klingon'"):
        build(tmp_path, path, {"encoding": "klingon"})


def test_the_guess_is_a_finding_of_the_dataset(tmp_path: Path) -> None:
    record, _ = build(tmp_path, _unsaid(tmp_path / "a.zip", ("ねこの写真", "いぬの写真"), "cp932"))
    assert set(record.label_names) == {"_ねこの写真", "_いぬの写真"}
    (found,) = (finding for finding in record.findings if finding.code == "names_encoding")
    assert (found.severity, found.examples[0]) == ("info", "cp932: _いぬの写真")


def test_the_encoding_of_a_tar_can_be_named_too(tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, encoding="cp866") as target:
        for number in range(12):
            member = tarfile.TarInfo(f"{('Кошки', 'собаки')[number % 2]}/{number}.png")
            member.size = len(png(number))
            target.addfile(member, io.BytesIO(png(number)))
    record, _ = build(tmp_path, path, {"encoding": "cp866"})
    assert set(record.label_names) == {"Кошки", "собаки"}
    read = images(path)
    assert {item.label for item in read.items} == {"Кошки", "собаки"}
    read.close()


def test_a_labels_file_in_another_encoding_is_a_guess_that_can_be_corrected(tmp_path: Path) -> None:
    rows = "file,label\n" + "".join(f"{i}.png,{('żółw', 'źrebię')[i % 2]}\n" for i in range(12))
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as target:
        target.writestr("labels.csv", rows.encode("cp1250"))
        for number in range(12):
            target.writestr(f"photos/{number}.png", png(number))
    record, _ = build(tmp_path, tmp_path / "a.zip")
    assert "encoding" in {finding.code for finding in record.findings}
    record, _ = build(tmp_path, tmp_path / "a.zip", {"encoding": "cp1250"})
    assert set(record.label_names) == {"żółw", "źrebię"}
