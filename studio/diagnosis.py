"""What a person should know before a run starts: does the model know these texts, are there enough rows, is there room.

Reads datasets, catalogs and tokenizers; knows neither torch nor what happens in a run.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio import margins, modelfolder, models
from studio.contracts import Checkpoint, ColumnKind, Modality, SourceKind
from studio.data import store, vocabulary
from studio.data.store import DatasetRecord
from studio.families import FAMILIES
from studio.installation import installation as installation  # the other half: what this machine has and lacks
from studio.machine import Machine
from studio.methods import METHODS
from studio.models import Resolved
from studio.spec import RunSpec
from studio.tasks import TASKS

Warnings = list[dict[str, str]]
Noticed = tuple[str, str]  # a code and a sentence; no sentence where all is well

SAMPLE = 2000  # train texts that are looked at
BLOCKS = 4  # places of the split that the sample is taken from, because files are often sorted
MOST_UNKNOWN = 0.1  # share of tokens a model may not know
FEW_ROWS, FEW_TEST_ROWS, FEW_PER_CLASS = 100, 50, 5
IMBALANCE = 10  # rows of the largest class for each row of the smallest
MOST_CUT = 0.1  # share of texts that may be longer than `max_length`
MOST_SKIPPED = 0.05  # share of the file's rows that may have been left out
OVERLAP = "overlap"  # the finding's code

# The language that a letter's script speaks for; the first word of its Unicode name is the key.
_SCRIPTS = {
    "CJK": "Chinese",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
    "CYRILLIC": "Russian",
    "ARABIC": "Arabic",
    "HEBREW": "Hebrew",
    "GREEK": "Greek",
    "DEVANAGARI": "Hindi",
    "THAI": "Thai",
    "LATIN": "English",
}
_LETTERS = 20_000  # letters that are looked at to find the script
_KANA = 0.05  # Japanese writes most of its meaning in Chinese characters; this share of kana tells it apart


def before_start(spec: RunSpec, record: DatasetRecord, resolved: Resolved, folder: Path, runs: Path) -> Warnings:
    """What speaks against this run, or should be known of it, as codes and sentences; none of it forbids it."""
    texts = _texts(spec, record, folder)
    found = (
        _unknown_tokens(texts, resolved, runs),
        _few_rows(record),
        _few_test_rows(record),
        _imbalance(spec, record),
        _cut_texts(texts, spec.training.max_length),
        _skipped(record),
        _overlap(record),
        ("terms", spec.terms),
    )
    return [{"code": code, "message": message} for code, message in found if message]


def _texts(spec: RunSpec, record: DatasetRecord, folder: Path) -> list[str]:
    """Training texts from several places of the split; none for images."""
    task = TASKS[spec.task]
    if task.modality is not Modality.TEXT:
        return []
    count = record.splits.get("train", 0)
    size = min(count, SAMPLE) // BLOCKS or count
    texts: list[str] = []
    for start in sorted({count * block // BLOCKS for block in range(BLOCKS)}):
        rows = store.read_rows(folder, "train", start, min(count, start + size))
        for column in task.inputs:
            cells = rows[column.name]
            texts += [" ".join(cell) for cell in cells] if column.kind is ColumnKind.TOKENS else cells
    return texts


def _unknown_tokens(texts: Sequence[str], resolved: Resolved, runs: Path) -> Noticed:
    tokenizer = models.tokenizer_file(resolved, runs) if texts else None
    share = vocabulary.unknown_share(texts, tokenizer) if tokenizer else 0.0
    if share <= MOST_UNKNOWN:
        return "unknown_tokens", ""
    language = language_of(texts)
    able = [c.id for c in _readers(language) if c.id != resolved.checkpoint.id]
    advice = f" Models that can read {language}: {', '.join(able)}." if language and able else ""
    return "unknown_tokens", (
        f"{resolved.checkpoint.label} does not know {share:.0%} of the words and characters in these texts,"
        f" so it can learn little from them.{advice}"
    )


def _readers(language: str) -> list[Checkpoint]:
    """The menu's models for a language, those made for it first, then those for many languages."""
    cards = [card for family in FAMILIES.values() if family.modality is Modality.TEXT for card in family.checkpoints]
    return [c for c in cards if c.languages == language] + [c for c in cards if c.languages.endswith("languages")]


def language_of(texts: Sequence[str]) -> str:
    """The language that most letters' script speaks for; empty if there are no letters of a known script."""
    counts: Counter[str] = Counter()
    for letter in "".join(texts)[:_LETTERS]:
        if letter.isalpha():
            counts[_SCRIPTS.get(unicodedata.name(letter, "").split(" ")[0].split("-")[0], "")] += 1
    if counts["Japanese"] > _KANA * counts.total():
        return "Japanese"
    return counts.most_common(1)[0][0] if counts else ""


def _few_rows(record: DatasetRecord) -> Noticed:
    rows, classes = record.splits.get("train", 0), max(1, len(record.labels))
    if rows >= FEW_ROWS and rows >= FEW_PER_CLASS * classes:
        return "few_rows", ""
    advice = "Expect a weak model, and look at its mistakes before you trust it."
    if rows < FEW_ROWS:
        return "few_rows", f"There are only {rows:,} rows to train on. {advice}"
    return "few_rows", f"There are only {rows:,} rows to train on, for {classes:,} classes. {advice}"


def _few_test_rows(record: DatasetRecord) -> Noticed:
    rows = record.splits.get("test", 0)
    if not 0 < rows < FEW_TEST_ROWS:
        return "few_test_rows", ""
    return "few_test_rows", (
        f"Only {rows} rows are held out for the test: its score may be off by up to {margins.off(rows):.0%} either way."
    )


def _imbalance(spec: RunSpec, record: DatasetRecord) -> Noticed:
    counts = sorted(record.labels, key=lambda label: label.count)
    one_label = TASKS[spec.task].target.kind is ColumnKind.LABEL
    if not one_label or len(counts) < 2 or spec.training.class_weights != "none":
        return "imbalanced_classes", ""
    rare, common = counts[0], counts[-1]
    if common.count < IMBALANCE * max(1, rare.count):
        return "imbalanced_classes", ""
    return "imbalanced_classes", (
        f"'{common.name}' has {common.count:,} rows and '{rare.name}' has {rare.count:,}: the model may never answer"
        " with the rare classes. Set class_weights to balanced, and look at macro F1 rather than at accuracy."
    )


def _cut_texts(texts: Sequence[str], max_length: int | None) -> Noticed:
    """A word is at least one token, so this counts too few rather than too many."""
    if max_length is None or not texts:
        return "cut_texts", ""
    share = sum(len(text.split()) > max_length for text in texts) / len(texts)
    if share <= MOST_CUT:
        return "cut_texts", ""
    return "cut_texts", (
        f"At least {share:.0%} of the texts are longer than {max_length} tokens, and what comes after them is not read."
        " Raise max_length, or leave it unset."
    )


def _skipped(record: DatasetRecord) -> Noticed:
    share = record.skipped_count / max(1, record.skipped_count + record.rows)
    if share <= MOST_SKIPPED:
        return "skipped_rows", ""
    return "skipped_rows", (
        f"{share:.0%} of the file's rows could not be used ({record.skipped_count:,} rows), and the model will not"
        " learn from them. The dataset's page says why."
    )


def _overlap(record: DatasetRecord) -> Noticed:
    finding = next((finding for finding in record.findings if finding.code == OVERLAP), None)
    return OVERLAP, finding.message if finding else ""


def little_memory(spec: RunSpec, forecast: Mapping[str, Any] | None, machine: Machine) -> Warnings:
    """Whether a run that was measured (`forecasts.known`) needs more memory than is free now. What takes it may be over
    by the time the run starts, so this is worth a word and forbids nothing."""
    needed, free = forecast["memory_bytes"] if forecast else 0, machine.free(spec.device)
    if free is None or needed <= free:
        return []
    message = (
        f"The run needs about {needed / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB are free now."
        " Close other programs, or choose a smaller model or a lighter method."
    )
    return [{"code": "little_memory", "message": message}]


def disk_bytes(spec: RunSpec) -> int:
    """About how many bytes a run's folder grows to.

    The model once, and three checkpoints (the last two and the best): what is trained, with two moments each of the
    optimizer, four bytes a number.
    """
    weights = 4 * _parameters(spec)
    trained = round(weights * METHODS[spec.method].trained_share)
    return weights + 3 * 3 * trained


_USUAL = {Modality.TEXT: 110, Modality.IMAGE: 25}  # millions of parameters, where nothing is known of a network


def _parameters(spec: RunSpec) -> int:
    family = FAMILIES[spec.family]
    card = next((card for card in family.checkpoints if card.id == spec.model), None)
    if card is not None:
        return round(card.parameters * 1e6)
    if spec.source.kind is SourceKind.FOLDER:
        counted = modelfolder.parameters(Path(spec.source.location))
        if counted:
            return counted
    return _USUAL[family.modality] * 10**6
