"""The process that builds an export: `python -m studio.export.builder <run folder> <format> <zip to write>`.

Loads the trained model, lets the format write it, adds what makes the zip stand alone, packs it, and says on standard
output what it wrote, or what went wrong. An end on request leaves nothing behind.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Any

from studio import files, processes
from studio.export import archive, card, origin, program, selftest
from studio.export.formats import FORMATS
from studio.export.formats._format import Format, Materials, Written
from studio.inference import dialogue, layout
from studio.runs import store
from studio.runs.store import Run

# Where a library keeps the folder it read from, or how it was asked to: of no use to others.
_OWN_AFFAIRS = (
    "_name_or_path",
    "name_or_path",
    "tokenizer_file",
    "vocab_file",
    "merges_file",
    "is_local",
    "local_files_only",
)
_CONFIGS = ("config.json", "tokenizer_config.json", "preprocessor_config.json", "adapter_config.json")


def build(run: Run, format: Format, out: Path) -> dict[str, Any]:
    """Write the zip; returns its record. Raises any StudioError of loading the model or of writing."""
    from studio.inference import trained

    materials = Materials(run, trained.of_run(run))
    with files.temporary_folder(run.folder.parent.parent) as work:
        folder = files.make_folder(work / "export")
        written = format.write(materials, folder)
        _clean(folder, materials)
        facts = _describe(materials, format, written, folder)
        with files.staged_file(out) as staged:
            names = archive.write(folder, staged)
    return {
        "format": format.name,
        "path": str(out),
        "bytes": out.stat().st_size,
        "files": names,
        "license": facts.origin.license,
        "terms": run.spec().terms,
    }


def _clean(folder: Path, materials: Materials) -> None:
    """Take what concerns this machine alone out of the configs, and let the tokenizer cut where the studio does."""
    for path in sorted(folder.rglob("*.json")):
        if path.name in _CONFIGS:
            config = files.read_json(path)
            kept = {name: value for name, value in config.items() if name not in _OWN_AFFAIRS}
            if path == folder / "tokenizer_config.json":
                kept["model_max_length"] = materials.trained.limits.max_length
            files.write_json(path, kept)


def _describe(materials: Materials, format: Format, written: Written, folder: Path) -> card.Facts:
    """Everything beside the model itself."""
    from studio.inference import trained

    run, plan = materials.run, materials.trained.plan
    facts = card.Facts(
        run=run,
        plan=plan,
        record=store.record(run),
        data=layout.dataset_record(run),
        origin=origin.of_run(run),
        format=format,
        start=written.start,
        max_length=trained.max_length_of(run),
        real_tests=selftest.write(materials, written, folder),
    )
    texts = {
        "README.md": card.text(facts),
        "predict.py": program.source(plan.task, written.start, plan.spec.enlarged_from, materials.trained.characters),
        "requirements.txt": program.requirements(plan.task, written.start),
    }
    for name, content in program.modules(plan.task, plan.spec.enlarged_from).items():
        files.write_bytes(folder / name, content)
    for name, text in texts.items():
        files.write_bytes(folder / name, text.encode("utf-8", "replace"))
    files.write_json(folder / "labels.json", list(plan.spec.labels))
    files.write_json(folder / layout.ABOUT, _about(facts))
    return facts


def _about(facts: card.Facts) -> dict[str, Any]:
    """`studio.json`: what the studio itself needs to use the model again, and what is needed to repeat the run."""
    data = facts.data
    return {
        "version": layout.VERSION,
        "format": facts.format.name,
        "spec": origin.telling(facts.plan.spec),
        "max_length": facts.max_length,
        "characters": layout.characters_of(facts.run.folder),
        "data": {
            "fingerprint": facts.plan.spec.fingerprint,
            "rows": facts.record["rows"],
            "name": data.name if data else None,
            "splits": data.splits if data else None,
            "split_note": data.split_note if data else None,
            "columns": {use.role: use.name for use in data.columns if use.role} if data else {},
            "options": data.options if data else {},
        },
        "start": {"label": facts.origin.label, "license": facts.origin.license, "hub": facts.origin.hub},
        "metrics": facts.record["metrics"],
        "baseline": facts.record["baseline"],
        "environment": files.read_json(facts.run.environment_file),
    }


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(1)  # through every `with`, so that nothing unfinished stays


def main(arguments: list[str]) -> int:
    output = dialogue.own_output()
    signal.signal(signal.SIGTERM, _end)
    run, out = Run(Path(arguments[0])), Path(arguments[2])
    reply = dialogue.answered(lambda: build(run, FORMATS[arguments[1]], out), run.folder.parent.parent)
    dialogue.say(output, reply)
    return 1 if dialogue.ERROR in reply else 0


if __name__ == "__main__":
    processes.leave(main(sys.argv[1:]))
