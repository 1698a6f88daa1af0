"""Which network: one file per model family. To add a family, write its file and name it here."""

from studio.catalog import Catalog
from studio.contracts import Family
from studio.families import bert, resnet

FAMILIES: Catalog[Family] = Catalog("family", (bert.FAMILY, resnet.FAMILY))
