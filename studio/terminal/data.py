"""The commands about datasets: import, datasets, checkup."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from studio.errors import MissingFile, RequestError, UnknownName
from studio.figures import figure
from studio.terminal import text
from studio.terminal.desk import Answer, Data, Desk, existing, items, named, pairs
from studio.terminal.tables import Layout, facts, table

MOST_LABELS, MOST_SKIPPED, MOST_EXAMPLES = 20, 10, 3


def import_(desk: Desk) -> Answer:
    """One file or folder as it lies; several files as copies in one folder of the workspace."""
    several = desk.given.file
    file = several[0] if len(several) == 1 else str(desk.studio.choices.gather([existing(one) for one in several]))
    dataset = import_file(desk, file, desk.given.name)
    return Answer(dataset, dataset_page(dataset))


def import_file(desk: Desk, file: str, name: str | None) -> Data:
    """The dataset of a file, a folder or a sample, read with the options that were given."""
    from studio.api import ImportRequest

    given = desk.given
    request = ImportRequest(
        file=named(file),
        task=given.task,
        options=pairs(given.option, "--option"),
        valid=named(given.valid) if given.valid else None,
        test=named(given.test) if given.test else None,
        name=name,
    )
    dataset = desk.studio.import_dataset(request, desk.report)
    desk.progress.close()
    return dataset


def dataset_or_file(desk: Desk) -> Data:
    """The dataset that the command's first argument names, or the one that a file becomes."""
    given, reference = desk.given, desk.given.dataset
    try:
        dataset = desk.studio.dataset(reference)
    except UnknownName:
        return _imported(desk, reference)
    if given.valid or given.test or given.option:
        raise RequestError(
            f"--valid, --test and --option are for reading a file; '{reference}' is a dataset already.",
            next="Leave them out, or name the file.",
        )
    if named(reference).exists():
        desk.progress.note(f"Using the dataset '{reference}'; for the file or folder of that name write ./{reference}")
    return dataset


def _imported(desk: Desk, reference: str) -> Data:
    try:
        return import_file(desk, reference, None)
    except MissingFile as error:
        if named(reference).exists():  # it is another file that is missing
            raise
        raise UnknownName(
            f"There is no dataset and no file '{reference}'.",
            why="'datasets' lists the datasets of this workspace.",
            next=error.next,
        ) from None


def datasets(desk: Desk) -> Answer:
    found = desk.studio.datasets()
    rows = [(d["name"], d["task"], d["rows"], splits(d["splits"]), when(d["created"]), d["dataset"]) for d in found]
    page = (
        table(("name", "task", "rows", "splits", "read", "id"), rows, Layout(whole=("id",)))
        if rows
        else "There is no dataset yet."
    )
    return items(found, page)


def checkup(desk: Desk) -> Answer:
    dataset = desk.studio.checkup(desk.given.dataset, desk.given.fix, desk.report)
    desk.progress.close()
    if not desk.given.fix:
        return Answer(dataset, findings(dataset) or "Nothing was found that calls for a mend.")
    return Answer(dataset, dataset_page(dataset))


def suspects(desk: Desk) -> Answer:
    """Without changes, the suspects; with them, the corrected copy."""
    choices, given = desk.studio.choices, desk.given
    changes: dict[int, str | None] = {_row(row): label for row, label in pairs(given.relabel, "--relabel").items()}
    changes |= {_row(row): None for row in given.drop}
    if changes:
        dataset = choices.relabel(given.dataset, changes, desk.report)
        desk.progress.close()
        return Answer(dataset, dataset_page(dataset))
    found = choices.suspects(given.dataset, given.model, desk.report)
    desk.progress.close()
    shown = (choices.known_suspects(given.dataset, 0, max(0, given.most)) or found)["suspects"]
    return Answer(found, suspects_page(found, shown))


def _row(number: str) -> int:
    if not number.isdecimal() or len(number) > 12:
        raise RequestError(f"'{number}' is no row.", next="Rows are the numbers that 'suspects' lists.")
    return int(number)


def suspects_page(found: Mapping[str, Any], shown: Sequence[Mapping[str, Any]]) -> str:
    """How many labels are suspected, and the first of them."""
    head = f"{found['suspected']:,} of {found['rows']:,} rows probably have a wrong label (judged by {found['model']})."
    if not shown:
        return head
    heads = ("row", "label", "suggested", "its chance", "of suggested", "line", "input")
    rows = [
        (
            s["row"],
            s["label"],
            s["suggested"],
            f"{s['own']:.0%}",
            f"{s['other']:.0%}",
            s["line"],
            text.visible(_input(s)),
        )
        for s in shown
    ]
    advice = "To correct them in a copy: suspects DATASET --relabel ROW=CLASS --drop ROW"
    return f"{head}\n\n{table(heads, rows)}\n\n{advice}"


def _input(suspect: Mapping[str, Any]) -> str:
    given = suspect["input"]
    return text.visible(" ".join(given.split())[:200]) if isinstance(given, str) else f"image {given}"


def dataset_page(dataset: Mapping[str, Any]) -> str:
    """A dataset on a page: how its columns are used, its labels, its splits, what was noticed, what was skipped."""
    head = {
        "dataset": dataset["name"],
        "id": dataset["dataset"],
        "task": dataset["task"],
        "rows": dataset["rows"],
        "splits": splits(dataset["splits"]),
        "image size": dataset.get("image_size"),
        "folder": dataset["folder"],
    }
    parts = (
        facts(head),
        text.visible(dataset.get("split_note", "")),
        table(("column", "used as"), [(c["name"], c["role"] or "not used") for c in dataset["columns"]]),
        _labels(dataset["labels"]),
        _numbers(dataset.get("numbers")),
        findings(dataset),
        skipped_page(dataset["skipped"], dataset.get("skipped_count", len(dataset["skipped"]))),
    )
    return "\n\n".join(part for part in parts if part)


def _labels(labels: Sequence[Mapping[str, Any]]) -> str:
    if not labels:
        return ""
    shown = sorted(labels, key=lambda label: -int(label["count"]))[:MOST_LABELS]
    page = table(("label", "rows"), [(label["name"], label["count"]) for label in shown])
    return page + (f"\nand {len(labels) - len(shown):,} more" if len(labels) > len(shown) else "")


def _numbers(found: Mapping[str, float] | None) -> str:
    """Where the numbers that are learned lie."""
    if not found:
        return ""
    low, high, mean, deviation = (figure(found[name], 4) for name in ("low", "high", "mean", "deviation"))
    return f"numbers from {low} to {high}, mean {mean}, standard deviation {deviation}"


def findings(dataset: Mapping[str, Any]) -> str:
    """What the check-up noticed, one finding a paragraph, with the command that mends it."""
    lines = []
    for finding in dataset["findings"]:
        lines.append(f"{finding['severity']}: {text.visible(finding['message'])}")
        lines += [f"    {text.cut(text.visible(example), 76)}" for example in finding["examples"][:MOST_EXAMPLES]]
        if finding["fix"]:
            lines.append(f"    To mend it: checkup {dataset['dataset']} --fix {finding['fix']}")
    return "\n".join(lines)


def skipped_page(skipped: Sequence[Mapping[str, Any]], count: int) -> str:
    """Rows of a file that could not be used, the first of them with the reason."""
    if not count:
        return ""
    lines = [f"    {text.visible(row['where'])}: {text.visible(row['why'])}" for row in skipped[:MOST_SKIPPED]]
    more = count - len(lines)
    noun = "row was" if count == 1 else "rows were"
    return "\n".join([f"{count:,} {noun} skipped:", *lines, *([f"    and {more:,} more"] if more > 0 else [])])


def splits(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{split} {count:,}" for split, count in counts.items())


def when(seconds: float) -> str:
    """A moment in local time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
