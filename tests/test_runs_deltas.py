"""Who follows a run's curves gets each point once; long curves come thinned out, and nothing is made up."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboardX import SummaryWriter

from studio.runs.curves import Point, Tail
from studio.runs.deltas import MOST_POINTS, SHORTEST_WAIT, Feed, news, seen, shown, thinned


def write(folder: Path, name: str, points: list[tuple[str, int, float]], purge: int | None = None) -> None:
    with SummaryWriter(str(folder), filename_suffix=f".{name}", purge_step=purge) as writer:
        for tag, step, value in points:
            writer.add_scalar(tag, value, step)


@pytest.fixture
def feed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Feed:
    """A feed that looks at the files each time it is asked."""
    monkeypatch.setattr("studio.runs.deltas.SHORTEST_WAIT", 0.0)
    return Feed(Tail(tmp_path), lambda: "running")


def test_the_first_answer_has_everything_and_later_ones_only_what_is_new(tmp_path: Path, feed: Feed) -> None:
    write(tmp_path, "1", [("Loss/train", 1, 0.5), ("Loss/train", 2, 0.25)])
    first = feed.since("")
    assert first["tags"] == {"Loss/train": [[1, 0.5], [2, 0.25]]}
    assert first["status"] == "running"
    assert feed.since(first["cursor"])["tags"] == {}
    write(tmp_path, "2", [("Loss/train", 3, 0.125), ("Loss/valid", 3, 1.0)])
    second = feed.since(first["cursor"])
    assert second["tags"] == {"Loss/train": [[3, 0.125]], "Loss/valid": [[3, 1.0]]}
    assert second["generation"] == first["generation"]
    assert feed.since(second["cursor"])["tags"] == {}
    assert feed.since(first["cursor"])["tags"] == second["tags"], "each of many watchers has a cursor of its own"


def test_after_points_were_taken_back_everything_is_sent_again(tmp_path: Path, feed: Feed) -> None:
    write(tmp_path, "1", [("Loss/train", step, 1.0) for step in (1, 2, 3)])
    first = feed.since("")
    write(tmp_path, "2", [("Loss/train", 2, 2.0)], purge=2)
    again = feed.since(first["cursor"])
    assert again["generation"] != first["generation"]
    assert again["tags"] == {"Loss/train": [[1, 1.0], [2, 2.0]]}


def test_a_cursor_of_another_feed_is_worth_nothing(tmp_path: Path, feed: Feed) -> None:
    write(tmp_path, "1", [("Loss/train", 1, 0.5)])
    other = Feed(Tail(tmp_path), lambda: "running")
    assert feed.since(other.since("")["cursor"])["tags"] == {"Loss/train": [[1, 0.5]]}


def test_a_value_that_is_no_number_is_null_and_the_answer_is_json(tmp_path: Path, feed: Feed) -> None:
    write(tmp_path, "1", [("a", 1, math.nan), ("a", 2, math.inf), ("a", 3, 1.0)])
    answer = feed.since("")
    assert json.loads(json.dumps(answer, allow_nan=False))["tags"] == {"a": [[1, None], [2, None], [3, 1.0]]}


def test_many_watchers_cost_one_look_at_the_files(tmp_path: Path) -> None:
    asked: list[int] = []
    feed = Feed(Tail(tmp_path), lambda: asked.append(1) or "queued")  # type: ignore[func-returns-value]
    for _ in range(50):
        assert feed.since("")["status"] == "queued"
    assert len(asked) <= 1 + 5 / SHORTEST_WAIT


@pytest.mark.parametrize(
    "cursor", ["", "x", "a.0", "a.0:", "a.0:1-", "a.0:-1", "b.0:1", "a.0:1" * 9999, "a.0:1\n", "é"]
)
def test_a_strange_cursor_means_from_the_beginning(cursor: str) -> None:
    assert seen(cursor, "a.0") == ([] if cursor == "a.0:" else None)


def test_a_cursor_that_has_seen_more_than_there_is_gets_nothing_old() -> None:
    assert news({"a": [(1, 1.0)]}, [5, 5]) == {}
    assert news({"a": [(1, 1.0)], "b": [(1, 2.0)]}, [1]) == {"b": [[1, 2.0]]}


def wave(count: int) -> list[Point]:
    chance = random.Random(1)
    return [(step, math.sin(step / 500) + chance.gauss(0, 0.1)) for step in range(count)]


@pytest.mark.parametrize("count", [0, 1, MOST_POINTS, MOST_POINTS + 1, 5000, 65536, 100_000])
def test_a_thinned_curve_is_short_and_keeps_ends_and_extremes(count: int) -> None:
    points = wave(count)
    few = thinned(points)
    assert len(few) <= MOST_POINTS
    assert [*few] == sorted(set(few))
    if points:
        assert (few[0], few[-1]) == (points[0], points[-1])
        assert {min(points, key=lambda p: p[1]), max(points, key=lambda p: p[1])} <= set(few)


def test_what_was_chosen_stays_chosen_while_the_curve_grows() -> None:
    points = wave(60_000)
    before, after = thinned(points[:50_000]), thinned(points)
    assert set(before[:-20]) <= set(after)


def test_thinning_leaves_a_mark_of_what_was_no_number() -> None:
    points: list[Point] = [(step, math.nan if step == 7777 else 1.0) for step in range(20_000)]
    assert [7777, None] in shown(thinned(points))


@given(st.lists(st.floats(width=32), max_size=300), st.integers(8, 50))
def test_any_curve_is_thinned_to_points_of_its_own(values: list[float], most: int) -> None:
    points = list(enumerate(values))
    few = thinned(points, most)
    assert len(few) <= most
    assert [step for step, _ in few] == sorted({step for step, _ in few})
    assert all(points[step] is point for step, point in ((p[0], p) for p in few))
