"""The panel Data in a browser: bring a file, correct how it is read, mend it, page through it; pick a sample."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import PHONE, OpenPage, accessibility_problems
from tests.data_helpers import archive, png, write
from tests.serving import Served, served

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page, Route

ROWS = 2_000
BUSY = 90_000  # milliseconds that an import may take on a busy machine


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("data") / "workspace") as running:
        yield running


@pytest.fixture
def banking(data_pack: Path, tmp_path: Path) -> Path:
    """The first rows of Banking77 under a name that would like to be markup, with a column more."""
    with (data_pack / "text_classification" / "banking77_train.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row, _ in zip(csv.DictReader(file), range(ROWS), strict=False)]
    place = tmp_path / "banking ${7*7} & <b>.csv"
    with place.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "category", "<i>group</i>"])
        table.writerows([row["text"], row["category"], row["category"].split("_")[0]] for row in rows)
    return place


def upload(page: Page, file: Path) -> None:
    page.get_by_label("Your data file").locator("visible=true").first.wait_for()
    page.locator("#data-drop input[type=file]").set_input_files(str(file))


def shown(page: Page, part: str) -> Locator:
    return page.locator(f"#data-{part}")


def test_a_file_becomes_a_sentence_that_can_be_corrected(open_page: OpenPage, studio: Served, banking: Path) -> None:
    from playwright.sync_api import expect

    page = open_page(studio.url)
    upload(page, banking)
    expect(shown(page, "facts")).to_contain_text("17 classes", timeout=BUSY)
    sentence = shown(page, "sentence")
    expect(sentence.get_by_label("Label")).to_have_value("category")
    expect(sentence).to_contain_text("classify")
    expect(shown(page, "facts")).to_contain_text("to train / 200 to choose the best / 200 to test")
    again = page.get_by_role("button", name="Read again")
    expect(again).to_be_disabled()
    sentence.get_by_label("Label").click()
    page.get_by_role("option", name="<i>group</i>").click()
    expect(again).to_be_enabled()
    again.click()
    expect(shown(page, "facts")).not_to_contain_text("17 classes", timeout=BUSY)
    expect(sentence.get_by_label("Label")).to_have_value("<i>group</i>")
    expect(again).to_be_disabled()
    assert page.locator("#panel-data i, #panel-data script").count() == 0
    mended_and_paged(page)


def mended_and_paged(page: Page) -> None:
    from playwright.sync_api import expect

    expect(shown(page, "findings")).to_contain_text("repeat another row")
    expect(shown(page, "place")).to_contain_text("rows 1–20 of 1,")
    first = shown(page, "rows").locator("td").first.inner_text()
    page.get_by_role("button", name="Next").click()
    expect(shown(page, "place")).to_contain_text("rows 21–40 of 1,")
    assert shown(page, "rows").locator("td").first.inner_text() != first
    page.get_by_role("button", name="Previous").click()
    expect(shown(page, "place")).to_contain_text("rows 1–20 of 1,")
    page.locator("#panel-data").get_by_label("Test", exact=True).check()
    expect(shown(page, "place")).to_contain_text("rows 1–20 of 200")
    expect(shown(page, "lengths")).to_contain_text("would be cut at", timeout=BUSY)
    expect(shown(page, "counts")).to_contain_text("card")
    shown(page, "findings").get_by_role("button", name="Remove the repetitions").click()
    expect(shown(page, "title")).to_contain_text("(mended)", timeout=BUSY)
    expect(shown(page, "findings")).not_to_contain_text("repeat another row")


def test_a_sample_is_one_press_and_leads_to_training(open_page: OpenPage, studio: Served) -> None:
    from playwright.sync_api import expect

    page = open_page(studio.url)
    page.locator("[data-ask=digits]").click()
    expect(shown(page, "title")).to_have_text("digits", timeout=BUSY)
    pictures = shown(page, "rows").get_by_role("img")
    expect(pictures).to_have_count(20)
    pictures.first.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('#data-rows img').naturalWidth > 0")
    label = page.locator("#panel-data").get_by_label("Class", exact=True)
    label.click()
    page.get_by_role("option", name="7", exact=True).click()
    expect(pictures.first).to_have_attribute("alt", "7")
    expect(shown(page, "place")).to_contain_text("rows 1–20 of 14")
    expect(shown(page, "counts")).to_contain_text("Rows of each class", timeout=BUSY)
    assert accessibility_problems(page, "#panel-data") == []
    page.get_by_role("button", name="Choose how to train").click()
    expect(page.get_by_role("tab", name="Train")).to_have_attribute("aria-selected", "true")


def test_files_that_hold_nothing_usable_are_refused_in_plain_words(
    open_page: OpenPage, studio: Served, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    page = open_page(studio.url)
    alert = shown(page, "progress").get_by_role("alert")
    upload(page, write(tmp_path, "nothing.csv", ""))
    expect(alert).to_contain_text("nothing.csv is empty.", timeout=BUSY)
    upload(page, archive(tmp_path / "texts.zip", {f"a/{i}.txt": b"hello" for i in range(4)}))
    expect(alert).to_contain_text("texts.zip holds no images.", timeout=BUSY)
    expect(alert).to_contain_text("Put the images of each class into a folder")
    expect(shown(page, "retry")).to_be_hidden()


def test_test_rows_of_their_own_wait_for_the_main_file_and_a_dataset_can_be_deleted(
    open_page: OpenPage, studio: Served, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    # On a slow machine another panel may still be reading the dataset when it is deleted, and says so.
    page = open_page(studio.url, size=PHONE, tolerate="422")
    rows = [f"this is text {i},{'ab'[i % 2]}\n" for i in range(80)]
    page.get_by_role("button", name="A file of its own").click()
    own = write(tmp_path, "own.csv", "text,label\n" + "".join(rows[60:]))
    page.locator("#data-given input[type=file]").nth(1).set_input_files(str(own))
    expect(page.get_by_text("Test rows from own.csv are at hand.")).to_be_visible()
    upload(page, write(tmp_path, "main.csv", "text,label\n" + "".join(rows[:60])))
    expect(shown(page, "title")).to_have_text("main", timeout=BUSY)
    expect(shown(page, "facts")).to_contain_text("20 to test")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    expect(shown(page, "lengths")).to_contain_text("tokens", timeout=BUSY)
    shown(page, "delete").click()
    expect(shown(page, "confirm")).to_contain_text("Delete the dataset “main”?")
    shown(page, "delete-sure").click()
    expect(shown(page, "title")).not_to_have_text("main")


def test_a_suspected_label_is_corrected_in_a_copy_and_the_correction_undone(
    open_page: OpenPage, studio: Served, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    page = open_page(studio.url)
    kinds = (("how do i reset my password", "account"), ("where is my parcel now", "delivery"))
    rows = "".join(f"{text} {i},{label}\n" for i in range(40) for text, label in kinds)
    upload(page, write(tmp_path, "mail.csv", f"text,label\n{rows}i forgot my password,delivery\n"))
    expect(shown(page, "title")).to_have_text("mail", timeout=BUSY)
    shown(page, "suspects-look").click()
    card = shown(page, "suspects-cards").get_by_role("article").first
    expect(card).to_contain_text("i forgot my password", timeout=BUSY)
    card.get_by_role("button", name="Make it “account”").click()
    expect(card.get_by_role("button", name="Make it “account”")).to_have_attribute("aria-pressed", "true")
    assert accessibility_problems(page, "#panel-data") == []
    page.get_by_role("button", name="Apply 1 corrections").click()
    expect(shown(page, "title")).to_contain_text("(mended)", timeout=BUSY)
    expect(shown(page, "findings")).to_contain_text("Labels corrected by hand: 0 rows taken out, 1 changed")
    shown(page, "findings").get_by_role("button", name="Undo").click()
    expect(shown(page, "title")).to_have_text("mail", timeout=BUSY)
    expect(shown(page, "suspects-cards")).to_contain_text("i forgot my password")


def test_several_images_dropped_at_once_become_one_dataset(open_page: OpenPage, studio: Served, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    page = open_page(studio.url)
    names = [f"{('cat', 'dog')[i % 2]}_{i:03}.png" for i in range(24)]
    files = [str(write(tmp_path, name, png(i))) for i, name in enumerate(names)]
    page.get_by_label("Your data file").locator("visible=true").first.wait_for()
    page.locator("#data-drop input[type=file]").set_input_files(files)
    expect(shown(page, "title")).to_contain_text("and 23 more", timeout=BUSY)
    expect(shown(page, "facts")).to_contain_text("2 classes")


def test_rows_that_come_late_take_nothing_back(open_page: OpenPage, studio: Served, tmp_path: Path) -> None:
    from playwright.sync_api import expect

    page = open_page(studio.url)
    rows = {name: "".join(f"{name} {i},{'ab'[i % 2]}\n" for i in range(200)) for name in ("first", "second")}
    files = [write(tmp_path, f"{name}.csv", f"text,label\n{lines}") for name, lines in rows.items()]
    upload(page, files[0])
    expect(shown(page, "rows")).to_contain_text("first", timeout=BUSY)
    with rows_held_back(page):
        upload(page, files[1])
        expect(shown(page, "title")).to_have_text("second", timeout=BUSY)
        expect(page.get_by_role("button", name="Next")).to_be_disabled()
        expect(page.locator("#panel-data").get_by_label("Test", exact=True)).to_be_disabled()
        expect(shown(page, "place")).not_to_contain_text("rows")
    expect(shown(page, "place")).to_contain_text("rows 1–20 of 160")
    page.get_by_role("button", name="Next").click()
    expect(shown(page, "place")).to_contain_text("rows 21–40 of 160")
    page.locator("#panel-data").get_by_label("Test", exact=True).check()
    expect(shown(page, "place")).to_contain_text("rows 1–20 of 20")


@contextmanager
def rows_held_back(page: Page) -> Iterator[None]:
    """The question for a dataset's first rows waits until the block ends."""
    held: list[Route] = []
    number = page.evaluate(
        """() => { const place = (part) => part.props.elem_id === 'data-rows';
        const rows = window.gradio_config.components.find(place).id;
        const asked = (one) => one.outputs.includes(rows) && one.targets.some((target) => target[1] === 'change');
        return window.gradio_config.dependencies.find(asked).id }"""
    )

    def judge(route: Route) -> None:
        wanted = f'"fn_index":{number},' in (route.request.post_data or "")
        held.append(route) if wanted else route.fallback()

    page.route("**/run/predict*", judge)
    yield
    while not held:  # the test's own time limit ends this
        page.wait_for_timeout(50)
    for route in held:
        route.continue_()
    page.unroute("**/run/predict*")
