"""How long the texts of a run may be: the rule of training, and what files alone say of it before a run starts."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.contracts import Answer, SourceKind

if TYPE_CHECKING:
    from studio.arrays import Integers

MOST_TOKENS = 512  # longest text unless the user asks for more
FEWEST_TOKENS = 8
WINDOW = 384  # tokens of a window, where a text is read whole
_PERCENTILE = 99  # of text lengths: what is longer is cut, where the answer is one label for the whole text
UNLIMITED = 10**6  # tokens: where nothing says how many a network takes


def longest_text(counts: Sequence[int] | Integers, answer: Answer, most: int) -> int:
    """Tokens that a run reads of a text where nobody sets it, from the lengths of (a sample of) its training texts."""
    import numpy as np

    allowed = min(MOST_TOKENS, most)
    match answer:
        case Answer.LABEL | Answer.LABELS | Answer.NUMBER | Answer.WORDS:
            wanted = math.ceil(float(np.percentile(np.minimum(counts, allowed), _PERCENTILE)))
        case Answer.SPANS:
            wanted = allowed  # a word that is cut off cannot be tagged
        case Answer.EXCERPT:
            wanted = min(allowed, WINDOW)  # what is longer is read in several windows
    return max(FEWEST_TOKENS, min(allowed, wanted))


def longest_asked(trained: int, answer: Answer, most: int) -> int:
    """Tokens that are read of a text that is not trained on, where nobody sets it: all that the network takes, so that
    no end that decides is lost only because the training texts were short. Shorter texts are read as in training."""
    match answer:
        case Answer.LABEL | Answer.LABELS | Answer.NUMBER | Answer.WORDS | Answer.SPANS:
            return max(trained, min(MOST_TOKENS, most))
        case Answer.EXCERPT:
            return trained  # of a window: all windows are read


def most_tokens(folder: Path | None, source: SourceKind) -> int:
    """Tokens that a model's folder says its network takes."""
    if folder is None:
        return UNLIMITED
    stated = _number(folder / "tokenizer_config.json", "model_max_length") or UNLIMITED
    return usable_tokens(stated, _number(folder / "config.json", "max_position_embeddings"), source)


def usable_tokens(stated: int, positions: int | None, source: SourceKind) -> int:
    """Tokens that a network takes: what its tokenizer states, else its positions (two fewer, for some networks count
    them from 2). The tokenizer of a run states what that run read, and no more than its positions bound the next."""
    stated = UNLIMITED if source is SourceKind.RUN else min(UNLIMITED, stated)
    return stated if positions is None or stated <= positions else positions - 2


def _number(file: Path, name: str) -> int | None:
    with suppress(OSError, ValueError, RecursionError, OverflowError):
        config: Any = json.loads(file.read_text(encoding="utf-8"))
        value = config.get(name) if isinstance(config, dict) else None
        return int(value) if isinstance(value, int | float) else None
    return None
