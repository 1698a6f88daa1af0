"""Damages good files at random and reads them: `python -m tests.mutated FORMAT FIRST END SEED [--whole]`.

A process of its own, since a reader of a stranger's format may crash. Each case must end in a table, in images that are
decoded or listed, or in an error in plain words; the first that does not ends the process. Prints one line of JSON: how
the cases ended, the slowest in seconds, and the largest memory in bytes. The number of a case and the seed make its
file again. With `--whole`, what is good becomes a dataset too.
"""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from studio.data import assemble, columns, formats, indicators, suited
from studio.data.formats._records import Images, SkipLog, Table
from studio.data.pieces import Source
from studio.data.reading import ReadOptions
from studio.errors import StudioError
from studio.settings import Limits
from tests import mutated_images, workbooks
from tests.data_helpers import build

_ROWS = [(f"some longer words {i}, as people write", ("good", "bad")[i % 2]) for i in range(60)]
_TABLE = "text,label\n" + "".join(f'"{text}",{label}\n' for text, label in _ROWS)
_RECORDS = [{"text": text, "label": label, "more": {"n": i}} for i, (text, label) in enumerate(_ROWS)]
_SQUAD = {
    "data": [
        {
            "title": "t",
            "paragraphs": [
                {
                    "context": text,
                    "qas": [{"id": str(i), "question": "q", "answers": [{"text": "some", "answer_start": 0}]}],
                }
                for i, (text, _) in enumerate(_ROWS)
            ],
        }
    ]
}
_CONLL = "".join(f"Ann{i} NNP B-PER\nLee NNP I-PER\nsings VB O\n\n" for i in range(60))
_ADDRESSES = 6 * 2**30  # of memory that may be asked for
_LARGEST = 200_000  # bytes of a mutated file; what a mutation doubles stays small


def _arrow(path: Path) -> bytes:
    rows = pa.Table.from_pylist(_RECORDS)
    with pa.ipc.new_file(str(path), rows.schema) as writer:
        writer.write_table(rows, max_chunksize=20)
    return path.read_bytes()


def _stream(path: Path) -> bytes:
    rows = pa.Table.from_pylist(_RECORDS)
    with pa.ipc.new_stream(str(path), rows.schema) as writer:
        writer.write_table(rows, max_chunksize=20)
    return path.read_bytes()


def _parquet(path: Path) -> bytes:
    parquet.write_table(pa.Table.from_pylist(_RECORDS), path, row_group_size=20)
    return path.read_bytes()


def _sheets() -> dict[str, list[list[str]]]:
    return {"S": [["text", "label"], *map(list, _ROWS)], "T": [["a"]]}


SEEDS: Mapping[str, Callable[[Path], bytes]] = {
    "csv": lambda _: _TABLE.encode(),
    "tsv": lambda _: _TABLE.replace('",', "\t").replace('"', "").replace("text,", "text\t").encode("utf-16"),
    "gb18030": lambda _: _TABLE.replace("words", "这部电影非常好看").encode("gb18030"),
    "jsonl": lambda _: "\n".join(map(json.dumps, _RECORDS)).encode(),
    "json": lambda _: json.dumps(_RECORDS).encode(),
    "nested": lambda _: json.dumps({"data": _RECORDS, "version": 1}, indent=1).encode(),
    "squad": lambda _: json.dumps(_SQUAD).encode(),
    "conll": lambda _: _CONLL.encode(),
    "txt": lambda _: "".join(f"{text}, {'and ' * (i % 5)}\n" for i, (text, _) in enumerate(_ROWS)).encode(),
    "parquet": _parquet,
    "arrow": _arrow,
    "stream": _stream,
    "xlsx": lambda path: workbooks.xlsx(path, _sheets()).read_bytes(),
    "xls": lambda path: workbooks.xls(path, _sheets()).read_bytes(),
    "ods": lambda path: workbooks.ods(path, _sheets()).read_bytes(),
    "gz": lambda _: gzip.compress(_TABLE.encode()),
    "bz2": lambda _: bz2.compress(_TABLE.encode()),
    "xz": lambda _: lzma.compress(_TABLE.encode()),
    "zst": lambda _: bytes(pa.compress(_TABLE.encode(), "zstd", asbytes=True)),
    **mutated_images.ARCHIVES,
    **mutated_images.PICTURES,
}


def mutated(good: bytes, chance: random.Random) -> bytes:
    """The bytes with one to six changes of the kinds that files suffer, or that somebody makes on purpose."""
    data = bytearray(good)
    for _ in range(chance.randint(1, 6)):
        place, other = sorted(chance.choices(range(len(data) + 1), k=2))
        kind = chance.randrange(8)
        if kind == 0 and data:
            data[min(place, len(data) - 1)] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[place : min(other, place + 40)]
        elif kind == 2:
            data[place:place] = data[place : min(other, place + 400)]
        elif kind == 3:
            data[place:place] = chance.randbytes(chance.randint(1, 9))
        elif kind == 4:
            data[place:place] = chance.choice((b"\0", b'"', b"\r", b"\n", b"\xff" * 4, b"[{", b"\x80", b",,", b"\t"))
        elif kind == 5:
            number = chance.choice((0, 1, 127, 255, 2**15, 2**31 - 1, 2**32 - 1)).to_bytes(4, "little")
            data[place : place + 4] = number
        elif kind == 6 and chance.random() < 0.3:
            del data[place:]
        elif kind == 7:
            middle = (place + other) // 2
            data[place:other] = data[middle:other] + data[place:middle]
    return bytes(data[:_LARGEST])


def tried(path: Path, scratch: Path, whole: bool) -> str:
    """How reading a file ends, in one word. Raises whatever is no error in plain words."""
    try:
        content = formats.recognise(path).read(path, ReadOptions(scratch=scratch), Limits())
        if isinstance(content, Images):
            end = mutated_images.decoded(content)
            content.close()
        else:
            end = "table"
            _understood(content)
        if whole:
            build(scratch, path)
    except StudioError as error:
        assert error.what, "an error without words"
        return type(error).__name__
    return end


def _understood(table: Table) -> None:
    assert {len(cells) for cells in table.columns.values()} == {len(table)}, "columns of different lengths"
    task = suited.task_for(table, None)
    table = indicators.prepared(table, task, None)
    roles = columns.choose(table, task, {})
    rows, _, _ = assemble.assemble([Source("x", table, None)], roles, Limits(), SkipLog())
    assert len(rows) <= len(table)


def run(kind: str, cases: range, seed: int, whole: bool) -> dict[str, Any]:
    """How these cases end, the seconds of the slowest, and the largest memory in bytes."""
    ends: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory(prefix="mutated-") as name:
        folder = Path(name)
        good = SEEDS[kind](folder / "good")
        path = folder / f"case.{kind}"
        for case in cases:
            sys.stderr.write(f"\n{kind}, case {case}, seed {seed}\n")  # the last one of these is the one that failed
            data = mutated(good, random.Random(f"{seed}/{kind}/{case}")) if case else good
            mutated_images.packed(path, data) if kind in mutated_images.PICTURES else path.write_bytes(data)
            start = time.monotonic()
            end = tried(path, folder, whole)
            sys.stderr.write(f"= {end}")
            ends[end] += 1
            slowest = max(slowest, time.monotonic() - start)
    memory = _peak()
    return {"kind": kind, "ends": ends, "slowest": slowest, "memory": memory}


def main() -> None:
    kind, first, end, seed, *more = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
    sys.stdout.write(json.dumps(run(kind, range(int(first), int(end)), int(seed), "--whole" in more)) + "\n")


def _peak() -> int:
    """Most bytes of memory since this program was started. (What `getrusage` says counts the process that it was
    started from, too.) Linux only."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main()
