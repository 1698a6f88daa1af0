"""The menu of starting weights, and what a name stands for."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from studio import files, hub, models, processes
from studio.contracts import Source, SourceKind
from studio.errors import ModelOffline, ModelRefused, UnknownName, WrongState
from studio.families import FAMILIES
from studio.models import Resolved
from studio.runs import events, store
from studio.runs.store import Run
from studio.settings import Mode
from studio.spec import RunSpec, TrainingParams
from tests import fake_hub
from tests.fake_hub import Fault

MINILM = FAMILIES["bert"].checkpoints[0]

PROGRAM = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from studio import models
from studio.errors import StudioError
from studio.settings import Mode
try:
    answer = asdict(models.resolve(sys.argv[1], Path(sys.argv[2]), Mode.LOCAL))
except StudioError as error:
    answer = {"code": error.code, "sentence": str(error)}
sys.stdout.write(json.dumps(answer))
"""


def write_model(folder: Path, model_type: str = "bert", **more: object) -> Path:
    """A folder that looks like a network of 1,000,000 parameters; the weights themselves are never read here."""
    files.write_json(files.make_folder(folder) / "config.json", {"model_type": model_type, **more})
    header = json.dumps({"w": {"dtype": "F32", "shape": [1000, 1000], "data_offsets": [0, 4_000_000]}}).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4_000_000))
    files.write_json(folder / "tokenizer.json", {})
    return folder


def write_run(runs: Path, name: str = "my run", *more: events.Event) -> Run:
    """A run with these events in its log."""
    spec = RunSpec(
        task="text_classification",
        family="bert",
        model=MINILM.id,
        source=MINILM.source,
        method="full",
        preset="balanced",
        dataset="d",
        fingerprint="f",
        labels=("a", "b"),
        device="cpu",
        training=TrainingParams(),
    )
    run = store.create(runs, spec, name, "local")
    for event in more:
        events.append(run.log, event)
    return run


def resolve(reference: str, runs: Path, mode: Mode = Mode.LOCAL) -> Resolved:
    return models.resolve(reference, runs, mode)


def ask(reference: str, folder: Path, endpoint: str) -> dict[str, Any]:
    """What a name stands for, with this hub, in a fresh process with a cache of its own."""
    environment = processes.environment(
        {"HF_ENDPOINT": endpoint, "HF_HUB_CACHE": str(folder / "hub"), "HF_HUB_OFFLINE": "0"}
    )
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, reference, str(folder / "runs")],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def write_snapshot(cache: Path, source: Source) -> Path:
    """A local copy of a hub model where the hub's library would put it."""
    assert source.revision
    return write_model(cache / f"models--{source.location.replace('/', '--')}" / "snapshots" / source.revision)


def test_importing_the_menu_loads_nothing_heavy_and_takes_a_fraction_of_a_second() -> None:
    program = "import sys, studio.models; sys.stdout.write(' '.join(sys.modules))"
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert time.monotonic() - started < 5
    assert not {"torch", "transformers", "huggingface_hub", "numpy"} & set(done.stdout.split())


def test_the_menu_shows_every_checkpoint_of_every_family_in_order(tmp_path: Path) -> None:
    shown = [(choice.family_name, choice.checkpoint) for choice in models.menu(tmp_path)]
    assert shown == [(family.name, checkpoint) for family in FAMILIES.values() for checkpoint in family.checkpoints]


def test_the_menu_says_what_works_without_a_network_and_why_the_rest_does_not(tmp_path: Path, own_cache: Path) -> None:
    offline = {choice.checkpoint.id: choice.note for choice in models.menu(tmp_path) if choice.offline}
    assert offline == {"minilm-l6": "", "starter-resnet": ""}
    resnet = next(c for c in models.menu(tmp_path) if c.checkpoint.id == "resnet-18")
    assert resnet.note == "Downloaded once, at its first use: 47 MB."
    write_snapshot(own_cache, resnet.checkpoint.source)
    assert "resnet-18" in [choice.checkpoint.id for choice in models.menu(tmp_path) if choice.offline]


def test_a_download_of_another_commit_or_without_weights_does_not_count_as_offline(
    tmp_path: Path, own_cache: Path
) -> None:
    source = next(c.source for c in FAMILIES["resnet"].checkpoints if c.id == "resnet-18")
    write_snapshot(own_cache, Source(source.kind, source.location, "0" * 40))
    (write_snapshot(own_cache, source) / "model.safetensors").unlink()
    assert "resnet-18," not in models.offline_advice(tmp_path)


def test_every_hub_checkpoint_of_the_menu_is_pinned_to_a_commit() -> None:
    sources = [c.source for f in FAMILIES.values() for c in f.checkpoints if c.source.kind is SourceKind.HUB]
    assert sources
    for source in sources:
        assert source.revision
        assert len(source.revision) == 40
        assert int(source.revision, 16)
        assert source.sha256 is None or len(source.sha256) == 64
        assert hub.is_id(source.location)


@pytest.mark.parametrize("mode", Mode)
def test_a_menu_id_is_found_in_every_mode(tmp_path: Path, mode: Mode) -> None:
    assert resolve("minilm-l6", tmp_path, mode) == Resolved("bert", MINILM)


def test_a_mistyped_menu_id_is_answered_with_what_was_likely_meant(tmp_path: Path) -> None:
    for mode in Mode:
        with pytest.raises(UnknownName, match="Did you mean 'bert-base-uncased'"):
            resolve("bert-base-uncasd", tmp_path, mode)


@pytest.mark.parametrize("by", ["id", "name"])
@pytest.mark.parametrize("mode", Mode)
def test_a_finished_run_can_be_trained_further(tmp_path: Path, by: str, mode: Mode) -> None:
    run = write_run(tmp_path, "my run", events.Finished(3))
    write_model(run.model)
    reference = run.id if by == "id" else "my run"
    found = resolve(reference, tmp_path, mode)
    assert found.family_name == "bert"
    assert found.checkpoint.source == Source(SourceKind.RUN, run.id)
    assert found.checkpoint.id == reference
    assert models.tokenizer_file(found, tmp_path) == run.model / "tokenizer.json"


def test_a_run_with_an_adapter_learns_at_the_rate_of_the_whole_network(tmp_path: Path) -> None:
    run = write_run(tmp_path, "lora", events.Prepared({"total_parameters": 22_800_000}), events.Finished(3))
    files.write_json(files.make_folder(run.model) / "adapter_config.json", {})
    (run.model / "adapter_model.safetensors").write_bytes(b"")
    found = resolve("lora", tmp_path).checkpoint
    assert (found.parameters, found.rate_scale) == (22.8, MINILM.rate_scale)


def test_a_run_that_is_not_over_or_left_no_model_is_refused(tmp_path: Path) -> None:
    write_run(tmp_path, "failed", events.Failed({}))
    write_run(tmp_path, "discarded", events.Stopped(3, kept=False))
    with pytest.raises(WrongState, match="it is failed"):
        resolve("failed", tmp_path)
    with pytest.raises(WrongState, match="without keeping a model"):
        resolve("discarded", tmp_path)


def test_a_folder_is_taken_in_local_mode_with_the_family_its_config_names(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "mine", "resnet")
    found = resolve(str(folder), tmp_path)
    assert found.family_name == "resnet"
    assert found.checkpoint.source == Source(SourceKind.FOLDER, str(folder))
    assert (found.checkpoint.size_mb, found.checkpoint.parameters) == (4, 1.0)
    assert models.tokenizer_file(found, tmp_path) == folder / "tokenizer.json"
    for mode in (Mode.TEAM, Mode.PUBLIC):
        with pytest.raises(UnknownName):
            resolve(str(folder), tmp_path, mode)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"model_type": "bert", "auto_map": {"AutoModel": "evil.Model"}}, "Programs of strangers are never run"),
        ({"model_type": "gpt2"}, "Models of the kind 'gpt2' cannot be trained here.*Supported: bert, distilbert"),
        ({}, "does not say which architecture"),
        ({"model_type": ["bert"]}, "does not say which architecture"),
        ([], "cannot be read"),
    ],
)
def test_a_folder_that_no_family_can_start_from_is_refused_with_the_reason(
    tmp_path: Path, config: object, reason: str
) -> None:
    folder = write_model(tmp_path / "mine")
    files.write_json(folder / "config.json", config)
    with pytest.raises(ModelRefused, match=reason):
        resolve(str(folder), tmp_path)


@pytest.mark.parametrize(
    "reference",
    [
        "https://example.org/model", "user/model@evil", "user/model?x", "a/b/c", "../a", "a/../b", "a//b", "/a/b", "a/",
        "~root/a/b", "-a/b", "a/b.git", "a--b/c", "a/b\n", "a/b c", "ａ/b", "a" * 97, "\0", "", " ", "file:a/b", "a\\b",
    ],
)  # fmt: skip
def test_what_is_no_name_of_a_model_is_unknown_and_asks_nobody(tmp_path: Path, reference: str) -> None:
    for mode in Mode:
        with pytest.raises(UnknownName, match="There is no model"):
            resolve(reference, tmp_path, mode)


def test_a_hub_model_is_asked_for_in_local_mode_only(tmp_path: Path) -> None:
    with pytest.raises(ModelOffline, match="switched off"):
        resolve("lab/tiny", tmp_path)
    for mode in (Mode.TEAM, Mode.PUBLIC):
        with pytest.raises(UnknownName):
            resolve("lab/tiny", tmp_path, mode)


def test_a_hub_model_on_this_machine_is_used_without_asking_at_the_commit_it_has(
    tmp_path: Path, own_cache: Path
) -> None:
    folder = write_snapshot(own_cache, Source(SourceKind.HUB, "lab/tiny", "a" * 40))
    found = resolve("lab/tiny", tmp_path)
    assert found.checkpoint.source == Source(SourceKind.HUB, "lab/tiny", "a" * 40)
    assert models.tokenizer_file(found, tmp_path) == folder / "tokenizer.json"
    write_snapshot(own_cache, Source(SourceKind.HUB, "lab/tiny", "b" * 40))
    refs = files.make_folder(own_cache / "models--lab--tiny" / "refs")
    (refs / "main").write_text("a" * 40)
    assert resolve("lab/tiny", tmp_path).checkpoint.source.revision == "a" * 40


def test_a_hub_model_that_is_not_here_is_pinned_to_the_commit_the_hub_names(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "served", "distilbert")
    with fake_hub.serve({"lab/tiny": folder}) as server:
        found = ask("lab/tiny", tmp_path, server.url)
        assert not [request for request in server.requests if "safetensors" in request]
    assert found["family_name"] == "bert"
    assert found["checkpoint"]["source"]["revision"] == fake_hub.commit_of(folder)
    assert (found["checkpoint"]["size_mb"], found["checkpoint"]["license"]) == (4, "cc0-1.0")


def test_a_hub_model_of_another_architecture_is_refused_before_its_weights_are_downloaded(tmp_path: Path) -> None:
    with fake_hub.serve({"lab/tiny": write_model(tmp_path / "served", "t5")}) as server:
        assert "Models of the kind 't5' cannot be trained here." in ask("lab/tiny", tmp_path, server.url)["sentence"]


def test_a_name_the_hub_does_not_know_either_is_unknown(tmp_path: Path) -> None:
    with fake_hub.serve({}) as server:
        answer = ask("bert-base-uncasd", tmp_path, server.url)
    assert answer["code"] == "unknown_name"
    assert "Did you mean 'bert-base-uncased'?" in answer["sentence"]


def test_a_hub_that_is_out_of_order_is_not_taken_for_a_wrong_name(tmp_path: Path) -> None:
    with fake_hub.serve({}, Fault.BROKEN) as server:
        answer = ask("lab/tiny", tmp_path, server.url)
    assert answer["code"] == "model_offline"


def test_a_folder_may_be_named_from_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_model(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    assert resolve("mine", tmp_path).checkpoint.source.location == str(folder)


def test_a_folder_without_weights_is_refused_and_told_what_is_missing(tmp_path: Path) -> None:
    (write_model(tmp_path / "mine") / "model.safetensors").rename(tmp_path / "mine" / "pytorch_model.bin")
    with pytest.raises(ModelRefused, match=r"no model in the folder .*model.safetensors; other formats are not read"):
        resolve(str(tmp_path / "mine"), tmp_path)


def test_the_tokenizer_of_the_package_is_found_and_of_what_is_not_here_is_not(tmp_path: Path) -> None:
    for family, checkpoint, expected in (
        ("bert", MINILM, True),
        ("bert", FAMILIES["bert"].checkpoints[1], False),
        ("resnet", FAMILIES["resnet"].checkpoints[0], False),
    ):
        assert (models.tokenizer_file(Resolved(family, checkpoint), tmp_path) is not None) == expected
