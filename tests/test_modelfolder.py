"""What is read from a model's folder, whole or damaged; and that nothing of it is ever run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio import files, modelfolder
from studio.errors import ModelRefused

PARTS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that looks like a network of 6 parameters."""
    files.write_json(tmp_path / "config.json", {"model_type": "bert"})
    header = json.dumps({"__metadata__": {}, "w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
    (tmp_path / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(24))
    return tmp_path


def split(folder: Path, second: str = PARTS[1]) -> Path:
    """The folder with its weights in two files."""
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").unlink()
    for name in PARTS:
        (folder / name).write_bytes(content)
    files.write_json(folder / "model.safetensors.index.json", {"weight_map": {"a": PARTS[0], "b": second}})
    return folder


def test_the_architecture_and_the_size_are_read_from_the_files(folder: Path) -> None:
    assert modelfolder.model_type(folder) == "bert"
    assert modelfolder.parameters(folder) == 6
    assert modelfolder.size(folder) == sum(path.stat().st_size for path in folder.iterdir())


def test_weights_in_several_files_count_only_if_all_are_there(folder: Path) -> None:
    split(folder)
    assert modelfolder.parameters(folder) == 12
    (folder / PARTS[1]).unlink()
    assert not modelfolder.is_whole(folder)


@pytest.mark.parametrize("name", ["../model.safetensors", "/etc/passwd", "pytorch_model.bin", "", "a/b.safetensors"])
def test_an_index_cannot_name_files_elsewhere_or_of_another_format(folder: Path, name: str) -> None:
    (folder / "pytorch_model.bin").write_bytes(b"")
    assert modelfolder.weights(split(folder, name)) == ()


def test_a_config_or_weights_alone_are_no_model(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "weights.safetensors")
    assert not modelfolder.is_whole(folder)
    (folder / "weights.safetensors").rename(folder / "model.safetensors")
    (folder / "config.json").unlink()
    assert not modelfolder.is_whole(folder)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json", "preprocessor_config.json"])
def test_a_file_that_asks_for_a_program_to_be_run_is_refused(folder: Path, name: str) -> None:
    files.write_json(folder / name, {"model_type": "bert", "auto_map": {"AutoModel": "evil.Model"}})
    with pytest.raises(ModelRefused, match="Programs of strangers are never run here"):
        modelfolder.model_type(folder)


@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"[]", b"1"])
def test_a_damaged_config_is_refused_in_words(folder: Path, content: bytes) -> None:
    (folder / "config.json").write_bytes(content)
    with pytest.raises(ModelRefused, match=r"Its config.json, in .* cannot be read"):
        modelfolder.model_type(folder)


@pytest.mark.parametrize("config", [{}, {"model_type": ["bert"]}, {"model_type": None}])
def test_a_config_without_an_architecture_is_refused_in_words(folder: Path, config: object) -> None:
    files.write_json(folder / "config.json", config)
    with pytest.raises(ModelRefused, match="does not say which architecture"):
        modelfolder.model_type(folder)


@pytest.mark.parametrize(
    "header", [b"", b"{{", b"[]", b'{"w": 1}', b'{"w": {"shape": "x"}}', b'{"w": {"shape": ["x", 2]}}', b"[" * 100_000]
)
def test_the_size_of_damaged_weights_is_simply_not_known(folder: Path, header: bytes) -> None:
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    assert modelfolder.parameters(folder) == 0


def test_a_header_that_claims_to_be_enormous_is_not_read(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 8)
    assert modelfolder.parameters(folder) == 0
