"""The document of the page: its language and head are in it before a browser sees it, and nothing else is touched."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from studio.web.document import Head, dressing, with_head

HEAD = Head("zh-CN", '<script src="assets/page/page.js"></script>', '<link rel="stylesheet" href="assets/a.css">')
DOCUMENT = (
    b'<!doctype html>\n<html\n\tlang="en"\n\tstyle="margin: 0">\n\t<head>\n<title>x</title></head>'
    b'<body lang="en"></body>'
)


def answered(kind: bytes, *parts: bytes, **headers: bytes) -> tuple[dict[bytes, bytes], bytes]:
    """What a browser gets of an answer that comes in these parts."""
    got: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        got.append(message)

    async def answer() -> None:
        out = dressing(send, HEAD)
        given = [(name.replace("_", "-").encode(), value) for name, value in headers.items()]
        length = str(sum(map(len, parts))).encode()
        start = [(b"content-type", kind), (b"content-length", length), *given]
        await out({"type": "http.response.start", "status": 200, "headers": start})
        for number, part in enumerate(parts, 1):
            await out({"type": "http.response.body", "body": part, "more_body": number < len(parts)})

    asyncio.run(answer())
    return dict(got[0]["headers"]), b"".join(message["body"] for message in got[1:])


def test_a_document_gets_its_language_and_its_head() -> None:
    content = with_head(DOCUMENT, HEAD)
    assert b'lang="zh-CN"' in content
    assert b'<head><script src="assets/page/page.js">' in content
    assert content.endswith(b'<link rel="stylesheet" href="assets/a.css"></body>'), "behind the styles of Gradio"
    assert content.count(b'lang="en"') == 1, "only the document's own language is changed"


@pytest.mark.parametrize("parts", [1, 3])
def test_a_document_in_parts_gets_them_too_with_the_right_length(parts: int) -> None:
    size = -(-len(DOCUMENT) // parts)
    headers, body = answered(
        b"text/html; charset=utf-8", *(DOCUMENT[i : i + size] for i in range(0, len(DOCUMENT), size))
    )
    assert body == with_head(DOCUMENT, HEAD)
    assert headers[b"content-length"] == str(len(body)).encode()


def test_what_is_no_document_passes_as_it_is() -> None:
    assert answered(b"application/json", b'{"a": "<head>"}')[1] == b'{"a": "<head>"}'
    assert answered(b"text/html", DOCUMENT, content_encoding=b"gzip")[1] == DOCUMENT
    assert with_head(b"plain", HEAD) == b"plain"
