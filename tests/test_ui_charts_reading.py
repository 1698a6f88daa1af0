"""Who reads the charts: every name is text, hidden ones rest, phones, screen readers, languages, TensorBoard."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.browser import PHONE, OpenPage, accessibility_problems, expect, hosted
from tests.charts_page import Curves, application, losses, show, wait_for_points

NASTY = "<img src=x onerror=alert(1)> ${6*7} {{value}} <script>alert(2)</script>"


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


def test_names_of_runs_and_curves_are_shown_as_they_are(open_page: OpenPage, url: str, curves: Curves) -> None:
    curves.add("one", [(f"{NASTY}/{NASTY}", step, 1.0) for step in range(5)], "finished")
    curves.add("two", losses(1, 20), "finished")
    page = open_page(url)
    part = show(page, "one", "two", one=NASTY)
    wait_for_points(page, 5 + 24)
    expect(part.get_by_role("button", name=NASTY)).to_be_visible()
    expect(part.locator("figure strong").filter(has_text="<img src=x onerror=alert(1)> ${6*7}")).to_be_visible()
    expect(part.locator(".charts-unseen")).to_contain_text(NASTY)
    assert page.locator("img[src=x]").count() == 0


def test_a_hidden_tab_asks_for_nothing_and_its_sections_are_drawn_when_opened(
    open_page: OpenPage, url: str, curves: Curves
) -> None:
    curves.add("one", [*losses(1, 50), ("GradNorm/train", 1, 2.0), ("LearningRate/head", 1, 1e-3)])
    page = open_page(url)
    part = show(page, "one", tab="Start")
    page.wait_for_timeout(1500)
    assert curves.asked == []
    page.get_by_role("tab", name="Curves", exact=True).click()
    wait_for_points(page, 62)
    expect(part.locator("[data-metric=Loss] canvas")).to_be_visible()
    expect(part.locator("[data-metric=GradNorm] canvas")).to_have_count(0)
    part.get_by_text("Optimization").click()
    expect(part.locator("[data-metric=GradNorm] canvas")).to_be_visible()
    page.get_by_role("tab", name="Start").click()
    page.wait_for_timeout(700)
    before = len(curves.asked)
    page.wait_for_timeout(1500)
    assert len(curves.asked) == before


def test_a_lost_connection_is_told_and_overcome(open_page: OpenPage, url: str, curves: Curves) -> None:
    curves.add("one", losses(1, 50))
    page = open_page(url, tolerate="500")
    part = show(page, "one")
    wait_for_points(page, 60)
    curves.broken = True
    expect(part.locator(".charts-note")).to_have_text("Connection lost, trying again …")
    curves.broken = False
    curves.add("one", losses(51, 60))
    wait_for_points(page, 72)
    expect(part.locator(".charts-note")).to_have_text("")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_charts_can_be_read_by_everybody(open_page: OpenPage, url: str, curves: Curves, dark: bool) -> None:
    curves.add("one", losses(1, 50), "finished")
    curves.add("two", losses(1, 50), "finished")
    page = open_page(url, dark=dark, size=PHONE)
    part = show(page, "one", "two")
    wait_for_points(page, 120)
    picture = part.get_by_role("img", name="Loss: one, training; one, validation; two, training; two, validation.")
    expect(picture).to_be_visible()
    row = part.locator(".charts-unseen").get_by_role("row", name="one Loss, validation")
    expect(row).to_have_text("oneLoss, validation500.7622")
    assert accessibility_problems(page, "#curves") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    grey = page.evaluate("getComputedStyle(document.querySelector('.charts')).getPropertyValue('--charts-grid')")
    page.evaluate("document.body.classList.toggle('dark')")
    page.wait_for_timeout(200)
    assert grey != page.evaluate(
        "getComputedStyle(document.querySelector('.charts')).getPropertyValue('--charts-grid')"
    )


def test_two_languages_live_on_one_page(open_page: OpenPage, url: str, curves: Curves) -> None:
    curves.add("one", losses(1, 50), "finished")
    page = open_page(url)
    show(page, "one")
    wait_for_points(page, 60)
    part = show(page, "one", tab="曲线")
    wait_for_points(page, 60, "#curves-zh")
    expect(part.locator("[data-metric=Loss]")).to_contain_text("损失第 50 步训练")
    assert page.locator("script[src*='charts.js']").count() == 1


def test_tensorboard_is_loaded_when_seen_and_reloaded_while_looked_at(
    open_page: OpenPage, url: str, curves: Curves
) -> None:
    curves.add("one", [])
    page = open_page(url, dark=True)
    part = show(page, tab="Board")
    expect(part.get_by_text("No run is chosen.")).to_be_visible()
    show(page, "one", tab="Board")
    frame = page.locator("iframe[title=TensorBoard]")
    expect(frame).to_have_attribute("src", f"{url}tensorboard/one/?darkMode=true#timeseries")
    expect(part.get_by_role("link", name="tab of its own")).to_have_attribute("href", str(frame.get_attribute("src")))
    expect(page.frame_locator("iframe[title=TensorBoard]").locator(".reload-button")).to_have_text("1")
    show(page, "two", tab="Board")
    expect(frame).to_have_attribute("src", f"{url}tensorboard/two/?darkMode=true#timeseries")
    kept = json.loads(page.evaluate("localStorage._tb_global_settings"))
    assert kept == {"timeSeriesSettingsPaneOpened": False}
    assert accessibility_problems(page, "#tensorboard > div > a, .charts-tensorboard > a") == []
