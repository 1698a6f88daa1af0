"""The sample datasets that come with the studio."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.catalog import Catalog

FOLDER = Path(__file__).parents[2] / "assets" / "samples"


@dataclass(frozen=True)
class Sample:
    """A sample dataset: `id` is what is imported by, `rows` how many it has, `license` an SPDX identifier."""

    id: str
    file: Path
    task: str
    label: str
    rows: int
    license: str

    @property
    def name(self) -> str:
        return self.id


SAMPLES: Catalog[Sample] = Catalog(
    "sample",
    (
        Sample(
            id="support-messages",
            file=FOLDER / "support_messages_en.csv",
            task="text_classification",
            label="Messages of customers to an online shop (English, 6 classes)",
            rows=545,
            license="CC0-1.0",
        ),
        Sample(
            id="community-requests",
            file=FOLDER / "community_requests_zh.csv",
            task="text_classification",
            label="Messages of residents to a city hotline (Chinese, 5 classes)",
            rows=434,
            license="CC0-1.0",
        ),
        Sample(
            id="digits",
            file=FOLDER / "digits.zip",
            task="image_classification",
            label="Handwritten digits (8 x 8 pixels, 10 classes)",
            rows=1797,
            license="CC-BY-4.0",
        ),
    ),
)
