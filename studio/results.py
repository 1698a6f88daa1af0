"""What came of runs, for the page: results, examples, the run doctor, questions to a model, downloads.

Made by `api.Studio`. Results are plain data, and failures are `StudioError`s; whatever needs torch runs in a process of
its own. What was read once is kept while its files do not change.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Generic, TypeVar, Unpack

from studio import files, forecasts
from studio.data import store as datasets
from studio.data.store import DatasetRecord
from studio.errors import UnknownName, WrongState
from studio.export import shelf
from studio.identifiers import is_id, new_id
from studio.inference import client
from studio.inference.desk import Desk
from studio.janitor import PREDICTIONS
from studio.runs import case, doctor, listing, outcome, queue, verdicts
from studio.runs import store as run_store
from studio.runs.curves import Curves, Tail
from studio.runs.outcome import Choice, Outcome
from studio.runs.store import Run
from studio.settings import Settings
from studio.spec import RunSpec
from studio.spreadsheet import as_csv

Data = dict[str, Any]
Report = Callable[[Data], None]
T = TypeVar("T")

SHOWN = 100  # rows of a file's predictions that are handed over; all are in the file
KEPT_HOURS = 24  # of files with predictions
_OUTCOMES, _TAILS, _LINES = 4, 16, 2000  # how many of each are kept in memory


class Results:
    """The room `studio.results`: one workspace seen from the end of its runs. Threads may share it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._desk = Desk(settings)
        self._outcomes: _Memory[tuple[Outcome, Data]] = _Memory(_OUTCOMES)
        self._tails: _Memory[Tail] = _Memory(_TAILS)
        self._lines: _Memory[Data] = _Memory(_LINES)
        self._reading = threading.Lock()

    # Results ---------------------------------------------------------------------------------------------------------

    def summary(self, run: str) -> Data:
        """Metrics, baselines, per-class table, confusion and verdicts; empty parts where there is nothing yet.

        What is returned is shared: look at it, do not change it.
        """
        return self._outcome(self._run(run))[1]

    def examples(self, run: str, **choice: Unpack[Choice]) -> Data:
        """`total` and `items`: held-out rows with target and answer; `order` is "score" (surest first) or "place".

        Rows with numbers have `target`, `number` and how far `off` it is; "score" puts the largest error first. Rows
        that may have several classes have lists, `target` and `labels`; "score" puts the surest wrong decision first.
        `true` and `predicted` are classes, tags or kinds of entities; `wrong=True` leaves only mistakes. An item has
        its `index` in the split, what the run kept of it (`line`, `target`, `label` or `tags`, `score`), and the input:
        `text`, `tokens`, or for images `image`, its index in the dataset; none where the dataset is gone.
        """
        found = self._run(run)
        read = self._outcome(found)[0]
        return outcome.examples(read, self.settings.datasets / read.spec.dataset, choice)

    def by_confidence(self, run: str) -> list[Data]:
        """Coverage and accuracy when only answers that are at least `threshold` sure count; empty before the end."""
        kept = self._outcome(self._run(run))[0].kept
        return outcome.by_confidence(kept) if kept else []

    def health(self, run: str) -> list[Data]:
        """The run doctor's findings, worst first, each with at most one fix; of a live run what can be said already."""
        found = self._run(run)
        read, summary = self._outcome(found)
        return doctor.examine(case.gather(found, self._curves(found), read, summary["classes"]))

    def _outcome(self, run: Run) -> tuple[Outcome, Data]:
        stamp = outcome.stamp(run)

        def read() -> tuple[Outcome, Data]:
            found = outcome.read(run)
            return found, outcome.summary(found, verdicts.of(found, self._dataset(found.spec.dataset)))

        return self._outcomes.get(run.id, stamp, read)

    def _dataset(self, identifier: str) -> DatasetRecord | None:
        with suppress(UnknownName, WrongState, FileNotFoundError):
            return datasets.find(self.settings.datasets, identifier)
        return None

    # Runs side by side -----------------------------------------------------------------------------------------------

    def timeline(self, run: str) -> list[Data]:
        """What happened to a run, in order: `event`, `at` (seconds since 1970), `seconds` since the run was made."""
        return listing.timeline(self._run(run))

    def queue(self) -> list[Data]:
        """Active and waiting runs in their order: `position` 0 is at work, `starts_in` are seconds or None."""
        return queue.listing(self.settings.runs, self._cost)

    def _cost(self, spec: RunSpec) -> float | None:
        found = forecasts.known(self.settings, spec)
        return float(found["seconds"]) if found else None

    def sparkline(self, run: str, points: int = 40) -> Data:
        """A small curve: `tag` and up to `points` `values` of the main metric, or of the training loss before that."""
        found = self._run(run)
        stamp = (points, *((path.name, path.stat().st_size) for path in sorted(found.curves.glob("*"))))
        return self._lines.get(
            found.id, stamp, lambda: listing.sparkline(found.spec(), self._curves(found, once=True), points)
        )

    def compare(self, runs: Sequence[str]) -> Data:
        """The settings that differ between runs, and the metrics and costs of each."""
        return listing.compare([self._run(run) for run in runs], self.settings.datasets)

    def _curves(self, run: Run, once: bool = False) -> Curves:
        """A copy of the run's curves; with `once`, without keeping what was read."""
        tail = Tail(run.curves) if once else self._tails.get(run.id, None, lambda: Tail(run.curves))
        with self._reading:
            tail.poll()
            return {name: list(points) for name, points in tail.curves.items()}

    # Questions to a model --------------------------------------------------------------------------------------------

    def ask(self, run: str, rows: Sequence[Mapping[str, Any]]) -> list[Data]:
        """One answer per row, as `Studio.predict`, by a process that is kept warm for two minutes."""
        return self._desk.ask(self._run(run), rows)

    def ask_file(self, run: str, file: Path, report: Report) -> Data:
        """Predictions for every row of a file: the first `rows`, their `count`, how many `failed`, and a CSV of all.

        `path` is that file; `id` names it to `predictions`. The model is asked in a process of its own, so that a large
        file does not keep others from asking.
        """
        found, folder = self._run(run), self._tables()
        with client.predictor(client.trained(found), self.settings) as predictor:
            answers = predictor.predict_file(file, report)
        identifier = new_id()
        path = folder / f"{found.id}-{identifier}.csv"
        files.write_bytes(path, as_csv(answers))
        failed = sum("error" in row for row in answers)
        shown = {"rows": answers[:SHOWN], "count": len(answers), "failed": failed}
        return shown | {"path": str(path), "id": identifier}

    def predictions(self, run: str, id: str = "") -> Data:
        """A CSV file as `path`, and its `name` for who downloads it.

        With an `id`, the predictions that `ask_file` made; without, those for the held-out rows. Raises UnknownName,
        WrongState (nothing was predicted yet).
        """
        found, folder = self._run(run), self._tables()
        if id:
            path = folder / f"{found.id}-{id}.csv"
            if not (is_id(id) and path.is_file()):
                raise UnknownName("These predictions are gone.", next="Ask the model again.")
            return {"path": str(path), "name": shelf.file_name(found, "predictions.csv")}
        read = self._outcome(found)[0]
        if not read.rows:
            raise WrongState("The run has made no predictions yet.", next="Wait until it is finished.")
        path = folder / f"{found.id}-{read.split}.csv"
        if not path.is_file() or path.stat().st_mtime < found.metrics_file.stat().st_mtime:
            rows = self.examples(found.id, order="place", count=read.rows)["items"]
            files.write_bytes(path, as_csv(rows))
        return {"path": str(path), "name": shelf.file_name(found, f"{read.split}-predictions.csv")}

    def _tables(self) -> Path:
        """The folder of tables with predictions, without those of yesterday."""
        folder = files.make_folder(self.settings.workspace / PREDICTIONS)
        for path in folder.glob("*.csv"):
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > KEPT_HOURS * 3600:
                    files.remove(path)
        return folder

    def close(self) -> None:
        """End the process that is kept warm."""
        self._desk.close()

    # Downloads -------------------------------------------------------------------------------------------------------

    def formats(self, run: str) -> list[Data]:
        """The export formats, each with an `obstacle` in words, or an empty text where there is none. `ready` is what
        `exported` would return at once, or None."""
        return shelf.formats(self._run(run))

    def exported(self, run: str, format: str) -> Data:
        """`path`, `name`, `bytes`, `sha256`, `license`, `terms`, `files` of a run's zip, made again when it changed."""
        return shelf.exported(self._run(run), format)

    def _run(self, reference: str) -> Run:
        return run_store.find(self.settings.runs, reference)


class _Memory(Generic[T]):
    """Values by key, each good for as long as its stamp stays the same; the ones least looked at give way."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._guard = threading.Lock()
        self._values: OrderedDict[str, tuple[Hashable, T]] = OrderedDict()

    def get(self, key: str, stamp: Hashable, make: Callable[[], T]) -> T:
        """The value, made if there is none of this stamp. Two who ask at once may both make it."""
        with self._guard:
            found = self._values.get(key)
            if found is not None and found[0] == stamp:
                self._values.move_to_end(key)
                return found[1]
        value = make()
        with self._guard:
            self._values[key] = (stamp, value)
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value
