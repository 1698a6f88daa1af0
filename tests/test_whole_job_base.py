"""A network that has read somebody's own texts becomes the start of another task, from the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.browser import OpenPage
from tests.serving import served
from tests.test_whole_job import LONG, OVER, ending, front_door, start, tab, until

LINES = 300


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_texts_without_labels_make_a_network_that_another_task_begins_from(
    open_page: OpenPage, data_pack: Path, tmp_path: Path
) -> None:
    texts = tmp_path / "speeches.txt"
    with (data_pack / "corpus" / "english_5mb.txt").open(encoding="utf-8") as source:
        texts.write_text("".join(line for _, line in zip(range(LINES), source, strict=False)), encoding="utf-8")
    with served(tmp_path / "workspace") as studio, ending(front_door(studio)) as door:
        page = open_page(studio.url)
        page.locator("input[type=file][aria-label='Your data file']").set_input_files(str(texts))
        page.get_by_role("button", name="Choose how to train").wait_for(timeout=LONG)
        base = start(page, door, "Full", steps=4)
        until(lambda: door.show(base)["status"] in OVER, 240)
        read = door.show(base)
        assert (read["status"], read["spec"]["task"]) == ("finished", "masked_language_modeling"), read["error"]
        assert read["metrics"]["test"]["n"] > 0

        tab(page, "Data")
        page.get_by_role("button", name=re.compile("online shop")).click()
        page.get_by_role("button", name="Choose how to train").click(timeout=60_000)
        page.locator(".train-dataset").get_by_text("support-messages").wait_for(timeout=60_000)
        page.locator("#train-model").get_by_role("radio", name=re.compile("A run of mine")).check()
        page.get_by_label("Go on from the run", exact=True).click()
        page.get_by_role("option", name=re.compile(re.escape(read["name"]))).click()
        page.get_by_role("button", name="Start training").click(timeout=60_000)
        until(lambda: len(door.runs()) == 2)
        second = door.runs()[0]["run"]
        assert door.show(second)["spec"]["model"] == base
        until(lambda: door.show(second)["status"] in OVER, 300)
        assert door.show(second)["status"] == "finished", door.show(second)["error"]
        assert door.show(second)["metrics"]["test"]["accuracy"] > 0.5
