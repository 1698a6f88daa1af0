"""How to tune: one file per tuning method. To add a method, write its file and name it here."""

from studio.catalog import Catalog
from studio.methods import adalora, bitfit, full, head, ia3, last_layers, lora
from studio.tuning import Method

METHODS: Catalog[Method] = Catalog(
    "method",
    (full.METHOD, lora.METHOD, head.METHOD, last_layers.METHOD, bitfit.METHOD, ia3.METHOD, adalora.METHOD),
)
