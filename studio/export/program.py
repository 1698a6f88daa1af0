"""`predict.py` and `requirements.txt`: how an export is used without the studio.

The program is put together from the lines that the model's head needs and those that its weights need.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from studio.contracts import Answer, Head, Task
from studio.export import masked
from studio.export.formats._format import Start
from studio.tasks import _excerpts


@dataclass(frozen=True)
class _Parts:
    """The lines that differ between heads. `libraries` are needed beside torch and transformers."""

    example: str
    model: str
    processor: str
    predict: str
    test: str
    show: str
    given: str = "argument in sys.argv[1:]"
    closeness: str = "rtol=0, atol=1e-5"
    imports: str = ""
    numbers: str = ""
    module: str = ""
    standard: str = ""
    libraries: tuple[str, ...] = ()


_TEXTS = _Parts(
    example='"a text"',
    model="AutoModelForSequenceClassification",
    processor="AutoTokenizer.from_pretrained(HERE)",
    predict='''\
def predict(text):
    """The probability of each class, in the order of labels.json."""
    inputs = processor(text, truncation=True, return_token_type_ids=False, return_tensors="pt")
    return model(**inputs).logits[0].softmax(-1)
''',
    test='predict(test["input"])',
    show="""\
    score, place = predict(argument).max(-1)
    print(json.dumps({"text": argument, "label": LABELS[place], "score": score.item()}, ensure_ascii=False))
""",
)
_PAIRS = replace(
    _TEXTS,
    example='"a text" "its second text"',
    predict='''\
def predict(text, text_b):
    """The probability of each class, in the order of labels.json."""
    return model(**processor(text, text_b, truncation=True, return_tensors="pt")).logits[0].softmax(-1)
''',
    test='predict(*test["input"])',
    show="""\
    score, place = predict(text, text_b).max(-1)
    found = {"text": text, "text_b": text_b, "label": LABELS[place], "score": score.item()}
    print(json.dumps(found, ensure_ascii=False))
""",
    given="text, text_b in zip(sys.argv[1::2], sys.argv[2::2])",
)
_NUMBERS = replace(
    _TEXTS,
    predict='''\
def predict(text):
    """The number of a text."""
    return model(**processor(text, truncation=True, return_token_type_ids=False, return_tensors="pt")).logits[0]
''',
    show="""\
    print(json.dumps({"text": argument, "number": predict(argument).item()}, ensure_ascii=False))
""",
    closeness="rtol=1e-5, atol=1e-5",
)
_PAIR_NUMBERS = replace(
    _PAIRS,
    predict='''\
def predict(text, text_b):
    """The number of a pair of texts."""
    return model(**processor(text, text_b, truncation=True, return_tensors="pt")).logits[0]
''',
    show="""\
    found = {"text": text, "text_b": text_b, "number": predict(text, text_b).item()}
    print(json.dumps(found, ensure_ascii=False))
""",
    closeness="rtol=1e-5, atol=1e-5",
)
_WORDS = _Parts(
    example='"words of a text"',
    model="AutoModelForTokenClassification",
    processor="AutoTokenizer.from_pretrained(HERE)",
    predict='''\
def predict(words):
    """The words that could be read, and per word the probability of each tag, in the order of labels.json."""
    inputs = processor(
        words, is_split_into_words=True, truncation=True, return_token_type_ids=False, return_tensors="pt"
    )
    first = {word: place for place, word in reversed(list(enumerate(inputs.word_ids()))) if word is not None}
    read = sorted(first)
    said = model(**inputs).logits[0, -inputs["input_ids"].shape[1] :]  # a prompt in front is no word
    return [words[word] for word in read], said[[first[word] for word in read]].softmax(-1)
''',
    test='predict(test["input"])[1]',
    show="""\
    words, scores = predict(argument.split())
    tags = [LABELS[place] for place in scores.argmax(-1)]
    print(json.dumps({"words": words, "tags": tags, "scores": scores.amax(-1).tolist()}, ensure_ascii=False))
""",
)
_IMAGES = _Parts(
    example="photo.jpg",
    model="AutoModelForImageClassification",
    processor='AutoImageProcessor.from_pretrained(HERE, backend="pil")',
    predict='''\
def predict(path):
    """The probability of each class, in the order of labels.json."""
    image = ImageOps.exif_transpose(Image.open(path))
    image = (eight_bits(image) if image.mode[0] in "IF" else image).convert("RGBA")
    image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return model(**processor(image, return_tensors="pt")).logits[0].softmax(-1)


def eight_bits(image):
    """A grey image of more bits: white is the largest value of the smallest depth that holds its brightest pixel."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    top = values.max(initial=0)
    depths = [1] if image.mode == "F" and top <= 1 else [2**bits - 1 for bits in (8, 10, 12, 14, 16)]
    white = next((depth for depth in depths if top <= depth), top)
    return Image.fromarray(np.clip(values * (255 / white), 0, 255).round().astype(np.uint8))
''',
    test='predict(HERE / test["input"])',
    show="""\
    score, place = predict(argument).max(-1)
    print(json.dumps({"image": argument, "label": LABELS[place], "score": score.item()}, ensure_ascii=False))
""",
    imports="from PIL import Image, ImageOps\n",
    numbers="import numpy as np\n",
    libraries=("numpy", "Pillow"),
)

_ANSWERS = _Parts(
    example='"a question" "the text that answers it"',
    model="AutoModelForQuestionAnswering",
    processor="AutoTokenizer.from_pretrained(HERE)",
    predict='''\
def predict(question, context):
    """The best pieces of the text, and no answer where that is one of them, with their shares of all scores."""
    parts = answers.windows(processor, [question], [context], processor.model_max_length)
    said = [model(**{name: torch.tensor([ids]) for name, ids in inputs(part)}) for part in parts]
    logits = torch.cat([torch.stack([one.start_logits[0], one.end_logits[0]], -1) for one in said]).numpy()
    places = np.concatenate([part.places for part in parts])
    first = np.concatenate([np.arange(len(part.ids)) == 0 for part in parts])
    return answers.ranked(*answers.scores(logits, places, first), places, CHOSEN["no_answer"])[:5]


def inputs(part):
    """What the network reads of a window."""
    return [("input_ids", part.ids)] + ([] if part.types is None else [("token_type_ids", part.types)])


CHOSEN = json.loads((HERE / "chosen.json").read_text(encoding="utf-8"))
''',
    test='torch.tensor([one.score for one in predict(*test["input"])])',
    show="""\
    found = [{"answer": one.of(context).strip(), "score": one.score} for one in predict(question, context)]
    print(json.dumps({"question": question, **found[0], "top": found}, ensure_ascii=False))
""",
    given="question, context in zip(sys.argv[1::2], sys.argv[2::2])",
    numbers="import numpy as np\n",
    module="answers.py",
    libraries=("numpy",),
)

_MASKED = _Parts(**masked.LINES)

_PROGRAM = '''\
"""Predict with this model, offline: `python predict.py {example} ...`. Test it: `python predict.py --selftest`."""

{standard}

{numbers}import torch
{imports}
HERE = Path(__file__).resolve().parent
{beside}LABELS = json.loads((HERE / "labels.json").read_text(encoding="utf-8"))
processor = {processor}
{model}

@torch.inference_mode()
{predict}

if sys.argv[1:] == ["--selftest"]:
    tests = json.loads((HERE / "selftest.json").read_text(encoding="utf-8"))
    wanted = [torch.tensor(test["scores"]) for test in tests]
    found = [{test} for test in tests]
    wrong = sum(not torch.allclose(f, w, {closeness}) for f, w in zip(found, wanted))
    sys.exit(f"{{wrong}} of {{len(tests)}} inputs get other scores than expected." if wrong else print("as expected"))
for {given}:
{show}'''

_BESIDE = """\
sys.path.insert(0, str(HERE))
import {name}  # what lies beside this file

"""
_ADAPTED = """\
logging.set_verbosity_error()  # no report of layers that the starting weights lack: the adapter brings them
config = AutoConfig.from_pretrained(HERE)
model = {auto}.from_pretrained({base}, config=config, ignore_mismatched_sizes=True)
model = PeftModel.from_pretrained(model, HERE).eval()
"""
_PACKAGED = """\
package = find_spec("{package}")
BASE = Path(package.origin).parent / "{folder}" if package else "{location}"
"""


def _parts(task: Task) -> _Parts:
    match task.head:
        case Head.SEQUENCE_CLASSIFICATION:
            single, pair = (_NUMBERS, _PAIR_NUMBERS) if task.answer is Answer.NUMBER else (_TEXTS, _PAIRS)
            return single if len(task.inputs) == 1 else pair
        case Head.TOKEN_CLASSIFICATION:
            return _WORDS
        case Head.IMAGE_CLASSIFICATION:
            return _IMAGES
        case Head.QUESTION_ANSWERING:
            return _ANSWERS
        case Head.MASKED_LANGUAGE_MODELING:
            return _MASKED


def modules(task: Task) -> dict[str, bytes]:
    """Files of the studio that `predict.py` needs beside it, by name."""
    name = _parts(task).module
    return {name: Path(_excerpts.__file__).read_bytes()} if name else {}


def example(task: Task) -> str:
    """What `predict.py` is given, as it is typed."""
    return _parts(task).example


def source(task: Task, start: Start | None) -> str:
    """The text of `predict.py`."""
    parts = _parts(task)
    processor = parts.processor.partition(".")[0]
    names = sorted({parts.model, processor} | ({"AutoConfig", "logging"} if start else set()))
    standard = ["import json", *parts.standard.splitlines(), "import sys", "from pathlib import Path"]
    if start and start.package:
        standard.insert(-1, "from importlib.util import find_spec")
    imports = parts.imports + ("from peft import PeftModel\n" if start else "")
    return _PROGRAM.format(
        example=parts.example,
        standard="\n".join(standard),
        numbers=parts.numbers,
        beside=_BESIDE.format(name=parts.module.removesuffix(".py")) if parts.module else "",
        imports=f"{imports}from transformers import {', '.join(names)}\n",
        processor=parts.processor,
        model=_loading(parts.model, start),
        predict=parts.predict,
        test=parts.test,
        given=parts.given,
        closeness=parts.closeness,
        show=parts.show,
    )


def _loading(auto: str, start: Start | None) -> str:
    if start is None:
        return f"model = {auto}.from_pretrained(HERE).eval()\n"
    if start.bundled:
        return _ADAPTED.format(auto=auto, base=f'HERE / "{start.location}"')
    if start.package:
        package, _, folder = start.package.partition(":")
        found = _PACKAGED.format(package=package, folder=folder, location=start.location)
        return found + _ADAPTED.format(auto=auto, base="BASE")
    revision = f', revision="{start.revision}"' if start.revision else ""
    return _ADAPTED.format(auto=auto, base=f'"{start.location}"{revision}')


def requirements(task: Task, start: Start | None) -> str:
    """The text of `requirements.txt`: the versions that the scores of the self-test were computed with."""
    names = ["torch", "transformers", *_parts(task).libraries]
    if start:
        names.append("peft")
    if start and start.package:
        names.append(start.package.partition(":")[0].replace("_", "-"))
    # A local part such as "+cpu" names a build, not a version that everybody can install.
    return "".join(f"{name}=={metadata.version(name).partition('+')[0]}\n" for name in names)
