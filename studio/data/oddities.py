"""What is noted of image files while they are decoded: sizes and modes that change what a model sees."""

from __future__ import annotations

from studio.data.notes import EXAMPLES, note, plural
from studio.data.pictures import Picture
from studio.data.store import Finding

_ENLARGED = 2  # times a side is enlarged from which an image is small
_LONG = 2  # times the longer side is the shorter one from which half of an image is cut off
_MIXED = 0.01  # share of grey images, or of others, from which a set is mixed


class Oddities:
    """Counts oddities of images that are stored with sides of `size` pixels, with a few names of each."""

    def __init__(self, size: int) -> None:
        self.size, self.seen = size, 0
        self._found: dict[str, list[str]] = {"small": [], "long": [], "grey": [], "animated": []}
        self._counts = dict.fromkeys(self._found, 0)

    def look(self, picture: Picture, name: str) -> None:
        """Count one image."""
        self.seen += 1
        short, long = sorted((picture.width, picture.height))
        told = {
            "small": _ENLARGED * short < self.size,
            "long": long > _LONG * short,
            "grey": picture.grey,
            "animated": picture.animated,
        }
        for kind in (kind for kind, true in told.items() if true):
            self._counts[kind] += 1
            if len(self._found[kind]) < EXAMPLES:
                self._found[kind].append(f"{name}: {picture.width:,} x {picture.height:,}")

    def notes(self) -> list[Finding]:
        """A finding for each kind of oddity."""
        count, size = self._counts, self.size
        mixed = min(count["grey"], self.seen - count["grey"]) > _MIXED * self.seen
        told = {
            "small": f"{plural(count['small'], 'image is', 'images are')} much smaller than the {size} x {size} pixels"
            " that are stored, and enlarged.",
            "long": f"Of {plural(count['long'], 'image that is', 'images that are')} more than twice as long as wide"
            " (or as wide as long), only the square in the middle is used.",
            "grey": f"{count['grey']:,} of {plural(self.seen, 'image')} are grey, the others are coloured.",
            "animated": f"Of {plural(count['animated'], 'animation')}, the first frame is used.",
        }
        usual = {"grey"} if not mixed else set()
        if 2 * count["small"] > self.seen:  # the side that is stored was not chosen by these images
            usual.add("small")
        kinds = [kind for kind in told if count[kind] and kind not in usual]
        return [note(f"{kind}_images", told[kind], count[kind], self._found[kind]) for kind in kinds]
