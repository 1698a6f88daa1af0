"""The encoding of a text is found from its bytes."""

from __future__ import annotations

import pytest

from studio.data.formats import _text
from studio.errors import DataError, EmptyFile, InvalidOption

_TEXTS = {
    "utf-8": "Zażółć gęślą jaźń, 很好, отлично",
    "gb18030": "这部电影非常好看，我还想再看一遍,正面\n快递太慢了，非常生气,负面\n",
    "big5": "這部電影非常好看，我還想再看一遍,正面\n快遞太慢了，非常生氣,負面\n",
    "cp932": "これはとても良い映画でした。また見たいです,肯定\n配送が遅すぎて怒っています,否定\n",
    "euc_jp": "これはとても良い映画でした。また見たいです,肯定\n配送が遅すぎて怒っています,否定\n",
    "cp949": "정말 좋은 영화였습니다. 다시 보고 싶어요,긍정\n배송이 너무 늦어서 화가 납니다,부정\n",
    "cp1252": "El niño comió mañana, qué película,sí\nDie schöne Straße,gut\nc'est la fête à l'école,oui",
    "cp1251": "Это был очень хороший фильм, хочу посмотреть ещё,хорошо\nДоставка очень медленная,плохо\n",
    "koi8_r": "Это был очень хороший фильм, хочу посмотреть ещё,хорошо\nДоставка очень медленная,плохо\n",
    "cp1250": "Zażółć gęślą jaźń, to był bardzo dobry film,dobrze\nDostawa była zbyt wolna i źle zapakowana,źle\n",
    "cp1253": "Ήταν μια πολύ καλή ταινία και θέλω να την ξαναδώ,καλό\n",
}


@pytest.mark.parametrize("encoding", _TEXTS)
def test_texts_of_many_languages_are_read_in_their_encoding(encoding: str) -> None:
    decoded = _text.decode(_TEXTS[encoding].encode(encoding), None, "a.csv")
    assert decoded.text == _TEXTS[encoding]
    assert decoded.replaced == 0


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be"])
def test_wide_and_marked_texts_are_read_without_their_mark(encoding: str) -> None:
    text = "text,label\ngood words,x\n"
    assert _text.decode(text.encode(encoding), None, "a.csv").text == text


def test_one_bad_byte_does_not_turn_a_utf8_text_into_nonsense() -> None:
    decoded = _text.decode(("好" * 100).encode() + b"\xff", None, "a.csv")
    assert decoded.encoding == "utf-8"
    assert decoded.replaced == 1


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(DataError, match="does not hold readable text"):
        _text.decode(bytes(range(1, 32)) * 40, None, "a.csv")
    with pytest.raises(EmptyFile):
        _text.decode(b" \n", None, "a.csv")


@pytest.mark.parametrize("encoding", ["idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "rot13"])
def test_what_is_no_encoding_of_texts_is_refused(encoding: str) -> None:
    with pytest.raises(InvalidOption, match=f"no text encoding named '{encoding}'"):
        _text.decode(b"text,label\\\\udc80.,x\n", encoding, "a.csv")


def test_no_encoding_brings_halves_of_characters_in() -> None:
    assert _text.decode("a\ud800b".encode("utf-7", "surrogatepass"), "utf-7", "a.csv").text.encode().startswith(b"a")
