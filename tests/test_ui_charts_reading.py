"""Who reads the charts: every name is text, hidden ones rest, phones, screen readers, languages, TensorBoard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest

from studio.arrays import Array
from tests.browser import PHONE, OpenPage, accessibility_problems, expect, hosted
from tests.charts_page import ASSETS, Curves, application, losses, show, wait_for_points

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


# What light is left of red, green and blue without one kind of cone (Machado, Oliveira and Fernandes, 2009).
SIGHTS = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "no green": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "no blue": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}
TO_XYZ = np.array(((0.434, 0.376, 0.190), (0.213, 0.715, 0.072), (0.018, 0.109, 0.873)))  # white is 1, 1, 1


def light_of(colour: str) -> Array:
    """Linear red, green and blue of a colour such as #1f48d7."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.asarray(np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4))


def perceived(colour: str, sight: str) -> Array:
    """Its place in the CIELAB space, where distances are as large as they look."""
    seen = np.clip(np.array(SIGHTS[sight]) @ light_of(colour), 0, 1)
    x, y, z = np.cbrt(np.maximum(TO_XYZ @ seen, 1e-3))
    return np.array((116 * y - 16, 500 * (x - y), 200 * (y - z)))


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_lines_differ_in_colour_for_every_kind_of_sight_and_from_their_background(theme: int) -> None:
    style = (ASSETS / "page" / "charts.css").read_text(encoding="utf-8")
    colours = re.findall(r"--charts-\d: (#[0-9a-f]{6})", style)[8 * theme :][:8]
    panel = light_of(re.findall(r"--charts-panel: (#[0-9a-f]{6})", style)[theme]) @ TO_XYZ[1]
    lights = [light_of(colour) @ TO_XYZ[1] for colour in colours]
    assert min((max(light, panel) + 0.05) / (min(light, panel) + 0.05) for light in lights) >= 3
    for sight in SIGHTS:
        places = [perceived(colour, sight) for colour in colours]
        assert min(float(np.linalg.norm(one - two)) for one, two in combinations(places, 2)) > 18
