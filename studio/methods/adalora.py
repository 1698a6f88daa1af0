"""Low-rank adapters whose widths are dealt out while they train (Zhang et al. 2023, arXiv:2303.10512), by peft.

All begin wide. From the first tenth of the training on (of its steps, or of its minutes where those run out first), the
budget of widths shrinks, and what matters least for the loss is set to zero, until after seven tenths the adapters have
`rank` on average: where it counts more, elsewhere less.

peft keeps what it knows of each number's weight in plain dictionaries, and what is dropped in a config. Here both are
buffers of the model, so that they stand in every checkpoint and a resumed run deals out the same; and the best weights
can be saved whatever was dropped after them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from studio.contracts import Modality, Options
from studio.tuning import Method, Parts, Saved

BEGIN, END = 0.1, 0.7  # shares of the training between which the budget shrinks
CUTS = 50  # times at which it does, or in every step
UPRIGHT = 0.5  # how strongly the two matrices of an adapter are pulled towards orthogonal ones, as in the paper


class AdaLoraOptions(Options):
    rank: int = Field(8, ge=1, le=256, description="Width of the adapters in the end, on average.")
    start_rank: int = Field(12, ge=2, le=512, description="Width that all adapters begin with; above rank in any case.")
    alpha: float = Field(32.0, gt=0, le=4096, description="Strength of the adapters: they are scaled by alpha / width.")
    adapter_dropout: float = Field(0.1, ge=0, lt=1, description="Dropout on the way into the adapters.")
    targets: Literal["attention", "all"] = Field(
        "all", description="Layers that share the widths: all, or attention alone."
    )


def wrap(model: Any, parts: Parts, options: AdaLoraOptions) -> Any:
    from peft import AdaLoraConfig, get_peft_model

    config = AdaLoraConfig(
        init_r=max(options.start_rank, options.rank + 1),
        target_r=options.rank,
        tinit=int(BEGIN * parts.steps),
        tfinal=int((1 - END) * parts.steps),
        deltaT=max(1, int((END - BEGIN) * parts.steps / CUTS)),
        total_step=max(1, parts.steps),
        lora_alpha=options.alpha,  # type: ignore[arg-type]  # it is divided by the width, so a fraction is as good
        lora_dropout=options.adapter_dropout,
        target_modules=list(getattr(parts.anchors, options.targets)),
        modules_to_save=list(parts.anchors.keep),
    )
    adapted = get_peft_model(model, config)
    adapted.dealing = _dealing(adapted.base_model)
    return adapted


def _dealing(tuner: Any) -> Any:
    """What dealing out widths has to remember, as buffers by the place of a parameter among those of adapters: its
    smoothed weight for the loss, how much that varies, and which widths are kept; and up to which step of the plan they
    are dealt out. Pulls act on gradients."""
    import torch

    memory, pulls = torch.nn.Module(), []
    memory.register_buffer("dealt", torch.zeros((), dtype=torch.int64))
    matrices = [p for name, p in _parameters(tuner).items() if "lora_E" not in name]
    for place, (name, parameter) in enumerate(_parameters(tuner).items()):
        for kind in ("weight", "doubt"):
            memory.register_buffer(f"{kind}_{place}", torch.zeros_like(parameter))
        if "lora_E" in name:
            memory.register_buffer(f"kept_{place}", torch.ones_like(parameter, dtype=torch.bool))
        else:
            pull = _Pull(UPRIGHT / len(matrices), rows="lora_A" in name)
            parameter.register_post_accumulate_grad_hook(pull)
            pulls.append(pull)
    memory.pulls = pulls  # type: ignore[assignment]  # no modules
    return memory


class _Pull:
    """Adds the gradient of `strength * |P P' - I|` once a step. peft adds it to a loss that it computes itself."""

    def __init__(self, strength: float, rows: bool) -> None:
        self.strength, self.rows, self.due = strength, rows, True

    def __call__(self, parameter: Any) -> None:
        import torch

        if not self.due:
            return
        self.due = False
        with torch.no_grad():
            matrix = parameter if self.rows else parameter.T
            excess = matrix @ matrix.T - torch.eye(len(matrix), device=matrix.device)
            slope = 2 * excess @ matrix / (excess.norm() + 1e-12)
            parameter.grad.add_(slope if self.rows else slope.T, alpha=self.strength)


def _parameters(tuner: Any) -> dict[str, Any]:
    return {n: p for n, p in tuner.model.named_parameters() if p.requires_grad and "lora_" in n}


def after_step(model: Any, done: float) -> None:
    """Weigh every number of the adapters by this step's gradient, and drop what the budget has no room for.

    Where the clock is ahead of the plan's steps, some are passed over, and what was due at those is made up for.
    """
    import torch

    tuner, memory = model.base_model, model.dealing
    dealer, names = tuner.rankallocator, _parameters(tuner)
    plan, before = dealer.peft_config, int(memory.dealt)
    step, end = min(int(done * plan.total_step) + 1, plan.total_step), plan.total_step - plan.tfinal
    memory.dealt.fill_(max(before, step))
    for pull in memory.pulls:
        pull.due = True
    if before < end:
        dealer.ipt = dict.fromkeys(names)
        dealer.exp_avg_ipt = {name: memory.get_buffer(f"weight_{place}") for place, name in enumerate(names)}
        dealer.exp_avg_unc = {name: memory.get_buffer(f"doubt_{place}") for place, name in enumerate(names)}
        dealer.update_ipt(tuner.model)
        for place, name in enumerate(names):
            memory.get_buffer(f"weight_{place}").copy_(dealer.exp_avg_ipt[name])
            memory.get_buffer(f"doubt_{place}").copy_(dealer.exp_avg_unc[name])
        budget, _ = dealer.budget_schedule(min(step, end))
        if (step > plan.tinit and step // plan.deltaT > before // plan.deltaT) or step >= end:
            kept = dealer.mask_to_budget(tuner.model, min(budget, dealer.init_bgt - 1))
            for place, name in enumerate(names):
                if name in kept:
                    memory.get_buffer(f"kept_{place}").copy_(torch.tensor(kept[name]).view(-1, 1))
        return
    with torch.no_grad():
        for place, (name, parameter) in enumerate(names.items()):
            if "lora_E" in name:
                parameter.masked_fill_(~memory.get_buffer(f"kept_{place}"), 0.0)


def curves(model: Any) -> Mapping[str, float]:
    """The mean width that the adapters have, and those of the narrowest and the widest."""
    widths = [float(kept.sum()) for name, kept in model.dealing.named_buffers() if name.startswith("kept")]
    return {
        "AdapterWidth/mean": sum(widths) / len(widths),
        "AdapterWidth/least": min(widths),
        "AdapterWidth/most": max(widths),
    }


def restore(load_start: Callable[[], Any], load_saved: Callable[[], Any], folder: Path) -> Any:
    from peft import PeftModel

    return PeftModel.from_pretrained(load_start(), folder)


def merge(model: Any) -> Any:
    return model.merge_and_unload()


METHOD = Method(
    name="adalora",
    label="AdaLoRA",
    summary="Adapters that begin wide everywhere and keep their width where it matters; wants many steps.",
    options=AdaLoraOptions,
    learning_rate={Modality.TEXT: 3e-4, Modality.IMAGE: 2e-3},
    head_learning_rate={Modality.TEXT: 3e-4, Modality.IMAGE: 1e-3},
    epochs={Modality.TEXT: 5, Modality.IMAGE: 10},
    weight_decay={Modality.TEXT: 0.0, Modality.IMAGE: 0.0},
    saved=Saved.ADAPTER,
    trained_share=0.05,
    wrap=wrap,
    restore=restore,
    merge=merge,
    after_step=after_step,
    curves=curves,
)
