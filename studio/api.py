"""Everything the studio can do, as one object without a browser. The page and the command line are two faces of it.

Results are plain data (dicts and lists that print as JSON). Nothing here loads torch, transformers or datasets: what
needs them runs in processes of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from studio import diagnosis, drafts, forecasts, janitor, models, processes
from studio.catalog import unknown
from studio.choices import Choices, Data, Report, silent
from studio.data import checkup, store, upload
from studio.data.store import DatasetRecord
from studio.data.upload import ImportRequest as ImportRequest  # the faces import what they pass from here
from studio.errors import RequestError, UnknownName
from studio.export import exporter
from studio.inference import client
from studio.machine import Machine as Machine
from studio.machine import look as look_at_machine
from studio.methods import METHODS
from studio.options import describe
from studio.plan import Wish as Wish
from studio.results import Results
from studio.runs import curves, jobs, listing, meant, output, queue
from studio.runs import store as run_store
from studio.runs.curves import Tail as Tail
from studio.runs.deltas import Feed as Feed
from studio.runs.jobs import LONGEST_NAME as LONGEST_NAME
from studio.runs.queue import Where as Where
from studio.runs.recovery import Recovery
from studio.settings import Mode, Settings
from studio.spec import RunSpec, TrainingParams
from studio.tasks import TASKS

OWNER = "local"


class Studio:
    """One workspace and everything that can be done in it. Every failure is a `StudioError`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.choices = Choices(settings)
        self.results = Results(settings)
        self._recovery = Recovery(settings.runs, settings.auto_resume)

    # Data ------------------------------------------------------------------------------------------------------------

    def import_dataset(self, request: ImportRequest, report: Report = silent) -> Data:
        """Read a file into a dataset; the same file with the same options is read once."""
        janitor.make_room(self.settings)
        record = upload.import_dataset(self.settings, request, report)
        return store.summary(self._folder(record))

    def datasets(self) -> list[Data]:
        return [
            {"dataset": r.id, "name": r.name, "task": r.task, "rows": r.rows, "splits": r.splits, "created": r.created}
            for r in store.every(self.settings.datasets)
        ]

    def dataset(self, reference: str) -> Data:
        return store.summary(self._folder(store.find(self.settings.datasets, reference)))

    def rows(self, reference: str, split: str, start: int, stop: int) -> Data:
        """Some rows of a split as columns."""
        return store.read_rows(self._folder(store.find(self.settings.datasets, reference)), split, start, stop)

    def checkup(self, reference: str, fix: Sequence[str] = (), report: Report = silent) -> Data:
        """The findings of a dataset; with `fix`, the mended copy instead."""
        record = store.find(self.settings.datasets, reference)
        if fix:
            record = checkup.mend(self.settings, record, tuple(fix), report)
        return store.summary(self._folder(record))

    def _folder(self, record: DatasetRecord) -> Path:
        return self.settings.datasets / record.id

    # Choices ---------------------------------------------------------------------------------------------------------

    def tasks(self) -> list[Data]:
        return [
            {"name": t.name, "label": t.label, "summary": t.summary, "modality": t.modality.value, "metric": t.metric}
            for t in TASKS.values()
        ]

    def methods(self) -> list[Data]:
        """`continues`: whether other runs can start from what a run of it leaves."""
        said = ("name", "label", "summary")
        return [{n: getattr(m, n) for n in said} | {"continues": m.merge is not None} for m in METHODS.values()]

    def models(self) -> list[Data]:
        """The menu of starting weights."""
        fields = ("label", "size_mb", "parameters", "license", "languages", "advice", "data", "terms")
        return [
            {"name": choice.checkpoint.id, "family": choice.family_name}
            | {name: getattr(choice.checkpoint, name) for name in fields}
            | {"offline": choice.offline, "note": choice.note}
            for choice in models.menu(self.settings.runs)
        ]

    def options(self, task: str, method: str) -> list[Data]:
        """Every option of a run of this task and method, with default, bounds and help."""
        declared = (
            *describe(TrainingParams),
            *describe(METHODS[method].options, "method"),
            *describe(TASKS[task].options, "task"),
        )
        return [asdict(option) for option in declared]

    # Runs ------------------------------------------------------------------------------------------------------------

    def draw_up(self, dataset: str, model: str | None, wish: Wish) -> RunSpec:
        """The spec of the run that would be started, or an error that names every problem at once."""
        return drafts.draw_up(self.settings, dataset, model, wish).spec

    def warnings(self, dataset: str, model: str | None, wish: Wish) -> list[Data]:
        """What a person should know before starting this run, each with a code and a sentence."""
        draft = drafts.draw_up(self.settings, dataset, model, wish)
        found = diagnosis.before_start(draft.spec, draft.record, draft.resolved, draft.folder, self.settings.runs)
        measured = forecasts.known(self.settings, draft.spec)
        return found + diagnosis.little_memory(draft.spec, measured, look_at_machine())

    def start(
        self,
        dataset: str,
        model: str | None = None,
        wish: Wish | None = None,
        name: str = "",
        spawn: bool = True,
        ticket: str = "",
    ) -> Data:
        """Queue a run and spawn its worker, or leave that to whoever asked; returns at once with the run's record. One
        `ticket` starts one run, however often and on however many servers it is shown."""
        draft = drafts.draw_up(self.settings, dataset, model, wish or Wish())
        janitor.make_room(self.settings, diagnosis.disk_bytes(draft.spec))
        name = jobs.clean_name(name or f"{draft.record.name} {draft.spec.method}"[:LONGEST_NAME])
        with jobs.entrance(self.settings.runs, self.settings.limits.queue_length, ticket) as known:
            drafts.check_there(self.settings, draft)
            place = queue.last_place(self.settings.runs)
            run = known or run_store.create(self.settings.runs, draft.spec, name, OWNER, ticket, place)
            if not spawn:
                run_store.change_meta(run, by_hand=True)
            elif known is None:
                jobs.spawn(run)
        return run_store.record(run)

    def forecast(self, dataset: str, model: str | None, wish: Wish, report: Report = silent) -> Data:
        """Measured cost of a run, by a few real steps in a process of its own."""
        spec = self.draw_up(dataset, model, wish)
        return forecasts.within(jobs.forecast(self.settings.runs, spec, report), spec.training)

    def runs(self) -> list[Data]:
        """All runs, newest first, a short record each."""
        return [listing.summary(run) for run in run_store.every(self.settings.runs)]

    def show(self, reference: str) -> Data:
        return run_store.record(self._run(reference))

    def curves(self, reference: str) -> dict[str, list[tuple[int, float]]]:
        """Every curve of a run: tag to points (optimizer step, value)."""
        return curves.read(self._run(reference).curves)

    def tail(self, reference: str) -> Tail:
        """The curves of a run that may still grow: each `poll` reads what was added since."""
        return Tail(self._run(reference).curves)

    def feed(self, reference: str) -> Feed:
        """The curves and the status of a run for everybody who follows them: what each has not seen yet."""
        run = self._run(reference)
        return Feed(Tail(run.curves), lambda: self._run(run.id).status().value)

    def log(self, reference: str, most: int | None = None) -> str:
        """What the run's worker wrote to its output: the last part, at most `most` bytes, control characters made
        harmless."""
        limit = self.settings.limits.log_bytes
        return output.tail(self._run(reference), limit if most is None else min(most, limit))

    def stop(self, reference: str, discard: bool = False) -> Data:
        run = self._only(reference)
        jobs.stop(run, discard)
        return run_store.record(run)

    def resume(self, reference: str) -> Data:
        run = self._only(reference)
        janitor.make_room(self.settings, diagnosis.disk_bytes(run.spec()))
        with jobs.entrance(self.settings.runs, self.settings.limits.queue_length):
            jobs.resume(run)
        return run_store.record(run)

    def move(self, reference: str, where: str) -> list[Data]:
        """Move a waiting run in its line: up, down, first or last. Returns the queue, as `results.queue` does."""
        if where not in tuple(Where):
            raise unknown("way to move", where, tuple(Where))
        jobs.move(self._only(reference), Where(where))
        return self.results.queue()

    def rename(self, reference: str, name: str) -> Data:
        run = self._only(reference)
        run_store.change_meta(run, name=jobs.clean_name(name))
        return run_store.record(run)

    def delete(self, reference: str) -> Data:
        run = self._only(reference)
        jobs.delete(run)
        return {"run": run.id, "deleted": True}

    def recover(self) -> list[Data]:
        """Give the runs that wait but have lost their worker (a crash, a restart of the machine) a new one each; with
        the setting `auto_resume` also those that had begun."""
        return [listing.summary(run) for run in self._recovery.look()]

    def takes_workers_along(self) -> bool:
        """Whether the end of this process is that of all workers: in a container whose first process it is."""
        return processes.take_all_along()

    def pause(self) -> None:
        """Ask all workers to save and end; none of them gets a new one from here. Their runs can be resumed."""
        self._recovery.rest()
        jobs.pause(self.settings.runs)

    def at_rest(self, seconds: float) -> bool:
        """Whether all workers have ended within so many seconds."""
        return jobs.at_rest(self.settings.runs, seconds)

    def _run(self, reference: str) -> run_store.Run:
        return run_store.find(self.settings.runs, reference)

    def _only(self, reference: str) -> run_store.Run:
        return meant.only(self.settings.runs, reference)

    # Results ---------------------------------------------------------------------------------------------------------

    def predict(self, source: str, rows: Sequence[Mapping[str, Any]]) -> list[Data]:
        """Predictions for rows of input columns (texts, words, or paths of images), by a run or an exported model."""
        with client.predictor(self._model(source), self.settings) as predictor:
            return predictor.predict(rows)

    def predict_file(self, source: str, file: Path, report: Report = silent) -> list[Data]:
        """Predictions for every row of a file, in the file's order; rows that cannot be read say why."""
        with client.predictor(self._model(source), self.settings) as predictor:
            return predictor.predict_file(file, report)

    def evaluate(self, reference: str, file: Path, report: Report = silent) -> Data:
        """The metrics of a run's model on the labelled rows of a file."""
        run = meant.with_model(self.settings.runs, reference)
        with client.predictor(client.trained(run), self.settings) as predictor:
            return predictor.evaluate(file, report)

    def export(self, reference: str, format: str, out: Path) -> Data:
        """Write a finished run as a zip that stands alone."""
        return exporter.export(meant.with_model(self.settings.runs, reference), format, out)

    def _model(self, source: str) -> Path:
        """A run, or a path to an exported folder or zip."""
        try:
            return client.trained(meant.with_model(self.settings.runs, source))
        except UnknownName:
            path = Path(source).expanduser()
            if path.exists() and self.settings.mode is Mode.LOCAL:  # elsewhere nobody names a path of this machine
                return path
            raise RequestError(
                f"There is no run, folder or zip '{source}'.", next="'runs' lists the runs of this workspace."
            ) from None

    # This installation -----------------------------------------------------------------------------------------------

    def doctor(self) -> list[Data]:
        """What this installation has and lacks: a list of checks with what was found and what to do."""
        return diagnosis.installation(self.settings, self.models())

    def machine(self) -> Machine:
        """How busy this machine is."""
        return look_at_machine()

    def room(self) -> Data:
        """What the workspace takes on its disk, by parts, and what of it can be spared."""
        return janitor.room(self.settings)

    def tidy(self) -> Data:
        """Remove what can be made again or is needed no more; `bytes` is what went."""
        return janitor.tidy(self.settings)

    def limits(self) -> list[Data]:
        """What this installation allows: `name`, `value`, `help`, and the `variable` that sets it."""
        return [
            {"name": name, "value": getattr(self.settings.limits, name), "help": field.description}
            | {"variable": f"STUDIO_LIMITS_{name.upper()}"}
            for name, field in type(self.settings.limits).model_fields.items()
        ]

    def simulate(self, fault: str, report: Report = silent) -> Data:
        """Run a small job, break it on purpose, and show that it recovers."""
        from studio import simulation

        return simulation.simulate(self, fault, report)
