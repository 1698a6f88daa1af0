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
    "mac_roman": "Voilà l'été: «où est-ce que ça mène?», à côté d’une forêt\nGrüße aus München, schön, größer\n",
    "cp1254": "Çok güzel bir film, şiddetle öneririm ağabey,iyi\nKargo geç geldi, çığlık attım,kötü\n",
    "cp1255": "זה היה סרט טוב מאוד ואני רוצה לראות אותו שוב,טוב\nהמשלוח היה איטי מדי,רע\n",
    "cp1256": "كان فيلما جيدا جدا وأريد أن أشاهده مرة أخرى,جيد\nالتوصيل بطيء جدا,سيئ\n",
    "cp874": "หนังเรื่องนี้ดีมาก อยากดูอีกครั้ง,ดี\nจัดส่งช้ามาก โกรธมาก,แย่\n",
    "cp1253": "Ήταν μια πολύ καλή ταινία και θέλω να την ξαναδώ,καλό\n",
}


@pytest.mark.parametrize("encoding", _TEXTS)
def test_texts_of_many_languages_are_read_in_their_encoding(encoding: str) -> None:
    decoded = _text.decode(_TEXTS[encoding].encode(encoding), None, "a.csv")
    assert decoded.text == _TEXTS[encoding]
    assert decoded.replaced == 0


_WIDE = ["utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]


@pytest.mark.parametrize("encoding", _WIDE)
@pytest.mark.parametrize(
    "text", ["text,label\ngood words,x\n", "评论,情感\n这部电影非常好看,正面\n快递太慢了,负面\n" * 3]
)
def test_wide_and_marked_texts_are_read_without_their_mark(encoding: str, text: str) -> None:
    assert _text.decode(text.encode(encoding), None, "a.csv").text == text


def test_nuls_in_a_text_of_bytes_do_not_make_it_wide() -> None:
    text = "text,label\n" + "a\0b c\0d some words, x\n" * 40
    decoded = _text.decode(text.encode(), None, "a.csv")
    assert (decoded.encoding, decoded.nuls) == ("utf-8", 80)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize("encoding", [*_TEXTS, "utf-16"])
def test_where_a_block_ends_does_not_matter(monkeypatch: pytest.MonkeyPatch, encoding: str, size: int) -> None:
    text = _TEXTS.get(encoding, _TEXTS["utf-8"])
    monkeypatch.setattr(_text, "_BLOCK", size)
    decoded = _text.decode(text.encode(encoding), None, "a.csv")
    assert (decoded.text, "".join(decoded.pieces()), decoded.replaced) == (text, text, 0)


def test_lines_end_at_line_ends_only_and_keep_them() -> None:
    text = "a\x0bb\u2028c\x85\r\nd\re\n\nf"
    assert list(_text.decode(text.encode(), None, "a.csv").lines()) == [
        "a\x0bb\u2028c\x85\r\n",
        "d\r",
        "e\n",
        "\n",
        "f",
    ]


@pytest.mark.parametrize("encoding", ["gb18030", "cp1252", "cp1251", "mac_roman"])
def test_a_guess_is_said_to_be_one_with_the_same_line_in_other_encodings(encoding: str) -> None:
    text = _TEXTS[encoding]
    (note,) = _text.decode(b"plain,line\n" + text.encode(encoding), None, "a.csv").notes()
    first = text.splitlines()[0]
    assert note.message.startswith("The file does not say its encoding")
    assert note.examples[0] == f"{encoding}: {first}"
    assert 1 < len(note.examples) <= 4
    assert _text.decode(text.encode(encoding), encoding, "a.csv").notes()[0].examples == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_is_certain_is_no_guess(encoding: str) -> None:
    assert all(note.severity == "info" for note in _text.decode("é,好\n".encode(encoding), None, "a").notes())


def test_a_late_bad_byte_is_counted_and_does_not_change_the_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"plain words\n" * 50_000 + "好的，很好的东西，大家都喜欢，再来一次\n".encode() * 3 + b"\xff\n"
    decoded = _text.decode(data, None, "a.csv")
    assert (decoded.encoding, decoded.replaced) == ("utf-8", 1)


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
