"""The training loop, to be read from top to bottom.

It knows a setup (model, encoded rows, options), a recorder to tell, and a folder of checkpoints; neither tasks nor
methods by name, nor the page. What a step does depends on the seed, the step's number and the weights before it, on
nothing else.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from studio.arrays import Encoded, Integers
from studio.contracts import Modality
from studio.errors import NotFinite
from studio.training import checkpoint, evaluate, images, optimizers
from studio.training.batches import Sampler, micro_batches, share, steps_per_epoch, together
from studio.training.checkpoint import Progress
from studio.training.device import moved, there
from studio.training.ending import Wanted
from studio.training.faults import Faults
from studio.training.recorder import Recorder
from studio.training.setup import Setup

CURVE_POINTS = 200  # points of a training curve, unless the user sets the distance


@dataclass(frozen=True)
class Outside:
    """The loop's view of the world: whom to tell, whom to ask, where to save (None: nowhere)."""

    recorder: Recorder | None
    wanted: Callable[[], Wanted]
    checkpoints: Path | None
    saved: Callable[[int], None]
    faults: Faults


@dataclass(frozen=True)
class Result:
    """How the loop ended."""

    progress: Progress
    ended: Wanted


def train(setup: Setup, outside: Outside, start: Progress, optimizer: torch.optim.Optimizer) -> Result:
    """Train from `start` to the end, or until told otherwise. Raises NotFinite and what means "out of memory".

    The model is left with its latest weights, not its best: those are in the checkpoint of `progress.best_step`.
    """
    params, task, device, encoded = setup.plan.training, setup.plan.task, setup.device, setup.encoded["train"]
    model, team, trained = setup.wrapped, setup.team, [p for p in setup.model.parameters() if p.requires_grad]
    sampler = Sampler(len(encoded), params.batch_size, params.seed)
    total, per_epoch = setup.total_steps, sampler.steps_per_epoch
    evaluations = _evaluation_steps(total, params.evaluations)
    log_every = params.log_every or max(1, total // CURVE_POINTS)
    began = last_save = last_log = time.monotonic()
    progress, saved, epoch, seen = start, start.step, -1, 0
    losses = torch.tensor(start.loss_sum, device=device.torch)

    optimizer.zero_grad(set_to_none=True)  # an attempt that was broken off may have left gradients
    if progress.best_value == -math.inf:  # a new run, or one whose best weights were lost
        progress = _evaluate(setup, outside, progress)
        if outside.checkpoints is not None:
            progress = _save(setup, outside, progress, optimizer)
    for step in range(progress.step + 1, total + 1):
        wanted, seconds = team.agreed(outside.wanted(), start.seconds + time.monotonic() - began)
        out_of_time = params.max_minutes is not None and seconds >= params.max_minutes * 60
        if wanted is not Wanted.MORE or out_of_time or _exhausted(progress, params.early_stopping):
            break

        # The order of examples depends on (seed, epoch), every random draw of the step on (seed, step).
        if (step - 1) // per_epoch != epoch:
            epoch = (step - 1) // per_epoch
            batches = sampler.epoch(epoch)
        indices = batches[(step - 1) % per_epoch]
        torch.manual_seed(team.seed(params.seed * 1_000_003 + step))
        model.train()

        # The learning rate follows the steps, or the clock where that runs out first.
        done = (step - 0.5) / total
        if params.max_minutes is not None:
            done = max(done, seconds / (params.max_minutes * 60))
        rates = optimizers.set_rates(optimizer, optimizers.rate_factor(done, params))

        # One optimizer step: as many micro-batches as the memory wants, each weighted by its true number of targets.
        # Those that fit into memory together share a backward pass, and the weights' copies in bf16 with it.
        # Of several devices each does its share; their gradients are averaged in the last backward pass.
        labelled = max(1, encoded.labelled(indices))
        loss = torch.zeros((), device=device.torch)
        mine, weight = share(indices, encoded.lengths, team.rank, team.size)
        pieces = micro_batches(mine, encoded.lengths, setup.token_budget, setup.call_cost)
        groups = together(pieces, encoded.lengths, setup.token_budget)
        for number, group in enumerate(groups, start=1):
            part = torch.zeros((), device=device.torch)
            ready = [_ready(setup, encoded, piece) for piece in group]
            with team.alone(model, number < len(groups)):
                with evaluate.autocast(device):
                    for inputs, targets in ready:
                        part = part + task.loss(model(**inputs).logits, targets, setup.loss_options)
                part = outside.faults.in_forward(step, part * weight / labelled)
                setup.accelerator.backward(part)
            loss += part.detach()
        loss = team.mean(loss)
        if params.l1:
            optimizers.add_l1(trained, params.l1)
        norm = torch.nn.utils.clip_grad_norm_(trained, params.gradient_clip or math.inf)
        if not bool(torch.isfinite(loss + norm)):
            _record(outside, {"Loss/train": float(loss), "GradNorm/train": float(norm)}, step)
            _tell(setup, outside, progress, start, now=True)
            raise _not_finite(step, progress, setup)
        optimizer.step()
        if setup.plan.method.after_step is not None:
            setup.plan.method.after_step(setup.model, done)
        optimizer.zero_grad(set_to_none=True)
        progress = progress.after(step=step, seconds=start.seconds + time.monotonic() - began)
        losses, seen = losses + loss, seen + len(indices)
        outside.faults.after_step(step)

        # Tell the outside.
        if step % log_every == 0 or step == total:
            now = time.monotonic()
            values = {f"LearningRate/{name}": rate for name, rate in rates.items()}
            summed = step - (step - 1) // log_every * log_every
            values |= {"Loss/train": float(losses) / summed, "GradNorm/train": float(norm)}
            values |= {"Throughput/samples_per_second": seen / max(1e-9, now - last_log)}
            values |= {"Memory/peak_bytes": setup.memory.peak()}
            _record(outside, values, step)
            losses, seen, last_log = torch.zeros_like(losses), 0, now
        _tell(setup, outside, progress, start)

        # Look at the validation rows, and be safe against a power cut.
        paused = time.monotonic()
        due = step in evaluations or step == total
        if due:
            progress = _evaluate(setup, outside, progress)
        late = time.monotonic() - last_save > params.checkpoint_minutes * 60
        if outside.checkpoints is not None and (due or late):
            progress = _save(setup, outside, progress.after(loss_sum=float(losses)), optimizer)
            saved, last_save = step, time.monotonic()
        last_log += time.monotonic() - paused  # throughput is that of training, not of looking and saving
    else:
        wanted = Wanted.MORE
    if wanted is not Wanted.PAUSE and progress.step > progress.looked:
        progress, saved = _evaluate(setup, outside, progress), -1  # what was trained last may be the best
    if outside.checkpoints is not None and progress.step > saved:
        progress = _save(setup, outside, progress.after(loss_sum=float(losses)), optimizer)
    return Result(progress, wanted)


def _ready(setup: Setup, encoded: Encoded, indices: Integers) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """A micro-batch on the device: what the model is called with, images changed at random; and the targets."""
    batch = setup.collate(encoded, indices)
    inputs = moved(batch.inputs, setup.device)
    if setup.plan.task.modality is Modality.IMAGE and "pixel_values" in inputs:  # cached features are not changed
        inputs = inputs | {"pixel_values": images.augmented(inputs["pixel_values"], setup.plan.training)}
    return inputs, there(batch.targets, setup.device)


def _evaluation_steps(total: int, evaluations: int) -> set[int]:
    """Steps after which the validation rows are looked at, evenly spread, the last one included."""
    return {max(1, round(total * k / evaluations)) for k in range(1, evaluations + 1)}


def _exhausted(progress: Progress, patience: int) -> bool:
    return 0 < patience <= progress.without_gain


def _evaluate(setup: Setup, outside: Outside, progress: Progress) -> Progress:
    """Metrics on the validation rows; `best` moves when the main metric is higher than ever after a step, or was before
    the first one, if the final layer is not as chance has drawn it then."""
    task, encoded = setup.plan.task, setup.encoded["valid"]
    found, loss = evaluate.outputs_of_all(setup, setup.model, task, encoded)
    values = evaluate.metrics(task, found, encoded, setup.labels, loss) if setup.team.leads else {}
    values = setup.team.decided(values)
    if outside.recorder is not None:
        outside.recorder.metrics(values, "valid", progress.step)
        outside.recorder.answers(found, progress.step)
        outside.recorder.progress(now=True, metric=task.metric, value=values[task.metric])
    value, progress = values[task.metric], progress.after(looked=progress.step)
    if value > progress.best_value or (progress.by_chance and progress.step and not math.isnan(value)):
        chance = setup.by_chance and progress.step == 0  # a lucky guess of what has learned nothing
        progress = progress.after(best_step=progress.step, best_value=value, by_chance=chance)
    if progress.step == 0:
        return progress.after(value=value)
    if value > progress.peak_value:
        return progress.after(value=value, peak_value=value, without_gain=0)
    return progress.after(value=value, without_gain=progress.without_gain + 1)


def _save(setup: Setup, outside: Outside, progress: Progress, optimizer: torch.optim.Optimizer) -> Progress:
    assert outside.checkpoints is not None
    if outside.recorder is not None:
        outside.recorder.sync()
    progress = progress.after(token_budget=setup.token_budget)
    outside.faults.before_save(progress.step)
    checkpoint.save(outside.checkpoints, setup.model, optimizer, progress, checkpoint.origin_of(setup.plan.spec))
    outside.saved(progress.step)
    return progress


def _record(outside: Outside, values: dict[str, float], step: int) -> None:
    if outside.recorder is not None:
        for tag, value in values.items():
            outside.recorder.scalar(tag, value, step)
        outside.recorder.flush()


def _tell(setup: Setup, outside: Outside, progress: Progress, start: Progress, now: bool = False) -> None:
    if outside.recorder is not None:
        per_epoch = steps_per_epoch(len(setup.encoded["train"]), setup.plan.training.batch_size)
        outside.recorder.progress(
            now=now,
            phase="training",
            step=progress.step,
            total_steps=setup.total_steps,
            epoch=round(max(0, progress.step - 1) / per_epoch, 2),
            seconds_left=round(_seconds_left(setup, progress, start), 1),
            best_step=progress.best_step,
        )


def _seconds_left(setup: Setup, progress: Progress, start: Progress) -> float:
    """For the steps that are left at the pace since `start`, or until the time is up where that is sooner."""
    minutes = setup.plan.training.max_minutes
    per_step = (progress.seconds - start.seconds) / max(1, progress.step - start.step)
    limit = math.inf if minutes is None else max(0.0, minutes * 60 - progress.seconds)
    return min(per_step * (setup.total_steps - progress.step), limit)


def _not_finite(step: int, progress: Progress, setup: Setup) -> NotFinite:
    rate = setup.plan.training.learning_rate or 0.0
    return NotFinite(
        f"The loss became not a number at step {step}.",
        why=f"Training diverged; the last good checkpoint is of step {progress.step} or before, and is kept.",
        next=f"Start again with a smaller learning rate, such as {rate / 4:.1g}"
        + (", or with precision fp32." if setup.device.precision == "bf16" else "."),
    )
