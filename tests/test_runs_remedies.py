"""Remedies are settings that can be started, and none where there is nothing to change."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from studio import plan
from studio.families import FAMILIES
from studio.plan import Wish
from studio.runs import remedies
from studio.runs.case import Case
from studio.runs.remedies import Fix
from tests import tiny
from tests.cases import SPEC, case


def changes(fix: Fix | None) -> dict[str, object]:
    assert fix is not None
    return dict(fix.changes)


REMEDIES = (
    remedies.slower,
    remedies.faster,
    remedies.early,
    remedies.longer,
    remedies.balanced,
    remedies.read_more,
    remedies.smaller,
    remedies.head_only,
)


@pytest.mark.parametrize("method", ["full", "lora", "head"])
@pytest.mark.parametrize("remedy", REMEDIES, ids=lambda remedy: str(remedy.__name__))
def test_every_remedy_can_be_started(
    remedy: Callable[[Case], Fix | None], method: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fix = remedy(case(method=method))
    if fix is None:
        return
    workspace = tmp_path_factory.mktemp("workspace")
    record = tiny.dataset(workspace, "text_classification")
    wish = Wish(method=fix.method or method, changes=fix.changes)
    plan.draw_up(wish, record, FAMILIES["bert"], tiny.checkpoint(workspace), "cpu")


def test_the_rate_goes_on_from_where_the_trials_ended() -> None:
    tried = case(training={"rate_trials": 3}, facts={"rate_factor": 3.0})
    assert changes(remedies.slower(tried)) == {"learning_rate": 3e-05, "head_learning_rate": 0.00015, "rate_trials": 0}


def test_only_rates_that_the_method_uses_are_changed() -> None:
    head = case(method="head", training={"learning_rate": 1e-3, "head_learning_rate": 1e-3})
    assert changes(remedies.slower(head)) == {"head_learning_rate": 0.00033}


def test_where_nothing_would_change_there_is_no_remedy() -> None:
    assert remedies.faster(case(training={"learning_rate": 10.0, "head_learning_rate": 10.0})) is None
    assert remedies.slower(case(training={"learning_rate": None, "head_learning_rate": None})) is None
    assert remedies.longer(case(training={"epochs": 1000})) is None
    assert remedies.head_only(case(method="head")) is None
    assert remedies.early(case(training={"early_stopping": 3, "max_steps": 9})) is None


def test_training_goes_on_for_longer_by_whatever_ended_it() -> None:
    assert changes(remedies.longer(case())) == {"epochs": 8}
    assert changes(remedies.longer(case(training={"max_minutes": 1.5}))) == {"max_minutes": 3.0}
    assert changes(remedies.longer(case(training={"finish_by": "18:00"}))) == {"finish_by": None}


def test_images_are_made_smaller_where_memory_does_not_do() -> None:
    images = SPEC.model_copy(update={"task": "image_classification", "family": "resnet", "method": "lora"})
    assert changes(remedies.smaller(case(spec=images, training={"image_size": 224}))) == {"image_size": 112}
    assert remedies.read_more(case(spec=images)) is None
