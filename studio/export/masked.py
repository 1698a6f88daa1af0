"""The lines of `predict.py` for networks that guess words."""

from __future__ import annotations

from typing import Any

LINES: dict[str, Any] = {
    "example": '"a text with a ___ in it"',
    "model": "AutoModelForMaskedLM",
    "processor": "AutoTokenizer.from_pretrained(HERE)",
    "predict": '''\
def predict(text):
    """For each blank of a text the likeliest words, and how likely they are."""
    text = re.sub(r"_{3,}|\\[MASK\\]|<mask>", lambda _: processor.mask_token, text)
    inputs = processor(text, truncation=True, return_token_type_ids=False, return_tensors="pt")
    places = inputs["input_ids"][0] == processor.mask_token_id
    return model(**inputs).logits[0, places].softmax(-1).topk(5)
''',
    "test": 'predict(test["input"]).values.flatten()',
    "show": """\
    best = predict(argument)
    words = [[processor.decode([token]).strip() for token in row] for row in best.indices.tolist()]
    print(json.dumps({"text": argument, "words": words, "scores": best.values.tolist()}, ensure_ascii=False))
""",
    "standard": "import re\n",
}
