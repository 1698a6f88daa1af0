"""The one place that starts processes: our own modules, with an environment of listed variables, never a shell."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

# What a child may know: no tokens, no keys. Everything else of our environment stays here.
_PASSED = (
    "PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "MKL_NUM_THREADS", "PYTHONWARNINGS",
    "HF_HOME", "HF_HUB_OFFLINE", "HF_ENDPOINT", "HF_HUB_CACHE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE",
    "SPACE_ID",
)  # fmt: skip
_QUIET = {
    "PYTHONUNBUFFERED": "1",
    "TOKENIZERS_PARALLELISM": "true",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
    "DO_NOT_TRACK": "1",
    # Threads that wait for each other sleep instead of spinning. On a machine that also does other things, a spinning
    # team of threads loses whole time slices at every meeting (docs/performance.md has the measurement).
    "OMP_WAIT_POLICY": "passive",
}


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a child process."""
    passed = {k: v for k, v in os.environ.items() if k in _PASSED or k.startswith("STUDIO_")}
    return _QUIET | passed | dict(extra or {})


def launch_detached(
    module: str, folder: Path, output: Path, keep: tuple[int, ...] = (), extra: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `python -m module folder` in a session of its own, its output added to a file; it outlives us.

    `keep` are descriptors that the child inherits, such as the lock it is to live under.
    """
    with output.open("ab") as log:
        return subprocess.Popen(
            command(module, folder, *map(str, keep)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=keep,
            env=environment(extra),
        )


def command(module: str, *arguments: object) -> list[str]:
    """The argument vector that runs one of our modules. Arguments are our own folders and numbers, never user text."""
    return [sys.executable, "-m", module, *(str(a) for a in arguments)]
