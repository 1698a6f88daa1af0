"""How well a tokenizer knows a dataset's language: the share of its tokens that are "unknown".

Uses the tokenizers library alone, so it can be asked before any model is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from studio import files

_TEXTS = 2_000
_LETTERS = 2_000  # of each text
_UNKNOWN_NAMES = ("[UNK]", "<unk>")


def unknown_share(texts: Sequence[str], tokenizer_file: Path) -> float:
    """Share in [0, 1] of unknown tokens over at most 2,000 texts spread over `texts`, or 0.0 without texts.

    Also 0.0 where the tokenizer has no unknown token because it can spell every text in bytes.
    """
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    unknown = _unknown_id(tokenizer_file, tokenizer.token_to_id)
    if unknown is None or not texts:
        return 0.0
    step = max(1, -(-len(texts) // _TEXTS))
    sample = [text[:_LETTERS] for text in texts[::step]]
    tokenizer.no_truncation()
    tokenizer.no_padding()
    encoded = tokenizer.encode_batch(sample, add_special_tokens=False)
    total = sum(len(encoding.ids) for encoding in encoded)
    return sum(encoding.ids.count(unknown) for encoding in encoded) / total if total else 0.0


def _unknown_id(tokenizer_file: Path, token_to_id: object) -> int | None:
    """The id of the unknown token: of the model, else among the added tokens."""
    content = files.read_json(tokenizer_file)
    model = content["model"]
    if isinstance(model.get("unk_id"), int):
        return int(model["unk_id"])
    added = [token["content"] for token in content.get("added_tokens", ())]
    named = model.get("unk_token") or next((name for name in _UNKNOWN_NAMES if name in added), None)
    found = token_to_id(named) if named and callable(token_to_id) else None
    return int(found) if found is not None else None
