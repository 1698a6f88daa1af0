"""The core's sentences in Chinese: which are known, with the same values, and that the core still says them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio import settings
from studio.api import ImportRequest, Studio, Wish
from studio.errors import StudioError
from studio.export import shelf
from studio.export.formats import FORMATS
from studio.families import FAMILIES
from studio.methods import METHODS
from studio.options import allowed, describe
from studio.runs.store import Status
from studio.spec import TrainingParams
from studio.tasks import TASKS
from studio.ui.words import speaker
from studio.ui.words.matching import chinese, places
from studio.ui.words.sentences import SENTENCES
from tests.data_helpers import reviews, write
from tests.trained import TinyRuns

SOURCE = Path(__file__).parent.parent / "studio"
ENGLISH = re.compile(r"\b[a-z]{2,} [a-z]{2,}\b")  # two words of a sentence; names, options and files are one
FILLED = re.compile(r"{\w*}")


def said(text: str) -> Iterator[str]:
    """Every text in a module, what is filled in as {}."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Constant(value=str(value)):
                yield value
            case ast.JoinedStr(values=values):
                yield "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in values)


@pytest.fixture(scope="module")
def core() -> str:
    modules = [path for path in SOURCE.rglob("*.py") if "words" not in path.parts]
    return "\n".join(found for path in modules for found in said(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("english", SENTENCES)
def test_the_core_says_every_sentence_of_the_table_and_both_have_the_same_values(english: str, core: str) -> None:
    assert places(english) == places(SENTENCES[english])
    assert re.search(r"[\u4e00-\u9fff]", SENTENCES[english])
    if english not in ("{file} is {kind}, which is not read.",):
        assert FILLED.sub("{}", english) in core


def test_every_sentence_is_recognised_with_its_values() -> None:
    for english, wanted in SENTENCES.items():
        values = {name: f"<{name} 1.5>" for name in places(english)}
        assert chinese(english.format(**values)).replace("< ", "<") == wanted.format(**values), english


def test_every_reason_for_leaving_out_a_row_is_chinese() -> None:
    reasons = []
    for path in (SOURCE / "data").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="skipped"), attr="add"), args=[_, given]):
                    reasons += [reason for reason in said(ast.unparse(given)) if re.match(r"[A-Z].*\.$", reason)]
    assert len(reasons) > 15
    assert set(reasons) <= {FILLED.sub("{}", english) for english in SENTENCES}


def obstacles(tiny_runs: TinyRuns) -> Iterator[str]:
    """What may stand on a card as the reason why something cannot be had."""
    for task in TASKS.values():
        for family in FAMILIES.values():
            yield from (method.obstacle(task, family) or "" for method in METHODS.values())
            if task.head not in family.heads:
                yield f"{family.label} cannot be used for {task.label.lower()}."
    for family in FAMILIES.values():
        for card in family.checkpoints:
            yield f"{card.label} is not on this machine, and downloads are switched off (HF_HUB_OFFLINE)."
            yield card.terms
    yield "The folder assets/starter-resnet of the studio is missing or not whole."
    for form in FORMATS.values():
        yield from (form.obstacle(method) or "" for method in METHODS.values())
    yield from (f"The run is {status.value}: resume it, and let it finish." for status in Status if status.over)
    yield from (entry["obstacle"] for entry in shelf.formats(tiny_runs.of("text", "full")))


def test_every_obstacle_on_a_card_is_chinese(tiny_runs: TinyRuns) -> None:
    for sentence in filter(None, obstacles(tiny_runs)):
        assert not ENGLISH.search(re.sub("text encoders|image networks", "", chinese(sentence))), sentence


def refusals(studio: Studio, dataset: str) -> Iterator[list[str]]:
    for option in describe(TrainingParams):
        yield studio.choices.problems(dataset, None, Wish(changes={option.name: "no such value"}))
    yield studio.choices.problems("", None, Wish())
    yield studio.choices.problems(dataset, "starter-resnet", Wish())
    yield studio.choices.problems(dataset, "minilm", Wish())
    yield studio.choices.problems(dataset, None, Wish(method="lorra"))
    yield studio.choices.problems(dataset, None, Wish(changes={"image_size": "64", "augment": "flip"}))
    yield studio.choices.problems("x" * 26, None, Wish())


def test_every_reason_why_start_is_disabled_is_chinese(tmp_path: Path) -> None:
    studio = Studio(settings.load(workspace=tmp_path / "workspace"))
    dataset = studio.import_dataset(ImportRequest(write(tmp_path, "reviews.csv", reviews(60, 2))))["dataset"]
    for problems in refusals(studio, dataset):
        for problem in problems:
            shown = re.sub(r"“[^”]*”|不能是 [^：]*：", "", chinese(problem))
            assert not ENGLISH.search(shown.replace("image networks", "")), (problem, shown)


def test_what_every_option_takes_is_chinese() -> None:
    for option in describe(TrainingParams):
        shown = chinese(f"{option.name} cannot be 'x': it takes {allowed(option)}.")
        assert not ENGLISH.search(shown), shown


FILES = {
    "empty.csv": "",
    "one.csv": "text,label\n" + "".join(f"text {i},same\n" for i in range(60)),
    "few.csv": "text,label\na,x\nb,y\n",
    "bare.csv": "first,second\n" + "".join(f"{i},{i * 2}\n" for i in range(60)),
    "broken.json": '{"text": ',
    "no.json": '"only a text"',
    "paper.pdf": "%PDF-1.7 " + "x" * 200,
}


@pytest.mark.parametrize("name", FILES)
def test_the_import_errors_that_people_meet_most_are_chinese(tmp_path: Path, name: str) -> None:
    studio = Studio(settings.load(workspace=tmp_path / "workspace"))
    with pytest.raises(StudioError) as caught:
        studio.import_dataset(ImportRequest(write(tmp_path, name, FILES[name])))
    error, say = caught.value, speaker("zh")
    assert say.sentences(error.what) != error.what
    assert error.next == "" or say.sentences(error.next) != error.next
    assert speaker("en").sentences(error.what) == error.what


@given(st.text(max_size=200))
def test_any_text_goes_through(text: str) -> None:
    chinese(text)
    assert text in chinese(f"There is no run '{text}'.") or not text or "'" in text or re.search(r"[.!?:\s]", text)


def test_what_is_not_known_stays_and_what_follows_is_said() -> None:
    assert chinese("Nobody knows this. The disk is full.") == "Nobody knows this. 磁盘已满。"
    assert chinese("x" * 3_000) == "x" * 3_000
