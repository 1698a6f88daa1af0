"""Which rows are nearly the same: texts with the same letters and digits, images with nearly the same look.

Texts are compared without case, spaces, punctuation and Unicode forms. Images are compared by a difference hash (64
bits: whether each of 8 x 8 cells is brighter than its neighbour) that may differ in three bits, and then by a small
picture of 8 x 8 colours, so that flat images with equal hashes are not taken for each other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from studio.contracts import ColumnKind
from studio.data.checks._look import Look, Numbers

BANDS = 4  # parts of a hash: of two that differ in three bits or fewer, at least one part is equal
_CELLS = 8
_BLOCK = 256  # images read at once
_CROWDED = 64  # images that share a part of their hash, beyond which only equal hashes are compared
_DIFFERENCE, _SHIFT, _CONTRAST = 4.0, 20.0, 3.0  # of 255: mean distance of cells, of brightness, and least contrast


def groups(look: Look) -> Numbers | None:
    """[n] a number below n that is equal for rows which are nearly the same; None where that is not known."""
    if look.kind is ColumnKind.TEXT:
        return _of_texts(look)
    if look.kind is ColumnKind.IMAGE and look.pixels is not None:
        places = look.inputs.to_numpy()
        return pairs_to_groups(len(places), alike(*impressions(look.pixels, places)))
    return None


def _of_texts(look: Look) -> Numbers:
    import pyarrow.compute as pc

    from studio.data.rows import key_of, keys_of

    digests: list[bytes] = []
    for chunk in look.inputs.chunks:
        folded = pc.utf8_lower(pc.utf8_normalize(chunk, form="NFKC"))
        bare = pc.replace_substring_regex(folded, pattern=r"[^\p{L}\p{N}\p{S}]+", replacement="")
        bare = pc.if_else(pc.equal(pc.binary_length(bare), 0), folded, bare)
        digests += map(key_of, bare.cast("binary").to_pylist())
    return np.unique(keys_of(digests), return_inverse=True)[1].astype(np.int64)


def impressions(pixels: NDArray[np.uint8], places: Numbers) -> tuple[NDArray[np.uint64], NDArray[np.float32]]:
    """Hashes [n] and small pictures [n, 192] (of 255) of the images at these places."""
    hashes, small = [], []
    for start in range(0, len(places), _BLOCK):
        block = pixels[places[start : start + _BLOCK]].astype(np.float32)
        grey = _shrunk(block.mean(axis=3, keepdims=True), _CELLS, _CELLS + 1)[..., 0]
        bits = grey[:, :, 1:] > grey[:, :, :-1]
        hashes.append(np.packbits(bits.reshape(len(block), -1), axis=1).view(">u8")[:, 0].astype(np.uint64))
        small.append(_shrunk(block, _CELLS, _CELLS).reshape(len(block), -1))
    if not hashes:
        return np.zeros(0, dtype=np.uint64), np.zeros((0, 3 * _CELLS * _CELLS), dtype=np.float32)
    return np.concatenate(hashes), np.concatenate(small)


def _shrunk(images: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Means over the cells of a grid; [n, h, w, c] to [n, height, width, c]."""
    for axis, cells in ((1, height), (2, width)):
        size = images.shape[axis]
        edges = np.arange(cells) * size // cells
        sums = np.add.reduceat(images, edges, axis=axis)
        counts = np.maximum(1, np.diff([*edges, size])).astype(np.float32)
        images = (sums / counts.reshape([-1 if i == axis else 1 for i in range(4)])).astype(np.float32)
    return images


def alike(hashes: NDArray[np.uint64], small: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Pairs of images that look nearly the same, in linear time: each is compared with the next of its candidates."""
    found: list[tuple[int, int]] = []
    contrast = small.std(axis=1)
    width = 64 // BANDS
    parts = [(hashes >> np.uint64(width * band)) & np.uint64(2**width - 1) for band in range(BANDS)]
    for part, most in ((hashes, len(hashes)), *((part, _CROWDED) for part in parts)):
        order = np.argsort(part, kind="stable")
        starts = np.flatnonzero(np.diff(part[order])) + 1
        for members in np.split(order, starts):
            if 2 <= len(members) <= most:
                found += _close(members[contrast[members] >= _CONTRAST], hashes, small, most == len(hashes))
    return found


def _close(
    members: Numbers, hashes: NDArray[np.uint64], small: NDArray[np.float32], chained: bool
) -> list[tuple[int, int]]:
    """Pairs among these that are near. `chained` compares each with the one before only: there may be many."""
    pairs = (
        zip(members[:-1].tolist(), members[1:].tolist(), strict=True)
        if chained
        else ((a, b) for i, a in enumerate(members.tolist()) for b in members[i + 1 :].tolist())
    )
    return [(a, b) for a, b in pairs if int(hashes[a] ^ hashes[b]).bit_count() < BANDS and _near(small[a], small[b])]


def _near(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    difference = one - other
    shift = float(difference.mean())
    return abs(shift) <= _SHIFT and float(np.abs(difference - shift).mean()) <= _DIFFERENCE


def pairs_to_groups(count: int, pairs: list[tuple[int, int]]) -> Numbers:
    """[count] the smallest member that each one is connected with."""
    parent = list(range(count))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for a, b in pairs:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    return np.array([root(one) for one in range(count)], dtype=np.int64)
