"""The check-up's findings, one file for each kind. To add one, declare it in its file's `CHECKS`.

They stand in an order in which no mend undoes another: first what changes labels, then what takes rows out.
"""

from __future__ import annotations

from studio.catalog import Catalog
from studio.data.checks import classes, languages, pictures, repeats, texts
from studio.data.checks._look import Check

CHECKS: Catalog[Check] = Catalog(
    "finding", (*classes.SPELLINGS, *texts.CHECKS, *pictures.CHECKS, *repeats.CHECKS, *classes.SIZES, *languages.CHECKS)
)
