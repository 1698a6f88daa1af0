"""What training begins with: a final layer that was fitted to the frozen network, or that goes by the labels' names."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from studio.arrays import Encoded
from studio.training import features, naming, ridge
from studio.training.setup import Setup

WARM_ROWS = 20_000


def warm(setup: Setup) -> tuple[dict[str, Encoded], dict[str, torch.Tensor]]:
    """Features of every split, with the network's final layer fitted to those of the training rows; and the weights
    that the layer should begin training with: fitted ones that stand the noise of training, or those it had before.

    At most `WARM_ROWS` rows are used to fit: more change the layer little and cost as much as training on them.
    """
    plan, layer = setup.plan, setup.plan.family.classifier(setup.network)
    train = setup.encoded["train"]
    if len(train) > WARM_ROWS:
        chosen = np.random.default_rng(plan.training.seed).choice(len(train), WARM_ROWS, replace=False)
        setup = replace(setup, encoded=setup.encoded | {"train": train.take(np.sort(chosen))})
    cached, noisy = featured(setup), features.noisy(setup)
    prior = naming.prior(setup) if plan.training.label_names else None
    start = {name: value.clone() for name, value in layer.state_dict().items()}
    if setup.team.leads:  # the others get its weights when the model is wrapped
        weights = setup.loss_options.class_weights
        if plan.spec.scale is not None:
            fitted = ridge.fits(*features.positions(cached["train"]), plan.spec.scale)
        else:
            weights = None if weights is None else weights.cpu()
            fitted = features.fits(cached["train"], len(setup.labels), weights, prior=prior)
        layer.load_state_dict(features.best(fitted, cached["valid"], plan.task, setup.labels).state_dict())
        steady = features.steadiest(fitted, noisy, cached["train"], plan.task)
        start = start if steady is None else steady.state_dict()
    return cached, start


def begun(setup: Setup) -> tuple[Setup, dict[str, Encoded] | None, dict[str, torch.Tensor] | None]:
    """The setup, which knows whether the final layer begins by chance; features, if they were needed; and the weights
    that the layer begins with, if it does not keep its own."""
    layer = setup.plan.family.classifier(setup.network)
    if setup.plan.training.warm_head:
        own = {name: value.clone() for name, value in layer.state_dict().items()}
        cached, start = warm(setup)
        kept = setup.team.decided(all(torch.equal(start[name].cpu(), value.cpu()) for name, value in own.items()))
        return replace(setup, by_chance=setup.by_chance and kept), cached, start
    if not setup.plan.training.label_names:
        return setup, None, None
    start = naming.prior(setup).layer().state_dict()
    layer.load_state_dict(start)
    return replace(setup, by_chance=False), None, start


def featured(setup: Setup) -> dict[str, Encoded]:
    """Every split with the frozen network's features in place of its inputs."""
    return {split: features.compute(setup, encoded) for split, encoded in setup.encoded.items()}


def wanted(setup: Setup, cached: dict[str, Encoded] | None) -> dict[str, Encoded]:
    """The features that training the final layer alone needs, with those that are known already."""
    if not setup.plan.method.trains:
        held_out = {split: features.compute(setup, setup.encoded[split]) for split in ("valid", "test")}
        return held_out | {"train": held_out["valid"]}  # nobody looks at them
    known = cached is not None and len(cached["train"]) == len(setup.encoded["train"])
    return cached if cached is not None and known else featured(setup)
