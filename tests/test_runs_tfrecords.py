"""Records come back whole, and a damaged one takes no other with it."""

from __future__ import annotations

import io
import random

import pytest

from studio.runs import tfrecords

CONTENTS = [bytes([number]) * (20 + number) for number in range(1, 9)]


def framed(content: bytes) -> bytes:
    length = len(content).to_bytes(8, "little")
    return b"".join(part + tfrecords.checksum(part).to_bytes(4, "little") for part in (length, content))


def read(stream: bytes) -> list[bytes]:
    return [content for content, _ in tfrecords.read(io.BytesIO(stream), 0) if content is not None]


def test_the_checksum_is_the_one_that_writers_of_such_files_use() -> None:
    from tensorboardX.record_writer import masked_crc32c

    for content in (b"", b"a", bytes(range(256))):
        assert tfrecords.checksum(content) == masked_crc32c(content)


def test_records_come_back_and_a_torn_one_is_waited_for() -> None:
    stream = b"".join(map(framed, CONTENTS))
    assert read(stream) == CONTENTS
    for cut in range(1, len(framed(CONTENTS[-1]))):
        assert read(stream[:-cut]) == CONTENTS[:-1]


@pytest.mark.parametrize("seed", range(20))
def test_a_flipped_bit_costs_one_record(seed: int) -> None:
    chance = random.Random(seed)
    stream = bytearray(b"".join(map(framed, CONTENTS)))
    stream[chance.randrange(len(stream))] ^= 1 << chance.randrange(8)
    found = read(bytes(stream))
    assert len(found) == len(CONTENTS) - 1
    assert [content for content in CONTENTS if content in found] == found


def test_rubbish_in_the_middle_is_passed_over_and_too_long_a_record_too() -> None:
    long = framed(b"x" * (tfrecords.MOST_BYTES + 1))
    stream = framed(CONTENTS[0]) + b"\0" * 300 + b"rubbish" + long + framed(CONTENTS[1])
    assert read(stream) == CONTENTS[:2]
