"""What the names of labels mean to a network, as a final layer: a start that needs no labelled row.

A name becomes words, the words a text, and the text a vector: the mean of what the network says of its tokens, made as
long as any other. A row belongs to the label whose vector is nearest to its own. Networks do not hand this mean to
their final layer (BERT hands it the first token), so what they hand it is mapped to the mean by least squares, learned
on the training texts alone, without their labels; and layer and map are one linear layer. The same texts say where near
a name people's words for it are: the vectors settle there.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import torch

from studio.arrays import Array, Encoded
from studio.training import evaluate
from studio.training.device import moved
from studio.training.features import Prior
from studio.training.setup import Setup

SCALE = 20.0  # of cosines, as logits: what such networks are trained with
ROUNDS = 10
TEXTS = 5000  # training texts that the map is learned on
RIDGES = tuple(10.0**power for power in range(-3, 5))  # pulls tried; what each text says without itself decides


def words(label: str) -> str:
    """A label's name as words: `card_arrival`, `card-arrival` and `CardArrival` become `card arrival`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", label)
    return " ".join(re.sub(r"[_\-/.]+", " ", spaced).split()).lower()


def prior(setup: Setup) -> Prior:
    """The final layer that goes by the labels' names; and, for what is fitted to rows, features as their meanings."""
    template = setup.plan.training.label_template
    texts = [template.replace("{}", words(label)) for label in setup.labels]
    rows = {column.name: texts for column in setup.plan.task.inputs}
    labels = setup.plan.task.encode(rows, setup.processor, setup.limits)
    train = setup.encoded["train"]
    if len(train) > TEXTS:
        chosen = np.random.default_rng(setup.plan.training.seed).choice(len(train), TEXTS, replace=False)
        train = train.take(np.sort(chosen))
    heard, means = _said(setup, train)
    middle = means.mean(axis=0)
    said = _of_length_one(means - middle)
    weights, bias = mapped(heard, said)
    vectors = settled(_of_length_one(_said(setup, labels)[1] - middle), said)
    return Prior(*(torch.from_numpy(part).float() for part in (SCALE * weights, SCALE * bias, vectors)))


def settled(vectors: Array, texts: Array) -> Array:
    """The labels' vectors moved towards the texts that are near them, as soft clusters: names are short, and people put
    things in other words. Each text counts for a label by its share of it, the name as one text more."""
    found = vectors
    for _ in range(ROUNDS):
        near = np.exp(SCALE * texts @ found.T)
        shares = near / near.sum(axis=1, keepdims=True)
        found = _of_length_one(vectors + shares.T @ texts / np.maximum(shares.sum(axis=0), 1e-12)[:, None])
    return found


def _of_length_one(vectors: Array) -> Array:
    found: Array = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return found


def _said(setup: Setup, encoded: Encoded) -> tuple[Array, Array]:
    """Of each text what the final layer reads, and the mean of what the network says of its tokens; float64."""
    network, read, said = setup.network.eval(), list[Any](), list[Any]()
    hooks = (
        setup.plan.family.classifier(network).register_forward_pre_hook(lambda _, given: read.append(given[0])),
        network.base_model.register_forward_hook(lambda _, given, result: said.append(result.last_hidden_state)),
    )
    found: dict[int, tuple[Array, Array]] = {}
    try:
        with torch.inference_mode(), evaluate.autocast(setup.device):
            for indices in evaluate.buckets(encoded, setup.token_budget, setup.device):
                network(**moved(setup.collate(encoded, indices).inputs, setup.device))
                heard, tokens = read.pop().cpu().double().numpy(), said.pop().cpu().double().numpy()
                for place, index in enumerate(indices):
                    found[int(index)] = heard[place], tokens[place, : encoded.lengths[index]].mean(axis=0)
    finally:
        for hook in hooks:
            hook.remove()
    return tuple(np.stack([found[index][part] for index in range(len(encoded))]) for part in (0, 1))  # type: ignore[return-value]


def mapped(given: Array, wanted: Array) -> tuple[Array, Array]:
    """Weights [width, wide] and bias [wide] with `given @ weights + bias` near `wanted`: least squares with the pull
    towards zero that foretells each row best from all others (Allen 1974)."""
    from_mean, to_mean = given.mean(axis=0), wanted.mean(axis=0)
    left, sizes, right = np.linalg.svd(given - from_mean, full_matrices=False)
    targets = left.T @ (wanted - to_mean)
    best: tuple[float, Array] = (np.inf, np.zeros_like(sizes))
    for pull in RIDGES:
        shares = sizes**2 / (sizes**2 + pull * np.mean(sizes**2) / 100)
        missed = wanted - to_mean - left @ (shares[:, None] * targets)
        leverage = np.clip(1 / len(given) + (left**2 * shares).sum(axis=1), 0, 1 - 1e-6)
        error = float(((missed / (1 - leverage)[:, None]) ** 2).mean())
        if error < best[0]:
            best = error, shares
    weights = right.T @ ((best[1] / np.maximum(sizes, 1e-12))[:, None] * targets)
    return weights, to_mean - from_mean @ weights
