"""`make fuzz`: generated tables and damaged files of every format at full size, with a report.

    FUZZ_CASES=2000 FUZZ_SEED=1 FUZZ_KINDS="csv xlsx generated" python -m tests.fuzz

Each kind has a process of its own for all its cases. It must end each of them in data or in an error in plain words,
within ten seconds and one GiB of memory. A library that asks for as much memory as a damaged file says ends its
process; of an importer that ends so, the studio makes the error `ImportStopped`, and so it is counted here; another
process goes on with the next case. `FUZZ_CASES` is how many of each (2,000), `FUZZ_KINDS` which kinds (all;
`generated` are the tables of `tests/test_data_generated.py`, so many of each writer and encoding).
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from studio import processes
from tests import mutated

SECONDS, BYTES = 10.0, 2**30
ROOT = Path(__file__).parents[1]
GENERATED = "generated"
STOPPED = "ImportStopped"
_ASKED = r"memory allocation of \d+ bytes failed"


def main() -> int:
    """Try the kinds one after another and say what came of each; 1 if anything was wrong."""
    cases, seed = int(os.environ.get("FUZZ_CASES", "2000")), int(os.environ.get("FUZZ_SEED", "1"))
    kinds = os.environ.get("FUZZ_KINDS", "").split() or [*mutated.SEEDS, GENERATED]
    wrong = 0
    for kind in kinds:
        began = time.monotonic()
        said, fault = generated(cases) if kind == GENERATED else damaged(kind, cases, seed)
        wrong += bool(fault)
        say(f"{kind}: {said}, {time.monotonic() - began:.0f} s in all{f'; WRONG: {fault}' if fault else ''}")
    say(f"{wrong} kinds wrong" if wrong else f"{len(kinds)} kinds, nothing wrong")
    return 1 if wrong else 0


def damaged(kind: str, cases: int, seed: int) -> tuple[str, str]:
    """How so many damaged files of a kind end, and what was wrong ("" for nothing)."""
    ends: Counter[str] = Counter()
    first, slowest, memory = 0, 0.0, 0
    while first < cases:
        done = subprocess.run(
            [sys.executable, "-m", "tests.mutated", kind, str(first), str(cases), str(seed)],
            cwd=ROOT,
            env=processes.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            found = json.loads(done.stdout)
            ends.update(found["ends"])
            slowest, memory = max(slowest, found["slowest"]), max(memory, found["memory"])
            break
        if done.returncode != -signal.SIGABRT or not re.search(_ASKED, done.stderr):
            return "ended before its time", f"by {done.returncode} at {done.stderr[-2000:]}"
        ends.update([*re.findall(r"(?m)^= (.+)$", done.stderr), STOPPED])
        first = int(re.findall(r"(?m)^\w+, case (\d+), seed \d+$", done.stderr)[-1]) + 1
    shown = ", ".join(f"{end} {count:,}" for end, count in ends.most_common())
    faults = (
        (ends.total() != cases, f"{ends.total():,} cases have an end"),
        (slowest >= SECONDS, "too slow"),
        (memory >= BYTES, "too much memory"),
    )
    said = f"{shown}; slowest {slowest:.2f} s, {memory / 2**20:.0f} MiB"
    return said, ", ".join(words for fault, words in faults if fault)


def generated(cases: int) -> tuple[str, str]:
    """The same of tables that hypothesis makes: what is written is read back, and odd ones end in plain words."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--timeout", "0"]
    process = subprocess.Popen(
        [*command, "tests/test_data_generated.py"],
        cwd=ROOT,
        env=os.environ | {"FUZZ_CASES": str(cases)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    memory = used.ru_maxrss * (1024 if sys.platform == "linux" else 1)
    last = output.strip().splitlines()[-1] if output.strip() else "no output"
    fault = output[-2000:] if process.returncode else "too much memory" if memory >= BYTES else ""
    return f"{cases:,} tables each, {last}, {memory / 2**20:.0f} MiB", fault


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
