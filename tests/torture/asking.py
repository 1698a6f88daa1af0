"""Every address of a site, asked in every wrong way: no failure of the server, no file from elsewhere, no secret.

Questions are written to the socket as they are, so that also what no client would send arrives. First every address is
asked with every method, then random combinations of bodies, headers and spellings.
"""

from __future__ import annotations

import json
import random
import re
import socket
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import canary
from tests.serving import served
from tests.test_web_allowlist import ANSWERED, REFUSED, example
from tests.torture.stage import Found, stage, until

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "")
WAYS = ("tail", "body", "range", "origin", "host", "cookie", "other", "many")
KINDS = ("gradio_api/run", "gradio_api/call", "gradio_api/call/v2")
NOBODY = "01m0000000000000000000000z"
CANARY = b"the canary of the torture sings"
PATIENCE = 20.0  # seconds for an answer
SILENT = -1  # in place of a status: none came within them
MOST_READ = 1 << 16  # bytes of an answer that are looked at

DEEP = b"[" * 60_000
BODIES = (
    *(b"", b"{}", b"[]", b"null", b"0", b'"x"', b"NaN", b"{", b"\xff\xfe\x00", b"\x00" * 100, DEEP, b'{"data":' + DEEP),
    *(b'{"data":null}', b'{"data":{}}', b'{"data":[1e999]}', b'{"data":[NaN,-Infinity]}', b'{"data":["\\ud800"]}'),
    *(b'{"data":[],"fn_index":-1}', b'{"data":[],"fn_index":"x","session_hash":[]}', b'{"data":[],"fn_index":99999}'),
    *(b'{"data":[],"session_hash":"s","fn_index":1e400}', b'{"event_id":"x","session_hash":"s","fn_index":0}'),
    *(b'{"component_id":-1,"fn_name":"look","data":[]}', b'{"component_id":null,"fn_name":"__init__","data":{}}'),
    *(b'{"component_id":1,"fn_name":"__class__","data":"x","session_hash":"s"}', b"a=1&b=2&data=%00"),
    b'--b\r\nContent-Disposition: form-data; name="files"; filename="../../../etc/x\x00.csv"\r\n\r\na,b\r\n--b--\r\n',
    b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\nno end',
    b"--b\r\n\r\n--b\r\n--b--",
)
TYPES = ("", "application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=b", "\xff", "/")
RANGES = ("bytes=0-", "bytes=-1", "bytes=5-2", "bytes=0-0,2-3,-5", "bytes=" + "0-1," * 3000, "bytes=" + "9" * 20 + "-",
          "lines=1-2", "bytes=a-b", "bytes=--", "bytes=-0")  # fmt: skip
ORIGINS = ("null", "http://evil.example", "file://", "http://{host}", "https://{host}", "\x7f", "http://{host}.evil")
HOSTS = ("evil.example", "", "{host}:1", "[::1", "{host}@evil", "127.0.0.1:99999", "a" * 5000, "\xe9.example", "..")
COOKIES = ("studio_language=../../x", "a" * 6000, "studio_access_1=\xff", "=;;=", 'studio_language="\\')
OTHERS = (
    ("Accept-Language", "zh;q=x,,;q=1e999," * 300), ("If-None-Match", '"' * 5000), ("If-Range", "\xff"),
    ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Prefix", "/../.."), ("X-Gradio-Server", "http://evil.example"),
    ("Authorization", "Basic " + "=" * 200), ("Authorization", "Bearer \xff"), ("Expect", "100-continue"),
    ("Sec-Fetch-Site", "cross-site"), ("Content-Encoding", "gzip"), ("Accept-Encoding", "*;q=0, br, \xff"),
    ("Upgrade", "websocket"), ("X-Large", "x" * 70_000), ("Referer", "http://[::1"), ("x-gradio-user", "app"),
)  # fmt: skip
PIECES = ("..", ".", "%2e%2e", "%252e%252e", "..%2f", "..%5c", "\\..", "%00", "%c0%ae%c0%ae", "%ef%bc%8e", ";", "#",
          "?", "//", "etc", "passwd", "proc", "self", "environ", "C:", "~", "canary.txt", "%2f", "file=", "&", "....//",
          "%", "%zz", "\xe9", "{workspace}", "{workspace}/canary.txt", "http://evil.example/", "%0d%0aX-Evil:1",
          "a" * 3000, "?since=%f", "?side=-1e9", "?id=../..", "?session_hash=%00", "?lang=../..", "?run=x")  # fmt: skip
FULL = 503  # what Gradio answers when too many questions wait
CONTINUE = re.compile(rb"^HTTP/1\.1 100 [^\r]*\r\n\r\n")  # a word between question and answer


@dataclass(frozen=True)
class Target:
    """A site at `port` of loopback. `addresses` are those that it or a part of it may know; `workspace` is its own."""

    port: int
    workspace: Path
    addresses: tuple[str, ...]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


def site(workspace: Path, many: int, seed: int) -> Found:
    """So many questions to a studio with a dataset and a finished run."""
    made, found = stage(workspace), Found()
    run = made.start()
    until(lambda: run.status().over, "the run is over")
    with served(workspace, **dict.fromkeys(canary.VARIABLES, canary.WORD)) as studio:
        target = Target(int(studio.url.strip("/").rpartition(":")[2]), workspace, addresses((run.id,), (made.dataset,)))
        answers = ask_all(target, many, seed)
        found.expect(alive(target), "the site does not answer any more")
    found.wrong += answers.wrong
    found.expect(not (workspace / "errors.log").exists(), "there are mistakes in errors.log")
    found.wrong += [f"a secret stands in {name}" for name in canary.found(workspace)]
    statuses = ", ".join(f"{status} {count}" for status, count in answers.statuses.most_common())
    found.figures = {"questions": many, "answers": statuses, "slowest": f"{answers.slowest:.2f} s"}
    return found


def addresses(runs: tuple[str, ...] = (), datasets: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Every address that the site or Gradio below it knows, those that are answered twice as often: of these runs and
    datasets, and of one that is not there."""
    own = ["/", "/healthz", "/assets/page/studio.css", "/assets/vendor/x.js", "/font-roboto/x.woff2", "/canary.txt"]
    for run in (*runs, NOBODY):
        own += [f"/curves/{run}", f"/tensorboard/{run}", f"/tensorboard/{run}/", f"/tensorboard/{run}/data/runs"]
        own += [f"/tensorboard/{run}/data/plugin/scalars/tags", f"/tensorboard/{run}/data/plugin_entry.html"]
        own += [f"/download/{run}/{name}" for name in ("model.zip", "merged.zip", "log.txt", "predictions.csv")]
    own += [f"/image/{dataset}/0.png" for dataset in (*datasets, NOBODY)]
    answered = [example(path) for path in sorted(ANSWERED)]
    answered += [f"/{kind}/{name}" for kind in KINDS for name in ("train", "show", "import_dataset", "ask", "move")]
    answered += [f"{language}{path}" for language in ("/en", "/zh") for path in answered]
    return (*own, *own, *answered, *answered, *(example(path) for path in sorted(REFUSED)))


@dataclass(frozen=True)
class Question:
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


@dataclass
class Answers:
    """How often each status was answered, and what is wrong; `slowest` in seconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    wrong: list[str] = field(default_factory=list)


def ask_all(target: Target, many: int, seed: int) -> Answers:
    """Every address with every method, as far as `many` questions reach, and random ones for the rest."""
    target.workspace.mkdir(parents=True, exist_ok=True)
    for folder in (target.workspace, target.workspace.parent):
        (folder / "canary.txt").write_bytes(CANARY)
    every = list(_every(target))
    chance = random.Random(seed)
    chance.shuffle(every)
    questions = [*every[: many // 2], *(_strange(target, chance) for _ in range(many - min(len(every), many // 2)))]
    found = Answers()
    for question in questions:
        began = time.monotonic()
        status, content = ask(target, question)
        found.slowest = max(found.slowest, time.monotonic() - began)
        found.statuses[status] += 1
        found.wrong += [f"{what}: {_shown(question)}" for what in complaints(target, question, status, content)]
    return found


def _every(target: Target) -> Iterator[Question]:
    for path in target.addresses:
        for method in METHODS:
            yield Question(method, path)


def _strange(target: Target, chance: random.Random) -> Question:
    """A question that is wrong in one to three ways."""
    path, method = chance.choice(target.addresses), chance.choice(("GET", "GET", "POST", "POST", "HEAD", "PUT"))
    headers: list[tuple[str, str]] = []
    body = b""
    for way in chance.sample(WAYS, chance.randint(1, 3)):
        match way:
            case "tail":
                path += "/".join(chance.choice(PIECES) for _ in range(chance.randint(1, 5)))
            case "body":
                method, body = "POST", chance.choice(BODIES)
                headers.append(("Content-Type", TYPES[1] if chance.random() < 0.7 else chance.choice(TYPES)))
                if chance.random() < 0.4:
                    body = _called(chance)
                if chance.random() < 0.2:
                    headers.append(("Transfer-Encoding", "chunked"))  # which the body is not
            case "range":
                headers.append(("Range", chance.choice(RANGES)))
            case "origin":
                headers.append(("Origin", chance.choice(ORIGINS).format(host=target.host)))
            case "host":
                headers.append(("Host", chance.choice(HOSTS).format(host=target.host)))
            case "cookie":
                headers.append(("Cookie", chance.choice(COOKIES)))
            case "other":
                headers.append(chance.choice(OTHERS))
            case "many":
                headers += [(f"X-{number}", "y") for number in range(chance.choice((3, 150)))]
    return Question(method, path.replace("{workspace}", str(target.workspace)), tuple(headers), body)


def _called(chance: random.Random) -> bytes:
    """The body of a call of some handler, with values that it does not expect."""
    values: tuple[Any, ...] = (
        "",
        None,
        -1,
        1e308,
        True,
        [],
        {},
        "../../etc/passwd",
        "<b>",
        [[]],
        {"path": "/etc/passwd"},
        "x" * 2000,
    )
    return json.dumps({
        "data": [chance.choice(values) for _ in range(chance.choice((0, 1, 2, 3, 6, 14)))],
        "fn_index": chance.randrange(120),
        "component_id": chance.randrange(300),
        "fn_name": chance.choice(("look", "ask", "load")),
        "session_hash": chance.choice(("s", "", None, "../x")),
        "event_id": chance.choice((None, "x", 1)),
    }).encode()  # fmt: skip


def ask(target: Target, question: Question) -> tuple[int, bytes]:
    """The status of an answer (0 where there was none) and how it begins. A stream is left at once."""
    headers = list(question.headers)
    names = {name.lower() for name, _ in headers}
    if "host" not in names:
        headers.insert(0, ("Host", target.host))
    if (question.body or question.method == "POST") and "transfer-encoding" not in names:
        headers.append(("Content-Length", str(len(question.body))))
    lines = [f"{question.method} {question.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    content = "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + question.body
    try:
        with socket.create_connection(("127.0.0.1", target.port), timeout=PATIENCE) as connection:
            connection.sendall(content)
            if "transfer-encoding" in names:
                connection.shutdown(socket.SHUT_WR)  # it would wait for the rest of what is none
            return _answer(connection)
    except TimeoutError:
        return SILENT, b""
    except ConnectionError:  # it hung up before it had read all: as good as a refusal
        return 0, b""


def _answer(connection: socket.socket) -> tuple[int, bytes]:
    content = b""
    while len(content) < MOST_READ:
        try:
            piece = connection.recv(8192)
        except ConnectionError:
            break
        if not piece:
            break
        content += piece
        content = CONTINUE.sub(b"", content)
        if b"text/event-stream" in content.partition(b"\r\n\r\n")[0]:
            break
    status = re.match(rb"HTTP/1\.[01] (\d{3}) ", content)
    return int(status[1]) if status else 0, content


def complaints(target: Target, question: Question, status: int, content: bytes) -> Iterator[str]:
    """What is wrong with an answer."""
    head, _, body = content.partition(b"\r\n\r\n")
    if status >= 500 and not (status == FULL and b"full" in body):
        yield f"{status}"
    if status == SILENT or (status == 0 and _is_plain(question)):
        yield "no answer"
    if CANARY in content or b"root:x:" in content:
        yield "a file from elsewhere"
    if canary.WORD.encode() in content:
        yield "a secret"
    if b"Traceback" in body or (str(target.workspace).encode() in body and str(target.workspace) not in question.path):
        yield "tells of our inside"
    if b"x-evil" in head.lower() or b"access-control-allow-origin" in head.lower():
        yield "a header that was smuggled in, or opens us to others"


def _is_plain(question: Question) -> bool:
    """Whether a question is small and well formed enough to deserve an answer."""
    size = len(question.path) + sum(len(name) + len(value) for name, value in question.headers) + len(question.body)
    return size < 8000 and question.method.isupper() and question.path.isprintable() and not question.headers


def _shown(question: Question) -> str:
    headers = {name: value[:60] for name, value in question.headers[:4]}
    return f"{question.method} {question.path[:160]} {json.dumps(headers)} {question.body[:80]!r}"


def alive(target: Target) -> bool:
    """Whether the site still answers as it should."""
    status, content = ask(target, Question("GET", "/healthz"))
    return status == 200 and content.endswith(b'{"status":"ok"}')
