"""The answer to a question as a piece of a text, or that the text has none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.arrays import Array
from studio.contracts import Answer, Column, ColumnKind, Head, Modality, Task
from studio.tasks import _answers, _excerpts, _lexical, _passages, _texts
from studio.tasks._classes import IGNORED
from studio.tasks._passages import ENDS, FIRST, STARTS, TEXT, Passage

if TYPE_CHECKING:
    import torch

    from studio.arrays import LossOptions
    from studio.tasks._excerpts import Found

SHOWN = 5  # pieces listed with an answer
NO_ANSWER = "no_answer"  # what is chosen: how much better no answer has to be; None: there always is one


def loss(logits: torch.Tensor, targets: torch.Tensor, options: LossOptions) -> torch.Tensor:
    """Summed cross entropy of where the answer begins and of where it ends, half each, over the tokens of the text and
    the window's first one. `logits` [windows, n, 2], `targets` [windows, n] in bits."""
    import torch
    from torch.nn import functional

    codes = targets.clamp(min=0)
    closed = (codes & (TEXT | FIRST)) == 0
    total = logits.new_zeros((), dtype=torch.float32)
    for side, bit in enumerate((STARTS, ENDS)):
        marked = (codes & bit) > 0
        wanted = torch.where(marked.any(dim=1), marked.int().argmax(dim=1), IGNORED)
        values = logits[..., side].float().masked_fill(closed, -torch.inf)
        total = total + functional.cross_entropy(values, wanted, ignore_index=IGNORED, reduction="sum") / 2
    return total


def _threshold(passages: Iterable[Passage], chosen: Mapping[str, Any] | None) -> float | None:
    """What was chosen; before that, as if there always were an answer where all rows have one."""
    if chosen is not None:
        return None if chosen[NO_ANSWER] is None else float(chosen[NO_ANSWER])
    return 0.0 if any(passage.answers == () for passage in passages) else None


def _best(output: Array, passage: Passage, threshold: float | None) -> str:
    """The text of the best answer."""
    none, table = passage.scores(output)
    lack = _excerpts.margin(none, table)
    if table.size == 0 or (threshold is not None and lack > threshold) or lack > 1e29:
        return ""
    width, begin = np.unravel_index(int(table.argmax()), table.shape)
    return passage.context[passage.places[begin, 0] : passage.places[begin + width, 1]]


def judge(
    outputs: Sequence[Array],
    targets: Sequence[Passage],
    labels: Sequence[str],
    chosen: Mapping[str, Any] | None = None,
) -> Array:
    """Of each question [n, 3]: exact match, F1, and whether it has an answer."""
    threshold, judged = _threshold(targets, chosen), []
    for output, passage in zip(outputs, targets, strict=True):
        said, right = _best(output, passage, threshold), passage.target
        judged.append((_answers.exact(said, right), _answers.f1(said, right), float(bool(right))))
    return np.asarray(judged, dtype=np.float64).reshape(-1, 3)


def score(judged: Array) -> dict[str, float]:
    """Means of F1 and exact match; where some questions have no answer, also the F1 of those that have one, and the
    share of the others of which that was said."""
    exact, f1, answered = judged.T
    found = {"f1": float(f1.mean()), "exact_match": float(exact.mean())}
    has = answered > 0
    if has.any() and not has.all():
        found |= {"f1_answered": float(f1[has].mean()), "found_unanswered": float(exact[~has].mean())}
    return found


def decode(
    output: Array, target: Passage, labels: Sequence[str], chosen: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The best answer, where it stands in the text (None: nowhere), its share of all scores, and the next best. Where
    the right ones are known, their places, exact match and F1."""
    found = _excerpts.ranked(*target.scores(output), target.places, _threshold([target], chosen))[:SHOWN]
    top = [_shown(target.context, one) for one in found]
    if target.answers is None:
        return {**top[0], "top": top}
    said, right = top[0]["answer"], target.target
    judged = {"exact": _answers.exact(said, right), "f1": _answers.f1(said, right)}
    return {"places": [list(place) for place in target.answers], **top[0], **judged, "top": top}


def _shown(context: str, found: Found) -> dict[str, Any]:
    if found.start is None or found.end is None:
        return {"answer": "", "start": None, "end": None, "score": found.score}
    start, end = _excerpts.trimmed(context, found.start, found.end)
    return {"answer": context[start:end], "start": start, "end": end, "score": found.score}


def choose(outputs: Sequence[Array], targets: Sequence[Passage], labels: Sequence[str]) -> dict[str, Any]:
    """How much better no answer has to be than the best piece, for the highest F1; None if all rows have an answer."""
    if not len(outputs) or all(passage.answers for passage in targets):
        return {NO_ANSWER: None}
    lacks = np.array([_excerpts.margin(*passage.scores(o)) for o, passage in zip(outputs, targets, strict=True)])
    answered = judge(outputs, targets, labels, {NO_ANSWER: None})[:, 1]
    silent = np.array([float(not passage.answers) for passage in targets])
    order = np.argsort(lacks, kind="stable")
    # With the threshold behind the k-th of the questions in this order, those before it are answered.
    gained = np.concatenate([[0], np.cumsum((answered - silent)[order])])
    sorted_lacks = np.clip(lacks[order], -1e6, 1e6)
    cuts = np.concatenate([[sorted_lacks[0] - 1], (sorted_lacks[1:] + sorted_lacks[:-1]) / 2, [sorted_lacks[-1] + 1]])
    best = np.flatnonzero(gained >= gained.max() - 1e-9)
    return {NO_ANSWER: float(cuts[best[np.argmin(np.abs(cuts[best]))]])}


TASK = Task(
    name="question_answering",
    label="Answers in texts",
    summary="Find the answer to a question in a text, or say that it has none.",
    modality=Modality.TEXT,
    head=Head.QUESTION_ANSWERING,
    answer=Answer.EXCERPT,
    columns=(
        Column("question", ColumnKind.TEXT, "Question", ("question", "query", "问题", "问句")),
        Column("context", ColumnKind.TEXT, "Context", _texts.CONTEXTS),
        Column("answers", ColumnKind.ANSWERS, "Answers", _texts.ANSWERS),
    ),
    metric="f1",
    metrics=("f1", "exact_match"),
    encode=_passages.encode,
    collate=_passages.collate,
    loss=loss,
    outputs=_passages.outputs,
    judge=judge,
    score=score,
    decode=decode,
    choose=choose,
    guess=_lexical.guess,
    ignores=("class_weights", "label_smoothing", "label_names", "label_template", "warm_head"),
    windowed=True,
)
