"""Parquet, read batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from studio.contracts import Modality
from studio.data.formats import _arrow
from studio.data.formats._records import Format, Table
from studio.data.reading import ReadOptions
from studio.errors import LimitError
from studio.settings import Limits


def recognise(path: Path, head: bytes) -> bool:
    return head.startswith(b"PAR1")


def read(path: Path, options: ReadOptions, limits: Limits) -> Table:
    """The rows; columns of objects as "outer.inner". Raises EmptyFile, DataError (damaged), LimitError."""
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise _arrow.damaged(path.name, error) from None
    with file:
        if file.metadata.num_rows > limits.rows:
            raise LimitError(f"{path.name} has more than {limits.rows:,} rows.", next="Import a part of it.")

        def batches() -> Iterator[pa.RecordBatch]:
            yield from file.iter_batches(batch_size=_arrow.ROWS, use_threads=False)

        return _arrow.table(path.name, batches, options, limits)


FORMAT = Format(name="parquet", label="Parquet", modality=Modality.TEXT, recognise=recognise, read=read)
