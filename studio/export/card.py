"""The model card, `README.md`: what the model is, how well it works, what it was made from, and where it ends.

Made from the run's record alone, without times of day, so that two exports of a run are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studio import margins, modelfolder
from studio.contracts import Answer, Head
from studio.data.store import SPLITS, DatasetRecord, Mend
from studio.export import confusion, learning, limits, program
from studio.export.formats._format import Format, Start
from studio.export.markdown import number, plain, quoted, table
from studio.export.origin import Origin, telling
from studio.plan import Plan
from studio.runs.store import Run
from studio.spec import TrainingParams

_LICENSES = {"Apache-2.0": "apache-2.0", "MIT": "mit", "BSD-3-Clause": "bsd-3-clause", "CC-BY-4.0": "cc-by-4.0"}
_PIPELINES = {
    Head.SEQUENCE_CLASSIFICATION: "text-classification",
    Head.TOKEN_CLASSIFICATION: "token-classification",
    Head.IMAGE_CLASSIFICATION: "image-classification",
    Head.QUESTION_ANSWERING: "question-answering",
    Head.MASKED_LANGUAGE_MODELING: "fill-mask",
}
_GUESSES = dict.fromkeys(Answer, "always by class shares") | {
    Answer.NUMBER: "always the mean",
    Answer.EXCERPT: "by the words of the question",
    Answer.WORDS: "always the most frequent words",
}


@dataclass(frozen=True)
class Facts:
    """All that the card tells. `record` is the run's (`show --json`); `data` is None where the dataset is gone;
    `real_tests` says that the self-test holds rows of the data."""

    run: Run
    plan: Plan
    record: dict[str, Any]
    data: DatasetRecord | None
    origin: Origin
    format: Format
    start: Start | None
    max_length: int | None
    real_tests: bool


def text(facts: Facts) -> str:
    """The whole card."""
    found = confusion.read(facts.run.predictions / "test.jsonl", facts.plan.spec.labels)
    parts = (
        _front_matter(facts),
        _title(facts),
        _use(facts),
        _results(facts),
        confusion.section(found),
        _thresholds(facts),
        learning.text(facts.run, facts.plan.task.metric),
        _data(facts),
        _settings(facts),
        _licenses(facts),
        limits.section(facts, found),
    )
    return "\n".join(part for part in parts if part)


def _front_matter(facts: Facts) -> str:
    license = _LICENSES.get(facts.origin.license)
    lines = [f"license: {license or 'other'}"]
    if license is None:
        lines.append(f"license_name: {quoted(facts.origin.license)}")
    lines += [
        f"library_name: {'peft' if facts.start else 'transformers'}",
        f"pipeline_tag: {_PIPELINES[facts.plan.task.head]}",
    ]
    if facts.origin.hub:
        lines.append(f"base_model: {quoted(facts.origin.hub)}")
    lines += ["metrics:", *(f"- {name}" for name in facts.plan.task.metrics), "tags:", f"- {facts.plan.method.name}"]
    return "---\n" + "\n".join(lines) + "\n---\n"


def _title(facts: Facts) -> str:
    plan, labels = facts.plan, facts.plan.spec.labels
    shown = ", ".join(plain(label) for label in labels[:20])
    shown += f" and {len(labels) - 20:,} more" if len(labels) > 20 else ""
    kind = "tags" if plan.task.answer is Answer.SPANS else "classes"
    known = f"It knows {len(labels)} {kind}: {shown}." if labels else _gives(facts)
    terms = f"\n**Terms.** {plain(plan.spec.terms)}\n" if plan.spec.terms else ""
    return (
        f"# {plain(facts.record['name'])}\n\n"
        f"{plain(facts.origin.label)}, fine-tuned for {plan.task.label.lower()} by the method"
        f" '{plan.method.label}' ({facts.format.label.lower()}). {known}\n"
        f"{terms}"
    )


def _gives(facts: Facts) -> str:
    """What a model without classes answers; of numbers, between which it was trained."""
    if facts.plan.task.answer is Answer.EXCERPT:
        return "It answers a question with a piece of the text that comes with it, or with none."
    if facts.plan.task.answer is Answer.WORDS:
        return "It guesses words that are missing in texts, and is a start for other tasks on such texts."
    if facts.data is None or facts.data.numbers is None:
        return "It gives a number."
    known = facts.data.numbers
    return f"It gives a number; those it has learned from lie between {known.low:g} and {known.high:g}."


def _use(facts: Facts) -> str:
    rows = "rows that were held out from training" if facts.real_tests else "made-up inputs, as the data are gone"
    start = ""
    order = " The order of the classes is in `labels.json`." if facts.plan.spec.labels else ""
    if facts.start and not facts.start.bundled:
        package = facts.start.package.partition(":")[0].replace("_", "-") if facts.start.package else ""
        where = f"taken from the package {package}, or else" if package else ""
        start = f"\nThe starting weights, {facts.start.location}, are {where} downloaded once at the first use.\n"
    return (
        "## Use\n\n"
        "    pip install -r requirements.txt\n"
        f"    python predict.py {program.example(facts.plan.task, bool(facts.record['facts'].get('characters')))}\n"
        "    python predict.py --selftest\n\n"
        f"`predict.py` needs nothing but the libraries in `requirements.txt`. The self-test runs {rows} (they are in"
        " `selftest.json`) and compares the scores with those that the model had when it was exported: each has to"
        f" agree to 0.00001.{order}\n{start}"
    )


def _results(facts: Facts) -> str:
    metrics, baseline = facts.record["metrics"], facts.record["baseline"]
    main = metrics.get("main", facts.plan.task.metric)
    columns: list[tuple[str, dict[str, Any]]] = [
        ("test", metrics.get("test") or {}),
        ("valid", metrics.get("valid") or {}),
        (
            f"{_GUESSES[facts.plan.task.answer]} (test)",
            baseline.get("majority") or {},
        ),
        (
            "frozen network with a linear layer (test)" if facts.plan.task.labelled else "before (test)",
            baseline.get("probe") or {},
        ),
    ]
    names = [*facts.plan.task.metrics, "loss", "n"]
    rows = [
        [f"**{name}**" if name == main else name, *(_with_interval(values, name, main) for _, values in columns)]
        for name in names
    ]
    return (
        "## Results\n\n"
        f"{table(['', *(name for name, _ in columns)], rows)}\n"
        f"The main metric is {main}; in brackets its 95 % interval (percentile bootstrap over rows; where all are"
        " right, or none, Wilson's of the share of right ones). The valid rows chose the best checkpoint, so they"
        " flatter; the test rows had no part in training. All numbers are of the saved model, in 32-bit floating point;"
        " `n` counts rows.\n"
    )


def _with_interval(values: dict[str, Any], name: str, main: str) -> str:
    shown = number(values.get(name))
    interval = margins.known(values) if name == main else None
    return f"{shown} [{interval[0]:.4f}, {interval[1]:.4f}]" if interval else shown


def _thresholds(facts: Facts) -> str:
    """From which probability on each class is answered, where they do not exclude each other."""
    labels = facts.plan.spec.labels
    known = (modelfolder.chosen(facts.run.model) or {}).get("thresholds", {}) if facts.plan.task.several else {}
    if not known:
        return ""
    rows = [[plain(label), f"{known[label]:.3f}"] for label in labels[:200] if label in known]
    more = f"\n... and {len(known) - 200:,} more.\n" if len(known) > 200 else ""
    return (
        "## Thresholds\n\nAn input gets every class whose probability reaches its threshold, or none. They were chosen"
        " on the valid rows for a high F1: of a class that many of them have by its own decisions, of a rare one more"
        f" by those on all. They stand in `{modelfolder.CHOSEN}`.\n\n{table(['class', 'threshold'], rows)}{more}"
    )


def _data(facts: Facts) -> str:
    rows = facts.record["rows"]
    train, valid, test = (rows.get(split, 0) for split in SPLITS)
    lines = [
        f"- rows: {train:,} to train, {valid:,} to choose (valid), {test:,} to test",
        f"- fingerprint (SHA-256): `{facts.plan.spec.fingerprint}`",
    ]
    if facts.data is None:
        return "## Data\n\nThe dataset was gone when the model was exported.\n\n" + "\n".join(lines) + "\n"
    lines.insert(0, f"- name: {plain(facts.data.name)}")
    if facts.data.split_note:
        lines.append(f"- split: {plain(facts.data.split_note)}")
    lines.append(f"- left out, because they could not be read or used: {facts.data.skipped_count:,} rows")
    lines += mended(facts.data.mends)
    serious = [finding for finding in facts.data.findings if finding.severity != "info"]
    lines += [f"- noticed: {plain(finding.message)}" for finding in serious[:10]]
    counts = [[plain(label.name), f"{label.count:,}"] for label in facts.data.labels[:200]]
    more = f"\n... and {len(facts.data.labels) - 200:,} more.\n" if len(facts.data.labels) > 200 else ""
    counted = f"\n{table(['class', 'count'], counts)}{more}" if counts else ""
    return "## Data\n\n" + "\n".join(lines) + f"\n{counted}"


def mended(mends: Sequence[Mend]) -> list[str]:
    """What a person had mended in the data before training, a line each."""
    return [
        f"- mended before training: {plain(mend.code.replace('_', ' '))} ({mend.removed:,} rows taken out,"
        f" {mend.changed:,} changed)"
        for mend in mends
    ]


def _settings(facts: Facts) -> str:
    spec = facts.plan.spec
    values = {**spec.training.model_dump(), **spec.method_options, **spec.task_options}
    declared = (TrainingParams, facts.plan.method.options, facts.plan.task.options)
    defaults = {name: field.default for options in declared for name, field in options.model_fields.items()}
    differing = {name: value for name, value in values.items() if value != defaults[name]}
    changed = _listed({name: value for name, value in differing.items() if defaults[name] is not None})
    chosen = _listed({name: value for name, value in differing.items() if defaults[name] is None})
    learned = facts.record["facts"]
    rows = [[name, _setting(values[name]), _setting(defaults[name])] for name in values]
    seconds = facts.record["seconds"].get("total")
    return (
        "## Settings\n\n"
        f"Preset '{spec.preset}', model '{plain(telling(spec)['model'])}', method"
        f" '{facts.plan.method.name}'. Different from the fixed defaults: {changed}."
        f" Chosen for this run: {chosen}.\n\n"
        f"Trained on {plain(learned.get('device') or 'an unknown device')} in {learned.get('precision') or '?'}:"
        f" {facts.record['step']:,} steps, {number(seconds)} seconds in all;"
        f" {facts.record['trainable_parameters'] or 0:,} of {facts.record['total_parameters'] or 0:,} weights were"
        " trained.\n\n"
        f"{table(['setting', 'value', 'default'], rows)}"
    )


def _listed(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {_setting(value)}" for name, value in values.items()) or "none"


def _setting(value: Any) -> str:
    return "unset" if value is None else f"{value:g}" if isinstance(value, float) else plain(value)


def _licenses(facts: Facts) -> str:
    return (
        "## Licences\n\n"
        f"- Starting weights ({plain(facts.origin.label)}): {plain(facts.origin.license)}. Weights that were fine-tuned"
        " from others stay under the licence of those.\n"
        "- Data: whoever shares this model has to know that their licence allows it."
        f"{' `selftest.json` holds a few rows of them.' if facts.real_tests else ''}\n"
    )
