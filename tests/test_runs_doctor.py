"""The run doctor names what is wrong, gives one thing to do about it, and says nothing about runs that are well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from studio.runs import case as cases
from studio.runs import curves, doctor, outcome
from studio.runs.case import Case
from studio.runs.store import Run, Status
from tests.cases import FACTS, case, falling, measured
from tests.trained import KINDS, TinyRuns


def codes(found: Case) -> list[str]:
    return [finding["code"] for finding in doctor.examine(found)]


def only(found: Case) -> dict[str, Any]:
    """The one finding of a case."""
    (finding,) = doctor.examine(found)
    return finding


def failing(code: str, **changes: Any) -> Case:
    error = {"code": code, "what": "It broke.", "where": "", "why": "Because.", "next": ""}
    return case(status=Status.FAILED, error=error, step=12, report={}, **changes)


def test_a_sound_run_has_no_findings() -> None:
    assert doctor.examine(case()) == []


def test_every_rule_carries_its_own_code() -> None:
    assert len({rule.code for rule in doctor.RULES}) == len(doctor.RULES)
    known = {rule.code for rule in doctor.RULES}
    assert all(set(rule.unless) <= known for rule in doctor.RULES)


def test_a_loss_that_is_no_number_asks_for_smaller_steps() -> None:
    finding = only(failing("not_finite"))
    assert (finding["code"], finding["severity"], finding["values"]) == ("not_finite", "error", {"step": 13})
    assert finding["fix"]["changes"] == {"learning_rate": 1e-05, "head_learning_rate": 5e-05}
    assert finding["fix"]["label"] == "Train again with a third of the learning rate (1e-05)"


def test_memory_that_does_not_do_asks_for_an_adapter_and_then_for_shorter_texts() -> None:
    assert only(failing("out_of_memory"))["fix"]["method"] == "lora"
    assert only(failing("out_of_memory", method="lora"))["fix"]["changes"] == {"max_length": 32}


def test_any_other_failure_is_told_in_its_own_words_and_can_be_resumed() -> None:
    finding = only(failing("storage"))
    assert (finding["code"], finding["message"]) == ("failed", "It broke. Because.")
    assert finding["fix"]["code"] == "resume"
    assert finding["fix"]["changes"] == {}
    assert only(failing("changed_since"))["fix"] is None


def test_an_interrupted_run_can_be_resumed() -> None:
    finding = only(case(status=Status.INTERRUPTED, step=40, report={}))
    assert finding["code"] == "interrupted"
    assert finding["message"].startswith("The run was cut off at step 40 of 100.")
    assert finding["fix"]["code"] == "resume"


def test_a_training_loss_that_rises_again_is_diverging() -> None:
    finding = only(case({"Loss/train": [*falling(1.1, 0.4, 25), *falling(0.5, 3.0, 25)]}))
    assert (finding["code"], finding["fix"]["code"]) == ("diverging", "lower_rate")
    assert finding["values"]["step"] < 60


def test_noise_and_small_rises_are_no_divergence() -> None:
    noisy = [value * (1.4 if i % 2 else 0.6) for i, value in enumerate(falling(1.1, 0.2))]
    assert codes(case({"Loss/train": noisy})) == []
    assert codes(case({"Loss/train": [*falling(0.02, 0.001, 25), *falling(0.001, 0.03, 25)]})) == []


def test_a_fitted_head_may_be_shaken_up_while_the_rate_rises() -> None:
    curve = {"Loss/train": falling(0.3, 1.5)}
    assert codes(case(curve, status=Status.RUNNING, step=15, report={})) == []
    assert codes(case(curve, status=Status.RUNNING, step=50, report={})) == ["diverging"]


OVER_FITTED = {
    "Loss/valid": [1.0, 0.7, 0.5, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
    "MacroF1/valid": [0.3, 0.5, 0.7, 0.8, 0.79, 0.79, 0.78, 0.78, 0.77, 0.77],
}


def test_over_fitting_names_the_best_step_and_by_how_much_the_loss_rose() -> None:
    finding = only(case(OVER_FITTED))
    assert finding["code"] == "over_fitting"
    assert finding["values"]["best_step"] == finding["values"]["step"] == 40
    assert finding["values"]["rise"] == pytest.approx(1 / 0.45 - 1)
    assert "122%" in finding["message"]
    assert finding["fix"]["changes"] == {"early_stopping": 3}
    assert only(case(OVER_FITTED, training={"early_stopping": 9}))["fix"]["changes"] == {"epochs": 2}


def test_a_start_that_was_never_beaten_asks_for_smaller_steps() -> None:
    found = case(OVER_FITTED, training={"early_stopping": 3})
    scores = [(0, 0.9), *found.curves["MacroF1/valid"]]
    losses = [(0, 0.2), *found.curves["Loss/valid"]]
    curves = dict(found.curves) | {"MacroF1/valid": scores, "Loss/valid": losses}
    finding = only(replace(found, curves=curves))
    assert finding["message"].startswith("From the start the model learned its training rows by heart")
    assert finding["fix"]["code"] == "lower_rate"


def test_a_validation_loss_that_rises_while_the_score_does_too_is_no_over_fitting() -> None:
    assert codes(case({"Loss/valid": OVER_FITTED["Loss/valid"]})) == []


def test_a_training_loss_that_hardly_moves_asks_for_larger_steps() -> None:
    still = {"Loss/train": falling(1.1, 1.08), "Loss/valid": [1.1] * 10, "MacroF1/valid": [0.17] * 10}
    finding = only(case(still))
    assert finding["code"] == "not_learning"
    assert finding["fix"]["changes"] == {"learning_rate": 9e-05, "head_learning_rate": 0.00045}
    assert codes(case(still, status=Status.RUNNING, step=50, report={})) == ["not_learning"]
    assert codes(case(still, status=Status.RUNNING, step=10, report={})) == []


def test_a_low_loss_that_hardly_moves_has_been_learned() -> None:
    assert codes(case({"Loss/train": falling(0.08, 0.078)})) == []


def test_a_second_half_without_gain_is_a_plateau_unless_early_stopping_was_on() -> None:
    flat = {"MacroF1/valid": [0.5, 0.7, 0.8, 0.85, 0.84, 0.85, 0.84, 0.85, 0.84, 0.85]}
    finding = only(case(flat))
    assert (finding["code"], finding["fix"]["code"]) == ("plateau", "early_stopping")
    assert finding["values"] == {"metric": "macro_f1", "value": 0.85, "best_step": 40}
    assert codes(case(flat, training={"early_stopping": 3})) == []


def test_a_run_that_ends_at_its_best_could_go_on() -> None:
    rising = {"MacroF1/valid": falling(0.3, 0.8, 10)}
    finding = only(case(rising))
    assert (finding["code"], finding["severity"]) == ("still_improving", "info")
    assert finding["fix"]["changes"] == {"epochs": 8}
    assert only(case(rising, training={"max_steps": 100}))["fix"]["changes"] == {"max_steps": 200}
    assert codes(case(rising, status=Status.STOPPED)) == []


def test_classes_that_were_never_predicted_are_named() -> None:
    def entry(name: str, support: int, predicted: int) -> dict[str, Any]:
        return {"name": name, "support": support, "predicted": predicted}

    rare = [entry(f"rare {i}", i, 0) for i in range(8)]
    finding = only(case(classes=[entry("good", 9, 9), *rare]))
    assert finding["values"] == {"count": 7, "names": [f"rare {i}" for i in (7, 6, 5, 4, 3)], "classes": 9}
    assert finding["message"].endswith("rare 7, rare 6, rare 5, rare 4, rare 3 and 2 more.")
    assert finding["fix"]["changes"] == {"class_weights": "balanced"}
    weighted = case(classes=[entry("bad", 3, 0)], training={"class_weights": "balanced"})
    assert only(weighted)["fix"] is None
    assert "1 class was never predicted" in only(weighted)["message"]


def test_a_model_that_loses_against_guessing_is_an_error() -> None:
    finding = only(case(report=measured(0.19, (0.15, 0.25))))
    assert (finding["code"], finding["severity"]) == ("worse_than_majority", "error")
    assert finding["fix"]["method"] == "head"
    assert only(case(report=measured(0.19, (0.15, 0.25), probe=None)))["fix"] is None


def test_a_model_no_better_than_the_frozen_network_names_the_cheaper_way() -> None:
    finding = only(case(report=measured(0.72, (0.69, 0.75), probe=0.71)))
    assert (finding["code"], finding["severity"], finding["values"]["times"]) == ("no_better_than_probe", "info", 10)
    assert "about 10 times as fast" in finding["message"]
    assert finding["fix"]["method"] == "head"
    assert codes(case(report=measured(0.72, (0.69, 0.75), probe=0.71), method="head")) == []
    assert codes(case(report=measured(0.8, (0.69, 0.9), probe=0.71))) == []


def test_texts_that_were_cut_can_be_read_further() -> None:
    finding = only(case(facts={"rows_cut": 200}))
    assert (finding["code"], finding["values"]["share"]) == ("cut_texts", 0.25)
    assert finding["fix"]["changes"] == {"max_length": 128}
    assert only(case(facts={"rows_cut": 200, "max_length": 512}))["fix"] is None


def test_micro_batches_that_shrank_are_told_without_a_fix() -> None:
    finding = only(case(budgets=(512, 256), status=Status.RUNNING, report={}))
    assert (finding["code"], finding["severity"], finding["fix"]) == ("micro_batch_shrunk", "info", None)
    assert finding["values"] == {"count": 2, "budget": 256}


def test_of_a_live_run_only_what_can_be_known_already_is_said() -> None:
    rising = {"MacroF1/valid": falling(0.3, 0.8, 10)}
    assert codes(case(rising, status=Status.RUNNING)) == []
    assert codes(case(OVER_FITTED, status=Status.RUNNING, report={})) == ["over_fitting"]


def test_the_worst_comes_first() -> None:
    many = case(OVER_FITTED, budgets=(64,), report=measured(0.1, (0.0, 0.2)))
    assert codes(many) == ["worse_than_majority", "over_fitting", "micro_batch_shrunk"]


def test_a_run_about_which_nothing_is_known_is_left_in_peace() -> None:
    bare = case(status=Status.QUEUED, report={}, step=0)
    assert doctor.examine(Case(bare.status, bare.spec)) == []
    assert doctor.examine(Case(Status.FINISHED, bare.spec, facts=FACTS)) == []


@pytest.mark.parametrize("kind", KINDS, ids=" ".join)
def test_real_runs_are_examined_from_their_files(kind: tuple[str, str], tiny_runs: TinyRuns) -> None:
    run: Run = tiny_runs.runs[kind]
    read = outcome.read(run)
    assert read.kept is not None
    found = cases.gather(run, curves.read(run.curves), read, outcome.classes(read.kept, read.answer))
    assert found.train_loss
    assert found.scores
    assert found.value is not None
    for finding in doctor.examine(found):
        assert finding["severity"] in doctor.SEVERITIES
        assert finding["message"].endswith(".")
        if finding["fix"]:
            assert finding["fix"]["label"]
