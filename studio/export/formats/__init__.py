"""What an export can hold: one file per format. To add a format, write its file and name it here."""

from studio.catalog import Catalog
from studio.export.formats import adapter, merged, model
from studio.export.formats._format import Format

FORMATS: Catalog[Format] = Catalog("export format", (model.FORMAT, adapter.FORMAT, merged.FORMAT))
"""In the order in which they are offered; the first one is right for most."""
