"""Curves in a real browser: they grow, are looked at closely, lie over each other, and are over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from studio.ui.charts import curves_component, curves_value
from studio.ui.words import LANGUAGES, speaker
from studio.ui.words.charts import WORDS
from tests.browser import OpenPage, expect, hosted
from tests.charts_page import Curves, application, drag, losses, show, spans, wait_for_points

if TYPE_CHECKING:
    from playwright.sync_api import Route


# Whether something in a chart has the colour of an alarm.
ALARM = """chart => { const canvas = document.querySelector(`[data-metric=${chart}] canvas`);
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < data.length; i += 4)
        if (data[i] > 170 && data[i + 1] < 60 && data[i + 2] > 30 && data[i + 3] > 200) return true;
    return false; }"""


@pytest.fixture(scope="module")
def curves() -> Curves:
    return Curves()


@pytest.fixture(scope="module")
def url(curves: Curves) -> Iterator[str]:
    with hosted(lambda: application(curves)) as address:
        yield address


@pytest.fixture(autouse=True)
def fresh(curves: Curves) -> None:
    curves.forget()


def test_new_points_appear_while_a_run_goes_on(open_page: OpenPage, url: str, curves: Curves) -> None:
    curves.add("one", losses(1, 50))
    page = open_page(url)
    part = show(page, "one")
    wait_for_points(page, 60)
    expect(part.get_by_text("step 50").first).to_be_visible()
    curves.add("one", losses(51, 100), "finished")
    wait_for_points(page, 120)
    assert spans(page, "Loss") == [1, 100]
    assert curves.asked[:2] == ["one?", "one?0:60"]  # the second question is for what is new


def test_a_run_that_went_back_to_a_checkpoint_is_drawn_anew(open_page: OpenPage, url: str, curves: Curves) -> None:
    curves.add("one", losses(1, 50))
    page = open_page(url)
    show(page, "one")
    wait_for_points(page, 60)
    curves.runs["one"] = losses(1, 20)
    curves.generation["one"] = 1
    wait_for_points(page, 24)
    assert spans(page, "Loss") == [1, 20]


def test_zoom_stays_while_points_come_and_ends_by_button_or_double_click(
    open_page: OpenPage, url: str, curves: Curves
) -> None:
    curves.add("one", losses(1, 100))
    page = open_page(url)
    part = show(page, "one")
    wait_for_points(page, 120)
    drag(page, "Loss", 0.25, 0.5)
    low, high = spans(page, "Loss")
    assert (20 < low < 30, 45 < high < 56) == (True, True)
    assert spans(page, "Accuracy") == [low, high]  # every chart looks at the same steps
    curves.add("one", losses(101, 120))
    wait_for_points(page, 144)
    assert spans(page, "Loss") == [low, high]
    part.get_by_role("button", name="Reset zoom").click()
    assert spans(page, "Loss") == [1, 120]
    drag(page, "Loss", 0.5, 0.75)
    assert spans(page, "Loss") != [1, 120]
    part.locator("[data-metric=Loss] .u-over").dblclick()
    assert spans(page, "Loss") == [1, 120]


def test_the_keyboard_reaches_steps_scale_and_smoothing(open_page: OpenPage, url: str, curves: Curves) -> None:
    curves.add("one", losses(1, 100))
    page = open_page(url)
    part = show(page, "one")
    wait_for_points(page, 120)
    slider = part.get_by_label("Smoothing")
    slider.focus()
    for key in ("ArrowRight", "Tab", "Space", "Tab"):
        page.keyboard.press(key)
    expect(slider).to_have_value("0.65")
    expect(part.get_by_label("Logarithmic scale")).to_be_checked()
    page.keyboard.type("40")
    page.keyboard.press("Tab")
    page.keyboard.type("60")
    page.keyboard.press("Tab")
    assert spans(page, "Loss") == [40, 60]
    expect(part.get_by_role("button", name="Reset zoom")).to_be_focused()


def test_a_logarithmic_scale_spans_powers_of_ten_and_is_remembered(
    open_page: OpenPage, url: str, curves: Curves
) -> None:
    curves.add("one", [("Loss/train", step, 10.0**-step if step else 0.0) for step in range(6)], "finished")
    page = open_page(url)
    part = show(page, "one")
    wait_for_points(page, 6)
    part.get_by_label("Logarithmic scale").check()
    page.wait_for_function("document.querySelector('[data-metric=Loss]').dataset.y.startsWith('0.00001 ')")
    page.reload()
    show(page, "one")
    wait_for_points(page, 6)
    expect(part.get_by_label("Logarithmic scale")).to_be_checked()


def test_smoothing_draws_another_line_and_leaves_the_values_alone(
    open_page: OpenPage, url: str, curves: Curves
) -> None:
    curves.add("one", losses(1, 100), "finished")
    page = open_page(url)
    part = show(page, "one")
    wait_for_points(page, 120)
    pictures = []
    for weight in ("0", "0.95"):
        part.get_by_label("Smoothing").fill(weight)
        # What is drawn, in one look: a chart may be made anew at any time, which a slower look would stumble over.
        pictures.append(page.evaluate("document.querySelector('[data-metric=Loss] canvas').toDataURL()"))
        expect(part.locator("[data-metric=Loss] .charts-value").first).to_have_text("0.2642")
    assert pictures[0] != pictures[1]


def test_several_runs_lie_over_each_other_and_can_be_hidden(open_page: OpenPage, url: str, curves: Curves) -> None:
    curves.add("one", losses(1, 50), "finished")
    curves.add("two", losses(1, 80, 0.5), "finished")
    page = open_page(url)
    part = show(page, "one", "two", two="the second")
    wait_for_points(page, 60 + 96)
    rows = part.locator("[data-metric=Loss] tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(1)).to_contain_text("the second")
    assert spans(page, "Loss") == [1, 80]
    part.get_by_role("button", name="the second").click()
    expect(rows).to_have_count(1)
    assert spans(page, "Loss") == [1, 50]


def test_values_that_are_no_numbers_are_a_gap_that_is_named(open_page: OpenPage, url: str, curves: Curves) -> None:
    curves.add("one", losses(1, 30) + [("Loss/train", step, None) for step in range(31, 41)], "failed")
    page = open_page(url)
    part = show(page, "one")
    wait_for_points(page, 46)
    expect(part.locator("[data-metric=Loss] .charts-legend")).to_contain_text("training" + "not a number")
    page.wait_for_function(ALARM, arg="Loss")  # a chart is painted in the frame after its legend
    assert not page.evaluate(ALARM, "Accuracy")


def test_a_style_sheet_that_comes_late_leaves_no_chart_black(open_page: OpenPage, url: str, curves: Curves) -> None:
    curves.add("one", losses(1, 30) + [("Loss/train", step, None) for step in range(31, 41)], "failed")
    page = open_page(url)
    held: list[Route] = []
    page.route("**/page/charts.css", lambda route: held.append(route))
    page.reload(wait_until="commit")
    show(page, "one")
    wait_for_points(page, 46)
    page.wait_for_timeout(300)
    assert not page.evaluate(ALARM, "Loss")
    held[0].continue_()
    page.wait_for_function(ALARM, arg="Loss")


def test_choosing_another_run_shows_that_one_and_none_shows_why(open_page: OpenPage, url: str, curves: Curves) -> None:
    curves.add("one", losses(1, 50), "finished")
    curves.add("two", [("F1/valid", 5, 0.5)], "finished")
    curves.add("empty", [], "failed")
    curves.add("begun", [])
    page = open_page(url, tolerate="404")
    part = show(page)
    expect(part.get_by_text("No run is chosen.")).to_be_visible()
    show(page, "one")
    wait_for_points(page, 60)
    show(page, "two")
    wait_for_points(page, 1)
    expect(part.locator("figure")).to_have_count(1)
    expect(part.locator("figure strong")).to_have_text("F1")
    show(page, "empty")
    expect(part.get_by_text("This run ended before it had any curves.")).to_be_visible()
    show(page, "begun")
    expect(part.get_by_text("The curves begin with the first training steps.")).to_be_visible()
    show(page, "deleted")
    expect(part.get_by_text("This run ended before it had any curves.")).to_be_visible()


def test_a_value_names_the_runs_and_is_no_markup() -> None:
    value = curves_value([("1", "<script>"), ("2", "b")], first="2")
    assert json.loads(value) == {"runs": [{"id": "1", "name": "<script>"}, {"id": "2", "name": "b"}], "first": "2"}
    assert "<" not in value
    assert curves_value([]) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_browser_gets_every_word_with_its_places_to_fill_in(language: str) -> None:
    words = curves_component(speaker(language)).props["words"]
    place = LANGUAGES.index(language)
    assert words == {key: both[place] for key, both in WORDS.items()}
    assert "{step}" in words["charts.at"]
