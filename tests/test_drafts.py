"""What a person asked for becomes a spec with the dataset and the weights it was made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import drafts
from studio.errors import LimitError, PlanError, UnknownName
from studio.plan import Wish
from studio.settings import Limits, Settings
from tests import tiny


def test_a_draft_has_the_usual_weights_where_nobody_chose_any(tmp_path: Path) -> None:
    settings = Settings(workspace=tmp_path)
    for task, model in (("text_classification", "minilm-l6"), ("image_classification", "starter-resnet")):
        record = tiny.dataset(tmp_path, task)
        draft = drafts.draw_up(settings, record.name, None, Wish())
        assert (draft.record, draft.folder) == (record, tmp_path / "datasets" / record.id)
        assert (draft.spec.model, draft.resolved.checkpoint.id, draft.spec.dataset) == (model, model, record.id)


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    settings, record = Settings(workspace=tmp_path), tiny.dataset(tmp_path, "text_classification")
    with pytest.raises(UnknownName, match="There is no dataset 'nothing'"):
        drafts.draw_up(settings, "nothing", None, Wish())
    with pytest.raises(UnknownName, match="no model named 'nothing-at-all'"):
        drafts.draw_up(settings, record.id, "nothing-at-all", Wish())
    with pytest.raises(PlanError, match="There is no option named 'colour'"):
        drafts.draw_up(settings, record.id, None, Wish(changes={"colour": "red"}))


def test_a_run_trains_no_longer_than_is_allowed_here(tmp_path: Path) -> None:
    record = tiny.dataset(tmp_path, "text_classification")
    limited = Settings(workspace=tmp_path, limits=Limits(run_minutes=30))
    minutes = {
        asked: drafts.draw_up(limited, record.id, None, Wish(changes={"max_minutes": asked})).spec.training.max_minutes
        for asked in (None, 5.0, 30.0)
    }
    assert minutes == {None: 30.0, 5.0: 5.0, 30.0: 30.0}
    with pytest.raises(LimitError, match="30 minutes"):
        drafts.draw_up(limited, record.id, None, Wish(changes={"max_minutes": 31.0}))
    free = drafts.draw_up(Settings(workspace=tmp_path), record.id, None, Wish())
    assert free.spec.training.max_minutes is None
