"""What a worker wrote is shown from its end, and can do nothing to who looks at it."""

from __future__ import annotations

from pathlib import Path

from studio.runs import output
from studio.runs.store import Run


def test_the_end_is_shown_and_control_characters_have_pictures(tmp_path: Path) -> None:
    run = Run(tmp_path)
    assert output.tail(run, 10) == ""
    run.output.write_bytes(b"early\nlate \x1b[2J\x00\t\xff\xe2\x80\xae\n")
    shown = output.tail(run, 100)
    assert shown == "early\nlate \u241b[2J\u2400\t\ufffd\ufffd\n"
    assert output.tail(run, 2) == "\ufffd\n"
