"""Arrow files (also called Feather) and the Arrow streams that the library `datasets` writes, mapped into memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from studio.contracts import Modality
from studio.data.formats import _arrow
from studio.data.formats._records import Format, Table
from studio.data.process_limits import allow_mapping
from studio.data.reading import ReadOptions
from studio.settings import Limits

_FILE, _STREAM = b"ARROW1", b"\xff\xff\xff\xff"
_SCHEMA_LENGTH = (8, 1 << 20)  # bytes that the first message of a stream, its schema, may have


def recognise(path: Path, head: bytes) -> bool:
    """The mark of a file, or that of a stream with a length behind it that a schema can have."""
    length = int.from_bytes(head[4:8], "little")
    return head.startswith(_FILE) or (
        head.startswith(_STREAM) and _SCHEMA_LENGTH[0] <= length <= _SCHEMA_LENGTH[1] and length % 8 == 0
    )


def read(path: Path, options: ReadOptions, limits: Limits) -> Table:
    """The rows; columns of objects as "outer.inner". Raises EmptyFile, DataError (damaged), LimitError."""
    allow_mapping(path.stat().st_size)

    def batches() -> Iterator[pa.RecordBatch]:
        with pa.memory_map(str(path)) as source:
            if source.read(len(_FILE)) == _FILE:
                file = pa.ipc.open_file(source)
                yield from (file.get_batch(number) for number in range(file.num_record_batches))
            else:
                source.seek(0)
                yield from pa.ipc.open_stream(source)

    return _arrow.table(path.name, batches, options, limits)


FORMAT = Format(name="arrow", label="Arrow", modality=Modality.TEXT, recognise=recognise, read=read)
