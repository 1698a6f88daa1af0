"""The lines of `predict.py` that differ between heads, and between kinds of answers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from studio import cutting
from studio.contracts import Answer, Head, Task
from studio.export import masked


@dataclass(frozen=True)
class Parts:
    """The lines that differ between heads. `libraries` are needed beside torch and transformers. `lacking` says whether
    the arguments are too few, or none that belong together."""

    example: str
    model: str
    processor: str
    predict: str
    test: str
    show: str
    given: str = "argument in sys.argv[1:]"
    lacking: str = "not sys.argv[1:]"
    reading: str = ""
    closeness: str = "rtol=0, atol=1e-5"
    imports: str = ""
    numbers: str = ""
    module: str = ""
    standard: str = ""
    libraries: tuple[str, ...] = ()


_READING = '''

def encoded(*texts, **how):
    """What the model reads of a text, and a note on standard error where that is not all of it."""
    inputs = processor(*texts, truncation=True, return_tensors="pt", **how)
    if inputs.encodings and inputs.encodings[0].overflowing:
        most = f"Only {processor.model_max_length} tokens can be read, so what comes last is left out"
        print(f"{most}: {texts[0]!r:.60}", file=sys.stderr)
    return inputs
'''
_IN_PAIRS = "len(sys.argv) < 3 or len(sys.argv) % 2 == 0"

_TEXTS = Parts(
    example='"a text"',
    model="AutoModelForSequenceClassification",
    processor="AutoTokenizer.from_pretrained(HERE)",
    predict='''\
def predict(text):
    """The probability of each class, in the order of labels.json."""
    return model(**encoded(text, return_token_type_ids=False)).logits[0].softmax(-1)
''',
    reading=_READING,
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
    return model(**encoded(text, text_b)).logits[0].softmax(-1)
''',
    test='predict(*test["input"])',
    show="""\
    score, place = predict(text, text_b).max(-1)
    found = {"text": text, "text_b": text_b, "label": LABELS[place], "score": score.item()}
    print(json.dumps(found, ensure_ascii=False))
""",
    given="text, text_b in zip(sys.argv[1::2], sys.argv[2::2])",
    lacking=_IN_PAIRS,
)
_NUMBERS = replace(
    _TEXTS,
    predict='''\
def predict(text):
    """The number of a text."""
    return model(**encoded(text, return_token_type_ids=False)).logits[0]
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
    return model(**encoded(text, text_b)).logits[0]
''',
    show="""\
    found = {"text": text, "text_b": text_b, "number": predict(text, text_b).item()}
    print(json.dumps(found, ensure_ascii=False))
""",
    closeness="rtol=1e-5, atol=1e-5",
)
_WORDS = Parts(
    example='"words of a text"',
    model="AutoModelForTokenClassification",
    processor="AutoTokenizer.from_pretrained(HERE)",
    predict='''\
def predict(words):
    """The words that could be read, and per word the probability of each tag, in the order of labels.json."""
    inputs = encoded(words, is_split_into_words=True, return_token_type_ids=False)
    first = {word: place for place, word in reversed(list(enumerate(inputs.word_ids()))) if word is not None}
    read = sorted(first)
    said = model(**inputs).logits[0, -inputs["input_ids"].shape[1] :]  # a prompt in front is no word
    return [words[word] for word in read], said[[first[word] for word in read]].softmax(-1)
''',
    reading=_READING,
    test='predict(test["input"])[1]',
    show="""\
    words, scores = predict(argument.split())
    tags = [LABELS[place] for place in scores.argmax(-1)]
    print(json.dumps({"words": words, "tags": tags, "scores": scores.amax(-1).tolist()}, ensure_ascii=False))
""",
)
_IMAGES = Parts(
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

_ANSWERS = Parts(
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
    lacking=_IN_PAIRS,
    numbers="import numpy as np\n",
    module="answers.py",
    libraries=("numpy",),
)

_MASKED = Parts(**masked.LINES, reading=_READING)

_THRESHOLDS = """

THRESHOLDS = json.loads((HERE / "chosen.json").read_text(encoding="utf-8"))["thresholds"]
"""


def _several(parts: Parts, given: str) -> Parts:
    """The lines for classes that do not exclude each other. `given` is how the program calls what it is given."""
    return replace(
        parts,
        predict=parts.predict.replace(".softmax(-1)", ".sigmoid()") + _THRESHOLDS,
        show=f"""\
    scores = dict(zip(LABELS, predict(argument).tolist()))
    said = [label for label, score in scores.items() if score >= THRESHOLDS[label]]
    print(json.dumps({{"{given}": argument, "labels": said, "scores": scores}}, ensure_ascii=False))
""",
    )


def _enlarged(parts: Parts, side: int) -> Parts:
    """The lines for images that were stored at this side, and enlarged for the network."""
    lines = parts.predict.replace("processor(image,", f"processor(pixels.fit(image, {side}),")
    return replace(parts, predict=lines, module="pixels.py")


def _by_characters(parts: Parts) -> Parts:
    """The lines for words that are single characters (see `cutting`)."""
    lines = f'{parts.predict}\n\nPIECE = re.compile(\n    r"{cutting.PIECE}"\n)\n'
    show = parts.show.replace("argument.split()", "PIECE.findall(argument)")
    return replace(parts, predict=lines, show=show, standard="import re\n", example='"一个句子"')


def parts_of(task: Task, side: int | None = None, characters: bool = False) -> Parts:
    """The lines for a task. `side` is the one from which images were enlarged in training, if they were; `characters`
    says that words are single ones."""
    match task.head:
        case Head.SEQUENCE_CLASSIFICATION:
            if task.several:
                return _several(_TEXTS, "text")
            single, pair = (_NUMBERS, _PAIR_NUMBERS) if task.answer is Answer.NUMBER else (_TEXTS, _PAIRS)
            return single if len(task.inputs) == 1 else pair
        case Head.TOKEN_CLASSIFICATION:
            return _by_characters(_WORDS) if characters else _WORDS
        case Head.IMAGE_CLASSIFICATION:
            parts = _IMAGES if side is None else _enlarged(_IMAGES, side)
            return _several(parts, "image") if task.several else parts
        case Head.QUESTION_ANSWERING:
            return _ANSWERS
        case Head.MASKED_LANGUAGE_MODELING:
            return _MASKED
