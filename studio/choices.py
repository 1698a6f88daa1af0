"""The room of the front door where a run is prepared: bringing data, looking at them, choosing, and knowing the cost.

`Studio.choices` is one of these. Results are plain data that print as JSON; every failure is a `StudioError`. Nothing
here loads torch, transformers or datasets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from studio import cards, diagnosis, drafts, forecasts, gpus, guides, janitor, lengths, models, rerun, suspects
from studio.contracts import Modality
from studio.data import checkup, overview, store, thumbnails, uploads
from studio.data.samples import SAMPLES
from studio.data.store import DatasetRecord
from studio.data.uploads import Correction
from studio.errors import PlanError, StudioError, WrongState
from studio.families import FAMILIES
from studio.methods import METHODS
from studio.plan import Wish
from studio.runs import jobs
from studio.runs import store as runs
from studio.settings import Settings
from studio.tasks import TASKS

Data = dict[str, Any]
Report = Callable[[Data], None]


def silent(_: Data) -> None:
    """A report that nobody reads."""


class Choices:
    """What can be brought and chosen in one workspace."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    # Data ------------------------------------------------------------------------------------------------------------

    def keep_uploads(self, brought: Sequence[tuple[Path, str]]) -> Path:
        """Give files that were uploaded at once, each with its name, the place where they stay; several are one folder.

        Raises MissingFile, LimitError, EmptyFile, StorageError.
        """
        return uploads.keep_all(self.settings, brought)

    def gather(self, paths: Sequence[Path]) -> Path:
        """Copies of several files of this machine in one folder, to be imported together. Raises what
        `keep_uploads` raises."""
        return uploads.gather(self.settings, paths)

    def clean_uploads(self, hours: float) -> None:
        """Remove uploads older than that which no dataset came from, and what imports that were cut off have left."""
        uploads.clean(self.settings, hours)

    def clear_incoming(self, hours: float) -> None:
        """Remove uploads that arrived that long ago and became nothing, and those that broke off."""
        janitor.clear_incoming(self.settings, hours)

    def no_room(self, needed: int) -> str:
        """Why an upload of so many bytes finds no room; empty if it does."""
        return janitor.refusal(self.settings, needed)

    def samples(self) -> list[Data]:
        """The sample datasets; `name` is what is imported by."""
        return [
            {"name": s.name, "label": s.label, "task": s.task, "rows": s.rows, "license": s.license}
            for s in SAMPLES.values()
        ]

    def correct(
        self,
        dataset: str,
        task: str | None = None,
        options: Mapping[str, str] | None = None,
        name: str | None = None,
        report: Report = silent,
    ) -> Data:
        """The summary of a dataset read in another way from the same files. `options` are laid over those it was read
        with; "" takes one back. The dataset as it was is removed unless a run uses it.

        Raises WrongState where a file is gone or has changed, and all that an import raises.
        """
        record = self._record(dataset)
        janitor.make_room(self.settings)
        corrected = uploads.correct(self.settings, record, Correction(task, options, name), report)
        with jobs.queue_to_ourselves(self.settings.runs):
            if corrected.id != record.id and not self._users(record):
                uploads.forget(self.settings, record)
        return store.summary(self._folder(corrected))

    def suspects(self, dataset: str, model: str | None = None, report: Report = silent) -> Data:
        """Rows whose label is probably wrong, judged by what a model's network says of the others as it is: `suspects`
        (`row` counts over train, valid and test; `label`, `suggested`, `own` and `other` probability, `suspected`),
        the surest first, and how many `rows` were looked at. Kept with the dataset.

        Raises WrongState where rows have no label of their own, what a plan raises, and TrainingError.
        """
        janitor.make_room(self.settings)
        return suspects.look(self.settings, self._record(dataset), model, report)

    def known_suspects(self, dataset: str, start: int = 0, stop: int = 20) -> Data | None:
        """What was found when the labels were last looked through, with some suspects as rows (`input`, `line`,
        `split`); None where they were not looked through."""
        record = self._record(dataset)
        found = suspects.known(self.settings, record)
        if found is None:
            return None
        return found | {"suspects": suspects.shown(self.settings, record, found, start, stop)}

    def relabel(self, dataset: str, changes: Mapping[int, str | None], report: Report = silent) -> Data:
        """A copy of a dataset with other classes for some rows, counted over train, valid and test; None takes a row
        out. Raises InvalidOption, and what a mend raises."""
        record = checkup.correct(self.settings, self._record(dataset), changes, report)
        return store.summary(self._folder(record))

    def delete_dataset(self, dataset: str) -> Data:
        """Remove a dataset, and the uploads it alone came from. Raises WrongState if a run uses it."""
        record = self._record(dataset)
        with jobs.queue_to_ourselves(self.settings.runs):
            self._forget(record)
        return {"dataset": record.id, "deleted": True}

    def _forget(self, record: DatasetRecord) -> None:
        users = self._users(record)
        if users:
            shown = ", ".join(users[:5]) + (f" and {len(users) - 5:,} more" if len(users) > 5 else "")
            raise WrongState(
                f"The dataset '{record.name}' cannot be deleted: runs use it.",
                why=f"They need it to be resumed and looked at: {shown}.",
                next="Delete those first.",
            )
        uploads.forget(self.settings, record)

    def overview(self, dataset: str, model: str | None = None, limit: int | None = None) -> Data:
        """`labels`: rows of each class in each split (words, where words are tagged), `numbers` as a histogram where
        those are learned, `answers` (rows that have one, and that have none), and `lengths` of a sample of the training
        texts, with what would be cut off at `limit`, or at the limit that a run would take (None for images).

        Lengths are in tokens of the model, or in words where its tokenizer is not on this machine.
        """
        record = self._record(dataset)
        task, folder = TASKS[record.task], self._folder(record)
        found: Data = {"labels": overview.label_counts(folder, record, task), "lengths": None}
        found["numbers"] = overview.numbers(folder, task)
        found["answers"] = overview.answers(folder, task)
        texts = overview.sample(folder, task) if task.modality is Modality.TEXT else []
        if texts:
            resolved = models.resolve(
                model or drafts.default_model(record.task), self.settings.runs, self.settings.mode
            )
            tokenizer = models.tokenizer_file(resolved, self.settings.runs)
            counts = overview.token_counts(texts, tokenizer)
            most = lengths.most_tokens(tokenizer.parent if tokenizer else None, resolved.checkpoint.source.kind)
            limit = min(limit, most) if limit else lengths.longest_text(counts, task.answer, most)
            found["lengths"] = overview.lengths(counts, "tokens" if tokenizer else "words", limit)
            found["lengths"]["windowed"] = task.windowed
        return found

    def thumbnail(self, dataset: str, index: int, side: int = 96) -> bytes:
        """A stored image as a square PNG of at most `side` pixels. Raises RequestError, WrongState, UnknownName."""
        return thumbnails.thumbnail(self._folder(self._record(dataset)), index, side)

    def file_columns(self, dataset: str) -> list[str]:
        """The names of all columns of the file a dataset came from; none for images, which have no columns."""
        record = self._record(dataset)
        return [column.name for column in record.columns] if TASKS[record.task].modality is Modality.TEXT else []

    def guide(self, task: str) -> Data:
        """What a task's page of the documentation says: `title`, `summary` and `sections`, Markdown by heading."""
        return guides.guide(TASKS[task].name)

    def method_guide(self, method: str) -> Data:
        """The same of a method."""
        return guides.guide(METHODS[method].name, guides.METHODS)

    def roles(self, task: str) -> list[Data]:
        """The columns a task needs: `role` (also the option of an import that names it), `label`, `kind`."""
        return cards.roles(task)

    # Model, method, options ------------------------------------------------------------------------------------------

    def models(self, task: str, dataset: str | None = None) -> list[Data]:
        """The menu's models for a task, the one to begin with first (`default`). `obstacle` says why one cannot be
        used, `warning` that it hardly reads the texts of the dataset."""
        return cards.models_for(self.settings, task, dataset)

    def methods(self, dataset: str, model: str | None) -> list[Data]:
        """The methods with the `share` in [0, 1] of the weights each trains (exact where it was measured), and what
        speaks against each here (`obstacle`)."""
        record = self._record(dataset)
        reference = model or drafts.default_model(record.task)
        resolved = models.resolve(reference, self.settings.runs, self.settings.mode)
        found = cards.methods_for(TASKS[record.task], FAMILIES[resolved.family_name])
        return [card | self._measured_share(record.id, reference, card) for card in found]

    def _measured_share(self, dataset: str, model: str, card: Data) -> Data:
        try:
            known = self.known_forecast(dataset, model, Wish(method=card["name"]))
        except StudioError:
            return {}  # not possible here: the card's obstacle says why
        return {"share": known["trainable_parameters"] / max(1, known["total_parameters"])} if known else {}

    def presets(self) -> list[Data]:
        return cards.presets()

    def options(self, task: str, method: str) -> list[Data]:
        """Every option that has an effect with this task and method: default, bounds, help, and a `label` in words."""
        return cards.options_for(task, method, gpus.shareable(self.settings.device))

    def starting_values(self, dataset: str, model: str | None, wish: Wish) -> Data:
        """Every option's value in the run that would be started; None is "chosen while the data are read"."""
        return rerun.values(drafts.draw_up(self.settings, dataset, model, wish).spec)

    def problems(self, dataset: str, model: str | None, wish: Wish) -> list[str]:
        """What keeps this run from being started, in sentences; empty if nothing does."""
        if not dataset:
            return ["Choose a dataset first."]
        try:
            draft = drafts.draw_up(self.settings, dataset, model, wish)
            janitor.check(self.settings, diagnosis.disk_bytes(draft.spec))
        except PlanError as error:
            return [error.why or str(error)]
        except StudioError as error:
            return [str(error)]
        menu = models.menu(self.settings.runs)
        chosen = [choice for choice in menu if choice.checkpoint == draft.resolved.checkpoint]
        return [obstacle for choice in chosen if (obstacle := cards.unreachable(choice))]

    # Cost, and the same again ----------------------------------------------------------------------------------------

    def forecast(self, dataset: str, model: str | None, wish: Wish, report: Report = silent) -> Data:
        """The measured cost of a run, kept for runs like it. `report` may raise to give up: that ends the measuring."""
        spec = drafts.draw_up(self.settings, dataset, model, wish).spec
        return forecasts.measure(self.settings, spec, report)

    def known_forecast(self, dataset: str, model: str | None, wish: Wish) -> Data | None:
        """The forecast of a run like this one if it was measured before; measures nothing."""
        return forecasts.known(self.settings, drafts.draw_up(self.settings, dataset, model, wish).spec)

    def command(self, dataset: str, model: str | None, wish: Wish, name: str = "") -> str:
        """The line that starts this run from a shell."""
        return rerun.command(self.settings, dataset, model, wish, name)

    def settings_of(self, run: str) -> Data:
        """What to ask for to get the same run again: `dataset`, `model`, `task`, `method`, `preset`, `changes`."""
        return rerun.wish_of(self.settings, runs.find(self.settings.runs, run).spec())

    def _record(self, reference: str) -> DatasetRecord:
        return store.find(self.settings.datasets, reference)

    def _folder(self, record: DatasetRecord) -> Path:
        return self.settings.datasets / record.id

    def _users(self, record: DatasetRecord) -> list[str]:
        """The names of the runs that were planned for a dataset."""
        return [run.meta().name for run in runs.every(self.settings.runs) if run.spec().dataset == record.id]
