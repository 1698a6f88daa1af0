"""Checkpoints, complete or absent: safetensors and JSON only, hashed, renamed into place, two and the best kept.

checkpoints/step-00000840/weights.safetensors    trained parameters and buffers
                          optimizer.safetensors  the optimizer's tensors, by parameter name
                          manifest.json          step, counters, fingerprints, the SHA-256 of both files, and its own
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from studio import files, sealed
from studio.errors import ChangedSince

KEPT = 2
VERSION = 1
_NAME = re.compile(r"^step-(\d{8,})$")


@dataclass(frozen=True)
class Progress:
    """Where training stands after `step` optimizer steps.

    `value` (latest), `best_value` and `peak_value` (best since the first step) are of the task's main metric.
    `without_gain` counts evaluations since the peak; the warm head before the first step is no peak, since every
    training from there has to go through a dip. `looked` is the step after which the validation rows were looked at
    last; an older checkpoint does not know. `by_chance`: the best value is of a final layer that was drawn: whatever is
    looked at after a step takes its place.

    Every random draw of a step is seeded by (seed, step) and the order of examples by (seed, epoch), so this is all
    that an exact resume needs beside weights and optimizer.
    """

    step: int = 0
    value: float = float("-inf")
    best_step: int = 0
    best_value: float = float("-inf")
    peak_value: float = float("-inf")
    without_gain: int = 0
    looked: int = 0
    by_chance: bool = False
    loss_sum: float = 0.0  # of the steps since the last point of the training curve
    seconds: float = 0.0
    token_budget: int = 0

    def after(self, **changes: Any) -> Progress:
        return replace(self, **changes)


@dataclass(frozen=True)
class Checkpoint:
    """A complete checkpoint on disk."""

    folder: Path
    progress: Progress

    def weights(self) -> dict[str, torch.Tensor]:
        return load_file(self.folder / "weights.safetensors")

    def optimizer(self) -> dict[str, torch.Tensor]:
        return load_file(self.folder / "optimizer.safetensors")


def save(
    checkpoints: Path, model: Any, optimizer: torch.optim.Optimizer, progress: Progress, origin: dict[str, Any]
) -> Checkpoint:
    """Write a checkpoint, then drop those no longer needed. `origin` says what the run was made of."""
    files.make_folder(checkpoints)
    folder = _folder(checkpoints, progress.step)
    with files.staged_folder(folder) as staged:
        save_file(trained_state(model), staged / "weights.safetensors")
        save_file(_optimizer_tensors(model, optimizer), staged / "optimizer.safetensors")
        manifest = {
            "version": VERSION,
            "progress": _finite(asdict(progress)),
            "origin": origin,
            "files": {path.name: files.sha256(path) for path in sorted(staged.iterdir())},
        }
        sealed.write(staged / "manifest.json", manifest)
    drop_old(checkpoints)
    return Checkpoint(folder, progress)


def trained_state(model: Any) -> dict[str, torch.Tensor]:
    """What training changes: parameters with gradients, and all saved buffers (statistics of normalisation)."""
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    parameters = {name for name, _ in model.named_parameters(remove_duplicate=False)}  # some go by several names
    return {
        name: tensor.detach().cpu().contiguous()
        for name, tensor in model.state_dict().items()
        if name in trained or name not in parameters
    }


def restore(model: Any, optimizer: torch.optim.Optimizer | None, checkpoint: Checkpoint) -> None:
    """Put a checkpoint's weights, and its optimizer's tensors, back into place."""
    _, unexpected = model.load_state_dict(checkpoint.weights(), strict=False)
    if unexpected:
        raise ChangedSince(
            "The checkpoint does not fit the model.",
            why="The starting weights are not those the run began with.",
            next="Start a new run.",
        )
    if optimizer is None:
        return
    tensors = checkpoint.optimizer()
    for name, parameter in _named(model, optimizer):
        state = {key.rsplit("|", 1)[1]: value for key, value in tensors.items() if key.rsplit("|", 1)[0] == name}
        if state:
            optimizer.state[parameter] = {key: _placed(value, parameter) for key, value in state.items()}


def _placed(value: torch.Tensor, parameter: torch.Tensor) -> torch.Tensor:
    """A tensor of the optimizer where it was: moments laid out in memory as their weights are (fused updates go through
    both by position), counters on the device of the weights."""
    if value.shape == parameter.shape:
        return torch.empty_like(parameter, dtype=value.dtype).copy_(value)
    return value.to(parameter.device)


def latest(checkpoints: Path, origin: dict[str, Any]) -> tuple[Checkpoint | None, list[str]]:
    """The newest checkpoint that is whole, and the names of those it would need that are damaged: newer ones, and that
    of its best step. Without the latter it knows of no best step, so that training looks for one anew.

    Raises ChangedSince when the whole one was made from other data or starting weights.
    """
    damaged = []
    for folder in _folders(checkpoints):
        manifest = _verified(folder)
        if manifest is None:
            damaged.append(folder.name)
            continue
        changed = [key for key in ("fingerprint", "source", "labels") if manifest["origin"].get(key) != origin.get(key)]
        if changed:
            raise ChangedSince(
                "The run cannot go on from its checkpoint.",
                why=f"Changed since it was written: {', '.join(changed)}.",
                next="Start a new run; the old model can be its starting weights.",
            )
        progress = Progress(**_numbers(manifest["progress"]))
        if progress.best_step != progress.step and at_step(checkpoints, progress.best_step) is None:
            damaged.append(_folder(checkpoints, progress.best_step).name)
            progress = progress.after(best_step=progress.step, best_value=float("-inf"))
        return Checkpoint(folder, progress), damaged
    return None, damaged


def at_step(checkpoints: Path, step: int) -> Checkpoint | None:
    """The checkpoint of a step, if it is there and whole."""
    folder = _folder(checkpoints, step)
    manifest = _verified(folder)
    return Checkpoint(folder, Progress(**_numbers(manifest["progress"]))) if manifest else None


def origin_of(spec: Any) -> dict[str, Any]:
    """What a checkpoint is only good for: the same data, labels and starting weights; and what it was made with."""
    return {
        "fingerprint": spec.fingerprint,
        "source": [spec.source.kind.value, spec.source.location, spec.source.revision],
        "labels": list(spec.labels),
        "seed": spec.training.seed,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
    }


def _folder(checkpoints: Path, step: int) -> Path:
    return checkpoints / f"step-{step:08d}"


def _folders(checkpoints: Path) -> list[Path]:
    """Checkpoint folders, newest step first."""
    if not checkpoints.is_dir():
        return []
    return sorted((f for f in checkpoints.iterdir() if _NAME.match(f.name)), reverse=True)


def _verified(folder: Path) -> dict[str, Any] | None:
    """The manifest if it and every file it names are as they were written."""
    manifest = _manifest(folder)
    if manifest is None or manifest["version"] != VERSION:
        return None
    try:
        whole = all(files.sha256(folder / name) == wanted for name, wanted in manifest["files"].items())
    except OSError:
        return None
    return manifest if whole else None


def _manifest(folder: Path) -> dict[str, Any] | None:
    """What a checkpoint says of itself, if that is as it was written."""
    try:
        return sealed.read(folder / "manifest.json")
    except (OSError, ValueError):
        return None


def drop_old(checkpoints: Path) -> None:
    """Keep the newest, and the best as each of them knows it: the next one is used should the newest be damaged."""
    folders = _folders(checkpoints)
    manifests = [manifest for manifest in map(_manifest, folders[:KEPT]) if manifest is not None]
    bests = {_folder(checkpoints, manifest["progress"]["best_step"]) for manifest in manifests}
    for folder in folders[KEPT:]:
        if folder not in bests:
            files.remove(folder)


def _named(model: Any, optimizer: torch.optim.Optimizer) -> Iterator[tuple[str, Any]]:
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            yield names[id(parameter)], parameter


def _optimizer_tensors(model: Any, optimizer: torch.optim.Optimizer) -> dict[str, torch.Tensor]:
    return {
        f"{name}|{key}": value.detach().cpu().contiguous()
        for name, parameter in _named(model, optimizer)
        for key, value in optimizer.state.get(parameter, {}).items()
        if isinstance(value, torch.Tensor)
    }


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """JSON knows no infinity: the best value before any evaluation is written as null."""
    return {k: None if v == float("-inf") else v for k, v in values.items()}


def _numbers(values: dict[str, Any]) -> dict[str, Any]:
    return {k: float("-inf") if v is None else v for k, v in values.items()}
