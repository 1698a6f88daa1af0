"""The check-up's cards: what was found, examples, and the button that mends it."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio import settings
from studio.api import ImportRequest, Studio
from studio.data.checks import CHECKS
from studio.data.mends import CORRECTED
from studio.errors import RequestError, UnknownName
from studio.ui.panels.data_findings import ALL, UNDO, codes_to_mend, findings, fix_label, message, original
from studio.ui.words import speaker
from studio.ui.words.core import CHINESE
from studio.ui.words.data import FIXES, MENDED
from tests.data_helpers import reviews, write
from tests.data_panel import HOSTILE, Elements, assert_harmless, finding, record

SAY, CHINESE_SAY = speaker("en"), speaker("zh")
OVERLAP = finding(
    code="overlap", severity="warning", fix="overlap", message="3 test rows are also trained on.", count=3
)
NOTE = finding(code="imbalance", severity="warning", fix=None)


def test_each_finding_is_a_card_with_its_mend() -> None:
    shown = Elements(findings(record(findings=[OVERLAP, finding(), NOTE]), SAY))
    assert shown.names.count("article") == 3
    assert shown.values("data-ask") == [ALL, "overlap", "duplicates"]
    assert "3 test rows are also trained on." in shown.words
    assert "Remove the repetitions" in shown.words


def test_one_mend_needs_no_button_for_all() -> None:
    assert Elements(findings(record(findings=[finding(), NOTE]), SAY)).values("data-ask") == ["duplicates"]


def test_nothing_odd_is_said() -> None:
    assert "Nothing odd was found." in Elements(findings(record(), SAY)).words


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_messages_and_examples_are_shown_as_text(text: str) -> None:
    odd = finding(message=text, examples=[text], code=text, fix=text, severity=text)
    assert_harmless(findings(record(findings=[odd]), SAY))


def test_findings_are_told_in_chinese_with_their_count() -> None:
    assert message(finding(count=1234), CHINESE_SAY) == "有 1,234 行与其他行重复。"
    assert message(finding(code="unheard_of"), CHINESE_SAY) == "2 rows repeat another row."


def test_options_of_the_command_line_are_fields_here() -> None:
    told = "The first row looks like data. If it names the columns, import with --option header=yes."
    assert message(finding(code="no_header", message=told), SAY).endswith("import in the fields on this page.")


MENDED_COPY = {"original": "1" * 26, "mends": [{"code": "duplicates", "removed": 12, "changed": 0}]}


def test_what_was_mended_is_told_with_the_way_back() -> None:
    shown = Elements(findings(record(**MENDED_COPY), SAY))
    assert shown.values("data-ask") == [UNDO]
    assert "Repetitions: 12 rows taken out, 0 changed" in shown.words
    assert "重复的行：删除 12 行" in Elements(findings(record(**MENDED_COPY), CHINESE_SAY)).words


def test_the_way_back_leads_to_the_dataset_before(tmp_path: Path) -> None:
    studio = Studio(settings.load(workspace=tmp_path / "workspace"))
    with pytest.raises(RequestError):
        original(studio, record())
    with pytest.raises(UnknownName):
        original(studio, record(**MENDED_COPY))
    dataset = studio.import_dataset(ImportRequest(write(tmp_path, "a.csv", reviews(60))))["dataset"]
    assert original(studio, record(original=dataset)) == dataset


def test_every_mend_that_the_core_knows_has_words_on_the_page() -> None:
    mendable = {code for code, check in CHECKS.items() if check.mend}
    assert mendable == FIXES.keys()
    assert MENDED.keys() == mendable | {CORRECTED}
    assert {f"mend.{code}" for code in MENDED} == {key for key in CHINESE if key.startswith("mend.")}


def test_every_mend_has_words_in_both_languages() -> None:
    assert {f"fix.{code}" for code in FIXES} == {key for key in CHINESE if key.startswith("fix.")}
    assert fix_label("unheard_of", SAY) == "Mend it"


def test_only_mends_that_are_offered_are_made() -> None:
    dataset = record(findings=[OVERLAP, finding(), finding(), NOTE])
    assert codes_to_mend(dataset, ALL) == ("overlap", "duplicates")
    assert codes_to_mend(dataset, "duplicates") == ("duplicates",)
    for wanted in ("", "imbalance", "../x"):
        with pytest.raises(RequestError, match="nothing to mend"):
            codes_to_mend(dataset, wanted)
    with pytest.raises(RequestError):
        codes_to_mend(record(), ALL)
