"""Gradio's named endpoints: the command line's verbs with the same fields, so that `gradio_client` can do it all.

Files come as uploads of the client (`handle_file`), never as paths of this machine, and what is written goes out
through a download address.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

import gradio as gr
from gradio.events import api
from pydantic import TypeAdapter, ValidationError

from studio.api import ImportRequest, Studio, Wish
from studio.errors import RequestError, StudioError
from studio.ui.shared import guarded, told
from studio.ui.uploads import kept, known_sample, uploaded
from studio.ui.words import speaker

Data = dict[str, Any]
Actions = tuple[Callable[..., Any], ...]
MOST_ROWS = 1000  # of one question: the model answers them one after the other, and others wait


def add(studio: Studio) -> None:
    """Register the endpoints on the Blocks being built. Their words are English, like those of the command line."""
    for action in (*_data(studio), *_labels(studio), *_training(studio), *_queue(studio), *_results(studio)):
        name = action.__name__
        api(
            guarded(_checked(action), studio, _spoken),
            api_name=name,
            api_description=action.__doc__,
            concurrency_id=f"endpoint-{name}",
        )


def _spoken(error: StudioError) -> gr.Error:
    """Plain sentences: a program prints them, or puts them where it likes."""
    return gr.Error(" ".join(told(error, speaker("en"))), print_exception=False)


def _checked(action: Callable[..., Data]) -> Callable[..., Data]:
    """The action for arguments of the kinds that it declares. What a client does not give, or gives as null, has its
    default.

    Raises RequestError for others: a client may send any JSON.
    """
    hints, parameters = get_type_hints(action), inspect.signature(action).parameters
    kinds = {name: TypeAdapter(hints[name]) for name in parameters}

    @functools.wraps(action)
    def call(*given: Any) -> Data:
        clean = {}
        for (name, parameter), value in zip(parameters.items(), given, strict=False):
            if value is None and parameter.default is not inspect.Parameter.empty:
                continue
            try:
                clean[name] = kinds[name].validate_python(value)
            except ValidationError as error:
                raise RequestError(f"{name}: {error.errors()[0]['msg']}.") from None
        return action(**clean)

    return call


def _data(studio: Studio) -> Actions:
    def import_dataset(
        file: list[Data] | Data | None = None,
        sample: str = "",
        task: str = "",
        options: Data | None = None,
        valid: Data | None = None,
        test: Data | None = None,
    ) -> Data:
        """Read an uploaded file (a list of several archives and images, or a sample by its name) into a dataset;
        `valid` and `test` are files of rows to choose by and to test on."""
        if (not file) == (not sample):
            raise RequestError("Give either a file or the name of a sample.")
        source = known_sample(studio, sample) if sample else kept(studio, file)
        choosing, testing = (kept(studio, one) if one else None for one in (valid, test))
        request = ImportRequest(source, task or None, _texts(options), choosing, testing, sample or None)
        return public(studio.import_dataset(request))

    def datasets() -> Data:
        """All datasets, newest first."""
        return {"items": studio.datasets()}

    def checkup(dataset: str, fix: list[str] | None = None) -> Data:
        """What is odd about a dataset; with `fix`, the mended copy instead."""
        return public(studio.checkup(dataset, tuple(map(str, fix or ()))))

    return import_dataset, datasets, checkup


def _labels(studio: Studio) -> Actions:
    def suspects(
        dataset: str,
        model: str = "",
        most: int = 20,
        relabel: Data | None = None,
        drop: list[int | str] | None = None,
    ) -> Data:
        """The rows whose label is probably wrong, the surest first; with `relabel` (row to class) or `drop` (rows), the
        corrected copy instead."""
        changes: dict[int, str | None] = {_row_number(row): str(label) for row, label in (relabel or {}).items()}
        changes |= {_row_number(row): None for row in drop or ()}
        if changes:
            return public(studio.choices.relabel(dataset, changes))
        found = studio.choices.suspects(dataset, model or None)
        return studio.choices.known_suspects(dataset, 0, max(0, int(most))) or found

    return (suspects,)


def _training(studio: Studio) -> Actions:
    def forecast(
        dataset: str, model: str = "", method: str = "", preset: str = "", changes: Data | None = None
    ) -> Data:
        """What a run would cost here, measured by a few real steps."""
        return studio.choices.forecast(dataset, model or None, _wish(method, preset, changes))

    def train(
        dataset: str, model: str = "", method: str = "", preset: str = "", changes: Data | None = None, name: str = ""
    ) -> Data:
        """Queue a run; returns its record at once."""
        return public(studio.start(dataset, model or None, _wish(method, preset, changes), name))

    def runs() -> Data:
        """All runs, newest first."""
        return {"items": studio.runs()}

    def show(run: str) -> Data:
        """Everything about a run."""
        return public(studio.show(run))

    def stop(run: str, discard: bool = False) -> Data:
        """Ask a run to end after its current step."""
        return public(studio.stop(run, bool(discard)))

    def resume(run: str) -> Data:
        """Go on from a run's last checkpoint."""
        return public(studio.resume(run))

    return forecast, train, runs, show, stop, resume


def _queue(studio: Studio) -> Actions:
    def queue() -> Data:
        """The runs at work (`position` 0), then those that wait, in their order, with the seconds until they start."""
        return {"items": studio.results.queue()}

    def move(run: str, where: str) -> Data:
        """Give a waiting run another place: "up", "down", "first" or "last"; returns the queue."""
        return {"items": studio.move(run, where)}

    def room() -> Data:
        """What the workspace takes on its disk, by parts, and what of it can be spared."""
        return studio.room()

    def limits() -> Data:
        """What this installation allows."""
        return {"items": studio.limits()}

    return queue, move, room, limits


def _results(studio: Studio) -> Actions:
    def predict(run: str, rows: list[Any]) -> Data:
        """The model's answers to rows such as {"text": "..."} or {"image": handle_file("...")}."""
        if not all(isinstance(row, dict) for row in rows):
            raise RequestError("Each row is an object such as {'text': '...'}.")
        if len(rows) > MOST_ROWS:
            raise RequestError(f"At most {MOST_ROWS:,} rows are answered at once.", next="Ask in parts.")
        return {"predictions": studio.results.ask(run, [_row(row) for row in rows])}

    def curves(run: str) -> Data:
        """Every curve of a run: tag to pairs of step and value."""
        return {"tags": studio.curves(run)}

    def export(run: str, format: str = "model") -> Data:
        """Build the zip of a finished run; `url` is where it can be downloaded from this address."""
        found = studio.results.exported(run, format)
        record = studio.show(run)
        return {k: v for k, v in found.items() if k != "path"} | {"url": f"/download/{record['run']}/{format}.zip"}

    return predict, curves, export


def _row(row: Mapping[str, Any]) -> Data:
    """A row in which uploads stand as their files. An image is an upload, never a path of this machine."""
    clean = {str(name): uploaded(value) if isinstance(value, dict) else value for name, value in row.items()}
    if isinstance(row.get("image"), str):
        raise RequestError("An image is given as an uploaded file.", next="Use handle_file('picture.jpg').")
    return {name: str(value) if name == "image" else value for name, value in clean.items()}


def _row_number(row: object) -> int:
    shown = str(row)
    if not shown.isdecimal() or len(shown) > 12:
        raise RequestError("A row is a number.", next="Rows are the numbers that /suspects lists.")
    return int(shown)


def _wish(method: str, preset: str, changes: Data | None) -> Wish:
    return Wish(method=method or None, preset=preset or None, changes=dict(changes or {}))


def _texts(options: Data | None) -> dict[str, str]:
    return {str(name): str(value) for name, value in (options or {}).items()}


def public(record: Data) -> Data:
    """A record without the places on this machine's disk."""
    return {name: value for name, value in record.items() if name != "folder"}
