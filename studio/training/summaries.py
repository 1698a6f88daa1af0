"""What TensorBoard shows of a run beside its curves: the network as a graph, histograms of weights and gradients, a few
rows with the answers that they get over time, the confusion matrix and precision-recall curves, options with the final
metrics.

All of it is looked at and changes nothing: a run without it comes to the same bits. What it costs is in
`docs/performance.md`; each part is an option.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from studio.arrays import Array
from studio.contracts import Answer, Modality
from studio.data import store
from studio.plan import Plan
from studio.runs.store import Run
from studio.training import evaluate, finish
from studio.training.checkpoint import Progress
from studio.training.device import moved
from studio.training.recorder import Record, Recorder, metric_tag
from studio.training.setup import Setup

ROWS = 6  # validation rows whose answers are followed
LETTERS = 300  # of a cell
SAMPLE = 2**16  # values of a tensor that its histogram is of
BINS = 64
MOST_TENSORS = 200
MOST_CLASSES = 64  # of a confusion matrix
MOST_CURVES = 12  # classes with a precision-recall curve
SIDE = 128  # pixels of a picture, at most
CELL = 12  # pixels of a cell of the matrix

Rows = Mapping[str, Sequence[Any]]  # columns of the dataset


def begin(run: Run, recorder: Recorder, setup: Setup, optimizer: torch.optim.Optimizer, start: Progress | None) -> None:
    """Tell readers where the run goes on, show what does not change, and record the rest from now on."""
    params = setup.plan.training
    recorder.rewind(start.step if start else -1)
    if start is None and params.log_graph:
        graph = network_graph(setup)
        recorder.add(lambda writer: writer.file_writer.add_event(graph))
    drawn = params.log_histograms and setup.plan.method.trains
    if drawn:
        every, step = max(1, setup.total_steps // params.evaluations), start.step if start else 0
        optimizer.register_step_pre_hook(_Gradients(recorder, setup.model, every, step))

    def answered(found: Sequence[Array], at: int) -> None:
        if drawn:
            histograms(recorder, "Weights", weights(setup.model), at)
        if params.log_answers:
            answers(recorder, setup, rows, found, at)

    rows = store.columns(run.folder.parent.parent / "datasets" / setup.plan.spec.dataset, "valid")
    recorder.watch(lambda: setup.plan.method.curves(setup.model), answered)


def end(recorder: Recorder, plan: Plan, scores: dict[str, Any], step: int) -> None:
    """Metrics of the test rows, beside the options that led to them; nothing comes after it."""
    scores = {name: value for name, value in scores.items() if name != "interval"}
    recorder.metrics(scores, "test", step)
    table = _table_of_options(plan, {f"{metric_tag(name)}/test": v for name, v in scores.items() if name != "n"})
    recorder.add(lambda writer: [writer.file_writer.add_summary(part) for part in table])
    recorder.close()


def _table_of_options(plan: Plan, scores: dict[str, float]) -> tuple[Any, ...]:
    from tensorboardX.summary import hparams

    given = plan.spec.training.model_dump() | plan.spec.method_options | plan.spec.task_options
    options: dict[str, Any] = {"task": plan.spec.task, "model": plan.spec.model, "method": plan.spec.method}
    options |= {name: value for name, value in given.items() if isinstance(value, (bool, int, float, str))}
    found: tuple[Any, ...] = hparams(options, scores)
    return found


# Histograms ----------------------------------------------------------------------------------------------------------


def weights(model: Any) -> Iterator[tuple[str, torch.Tensor]]:
    """What is trained and has at least two dimensions, by name; biases and scales say little."""
    matrices = ((n, p) for n, p in model.named_parameters() if p.requires_grad and p.dim() > 1)
    for number, (name, parameter) in enumerate(matrices):
        if number < MOST_TENSORS:
            yield name, parameter.detach()


def histograms(recorder: Recorder, kind: str, tensors: Iterator[tuple[str, torch.Tensor]], step: int) -> None:
    """Of evenly spread values of each tensor; those that are no numbers are left out."""
    for name, tensor in tensors:
        flat = tensor.flatten()
        values = flat[:: max(1, -(-len(flat) // SAMPLE))].float().cpu().numpy()
        values = values[np.isfinite(values)]
        if len(values):
            recorder.add(_histogram(f"{kind}/{name}", values, step))


def _histogram(tag: str, values: Array, step: int) -> Record:
    counts, limits = np.histogram(values.astype(np.float64), bins=BINS)
    about = (float(values.min()), float(values.max()), len(values), float(values.sum()), float(np.square(values).sum()))
    return lambda writer: writer.add_histogram_raw(tag, *about, limits[1:].tolist(), counts.tolist(), step)


class _Gradients:
    """Called by the optimizer before each step, when the gradients are whole; records those of every so many."""

    def __init__(self, recorder: Recorder, model: Any, every: int, step: int) -> None:
        self._recorder, self._model, self._every, self._step = recorder, model, every, step

    def __call__(self, optimizer: torch.optim.Optimizer, given: Any, named: Any) -> None:
        self._step += 1
        if self._step % self._every == 1 or self._every == 1:
            found = ((name, p.grad) for name, p in self._model.named_parameters() if p.grad is not None and p.dim() > 1)
            histograms(self._recorder, "Gradients", found, self._step)


# Answers over time ---------------------------------------------------------------------------------------------------


def answers(recorder: Recorder, setup: Setup, rows: Rows, found: Sequence[Array], step: int) -> None:
    """A few validation rows with what the model says of them; of classes also which are taken for which, where they
    exclude each other."""
    valid, labels = setup.encoded["valid"], setup.labels
    if not len(valid):
        return
    _rows(recorder, setup, rows, found, step)
    if setup.plan.task.answer is Answer.LABEL and labels:
        outputs, targets = np.stack(found), np.asarray(valid.targets)
        picture = confusion(outputs.argmax(1), targets, len(labels))
        recorder.add(lambda writer: writer.add_image("Confusion/valid", picture, step, dataformats="HWC"))
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        true = targets[:, None] == np.arange(len(labels))
        _recall_curves(recorder, (true, powers / powers.sum(axis=1, keepdims=True)), labels, step)
    elif setup.plan.task.several:
        shares = np.exp(-np.logaddexp(0, -np.stack(found)))
        _recall_curves(recorder, (np.asarray(valid.targets) == 1, shares), labels, step)


def _rows(recorder: Recorder, setup: Setup, rows: Rows, found: Sequence[Array], step: int) -> None:
    """A table, as Markdown; images beside it, in the same order, the first time."""
    task, valid = setup.plan.task, setup.encoded["valid"]
    places = np.unique(np.linspace(0, len(valid) - 1, ROWS).astype(int))
    targets = evaluate.targets_of(valid)
    pictured = task.modality is Modality.IMAGE
    lines = ["| row | true | model |", "| --- | --- | --- |"]
    for place in places:
        inputs = [rows[column.name][int(place)] for column in task.inputs if not pictured]
        inputs = inputs or [f"picture {len(lines) - 1}"]
        true = finish.told(targets[place], task, setup.labels)
        said = task.decode(found[place], targets[place], setup.labels)
        said.pop("top", None)  # the runners-up
        lines.append("| " + " | ".join(map(_cell, (" / ".join(map(_text, inputs)), true, said))) + " |")
    recorder.add(lambda writer: writer.add_text("Answers/valid", "\n".join(lines), step))
    if pictured and step == 0:
        pixels = np.stack([np.asarray(rows[task.inputs[0].name][int(place)]) for place in places])
        pixels = pixels[:, :: -(-pixels.shape[1] // SIDE), :: -(-pixels.shape[2] // SIDE)]
        recorder.add(lambda writer: writer.add_images("Pictures/valid", pixels, 0, dataformats="NHWC"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else " ".join(map(str, value))


def _cell(value: Any) -> str:
    """A value for a table of Markdown: what would end a cell or begin a tag is taken out."""
    shown = value if isinstance(value, str) else json.dumps(_rounded(value), ensure_ascii=False)
    return " ".join(shown.replace("|", "\u00a6").replace("<", "\u2039").split())[:LETTERS]


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return round(value, 3)
        case dict():
            return {key: _rounded(item) for key, item in value.items()}
        case list():
            return [_rounded(item) for item in value]
    return value


def confusion(said: Array, true: Array, classes: int) -> Array:
    """Rows of what is true, columns of what was said, uint8 [side, side, 3]; the darker a cell, the larger its share
    of the row. Of very many classes the first ones."""
    classes = min(classes, MOST_CLASSES)
    inside = (said < classes) & (true < classes) & (true >= 0)
    counts = np.zeros((classes, classes))
    np.add.at(counts, (true[inside], said[inside]), 1)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    light, dark = np.array([255.0, 255.0, 255.0]), np.array([49.0, 46.0, 129.0])
    colours = light + shares[..., None] * (dark - light)
    return np.asarray(colours.round().astype(np.uint8).repeat(CELL, axis=0).repeat(CELL, axis=1))


def _recall_curves(recorder: Recorder, said: tuple[Array, Array], labels: Sequence[str], step: int) -> None:
    """Precision and recall of each of the commonest classes, at every threshold. `said` is which rows have which class,
    and how probable each was [n, classes]."""
    true, shares = said
    for number in np.argsort(-true.sum(axis=0), kind="stable")[:MOST_CURVES]:
        if true[:, number].any():
            recorder.add(_recall_curve(f"Recall/{labels[number]}", true[:, number], shares[:, number], step))


def _recall_curve(tag: str, true: Array, share: Array, step: int) -> Record:
    return lambda writer: writer.add_pr_curve(tag, true.astype(np.int64), share, step)


# The network as a graph ----------------------------------------------------------------------------------------------


def network_graph(setup: Setup) -> Any:
    """The modules that one example runs through, as an event for TensorBoard. What plain functions do between them,
    such as adding up, is not drawn: a module then follows the one that was called before it."""
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.proto.graph_pb2 import GraphDef
    from tensorboardX.proto.versions_pb2 import VersionDef

    calls = _calls(setup.model, moved(setup.collate(setup.encoded["train"], np.arange(1)).inputs, setup.device))
    graph = GraphDef(node=list(calls), versions=VersionDef(producer=22))
    return Event(graph_def=graph.SerializeToString())


def _calls(model: Any, inputs: dict[str, torch.Tensor]) -> Iterator[Any]:
    from tensorboardX.proto.attr_value_pb2 import AttrValue
    from tensorboardX.proto.node_def_pb2 import NodeDef

    called: list[tuple[str, Any, list[str]]] = []
    makers: dict[int, str] = {id(tensor): name for name, tensor in inputs.items()}
    kept: list[Any] = []  # an id means something as long as its tensor lives
    names = {module: name.replace(".", "/") for name, module in model.named_modules() if not list(module.children())}

    def note(module: Any, given: tuple[Any, ...], named: dict[str, Any], result: Any) -> None:
        told = [t for t in (*given, *named.values()) if isinstance(t, torch.Tensor)]
        before = [makers[id(t)] for t in told if id(t) in makers] or [name for name, _, _ in called[-1:]]
        if names[module] not in {name for name, _, _ in called}:
            called.append((names[module], module, list(dict.fromkeys(before))))
        for tensor in result if isinstance(result, tuple) else (result,):
            makers[id(tensor)] = names[module]
            kept.append(tensor)

    hooks = [module.register_forward_hook(note, with_kwargs=True) for module in names]
    try:
        with torch.no_grad():
            model.eval()(**inputs)
    finally:
        for hook in hooks:
            hook.remove()
    yield from (NodeDef(name=name, op="Input") for name in inputs)
    for name, module, before in called:
        shapes = " ".join(f"{n}{list(p.shape)}" for n, p in module.named_parameters())
        about = {"parameters": AttrValue(s=shapes.encode())} if shapes else {}
        yield NodeDef(name=name, op=type(module).__name__, input=before, attr=about)
