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
_PAIRS = 20_000  # pairs compared at once
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
        rows = _shrunk(pixels[places[start : start + _BLOCK]], 1, _CELLS)
        grey = _shrunk(rows, 2, _CELLS + 1).mean(axis=3)
        bits = grey[:, :, 1:] > grey[:, :, :-1]
        hashes.append(np.packbits(bits.reshape(len(rows), -1), axis=1).view(">u8")[:, 0].astype(np.uint64))
        small.append(_shrunk(rows, 2, _CELLS).reshape(len(rows), -1))
    if not hashes:
        return np.zeros(0, dtype=np.uint64), np.zeros((0, 3 * _CELLS * _CELLS), dtype=np.float32)
    return np.concatenate(hashes), np.concatenate(small)


def _shrunk(images: NDArray[np.generic], axis: int, cells: int) -> NDArray[np.float32]:
    """Means over so many pieces, of nearly one size, of one axis of images [n, h, w, c]."""
    if images.shape[axis] < cells:  # there are images of eight pixels
        images = np.repeat(images, cells, axis)
    edges = np.arange(1, cells) * images.shape[axis] // cells
    return np.stack([part.mean(axis, dtype=np.float32) for part in np.split(images, edges, axis)], axis)


def alike(hashes: NDArray[np.uint64], small: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Pairs of images that look nearly the same. Linear: of many with one hash, each is compared with the next only."""
    seen = np.flatnonzero(small.std(axis=1) >= _CONTRAST)
    order = seen[np.argsort(hashes[seen], kind="stable")]
    same = hashes[order[:-1]] == hashes[order[1:]]
    candidates = [np.stack([order[:-1][same], order[1:][same]], axis=1)]
    width = np.uint64(64 // BANDS)
    for band in range(BANDS):
        part = (hashes[seen] >> (width * np.uint64(band))) & (np.uint64(1) << width) - np.uint64(1)
        order = seen[np.argsort(part, kind="stable")]
        edges = np.flatnonzero(np.diff(np.sort(part)) != 0) + 1
        bounds = np.concatenate([[0], edges, [len(order)]])
        sizes = np.diff(bounds)
        for start in np.flatnonzero((sizes >= 2) & (sizes <= _CROWDED)).tolist():
            members = order[bounds[start] : bounds[start + 1]]
            distance = np.bitwise_count(hashes[members][:, None] ^ hashes[members][None, :])
            low, high = np.nonzero(np.triu(distance < BANDS, k=1))
            candidates.append(np.stack([members[low], members[high]], axis=1))
    pairs = np.concatenate(candidates)
    return [pair for start in range(0, len(pairs), _PAIRS) for pair in _near(pairs[start : start + _PAIRS], small)]


def _near(pairs: Numbers, small: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Those of the pairs whose small pictures are near, too."""
    difference = small[pairs[:, 0]] - small[pairs[:, 1]]
    shift = difference.mean(axis=1)
    distance = np.abs(difference - shift[:, None]).mean(axis=1)
    return [(a, b) for a, b in pairs[(np.abs(shift) <= _SHIFT) & (distance <= _DIFFERENCE)].tolist()]


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
