"""One file packed with gzip, bzip2, xz or Zstandard: unpacked beside the dataset, then read as what it is."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from studio import files
from studio.contracts import Modality
from studio.data import formats
from studio.data.formats._records import Format, Images, Table, complaint
from studio.data.reading import ReadOptions
from studio.errors import DamagedFile, DataError, EmptyFile, LimitError
from studio.settings import Limits

_KINDS: Mapping[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"\x28\xb5\x2f\xfd": partial(pa.input_stream, compression="zstd"),
}
_ENDINGS = (".gz", ".bz2", ".xz", ".zst")
_PACKED = ("packed", "zipped")  # formats that hold another
_NAME = 60  # letters of the inner file's name that are kept: file systems take 255 bytes
_BLOCK = 1 << 20
_TIMES, _ALWAYS = 200, 50_000_000  # so many times as large it may become; so many bytes it may have in any case


def recognise(path: Path, head: bytes) -> bool:
    return head.startswith(tuple(_KINDS))


def read(path: Path, options: ReadOptions, limits: Limits) -> Table | Images:
    """What the file inside holds. Raises LimitError (too large when unpacked), DataError (damaged, packed twice)."""
    with path.open("rb") as file:
        head = file.read(8)
    open_ = next(found for mark, found in _KINDS.items() if head.startswith(mark))
    name = path.name.removesuffix(path.suffix) if path.suffix.lower() in _ENDINGS else path.name
    return read_inside(path, name, partial(open_, path), (options, limits))


def read_inside(path: Path, name: str, open_: Callable[[], Any], asked: tuple[ReadOptions, Limits]) -> Table | Images:
    """What the one file `name` inside `path` holds: unpacked first, as far as the limits go, and removed when read."""
    options, limits = asked
    with files.scratch_folder(options.scratch) as folder:
        inner = folder / (Path(name).name[-_NAME:] or "file")
        files.write_blocks(inner, _unpacked(path, open_, limits))
        if inner.stat().st_size == 0:
            raise EmptyFile(f"{path.name} holds an empty file.", next="Add rows to it, then import it again.")
        form = formats.recognise(inner)
        if form.name in _PACKED:
            raise DataError(f"{path.name} is packed twice.", next="Unpack it once, then import it.")
        return form.read(inner, options, limits)


def _unpacked(path: Path, open_: Callable[[], Any], limits: Limits) -> Iterator[bytes]:
    most = min(limits.archive_bytes, max(_ALWAYS, _TIMES * path.stat().st_size))
    size = 0
    try:
        with open_() as packed:
            while block := packed.read(_BLOCK):
                size += len(block)
                if size > most:
                    raise LimitError(
                        f"{path.name} unpacks to more than {most / 1e6:,.0f} MB.",
                        next="Unpack it yourself, look at what is in it, and import that.",
                    )
                yield block
    except (
        OSError,
        EOFError,
        zlib.error,
        lzma.LZMAError,
        zipfile.BadZipFile,
        NotImplementedError,
        pa.ArrowException,
    ) as error:
        raise DamagedFile(
            f"{path.name} is damaged or incomplete.", why=complaint(error), next="Pack it once more."
        ) from None


FORMAT = Format(
    name="packed",
    label="one of these packed with gzip, bzip2, xz or Zstandard",
    modality=Modality.TEXT,
    recognise=recognise,
    read=read,
)
