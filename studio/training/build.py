"""From a plan to everything the loop needs: encoded rows, the network with its method, the device, micro-batches."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import DistributedDataParallelKwargs

from studio import files
from studio.arrays import Batch, Encoded, Integers, LossOptions
from studio.contracts import Loaded, LoadRequest, Modality, SourceKind
from studio.data import store
from studio.errors import ChangedSince, WrongState
from studio.plan import Plan, unfold
from studio.runs.store import Run, find
from studio.training import (
    attention,
    dropout,
    evaluate,
    features,
    head,
    images,
    norms,
    packing,
    prefix,
    reading,
    scaled,
    sources,
    vocabulary,
    warming,
)
from studio.training import device as devices
from studio.training.device import Device
from studio.training.setup import Setup
from studio.training.team import ALONE, Team
from studio.tuning import Method, Parts, Saved

_AGAIN = "Import the file again and start a new run; the last checkpoint is kept."
TOKENS_PER_MICRO_BATCH = {"cpu": 2048, "mps": 8192, "cuda": 32768}  # where the search for the largest one starts
IMAGES_PER_MICRO_BATCH = {"cpu": 64, "mps": 128, "cuda": 256}


def dataset_folder(run: Run, plan: Plan) -> Path:
    """The run's dataset, which must be the one it was planned for, to the last byte: what is read from it while the run
    trains is looked at again when the model is scored."""
    folder = run.folder.parent.parent / "datasets" / plan.spec.dataset
    if not (folder / "dataset.json").is_file():
        raise ChangedSince("The run's dataset is gone.", next="Import the file again and start a new run.")
    if store.read(folder).fingerprint != plan.spec.fingerprint:
        raise ChangedSince("The run's dataset was changed.", next="Start a new run on the dataset as it is now.")
    if altered := store.altered(folder):
        where = f"Not as they were written: {', '.join(altered)}."
        raise ChangedSince("Files of the run's dataset were changed or damaged.", where=where, next=_AGAIN)
    return folder


def build(run: Run, plan: Plan, team: Team = ALONE) -> Setup:
    """Load data and network. The method is not applied yet: see `tune`."""
    side = plan.training.image_size or 224 if plan.task.modality is Modality.IMAGE else None
    device = devices.choose(plan.spec.device, plan.training.precision, side, team)
    loaded = load_start(run, plan)
    scaled.adopt(loaded.model, plan.family, plan.spec.scale, scaled.gave_numbers(run, plan.spec))
    folder = dataset_folder(run, plan)
    rows = {split: store.columns(folder, split) for split in store.SPLITS}
    limits, asked = reading.limits(plan, loaded, rows["train"])
    if asked.max_length:
        loaded.processor.model_max_length = asked.max_length  # saved with it, so that readers cut where the studio does
    encoded = reading.encoded(plan.task, rows, loaded.processor, limits, asked)
    network = loaded.model.to(device.torch, memory_format=memory_format(plan, device))
    return Setup(
        plan=plan,
        device=device,
        accelerator=_accelerator(device, network),
        network=network,
        model=network,
        wrapped=network,
        processor=loaded.processor,
        encoded=encoded,
        tokens=vocabulary.tokens_in_use(encoded.values(), loaded.processor),
        collate=collate_with(plan, loaded.processor, device),
        limits=limits,
        asked=asked,
        rows_cut=int(reading.unread(plan.task, rows["train"], encoded["train"], loaded.processor, limits, 1).sum()),
        characters=reading.characters(plan.task, rows["train"]),
        loss_options=_loss_options(plan, encoded["train"], device),
        head_names=head.names(plan, network),
        by_chance=not loaded.drawn.isdisjoint(head.names(plan, network)),
        token_budget=_budget(plan, device),
        call_cost=_quickened(network, device),
        memory=devices.MemoryMeter(device),
        team=team,
    )


def _loss_options(plan: Plan, train: Encoded, device: Device) -> LossOptions:
    balanced = plan.training.class_weights == "balanced"
    weights = evaluate.class_weights(train, len(plan.spec.labels)).to(device.torch) if balanced else None
    return LossOptions(weights, plan.training.label_smoothing or 0.0)


def _quickened(network: Any, device: Device) -> int:
    """Give the network what is faster on a processor; returns what a call of it costs then (see `Setup`)."""
    if device.type != "cpu":
        return device.call_cost
    dropout.adopt(network)
    return device.call_cost * (packing.CALLS if attention.adopt(network) else 1)


def _accelerator(device: Device, network: Any) -> Accelerator:
    """What places and wraps models. Of several processes, none waits for gradients of weights that had no part in an
    answer, and all begin a step with the first one's statistics of normalisation, where there are any. Other buffers
    are alike already, and to send them is to wait for each other in calls that the others may have fewer of."""
    together = DistributedDataParallelKwargs(
        find_unused_parameters=True, broadcast_buffers=norms.keeps_statistics(network)
    )
    return Accelerator(
        mixed_precision="bf16" if device.precision == "bf16" else "no",
        cpu=device.type == "cpu",
        kwargs_handlers=[together],
    )


def memory_format(plan: Plan, device: Device) -> torch.memory_format:
    """The order in which the network's weights lie in memory: that of what it is given."""
    match plan.task.modality:
        case Modality.IMAGE:
            return images.memory_format(plan.training.image_size or 224, device.torch)
        case Modality.TEXT:
            return torch.preserve_format


def _budget(plan: Plan, device: Device) -> int:
    sizes = IMAGES_PER_MICRO_BATCH if plan.task.modality is Modality.IMAGE else TOKENS_PER_MICRO_BATCH
    return sizes[device.type]


def tune(
    setup: Setup,
    cached: dict[str, Encoded] | None,
    start: dict[str, torch.Tensor] | None = None,
    scratch: Path | None = None,
) -> Setup:
    """Apply the method. When only the final layer is left to train, that layer on cached features becomes the model;
    else it begins with the weights of `start`, if there are any. Where the lower blocks are frozen, those above become
    the model; `scratch` is a folder for what the lower ones say, if memory is too small. Of windows every token would
    be kept, so the final layer alone is trained on the network itself."""
    plan, network = setup.plan, setup.network
    names = tuple(n for n, _ in network.named_parameters() if head.is_one_of(n, setup.head_names))
    torch.manual_seed(plan.training.seed)
    anchors = plan.family.anchors(network)
    stale = tuple(name.split(".")[-2] for name in plan.spec.source.stale if name in dict(network.named_modules()))
    anchors = replace(anchors, keep=anchors.keep + stale)  # an adapter lies over weights as stored, so it brings these
    first = getattr(setup.processor, "cls_token_id", None)
    parts = Parts(names, anchors, plan.family.spine(network), setup.total_steps, plan.task.head, first)
    model = plan.method.wrap(network, parts, plan.method_options).to(setup.device.torch)
    if plan.training.batch_norm != "tuned":
        norms.hold(model)
    beyond = {name for name, p in model.named_parameters() if p.requires_grad} - set(names)
    if beyond or plan.task.windowed:
        if start is not None:
            head.put(model, setup.head_names, start)
        if frozen := prefix.frozen_blocks(network, parts.spine):
            return _trained(*prefix.cut(setup, parts.spine, frozen, scratch))
        vocabulary.narrow(network, setup.tokens)
        if plan.method.saved is Saved.ADAPTER and setup.device.precision == "bf16":
            devices.halve_frozen(model)
        return _trained(setup, model)
    rows = warming.wanted(setup, cached)
    return replace(
        _trained(setup, features.HeadOnly(plan.family.classifier(network))),
        encoded=rows,
        collate=features.collate,
        head_names=("weight", "bias"),
        by_chance=setup.by_chance and cached is None,
        token_budget=features.BUDGET,
    )


def _trained(setup: Setup, model: Any) -> Setup:
    """The setup with this as what is trained. In a team everybody gets the first process's weights here."""
    wrapped = setup.accelerator.prepare(model)
    return replace(setup, model=setup.accelerator.unwrap_model(wrapped), wrapped=wrapped)


def load_start(run: Run, plan: Plan, tokenizer: Path | None = None) -> Loaded:
    """The starting network with a head for the run's labels, in float32 on the CPU, and its processor, or the one that
    was trained with."""
    spec = plan.spec
    folder = start_folder(run, plan)
    request = LoadRequest(
        folder=folder,
        architecture=spec.source.location,
        head=plan.task.head,
        labels=spec.labels,
        seed=spec.training.seed,
        several=plan.task.several,
        dropout=spec.training.dropout,
        attention_dropout=spec.training.attention_dropout,
        image_size=spec.training.image_size or 224,
        stale=spec.source.stale,
        tokenizer=tokenizer,
    )
    return plan.family.load(request)


def start_folder(run: Run, plan: Plan) -> Path | None:
    """The local folder of the starting weights; None where they are drawn from the seed.

    A finished run whose result is an adapter is merged once into this run's `start/`.
    """
    source, runs = plan.spec.source, run.folder.parent
    if source.kind is not SourceKind.RUN:
        return sources.local_folder(source, runs)
    target = run.folder / "start"
    if (target / "config.json").is_file():
        return target
    earlier = find(runs, source.location)
    earlier_plan = unfold(earlier.spec())
    if earlier_plan.method.saved is Saved.WHOLE:
        return earlier.model
    loaded = load_trained(earlier, earlier_plan)
    with files.staged_folder(target) as staged:
        merged(earlier_plan.method, loaded.model).save_pretrained(staged)
        loaded.processor.save_pretrained(staged)
    return target


def load_trained(run: Run, plan: Plan, folder: Path | None = None) -> Loaded:
    """A run's trained network from its `model/` (or from `folder`, laid out alike), in float32 on the CPU."""
    folder = folder or run.model
    start = functools.cache(lambda: load_start(run, plan, folder))
    request = LoadRequest(
        folder=folder,
        architecture=plan.spec.source.location,
        head=plan.task.head,
        labels=plan.spec.labels,
        seed=plan.spec.training.seed,
        several=plan.task.several,
        image_size=plan.spec.training.image_size or 224,
        tokenizer=folder,
    )
    saved = functools.cache(lambda: plan.family.load(request))
    model = plan.method.restore(lambda: start().model, lambda: saved().model, folder)
    processor = start().processor if plan.method.saved is Saved.ADAPTER else saved().processor
    return Loaded(model.eval(), processor)


def merged(method: Method, model: Any) -> Any:
    """The trained model as one plain network. Raises WrongState where that cannot be done."""
    if method.merge is None:
        raise WrongState(method.unmerged)
    return method.merge(model)


def collate_with(plan: Plan, processor: Any, device: Device) -> Callable[[Encoded, Integers], Batch]:
    """The task's collate; for images, followed by normalisation on the device."""
    match plan.task.modality:
        case Modality.TEXT:
            return lambda encoded, indices: plan.task.collate(encoded, indices, processor)
        case Modality.IMAGE:
            return lambda encoded, indices: _as_input(plan.task.collate(encoded, indices, processor), processor, device)


def _as_input(batch: Batch, processor: Any, device: Device) -> Batch:
    pixels = batch.inputs["pixel_values"].to(device.torch)
    return replace(batch, inputs=batch.inputs | {"pixel_values": images.normalised(pixels, processor)})
