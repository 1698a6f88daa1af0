"""A spread sample of what `make torture` does at full size: no harm costs a run, or a bit of what it comes to."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.runs import events, jobs, store
from studio.runs.store import Run, Status
from tests.torture import compare, containers, damage, killing, kinds, servers, soak, starts
from tests.torture.bench import Bench, Subject, bench, complaints
from tests.torture.nursery import ONE_THREAD
from tests.torture.stage import Found, end_all


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("torture"), tuple(kinds.KINDS)) as found:
        yield found


def subject_of(made: Bench, name: str) -> Subject:
    return next(subject for subject in made.subjects if subject.name == name)


def stopped_at(made: Bench, subject: Subject, share: float) -> Run:
    """A run whose worker was ended after this share of its crash points, or a little earlier: on a busy machine a run
    notes its progress more seldom or more often than the one whose points were counted, and may have fewer."""
    for point in range(int(share * len(subject.points)), 0, -5):
        run = kinds.copy(subject.run)
        made.nursery.work(run, point=point)
        if run.status() is Status.INTERRUPTED:
            return run
    raise AssertionError("the run finished before any of these points")


@pytest.mark.thorough
def test_a_worker_of_the_nursery_comes_to_what_a_started_one_comes_to(made: Bench) -> None:
    subject = subject_of(made, "bert-full")
    run = kinds.copy(subject.run)
    assert jobs.spawn(run, ONE_THREAD).wait(120) == 0
    found = compare.outcome(run)
    for split in ("valid", "test"):  # the nursery draws fewer samples for it
        assert found.metrics["metrics"][split].pop("interval") != []
    wanted = subject.golden.metrics["metrics"]
    same = {name: {k: v for k, v in wanted[name].items() if k != "interval"} for name in ("valid", "test")}
    assert {name: found.metrics["metrics"][name] for name in same} == same
    assert [what for what in compare.differences(found, subject.golden) if not what.startswith("metrics")] == []


def test_the_best_step_is_none_at_which_nothing_would_be_lost(made: Bench) -> None:
    steps = {subject.golden.metrics["best_step"] for subject in made.subjects}
    assert steps - {0, kinds.COMMON["max_steps"]}


def test_every_kind_of_change_is_a_crash_point(made: Bench) -> None:
    for subject in made.subjects:
        changes = [point.split(" ") for point in subject.points]
        assert {"open", "fsync", "os.rename", "os.remove", "os.rmdir", "os.mkdir"} <= {change for change, _ in changes}
        folders = {path.partition("/")[0].partition("-")[0] for _, path in changes}
        assert {"events.jsonl", "tb", "checkpoints", ".staged"} <= folders


def test_runs_killed_at_random_come_to_the_same_bits(made: Bench) -> None:
    tally = killing.at_random(made, 4, seed=1)
    assert tally.wrong == []
    assert tally.ended >= 4


def test_runs_asked_to_end_at_random_do_within_eight_seconds_and_come_to_the_same_bits(made: Bench) -> None:
    tally = killing.at_random(made, 2, seed=2, number=signal.SIGTERM)
    assert tally.wrong == []
    assert tally.longest < 8


@pytest.mark.parametrize("name", ["bert-full", pytest.param("resnet-full", marks=pytest.mark.thorough)])
def test_runs_ended_at_crash_points_come_to_the_same_bits(made: Bench, name: str) -> None:
    subject = subject_of(made, name)
    chosen = sorted(random.Random(3).sample(range(1, len(subject.points) + 1), 3))
    tally = killing.at_points(made, subject, chosen, seed=3)
    assert tally.wrong == []
    assert tally.ended >= 3


def test_a_disk_that_refuses_is_named_and_costs_no_bit(made: Bench) -> None:
    subject = subject_of(made, "bert-full")
    chosen = sorted(random.Random(5).sample(range(1, len(subject.points) + 1), 4))
    assert killing.at_writes(made, subject, chosen).wrong == []


def test_damaged_files_are_noticed_or_make_no_difference(made: Bench) -> None:
    verdicts = damage.torture(Bench(made.nursery, (subject_of(made, "resnet-full"),)), 8, seed=4)
    assert verdicts.wrong == []
    assert verdicts.ends.total() == 8


@pytest.mark.thorough
def test_a_run_goes_on_to_the_same_bits_without_its_log(made: Bench) -> None:
    subject = subject_of(made, "bert-full")
    run = stopped_at(made, subject, 0.6)
    run.log.unlink()
    made.nursery.work(run)
    assert complaints(run, subject) == []


def test_a_run_whose_best_checkpoint_is_damaged_says_so_and_keeps_the_best_of_the_rest(made: Bench) -> None:
    subject = next(s for s in made.subjects if 0 < s.golden.metrics["best_step"] < 7)
    run = stopped_at(made, subject, 0.97)
    best = run.checkpoints / f"step-{subject.golden.metrics['best_step']:08d}"
    (best / "weights.safetensors").write_bytes(b"")
    assert made.nursery.work(run).code == 0
    (warning,) = (event for event in events.read(run.log) if isinstance(event, events.Warned))
    assert (warning.code, best.name in warning.message) == ("damaged_checkpoint", True)
    assert store.record(run)["status"] == Status.FINISHED.value
    assert run.metrics()["best_step"] > subject.golden.metrics["best_step"]


def test_a_worker_of_a_run_that_cannot_be_read_says_so_in_plain_words(made: Bench) -> None:
    run = kinds.copy(made.subjects[0].run)
    content = run.spec_file.read_bytes()
    run.spec_file.write_bytes(content.replace(b'"seed": 42', b'"seed": 43'))
    assert made.nursery.work(run).code != 0
    (failed,) = (event for event in events.read(run.log) if isinstance(event, events.Failed))
    assert failed.error["code"] == "wrong_state"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A new workspace, in which nothing is at work after the test."""
    yield tmp_path / "workspace"
    end_all(tmp_path)


def in_whatever_time(found: Found) -> list[str]:
    """What is wrong, but for how long something took: beside other tests that says little."""
    return [what for what in found.wrong if " took " not in what]


def test_presses_that_arrive_at_once_on_several_servers_start_one_run(place: Path) -> None:
    found = starts.at_once(place, 2)
    assert found.wrong == []
    assert found.figures["presses that were one too many"] == starts.DESKS - 1


@pytest.mark.thorough
@pytest.mark.timeout(300)
def test_a_run_does_not_notice_that_servers_are_killed_and_the_next_shows_all_of_it(place: Path) -> None:
    found = servers.killed(place, 2, seed=3)
    assert in_whatever_time(found) == []
    assert found.figures["points seen"] > 0


@pytest.mark.thorough
@pytest.mark.timeout(300)
def test_a_container_that_is_stopped_leaves_its_run_safe_at_its_last_step(place: Path) -> None:
    found = containers.asked_to_end(place, 1, seed=2)
    assert in_whatever_time(found) == []
    assert (found.figures["workers"], found.figures["last step"] > 0) == (1, True)


def test_the_sampler_sees_what_grows() -> None:
    def samples(growth: float) -> list[soak.Sample]:
        return [soak.Sample(n * 5.0, 200 + growth * n, 40, 20, 1, 0, 9.0) for n in range(90)]

    steady, growing = Found(), Found()
    assert soak.judged(samples(0.0), steady)["rss_mb"].startswith("200.0, then 200.0 (+0.0 an hour")
    soak.judged(samples(0.5), growing)
    assert (steady.wrong, len(growing.wrong)) == ([], 1)
    now = soak.sample(os.getpid(), Path(__file__).parent, 0.0)
    assert now.rss_mb > 10
    assert min(now.descriptors, now.threads, now.disk_mb) > 0


def test_the_comparison_notices_a_bit(made: Bench, tmp_path: Path) -> None:
    subject = made.subjects[0]
    run = kinds.copy(subject.run)
    made.nursery.work(run)
    weights = run.model / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    assert complaints(run, subject) == [f"{subject.name}: weights model.safetensors"]
