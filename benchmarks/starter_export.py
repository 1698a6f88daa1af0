"""The starter network as a folder: weights in fp16, its scores as it will be loaded, and the model card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from starter_recipe import Recipe, accuracy

from studio import files, modelfolder
from studio.export.markdown import number, plain, table
from studio.runs import curves
from studio.runs.store import Run
from studio.training.setup import Setup
from studio.training.surroundings import environment

MOST_FILE, MOST_ALL = 9_500_000, 24_000_000  # bytes: hosts of plain git refuse files of 10 MB
_SHARD = "9MB"
_CURVE = "Accuracy/valid"


def write(target: Path, network: Any, setup: Setup, seconds: float) -> dict[str, Any]:
    """Write config, weights and preprocessor; returns what the card tells of the result.

    The scores are those of the folder, loaded in float32 as the studio loads it, on all pictures that were held out.
    """
    with files.staged_folder(target) as staged:
        half = network.to("cpu", torch.float16)
        half.save_pretrained(staged, max_shard_size=_SHARD)
        setup.processor.save_pretrained(staged)
        config = files.read_json(staged / "config.json")
        files.write_json(staged / "config.json", config | {"dtype": "float32"})  # what a reader computes in
        check_sizes(staged)
    auto: Any = transformers.AutoModelForImageClassification
    loaded = auto.from_pretrained(target, dtype=torch.float32).to(setup.device.torch, memory_format=torch.channels_last)
    parts = [accuracy(setup, loaded, split, "fp32") for split in ("valid", "test")]
    counts = [part["n"] for part in parts]
    return {
        "classes": len(setup.labels),
        "rows": {split: len(encoded) for split, encoded in setup.encoded.items()},
        "steps": setup.total_steps,
        "processor_seconds": round(seconds),
        "device": setup.device.label,
        "precision": setup.device.precision,
        "parameters": modelfolder.parameters(target),
        "bytes": modelfolder.size(target),
        "accuracy": float(np.average([part["accuracy"] for part in parts], weights=counts)),
        "loss": float(np.average([part["loss"] for part in parts], weights=counts)),
        "held_out": sum(counts),
        "environment": environment(1),
    }


def check_sizes(folder: Path) -> None:
    """Raise SystemExit for a folder that a host of plain git would not take, or that is larger than it should be."""
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    if max(sizes.values()) > MOST_FILE or sum(sizes.values()) > MOST_ALL:
        raise SystemExit(f"The network is too large to ship: {sizes}")


# The card ------------------------------------------------------------------------------------------------------------


def write_card(target: Path, run: Run, recipe: Recipe, transfer: dict[str, Any] | None) -> None:
    """`README.md` of the folder, from the run's `starter.json`, its curve, and the transfer table if there is one."""
    facts = files.read_json(run.folder / "starter.json")
    parts = (
        _head(facts),
        _use(),
        _results(facts, curves.read(run.curves).get(_CURVE, [])),
        _transfer(transfer),
        _made(facts, recipe),
        _data(facts),
        _limits(),
    )
    files.write_bytes(target / "README.md", "\n".join(part for part in parts if part).encode())


def _head(facts: dict[str, Any]) -> str:
    return (
        "---\nlicense: other\nlicense_name: imagenet-research\nlibrary_name: transformers\n"
        "pipeline_tag: image-classification\nmetrics:\n- accuracy\n---\n\n"
        "# Starter ResNet\n\n"
        f"A small residual network for small pictures, {facts['parameters'] / 1e6:.1f} million weights in"
        f" {facts['bytes'] / 1e6:.1f} MB (16-bit floating point). It is what the studio starts from where no larger"
        " network can be downloaded: fine-tuned on a few hundred pictures it is of use within a minute or two on a"
        " laptop. It was made for pictures of 64 pixels and takes those of 32 to 224.\n\n"
        "**Terms: non-commercial research and teaching.** It was trained on pictures of ImageNet, whose terms are"
        " these; what is fine-tuned from it inherits the question. See *Data* below.\n"
    )


def _use() -> str:
    return (
        "## Use\n\n"
        "    from transformers import AutoImageProcessor, AutoModelForImageClassification\n\n"
        '    network = AutoModelForImageClassification.from_pretrained("starter-resnet")\n'
        '    processor = AutoImageProcessor.from_pretrained("starter-resnet")\n'
    )


def _results(facts: dict[str, Any], curve: list[tuple[int, float]]) -> str:
    lines = "".join(f"| {step:,} | {number(float(value))} |\n" for step, value in curve)
    return (
        "## Results\n\n"
        f"Top-1 accuracy on the {facts['held_out']:,} validation pictures of its {facts['classes']} classes:"
        f" **{facts['accuracy']:.1%}** (cross entropy {facts['loss']:.3f}), measured on this folder as it is, in 32-bit"
        " floating point, one centred view of each picture. Nothing was chosen by these pictures.\n\n"
        "On each second one of them while it trained (averaged weights):\n\n"
        f"| step | accuracy |\n| ---: | ---: |\n{lines}"
    )


def _transfer(found: dict[str, Any] | None) -> str:
    if not found:
        return ""
    rows = [
        [plain(row["data"]), row["method"], row["size"], _spread(row["starter"]), _spread(row["untrained"])]
        for row in found["rows"]
    ]
    head = ("data", "method", "side", "from this network", "untrained")
    return (
        "## Transfer\n\n"
        f"Accuracy on test rows after fine-tuning in the studio, its own settings, {len(found['seeds'])} seeds: mean"
        " (lowest to highest); beside it the same network untrained.\n\n"
        f"{table(head, rows)}\n"
        "The ten classes of tiny_imagenet_10 had no part in the training of this network.\n"
    )


def _spread(values: list[float]) -> str:
    return f"{np.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})" if values else "-"


def _made(facts: dict[str, Any], recipe: Recipe) -> str:
    network = recipe.network
    sides = ", ".join(f"{side} up to {until:.0%}" for until, side in recipe.sides)
    return (
        "## Training\n\n"
        f"A residual network of {network['layer_type']} blocks (widths {network['hidden_sizes']}, depths"
        f" {network['depths']}, stem of {network['embedding_size']} channels), from random weights.\n\n"
        f"- {recipe.epochs} passes over {facts['rows']['train']:,} pictures in {facts['steps']:,} steps of"
        f" {recipe.batch_size}; stochastic gradient descent with momentum 0.9, rate up to {recipe.learning_rate:g} over"
        f" {recipe.warmup:.0%} of the steps, then down along a cosine; weight decay {recipe.weight_decay:g}, not for"
        f" biases and normalisation; label smoothing {recipe.label_smoothing:g}.\n"
        f"- Random crops and mirror images. Pictures grow while it trains (side in pixels by share of the steps):"
        f" {sides}.\n{_early(facts)}"
        f"- Weights averaged exponentially, {recipe.average_decay:g} every {recipe.average_every} steps; the"
        " normalisation's statistics measured afterwards on training pictures.\n"
        f"- {facts['processor_seconds'] / 3600:.1f} processor hours ({plain(facts['device'])}, {facts['precision']},"
        f" torch {facts['environment']['libraries']['torch']}), seed {recipe.seed}.\n\n"
        "The whole of it is `benchmarks/starter_resnet.py` of the studio.\n"
    )


def _early(facts: dict[str, Any]) -> str:
    last, steps = facts["last_step"], facts["steps"]
    return "" if last == steps else f"- Ended after {last:,} of the {steps:,} steps, before the rate was at nothing.\n"


def _data(facts: dict[str, Any]) -> str:
    return (
        "## Data\n\n"
        "Tiny ImageNet: 200 classes of ImageNet (ILSVRC) at 64 x 64 pixels, made for the course CS231n at Stanford;"
        f" {facts['classes']} of them were used. Left out are king penguin, monarch, goldfish, lion, golden retriever,"
        " school bus, teapot, pizza, steel arch bridge and mushroom, which the studio's tests of this network use.\n\n"
        "ImageNet does not own the pictures and gives access for non-commercial research and educational use only. No"
        " picture is part of this folder. Whether weights that were learned from such pictures may be used for anything"
        " else is not settled; whoever wants to should start from other weights.\n"
    )


def _limits() -> str:
    return (
        "## Limits\n\n"
        "- It was trained on photos of everyday things and animals, mostly as they appear on English-language web pages"
        " of the 2000s, with the blind spots and prejudices of that collection. It knows no people, no documents and no"
        " medical pictures.\n"
        "- It reads 64 pixels: what can only be told by fine detail it cannot tell. A larger network trained on larger"
        " photos is better where one can be downloaded.\n"
        "- Its own classes are for showing that it works; the scores are not calibrated.\n"
    )
