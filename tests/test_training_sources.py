"""Where a worker finds its starting weights, with a real hub on loopback and downloads in processes of their own."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from studio import files, modelfolder, models, processes
from studio.contracts import Head, LoadRequest, Source, SourceKind
from studio.errors import ModelRefused
from studio.families import FAMILIES, bert
from studio.training import sources
from tests import fake_hub
from tests.fake_hub import Fault

OFFLINE_MODELS = "These models work offline: minilm-l6, starter-resnet."
MINILM = FAMILIES["bert"].checkpoints[0].source
STARTER = FAMILIES["resnet"].checkpoints[0].source

PROGRAM = """
import json, sys
from pathlib import Path
from studio.contracts import Source, SourceKind
from studio.errors import StudioError
from studio.training import sources
record = json.loads(sys.argv[1])
source = Source(SourceKind(record.pop("kind")), **record)
try:
    answer = {"folder": str(sources.local_folder(source, Path(sys.argv[2])))}
except StudioError as error:
    answer = {"error": error.record(), "sentence": str(error)}
sys.stdout.write(json.dumps(answer))
"""


@dataclass(frozen=True)
class Asker:
    """Asks for sources in fresh processes, with a cache of downloads of its own."""

    folder: Path

    def ask(self, source: Source, endpoint: str, offline: bool = False) -> dict[str, Any]:
        environment = processes.environment(
            {"HF_ENDPOINT": endpoint, "HF_HUB_CACHE": str(self.folder / "hub"), "HF_HUB_OFFLINE": str(int(offline))}
        )
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, json.dumps(asdict(source)), str(self.folder / "runs")],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return dict(json.loads(done.stdout))

    def refusal(self, source: Source, endpoint: str, offline: bool = False) -> str:
        """The sentences of a refusal, which must be plain."""
        sentence = str(self.ask(source, endpoint, offline)["sentence"])
        assert not [word for word in ("Error", "Exception", "http_", "None", "urlopen", "errno") if word in sentence]
        return sentence


@pytest.fixture
def asker(tmp_path: Path) -> Asker:
    return Asker(tmp_path)


@pytest.fixture(scope="module")
def tiny_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a BERT of two layers and random weights, its tokenizer, and two files that nobody should fetch."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("tiny-bert")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad"]
    size: Any = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=len(words), **size)).save_pretrained(folder)
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    special = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), words, strict=False))
    fast: Any = PreTrainedTokenizerFast
    fast(tokenizer_object=tokenizer, **special).save_pretrained(folder)
    (folder / "pytorch_model.bin").write_bytes(b"not to be fetched")
    (folder / "modeling_tiny.py").write_text("raise SystemExit")
    return folder


def closed_port() -> str:
    """An address at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def pinned(folder: Path, name: str = "lab/tiny") -> Source:
    return Source(SourceKind.HUB, name, fake_hub.commit_of(folder))


def test_a_pinned_model_is_downloaded_once_and_then_works_without_a_network(asker: Asker, tiny_bert: Path) -> None:
    with fake_hub.serve({"lab/tiny": tiny_bert}) as hub:
        folder = Path(asker.ask(pinned(tiny_bert), hub.url)["folder"])
        asked = len(hub.requests)
        assert asker.ask(pinned(tiny_bert), hub.url)["folder"] == str(folder)
        assert len(hub.requests) == asked
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        path.name for path in tiny_bert.iterdir() if path.suffix in (".json", ".safetensors")
    )
    assert files.sha256(folder / "model.safetensors") == files.sha256(tiny_bert / "model.safetensors")
    assert asker.ask(pinned(tiny_bert), closed_port())["folder"] == str(folder)
    assert asker.ask(pinned(tiny_bert), closed_port(), offline=True)["folder"] == str(folder)


def test_what_was_downloaded_is_a_network_that_a_family_can_load(asker: Asker, tiny_bert: Path) -> None:
    with fake_hub.serve({"lab/tiny": tiny_bert}) as hub:
        folder = Path(asker.ask(pinned(tiny_bert), hub.url)["folder"])
    loaded = bert.load(LoadRequest(folder, "", Head.SEQUENCE_CLASSIFICATION, ("a", "b"), seed=1))
    assert loaded.model.config.num_hidden_layers == 2
    assert loaded.processor("good bad")["input_ids"] == [5, 6]


def test_without_a_revision_the_newest_is_taken_and_then_kept(asker: Asker, tiny_bert: Path) -> None:
    source = Source(SourceKind.HUB, "lab/tiny")
    with fake_hub.serve({"lab/tiny": tiny_bert}) as hub:
        folder = asker.ask(source, hub.url)["folder"]
    assert Path(folder).name == fake_hub.commit_of(tiny_bert)
    assert asker.ask(source, closed_port())["folder"] == folder


def test_a_broken_connection_is_taken_up_where_it_broke(asker: Asker, tiny_bert: Path) -> None:
    with fake_hub.serve({"lab/tiny": tiny_bert}, Fault.CUT) as hub:
        folder = Path(asker.ask(pinned(tiny_bert), hub.url)["folder"])
        assert hub.cut == {"model.safetensors"}
    assert files.sha256(folder / "model.safetensors") == files.sha256(tiny_bert / "model.safetensors")


def test_a_file_that_ends_early_is_refused_and_the_next_try_completes_it(asker: Asker, tiny_bert: Path) -> None:
    with fake_hub.serve({"lab/tiny": tiny_bert}, Fault.SHORT) as hub:
        assert "broke off. A file did not arrive whole. Try again" in asker.refusal(pinned(tiny_bert), hub.url)
        hub.fault = Fault.NONE
        assert "folder" in asker.ask(pinned(tiny_bert), hub.url)


def test_a_copy_that_lacks_a_file_is_completed(asker: Asker, tiny_bert: Path) -> None:
    with fake_hub.serve({"lab/tiny": tiny_bert}) as hub:
        folder = Path(asker.ask(pinned(tiny_bert), hub.url)["folder"])
        (folder / "tokenizer.json").unlink()
        asker.ask(pinned(tiny_bert), hub.url)
    assert (folder / "tokenizer.json").is_file()


def test_weights_that_differ_from_the_pinned_hash_are_refused(asker: Asker, tiny_bert: Path) -> None:
    source = replace(pinned(tiny_bert), sha256=files.sha256(tiny_bert / "model.safetensors"))
    with fake_hub.serve({"lab/tiny": tiny_bert}, Fault.OTHER_WEIGHTS) as hub:
        assert "differs from the weights that were tested" in asker.refusal(source, hub.url)


def test_a_model_without_safetensors_is_refused_before_anything_is_downloaded(asker: Asker, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "bert"}')
    (folder / "pytorch_model.bin").write_bytes(b"cos\nsystem\n")
    with fake_hub.serve({"lab/tiny": folder}) as hub:
        assert "no weights in the safetensors format" in asker.refusal(pinned(folder), hub.url)
        assert not [request for request in hub.requests if "/resolve/" in request]


def test_a_model_that_brings_a_program_is_refused(asker: Asker, tiny_bert: Path, tmp_path: Path) -> None:
    folder = tmp_path / "own-code"
    files.copy(tiny_bert, folder)
    config = files.read_json(folder / "config.json") | {"auto_map": {"AutoModel": "modeling_tiny.Tiny"}}
    files.write_json(folder / "config.json", config)
    with fake_hub.serve({"lab/tiny": folder}) as hub:
        assert "Programs of strangers are never run here" in asker.refusal(pinned(folder), hub.url)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.ACCOUNT, "The model hub has no model 'lab/tiny' for us."),
        (Fault.LIMIT, "takes no more requests from here for now. Try again in some minutes."),
        (Fault.BROKEN, "out of order (it answers 500). Try again later."),
        (Fault.LOGIN_PAGE, "perhaps the login page of the network"),
    ],
)
def test_a_hub_that_does_not_serve_is_explained(asker: Asker, tiny_bert: Path, fault: Fault, expected: str) -> None:
    with fake_hub.serve({"lab/tiny": tiny_bert}, fault) as hub:
        started = time.monotonic()
        assert expected in asker.refusal(pinned(tiny_bert), hub.url)
        assert time.monotonic() - started < 10


def test_a_model_or_commit_that_the_hub_does_not_have_is_explained(asker: Asker, tiny_bert: Path) -> None:
    with fake_hub.serve({"lab/tiny": tiny_bert}) as hub:
        for source in (pinned(tiny_bert, "lab/other"), Source(SourceKind.HUB, "lab/tiny", "0" * 40)):
            assert f"no model '{source.location}' for us" in asker.refusal(source, hub.url)


@pytest.mark.parametrize("offline", [False, True])
def test_without_a_network_the_answer_comes_within_seconds_and_names_what_works(asker: Asker, offline: bool) -> None:
    started = time.monotonic()
    sentence = asker.refusal(FAMILIES["bert"].checkpoints[1].source, closed_port(), offline)
    assert time.monotonic() - started < 10
    assert OFFLINE_MODELS in sentence
    assert ("switched off" if offline else "Could not reach the model hub.") in sentence


def test_the_packaged_weights_are_found_and_verified_without_importing_the_package(tmp_path: Path) -> None:
    folder = sources.local_folder(MINILM, tmp_path)
    assert folder is not None
    assert (folder / "tokenizer.json").is_file()
    assert MINILM.location.partition(":")[0] not in sys.modules


def test_a_package_with_other_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="not the ones they should be"):
        sources.local_folder(replace(MINILM, sha256="0" * 64), tmp_path)


def test_a_package_that_is_not_installed_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelRefused, match="no_such_package"):
        sources.local_folder(replace(MINILM, location="no_such_package:model"), tmp_path)


@pytest.fixture
def copied_starter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The starter network of an installation that may be damaged."""
    files.copy(models.ASSETS / STARTER.location, tmp_path / "assets" / STARTER.location)
    monkeypatch.setattr(models, "ASSETS", tmp_path / "assets")
    return tmp_path / "assets" / STARTER.location


def test_the_bundled_weights_are_verified_in_every_piece(copied_starter: Path, tmp_path: Path) -> None:
    assert sources.local_folder(STARTER, tmp_path) == copied_starter
    for piece in modelfolder.weights(copied_starter):
        content = piece.read_bytes()
        piece.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(ModelRefused, match="not the ones they should be"):
            sources.local_folder(STARTER, tmp_path)
        piece.write_bytes(content)
    files.remove(modelfolder.weights(copied_starter)[-1])
    with pytest.raises(ModelRefused, match="the folder assets/starter-resnet of the studio is not whole"):
        sources.local_folder(STARTER, tmp_path)


def test_the_random_weights_of_earlier_versions_need_no_folder(tmp_path: Path) -> None:
    assert sources.local_folder(Source(SourceKind.UNTRAINED, "resnet-18"), tmp_path) is None


def test_a_folder_and_a_run_are_taken_as_they_are(tiny_bert: Path, tmp_path: Path) -> None:
    assert sources.local_folder(Source(SourceKind.FOLDER, str(tiny_bert)), tmp_path) == tiny_bert
    (tmp_path / "run").mkdir()
    files.copy(tiny_bert, tmp_path / "run" / "model")
    assert sources.local_folder(Source(SourceKind.RUN, "run"), tmp_path) == tmp_path / "run" / "model"


def test_the_adapter_of_a_run_is_handed_over_for_the_worker_to_merge(tmp_path: Path) -> None:
    folder = files.make_folder(tmp_path / "run" / "model")
    (folder / "adapter_config.json").write_text("{}")
    (folder / "adapter_model.safetensors").write_bytes(b"")
    assert sources.local_folder(Source(SourceKind.RUN, "run"), tmp_path) == folder


@pytest.mark.parametrize("kind", [SourceKind.FOLDER, SourceKind.RUN])
def test_weights_that_have_gone_are_refused_in_words(tmp_path: Path, kind: SourceKind) -> None:
    with pytest.raises(ModelRefused, match="Or start from other weights"):
        sources.local_folder(Source(kind, str(tmp_path / "gone")), tmp_path)
