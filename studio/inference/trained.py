"""A trained model, ready to answer, from a run's folder or from an export; in float32 on the CPU.

It goes through the same encoding, collating and forward pass as a run's own evaluation, so the numbers are the same.
The CPU is chosen so that trying a model never takes memory from a run that trains.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from studio import modelfolder
from studio.arrays import Array, Encoded, EncodeLimits
from studio.contracts import Loaded, LoadRequest, Modality, Source, SourceKind
from studio.errors import ModelRefused
from studio.families import FAMILIES
from studio.inference import layout
from studio.plan import Plan, unfold
from studio.runs import store
from studio.runs.store import Run
from studio.spec import RunSpec

BUDGET = {Modality.TEXT: 2048, Modality.IMAGE: 64}  # tokens or images of one forward pass
_DEFAULT_LENGTH, _DEFAULT_SIZE = 512, 224


@dataclass(frozen=True)
class Trained:
    """A plan with its trained network, and how inputs are cut: after so many tokens, and into words or `characters`."""

    plan: Plan
    loaded: Loaded
    limits: EncodeLimits
    characters: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        return self.plan.spec.labels

    def encode(self, columns: Mapping[str, Sequence[Any]]) -> Encoded:
        """Canonical columns as numbers; the target column may be missing."""
        return self.plan.task.encode(columns, self.loaded.processor, self.limits)

    def outputs(self, encoded: Encoded) -> tuple[list[Array], float]:
        """The logits of each example, in order, and the mean loss per labelled target."""
        from studio.training import build, evaluate
        from studio.training.device import Device

        device = Device("cpu", "CPU", "fp32")
        collate = build.collate_with(self.plan, self.loaded.processor, device)
        model = self.loaded.model.to(memory_format=build.memory_format(self.plan, device))
        return evaluate.outputs(model, encoded, collate, self.plan.task, device, BUDGET[self.plan.task.modality])


def load(folder: Path) -> Trained:
    """The model of a run's folder, or of an export's. Raises ModelRefused for a folder that is neither."""
    return of_run(Run(folder)) if layout.is_run(folder) else of_export(folder)


def of_run(run: Run) -> Trained:
    from studio.training import build

    plan = unfold(run.spec())
    cut, characters = limits(plan, max_length_of(run)), layout.characters_of(run.folder)
    return Trained(_settled(plan, run.model), build.load_trained(run, plan), cut, characters)


def _settled(plan: Plan, folder: Path) -> Plan:
    """The plan whose task goes by what was chosen for the model in a folder."""
    return replace(plan, task=plan.task.settled(modelfolder.chosen(folder)))


def max_length_of(run: Run) -> int | None:
    """Tokens that are read of a text that the run's model is asked about, as it was found out when training began; None
    for images. Runs of earlier versions read, and were measured on, as many as in training."""
    facts = store.record(run)["facts"]
    found = facts.get("asked_length") or facts.get("max_length")
    return int(found) if found else None


def limits(plan: Plan, max_length: int | None) -> EncodeLimits:
    size = plan.training.image_size or _DEFAULT_SIZE
    return EncodeLimits(max_length or _DEFAULT_LENGTH, size, len(plan.spec.labels))


def of_export(folder: Path) -> Trained:
    """An unpacked export: a whole network, or an adapter with its starting weights in `base/` or on the menu."""
    from studio.training import build

    about = layout.about(folder)
    modelfolder.refuse_code(folder)
    spec = RunSpec.model_validate(about["spec"])
    if modelfolder.is_whole(folder):
        plan = unfold(spec)
        loaded = plan.family.load(_request(plan, folder))
        loaded.model.eval()
    elif modelfolder.is_adapter(folder):
        plan = unfold(spec.model_copy(update={"source": _start(folder, spec.source)}))
        loaded = build.load_trained(Run(folder), plan, folder)
    else:
        raise ModelRefused("The export holds no model.", next="Unpack the zip again, or export the run again.")
    return Trained(_settled(plan, folder), loaded, limits(plan, about["max_length"]), layout.characters_of(folder))


def _request(plan: Plan, folder: Path) -> LoadRequest:
    size, spec, several = plan.training.image_size or _DEFAULT_SIZE, plan.spec, plan.task.several
    start = LoadRequest(folder, spec.source.location, plan.task.head, spec.labels, spec.training.seed, several)
    return replace(start, image_size=size, tokenizer=folder)


def _start(folder: Path, source: Source) -> Source:
    """Where an exported adapter's starting weights are: beside it, or those of the menu and no others."""
    base = folder / layout.BASE
    if modelfolder.is_whole(base):
        return Source(SourceKind.FOLDER, str(base), stale=source.stale)
    if any(checkpoint.source == source for family in FAMILIES.values() for checkpoint in family.checkpoints):
        return source
    raise ModelRefused(
        "The export lacks the starting weights that its adapter needs.",
        where=f"There is no folder '{layout.BASE}' in it.",
        next="Unpack the zip again, or export the run again.",
    )
