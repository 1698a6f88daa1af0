"""How the starter network is trained: the choices, and the loop.

It works on a setup of the studio (rows, collate, device, loss), and takes from the studio what it has: the order of
examples, normalisation and augmentation, the optimizer, the curve of the learning rate, curves, checkpoints and
evaluation. What it adds is for one long training from random weights: pictures that grow in size, weights that are
averaged, and on a processor one thread for each part of a batch.
"""

from __future__ import annotations

import copy
import functools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict
from torch import nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn, update_bn

from studio.arrays import Integers
from studio.training import checkpoint, evaluate, images, optimizers
from studio.training.batches import Sampler
from studio.training.checkpoint import Progress
from studio.training.device import Device, moved
from studio.training.faults import Faults
from studio.training.recorder import Recorder
from studio.training.setup import Setup

_STATISTICS = 5000  # pictures that the normalisation of averaged weights is measured on
_CHUNK = 250


class Recipe(BaseModel):
    """Every choice of the training. `network` are the fields of transformers' ResNetConfig."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: dict[str, Any] = {
        "embedding_size": 64,
        "hidden_sizes": [64, 128, 256, 512],
        "depths": [2, 2, 2, 2],
        "layer_type": "basic",
        "downsample_in_first_stage": False,
    }
    epochs: int = 30
    sides: tuple[tuple[float, int], ...] = ((0.4, 32), (0.7, 48), (1.0, 64))  # pixels up to this share of the steps
    batch_size: int = 256
    learning_rate: float = 0.4
    warmup: float = 0.1
    weight_decay: float = 2.5e-4
    label_smoothing: float = 0.1
    average_every: int = 8  # steps
    average_decay: float = 0.98
    precision: str = "bf16"
    seed: int = 42
    checkpoint_minutes: float = 3.0
    log_every: int = 20  # steps

    def options(self, side: int) -> dict[str, Any]:
        """The studio's options of a run that does the same, as far as it knows them; `side` is that of the pictures."""
        return {
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "optimizer": "sgd",
            "learning_rate": self.learning_rate,
            "head_learning_rate": self.learning_rate,
            "schedule": "cosine",
            "warmup": self.warmup,
            "gradient_clip": 0.0,
            "weight_decay": self.weight_decay,
            "label_smoothing": self.label_smoothing,
            "image_size": side,
            "augment": "crop",
            "warm_head": False,
            "precision": self.precision,
            "seed": self.seed,
        }

    def side(self, done: float) -> int:
        """The side of the training pictures in pixels at a share `done` of the steps."""
        return next(side for until, side in self.sides if done <= until)


@dataclass(frozen=True)
class Training:
    """What the loop works on, until `last_step`. `state` is what a checkpoint keeps: the network and its average."""

    setup: Setup
    recipe: Recipe
    state: Any  # a ModuleDict
    optimizer: torch.optim.Optimizer
    recorder: Recorder
    checkpoints: Path
    last_step: int

    def done(self, step: int) -> float:
        """The share of the training that is done in the middle of a step."""
        return (step - 0.5) / self.setup.total_steps


def training(setup: Setup, recipe: Recipe, recorder: Recorder, checkpoints: Path, stop_at: int | None) -> Training:
    """A training that has not begun."""
    moving: Any = get_ema_multi_avg_fn(recipe.average_decay)  # type: ignore[no-untyped-call]
    average = AveragedModel(setup.network, multi_avg_fn=moving)
    state = nn.ModuleDict({"network": setup.network, "average": average})
    return Training(setup, recipe, state, optimizers.build(setup), recorder, checkpoints, stop_at or setup.total_steps)


def train(work: Training, say: Callable[[str], None]) -> tuple[Any, float]:
    """Train from the last checkpoint, or from the start; returns the averaged network, on the device, in float32, and
    the processor seconds that training took (a clock would count pauses).

    What a step does depends on the seed, its number and the weights before it (and on the number of parts that a batch
    is divided into): a training that was killed repeats the lost steps bit for bit.
    """
    progress = _restored(work, say)
    total = work.last_step
    per_epoch = Sampler(len(work.setup.encoded["train"]), work.recipe.batch_size, work.recipe.seed).steps_per_epoch
    crew, meter, faults = Crew(work.setup), Meter(work, say), Faults.from_environment()
    batch = _batch(work, progress.step + 1) if progress.step < total else None
    saved, worked = time.monotonic(), progress.seconds - time.process_time()
    for step in range(progress.step + 1, total + 1):
        assert batch is not None
        crew.begin(*batch)
        batch = _batch(work, step + 1) if step < total else None  # while the crew is at work
        meter.add(step, _step(work, step, crew.end()))
        faults.after_step(step)
        if step % per_epoch == 0 or step == total:
            _look(work, step, say)
        late = time.monotonic() - saved > work.recipe.checkpoint_minutes * 60
        if (late and step % work.recipe.log_every == 0) or step == total:
            progress = progress.after(step=step, best_step=step, seconds=worked + time.process_time())
            work.recorder.sync()
            origin = checkpoint.origin_of(work.setup.plan.spec)
            checkpoint.save(work.checkpoints, work.state, work.optimizer, progress, origin)
            saved = time.monotonic()
    crew.close()
    return averaged(work), progress.seconds


def _step(work: Training, step: int, loss: float) -> dict[str, float]:
    """One optimizer step with the gradients that are there; returns what the curves show of it, by their tags."""
    setup, recipe = work.setup, work.recipe
    done = work.done(step)
    rates = optimizers.set_rates(work.optimizer, optimizers.rate_factor(done, setup.plan.training))
    work.optimizer.step()
    work.optimizer.zero_grad(set_to_none=True)
    if step % recipe.average_every == 0 or step == work.last_step:
        work.state["average"].update_parameters(setup.network)
    side = float(recipe.side(done))
    return {"Loss/train": loss, "Side/train": side, "LearningRate/network": rates[optimizers.NETWORK]}


def _batch(work: Training, step: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The augmented pictures [n, 3, side, side] of a step, in channels-last memory, and their classes [n].

    The order of pictures depends on (seed, epoch), every random draw on (seed, step).
    """
    setup, recipe = work.setup, work.recipe
    rows, side = setup.encoded["train"], recipe.side(work.done(step))
    sampler = Sampler(len(rows), recipe.batch_size, recipe.seed)
    indices = _indices(sampler, (step - 1) // sampler.steps_per_epoch)[(step - 1) % sampler.steps_per_epoch]
    raw = setup.plan.task.collate(rows, indices, setup.processor)
    pixels = moved(raw.inputs, setup.device)["pixel_values"]
    if pixels.shape[1] != side:
        planes = pixels.permute(0, 3, 1, 2)
        planes = planes if setup.device.type == "cpu" else planes.float()  # bytes are resized on a processor only
        planes = functional.interpolate(planes, size=(side, side), mode="bilinear", antialias=True)
        pixels = planes.permute(0, 2, 3, 1)
    torch.manual_seed(recipe.seed * 1_000_003 + step)
    shown = images.augmented(images.normalised(pixels, setup.processor), setup.plan.training)
    return shown, raw.targets.to(setup.device.torch)


@functools.lru_cache(maxsize=1)
def _indices(sampler: Sampler, epoch: int) -> list[Integers]:
    """The batches of an epoch."""
    return sampler.epoch(epoch)


class Meter:
    """Makes curves and lines of output from what the steps say."""

    def __init__(self, work: Training, say: Callable[[str], None]) -> None:
        self._work, self._say = work, say
        self._losses: list[float] = []
        self._began = time.monotonic()

    def add(self, step: int, values: dict[str, float]) -> None:
        self._losses.append(values["Loss/train"])
        total = self._work.setup.total_steps
        if step % self._work.recipe.log_every and step != total:
            return
        now, count = time.monotonic(), len(self._losses)
        speed = count * self._work.recipe.batch_size / (now - self._began)
        loss = sum(self._losses) / count
        for tag, value in (values | {"Loss/train": loss, "Throughput/samples_per_second": speed}).items():
            self._work.recorder.scalar(tag, value, step)
        self._work.recorder.flush()
        side, rate = values["Side/train"], values["LearningRate/network"]
        self._say(f"step {step}/{total}, side {side:.0f}, rate {rate:.4f}, loss {loss:.3f}, {speed:.0f} pictures/s")
        self._losses, self._began = [], now


class Crew:
    """Copies of a network that share its weights. On a processor each takes its part of every batch in one thread.

    Convolutions of small pictures in bf16 are faster so than with two threads for each: those wait for each other
    thousands of times in a step, and beside another busy process lose whole time slices at it.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        size = torch.get_num_threads() if setup.device.type == "cpu" else 1
        self._networks = [setup.network, *(copy.deepcopy(setup.network) for _ in range(size - 1))]
        for twin in self._networks[1:]:
            for ours, theirs in zip(setup.network.parameters(), twin.parameters(), strict=True):
                theirs.data = ours.data
        threads = torch.get_num_threads() // size
        self._pool = ThreadPoolExecutor(size, initializer=torch.set_num_threads, initargs=(threads,))
        self._parts: list[Future[float]] = []

    def begin(self, pixels: torch.Tensor, targets: torch.Tensor) -> None:
        """Set out to compute the gradients of a batch's mean loss."""
        count, size = len(targets), len(self._networks)
        parts = zip(self._networks, pixels.tensor_split(size), targets.tensor_split(size), strict=True)
        self._parts = [self._pool.submit(self._part, *part, count) for part in parts]

    def end(self) -> float:
        """Leave the gradients with the network's weights; returns the loss."""
        losses = [part.result() for part in self._parts]
        for twin in self._networks[1:]:
            for ours, theirs in zip(self._setup.network.parameters(), twin.parameters(), strict=True):
                assert ours.grad is not None
                assert theirs.grad is not None
                ours.grad.add_(theirs.grad)
                theirs.grad = None
        return sum(losses)

    def _part(self, network: Any, pixels: torch.Tensor, targets: torch.Tensor, count: int) -> float:
        setup = self._setup
        network.train()
        with evaluate.autocast(setup.device):
            logits = network(pixel_values=pixels).logits
        loss = setup.plan.task.loss(logits, targets, setup.loss_options) / count
        loss.backward()  # type: ignore[no-untyped-call]
        return float(loss.detach())

    def close(self) -> None:
        self._pool.shutdown()


def averaged(work: Training) -> Any:
    """The averaged network with statistics of normalisation of its own, measured on training pictures as they are."""
    network = copy.deepcopy(work.state["average"].module)
    with evaluate.autocast(work.setup.device):
        update_bn(_plain(work.setup), network)
    return network.eval()


def _plain(setup: Setup) -> Iterator[torch.Tensor]:
    """A sample of the training pictures in chunks, not augmented, at their full side; the same ones every time."""
    encoded = setup.encoded["train"]
    order = Sampler(len(encoded), min(_CHUNK, len(encoded)), seed=0).epoch(0)
    for indices in order[: max(1, _STATISTICS // _CHUNK)]:
        yield moved(setup.collate(encoded, indices).inputs, setup.device)["pixel_values"]


def accuracy(setup: Setup, network: Any, split: str, precision: str) -> dict[str, Any]:
    """Metrics of a network on a split: accuracy, macro_f1, loss, n."""
    device = Device(setup.device.name, setup.device.label, "bf16" if precision == "bf16" else "fp32")
    encoded, task = setup.encoded[split], setup.plan.task
    found, loss = evaluate.outputs(network, encoded, setup.collate, task, device, setup.token_budget)
    return evaluate.metrics(task, found, encoded, setup.labels, loss)


def _look(work: Training, step: int, say: Callable[[str], None]) -> None:
    values = accuracy(work.setup, averaged(work), "valid", work.setup.device.precision)
    work.recorder.metrics(values, "valid", step)
    work.recorder.flush()
    say(f"step {step}: accuracy of the averaged weights {values['accuracy']:.4f}, loss {values['loss']:.3f}")


def _restored(work: Training, say: Callable[[str], None]) -> Progress:
    """Where training stands; network, average and optimizer are put back there."""
    found, damaged = checkpoint.latest(work.checkpoints, checkpoint.origin_of(work.setup.plan.spec))
    for name in damaged:
        say(f"the checkpoint {name} is damaged and passed over")
    work.recorder.rewind(found.progress.step if found else -1)
    if found is None:
        return Progress()
    checkpoint.restore(work.state, work.optimizer, found)
    say(f"going on after step {found.progress.step}")
    return found.progress
