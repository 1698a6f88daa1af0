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
from studio.data.formats import FORMATS as FILE_FORMATS
from studio.data.formats import _foreign
from studio.errors import StudioError, all_errors
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


KINDS = {kind.__name__ for kind in all_errors()}


def raised(tree: ast.Module) -> Iterator[str]:
    """Every text of which errors are made, also where it has a name first or a function of the module returns it."""
    named: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                named.setdefault(name, []).append(value)
            case ast.FunctionDef(name=name):
                returned = (part.value for part in ast.walk(node) if isinstance(part, ast.Return))
                named.setdefault(name, []).extend(filter(None, returned))
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=kind), args=args, keywords=keywords) if kind in KINDS:
                for given in (*args, *(keyword.value for keyword in keywords)):
                    used = {part.id for part in ast.walk(given) if isinstance(part, ast.Name)}
                    for part in (given, *(value for name in used for value in named.get(name, ()))):
                        yield from said(ast.unparse(part))


def test_every_sentence_of_which_errors_of_data_are_made_is_chinese() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (SOURCE / "data").rglob("*.py")]
    texts = {text for tree in trees for text in raised(tree) if re.match(r"[A-Z{].*\w.*\.$", text, re.DOTALL)}
    assert len(texts) > 150
    for text in sorted(texts):
        shown = re.sub(r"'[^']*'", "", chinese(text.replace("{}", "7")))
        assert re.search(r"[\u4e00-\u9fff]", shown), text
        assert not ENGLISH.search(shown), text


def test_what_files_are_called_is_chinese() -> None:
    kinds = [kind for _, kind, _ in _foreign._SIGNATURES]
    texts = [f"a.bin is {kind}, which is not read." for kind in kinds]
    texts += [advice for _, _, advice in _foreign._SIGNATURES]
    texts.append(f"Formats that are read: {'; '.join(form.label for form in FILE_FORMATS.values())}.")
    for task in TASKS.values():
        wanted = " and ".join(column.label.lower() for column in task.columns)
        texts += [f"The data do not suit the task '{task.label}'.", f"It needs {wanted}; the data hold words and tags."]
        texts += [f"No column looks like the {column.label.lower()}." for column in task.columns]
    for text in texts:
        assert not ENGLISH.search(chinese(text)), text


@pytest.mark.parametrize(
    ("english", "wanted"),
    [
        ("The JSON is broken at line 3, column 5 (extra data).", "JSON 在第 3 行第 5 列处损坏（后面有多余的内容）。"),
        ("The JSON is broken at column 9 (expecting value).", "JSON 在第 9 列处损坏（缺少值）。"),
        ("The row has 1 cell where the first row has 2.", "这一行的单元格数与第一行不同（1 / 2）。"),
        ("CPU, 2 threads", "CPU，2 线程"),
        ("What reads such files says: File is not a zip file.", "读取程序的原话：File is not a zip file。"),
    ],
)
def test_what_is_filled_in_is_said_in_chinese_too(english: str, wanted: str) -> None:
    assert chinese(english) == wanted


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
            yield card.license
    yield "The folder assets/starter-resnet of the studio is missing or not whole."
    for form in FORMATS.values():
        yield from (form.obstacle(method) or "" for method in METHODS.values())
    yield from (f"The run is {status.value}: resume it, and let it finish." for status in Status if status.over)
    yield from (entry["obstacle"] for entry in shelf.formats(tiny_runs.of("text", "full")))


def test_every_obstacle_on_a_card_is_chinese(tiny_runs: TinyRuns) -> None:
    for sentence in filter(None, obstacles(tiny_runs)):
        assert not ENGLISH.search(chinese(sentence)), sentence


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
            assert not ENGLISH.search(shown), (problem, shown)


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
    "header_only.csv": "text,label\n",
    "one_byte.csv": "x",
    "cut.json": '[{"text": "a", "label": "b"}, {"text": "c',
    "cut.jsonl": '{"text": "a",\n',
    "fitting.csv": "text,label\n" + "one,two,three\n" * 4,
    "book.xlsx": "PK\x03\x04" + "x" * 200,
    "images.zip": "PK\x03\x04" + "x" * 200,
    "table.parquet": "PAR1" + "x" * 200 + "PAR1",
    "table.arrow": "ARROW1\0\0" + "x" * 200,
    "tags.conll": "\n\n\n",
    "squad.json": '{"data": [{"paragraphs": [{"context": "a", "qas": [{"question": "b"',
}
THEIRS = re.compile("原话：.*")  # what a library says, in its words


@pytest.mark.parametrize("name", FILES)
def test_the_import_errors_that_people_meet_most_are_chinese(tmp_path: Path, name: str) -> None:
    studio = Studio(settings.load(workspace=tmp_path / "workspace"))
    with pytest.raises(StudioError) as caught:
        studio.import_dataset(ImportRequest(write(tmp_path, name, FILES[name])))
    error, say = caught.value, speaker("zh")
    assert say.sentences(error.what) != error.what
    for part in (error.what, error.where, error.why, error.next):
        assert not ENGLISH.search(THEIRS.sub("", say.sentences(part).replace(name, ""))), part
    assert speaker("en").sentences(error.what) == error.what


@given(st.text(max_size=200))
def test_any_text_goes_through(text: str) -> None:
    chinese(text)
    assert text in chinese(f"There is no run '{text}'.") or not text or "'" in text or re.search(r"[.!?:\s]", text)


def test_what_is_not_known_stays_and_what_follows_is_said() -> None:
    assert chinese("Nobody knows this. The disk is full.") == "Nobody knows this. 磁盘已满。"
    assert chinese("x" * 3_000) == "x" * 3_000
