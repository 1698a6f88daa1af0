"""How to tune: one file per tuning method. To add a method, write its file and name it here."""

from studio.catalog import Catalog
from studio.methods import adalora, adapter, bitfit, full, head, ia3, last_layers, lora, prompt, zero_shot
from studio.tuning import Method

_USUAL = (full.METHOD, lora.METHOD, head.METHOD)
_OTHERS = (
    last_layers.METHOD,
    adalora.METHOD,
    adapter.METHOD,
    ia3.METHOD,
    bitfit.METHOD,
    prompt.METHOD,
    zero_shot.METHOD,
)

METHODS: Catalog[Method] = Catalog("method", _USUAL + _OTHERS)
