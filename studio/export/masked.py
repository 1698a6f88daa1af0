"""The lines of `predict.py` for networks that guess words."""

from __future__ import annotations

from typing import Any

from studio.tasks import _masks

LINES: dict[str, Any] = {
    "example": '"a text with a ___ in it"',
    "model": "AutoModelForMaskedLM",
    "processor": "AutoTokenizer.from_pretrained(HERE)",
    "predict": '''\
def predict(text):
    """For each blank of a text the likeliest words, and how likely they are."""
    inputs = encoded(masked(text), return_token_type_ids=False)
    places = inputs["input_ids"][0] == processor.mask_token_id
    return model(**inputs).logits[0, places].softmax(-1).topk(5)


def masked(text):
    """The text with the mask of the model in the place of each blank."""
    return re.sub(r"{BLANK}", lambda _: processor.mask_token, text)
'''.replace("{BLANK}", _masks.BLANK.pattern)
    + f'\n\nMISSING = "{_masks.MISSING}"\nBEYOND = "{_masks.BEYOND}"\n',
    "test": 'predict(test["input"]).values.flatten()',
    "show": """\
    best = predict(argument)
    if not len(best.values):
        error = BEYOND if processor.mask_token in masked(argument) else MISSING
        print(json.dumps({"text": argument, "error": error}, ensure_ascii=False))
        continue
    words = [[processor.decode([token]).strip() for token in row] for row in best.indices.tolist()]
    print(json.dumps({"text": argument, "words": words, "scores": best.values.tolist()}, ensure_ascii=False))
""",
    "standard": "import re\n",
}
