"""The end of a run: the best weights saved as `model/`, loaded again, and scored in float32 on held-out rows.

What is reported, kept, tried and exported is computed from the saved model, so who reads `model/` gets those numbers.
"""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file

from studio import files, modelfolder
from studio.arrays import Array, Encoded
from studio.contracts import Task
from studio.data import store
from studio.runs import events
from studio.runs.store import Run
from studio.training import build, checkpoint, evaluate, features, scaled, vocabulary
from studio.training.batches import Sampler
from studio.training.checkpoint import Progress
from studio.training.setup import Setup
from studio.tuning import Saved

HELD_OUT = ("valid", "test")


def save_model(run: Run, setup: Setup, progress: Progress) -> None:
    """Write the weights of the best step as `model/`, in the form the method leaves."""
    best = checkpoint.at_step(run.checkpoints, progress.best_step)
    if best is not None:
        checkpoint.restore(setup.model, None, best)
    with files.staged_folder(run.model) as staged, scaled.plain((setup.model, setup.network)):
        match setup.plan.method.saved:
            case Saved.WHOLE:
                with vocabulary.widened(setup.network):
                    build.merged(setup.plan.method, setup.network).save_pretrained(staged)
            case Saved.ADAPTER:
                _save_adapter(setup, staged)
        setup.processor.save_pretrained(staged)


def _save_adapter(setup: Setup, staged: Path) -> None:
    """The adapter with the config of the whole network. It names its starting weights as the spec does."""
    adapter = setup.model
    for config in adapter.peft_config.values():
        config.base_model_name_or_path = setup.plan.spec.source.location
    adapter.save_pretrained(staged, save_embedding_layers=False)  # or it asks the hub whether they have changed
    adapter.config.save_pretrained(staged)
    (staged / "README.md").unlink(missing_ok=True)  # peft's empty card; the export writes a real one


def score(run: Run, setup: Setup, encoded: dict[str, Encoded]) -> dict[str, Any]:
    """Metrics of the saved model on the held-out splits, in float32; predictions are written to `predictions/`."""
    plan, device = setup.plan, replace(setup.device, precision="fp32")
    loaded = build.load_trained(run, plan)
    model = loaded.model.to(device.torch)
    collate = build.collate_with(plan, loaded.processor, device)
    result: dict[str, Any] = {"main": plan.task.metric}
    folder = build.dataset_folder(run, plan)
    with files.staged_folder(run.predictions) as staged:
        for split in HELD_OUT:
            rows = encoded[split]
            with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):  # as the predictor and the export compute
                found, loss = evaluate.outputs(model, rows, collate, plan.task, device, setup.token_budget)
            setup = _settled(run, setup, found, rows) if split == HELD_OUT[0] else setup
            task = setup.plan.task
            result[split] = evaluate.metrics(task, found, rows, setup.labels, loss)
            if len(rows):
                interval = evaluate.interval(task, found, rows, setup.labels, plan.training.seed)
                result[split] |= {"interval": interval}
            _write_predictions(staged / split, folder, found, rows, setup)
    return result


def _settled(run: Run, setup: Setup, found: list[Array], valid: Encoded) -> Setup:
    """The setup with what its task chooses on the validation rows, which is kept with the model."""
    task = setup.plan.task
    if task.choose is None:
        return setup
    chosen = task.choose(found, evaluate.targets_of(valid), setup.labels)
    files.write_json(run.model / modelfolder.CHOSEN, chosen)
    return replace(setup, plan=replace(setup.plan, task=task.settled(chosen)))


def _write_predictions(target: Path, dataset: Path, found: list[Array], encoded: Encoded, setup: Setup) -> None:
    """`<split>.jsonl`: one row a line with its place, target and answer; `<split>.safetensors`: float32 logits."""
    task, labels = setup.plan.task, setup.labels
    places = store.read_rows(dataset, target.name)["line"]
    rows = zip(places, found, evaluate.targets_of(encoded), strict=True)
    records = (
        {"line": place, "target": told(wanted, task, labels), **task.decode(output, wanted, labels)}
        for place, output, wanted in rows
    )
    files.write_lines(target.with_suffix(".jsonl"), (json.dumps(record, ensure_ascii=False) for record in records))
    values = (
        np.concatenate([np.atleast_2d(output) for output in found]) if found else np.zeros((0, max(1, len(labels))))
    )
    save_file({"logits": np.ascontiguousarray(values, dtype=np.float32)}, target.with_suffix(".safetensors"))


def told(target: Any, task: Task, labels: tuple[str, ...]) -> Any:
    """What is true, as JSON: names of classes; a number; what a note says of it."""
    known = getattr(target, "target", target)
    return known if known is not target and not labels else _names(known, task, labels)


def _names(targets: Any, task: Task, labels: tuple[str, ...]) -> str | float | list[str]:
    """The names of classes; of a number, that number."""
    if not labels:
        return float(targets)
    if task.several:
        return [labels[place] for place in np.flatnonzero(targets == 1)]
    return [labels[t] for t in targets] if np.ndim(targets) else labels[int(targets)]


def baselines(setup: Setup, cached: dict[str, Encoded] | None) -> dict[str, Any]:
    """Metrics on the test rows of always guessing by class shares, and of the frozen network with a linear layer."""
    task, labels, encoded = setup.plan.task, setup.labels, setup.encoded
    guess = functools.partial(evaluate.majority, task, encoded["train"], classes=len(labels))
    result: dict[str, Any] = {"majority": evaluate.tested(task, guess, encoded, labels), "probe": None}
    if cached is not None:
        head = features.HeadOnly(setup.plan.family.classifier(setup.network))
        device = replace(setup.device, precision="fp32")

        def say(rows: Encoded) -> tuple[list[Array], float]:
            return evaluate.outputs(head, rows, features.collate, task, device, features.BUDGET)

        result["probe"] = evaluate.tested(task, say, cached, labels)
    elif not task.labelled:  # the starting network can be asked as it is
        device = replace(setup.device, precision="fp32")
        found, loss = evaluate.outputs(setup.network, encoded["test"], setup.collate, task, device, setup.token_budget)
        result["probe"] = evaluate.metrics(task, found, encoded["test"], labels, loss)
    return result


def parameter_counts(model: Any, network: Any) -> dict[str, int]:
    """`trainable_parameters` of what is trained, `total_parameters` of the whole network with what a method added."""
    with vocabulary.widened(network):
        trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
        whole = {id(p): p.numel() for m in (model, network) for p in m.parameters()}
    return {"trainable_parameters": trainable, "total_parameters": sum(whole.values())}


def report(
    run: Run, setup: Setup, progress: Progress, facts: dict[str, Any], phases: dict[str, float]
) -> dict[str, Any]:
    """What `metrics.json` holds beside the metrics. Training time counts all sessions of a resumed run."""
    began = next((e.at for e in reversed(events.read(run.log)) if isinstance(e, events.Preparing)), 0.0)
    phases = phases | {"train": round(max(phases["train"], progress.seconds), 3)}
    params = setup.plan.training
    trained = Sampler(facts["rows"]["train"], params.batch_size, params.seed).seen(progress.step)
    asked = run.meta().asked or began  # a run of an older studio does not know
    return {
        "baseline": facts["baseline"],
        "rows": facts["rows"],
        "step": progress.step,
        "best_step": progress.best_step,
        "best_value": progress.best_value,
        "seconds": {
            "queued": round(max(0.0, began - asked), 3),
            **phases,
            "total": round(sum(phases.values()), 3),
        },
        "samples_per_second": round(trained / max(1e-9, progress.seconds), 2),
    }
