"""Children know what they must and nothing more, and outlive whoever started them."""

from __future__ import annotations

import importlib
import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio import processes
from studio.locks import Lock

REPORT = """
import json, os, sys, time
from pathlib import Path
folder = Path(sys.argv[1])
sys.stdout.write("to the log\\n")
descriptors = [int(name) for name in os.listdir("/proc/self/fd")] if os.path.isdir("/proc/self/fd") else []
facts = {"environment": dict(os.environ), "arguments": sys.argv[2:], "session": os.getsid(0), "pid": os.getpid()}
facts["input"] = sys.stdin.read()
(folder / "part").write_text(json.dumps(facts))
os.rename(folder / "part", folder / "facts.json")
time.sleep(float(os.environ.get("STUDIO_PAUSE", "0")))
"""


# Unpickling this would look up and call os.getpid, were that allowed.
PICKLED = b"cos\ngetpid\n(tR."


def test_whatever_is_unpickled_in_any_process_of_the_tests_raises() -> None:
    with pytest.raises(RuntimeError, match=r"not allowed here: pickle\.find_class"):
        importlib.import_module("pickle").loads(PICKLED)
    program = f"import pickle; pickle.loads({PICKLED!r})"
    for environment in (None, processes.environment()):
        done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, timeout=60)
        assert b"not allowed here: pickle.find_class" in done.stderr


def test_no_shell_is_asked_for_anything() -> None:
    with pytest.raises(RuntimeError, match=r"not allowed here: os\.system"):
        getattr(os, "system")("true")  # noqa: B009 (the rules forbid the plain call)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that writes down what it was given."""
    (tmp_path / "report_of_a_child.py").write_text(REPORT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "report_of_a_child"


def facts(folder: Path) -> dict[str, object]:
    end = time.monotonic() + 20
    while not (folder / "facts.json").exists() and time.monotonic() < end:
        time.sleep(0.01)
    found: dict[str, object] = json.loads((folder / "facts.json").read_text())
    return found


def test_secrets_of_the_environment_stay_with_us(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "MY_PASSWORD"):
        monkeypatch.setenv(name, "secret")
    for name in ("HTTPS_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://user:secret@proxy")
    assert not [name for name, value in processes.environment().items() if "secret" in value]


def test_a_secret_is_passed_on_only_when_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    assert processes.environment({"HF_TOKEN": "secret"})["HF_TOKEN"] == "secret"


def test_folders_are_passed_on_and_our_own_settings_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIO_AUTH", "user:secret")
    monkeypatch.setenv("HF_HOME", "/hub")
    passed = processes.environment()
    assert (passed["HF_HOME"], passed["PATH"]) == ("/hub", os.environ["PATH"])
    assert "STUDIO_AUTH" not in passed


def test_libraries_in_a_child_neither_report_home_nor_draw() -> None:
    passed = processes.environment()
    assert passed["DO_NOT_TRACK"] == passed["HF_HUB_DISABLE_TELEMETRY"] == "1"
    assert passed["HF_HUB_DISABLE_PROGRESS_BARS"] == "1"


def test_a_command_is_a_list_of_words_for_this_python(tmp_path: Path) -> None:
    odd = tmp_path / "a b; rm -rf $HOME"
    assert processes.command("studio.x", odd, 3) == [sys.executable, "-m", "studio.x", str(odd), "3"]


def test_a_detached_child_has_a_session_and_a_log_of_its_own(tmp_path: Path, module: str) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    with processes.launch_detached(module, tmp_path, log) as process:
        assert process.wait(timeout=20) == 0
    told = facts(tmp_path)
    assert told["session"] == told["pid"] == process.pid
    assert told["input"] == ""
    assert log.read_text() == "before\nto the log\n"


def test_a_detached_child_holds_the_lock_it_was_given(tmp_path: Path, module: str) -> None:
    lock = Lock.take(tmp_path / "lock")
    assert lock is not None
    with lock:
        keep = (lock.descriptor,)
        process = processes.launch_detached(module, tmp_path, tmp_path / "log", keep, {"STUDIO_PAUSE": "60"})
    with process:
        try:
            assert facts(tmp_path)["arguments"] == [str(lock.descriptor)]
            assert Lock.held(tmp_path / "lock")
        finally:
            process.kill()
    assert not Lock.held(tmp_path / "lock")


def test_a_detached_child_outlives_whoever_started_it(tmp_path: Path, module: str) -> None:
    program = (
        "import sys, os\nfrom pathlib import Path\nfrom studio import processes\nfolder = Path(sys.argv[1])\n"
        f"processes.launch_detached({module!r}, folder, folder / 'log', extra={{'STUDIO_PAUSE': '0.2'}})\nos._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=20)
    told = facts(tmp_path)
    assert told["session"] == told["pid"]


def test_only_processes_that_run_our_module_on_that_folder_are_ended(tmp_path: Path) -> None:
    def started(*words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", *words])

    ours, other_folder, other_module = (
        started("studio.some.module", str(tmp_path)),
        started("studio.some.module", f"{tmp_path}-2"),
        started("studio.some", str(tmp_path)),
    )
    try:
        assert processes.end("studio.some.module", tmp_path) == 1
        assert ours.wait(10) == -9
        assert (other_folder.poll(), other_module.poll()) == (None, None)
    finally:
        for process in (ours, other_folder, other_module):
            process.kill()
            process.wait()


BEFORE = [100, 0, 50, 800, 50, 0, 0, 0]


@pytest.mark.parametrize(
    ("after", "set_by_user", "spins_longer"),
    [
        ([101, 0, 50, 838, 51, 0, 0, 0], None, True),
        ([110, 0, 55, 823, 52, 0, 0, 0], None, False),
        ([101, 0, 50, 838, 51, 0, 0, 0], "300", False),
        ([101, 0, 50, 838, 51, 0, 0, 0], processes.WAITING[processes.SPIN], True),
        (BEFORE, None, True),  # a look that was too short for a tick
    ],
    ids=["alone", "beside others", "the user's own", "ours, passed on", "no tick"],
)
def test_threads_spin_for_longer_on_a_machine_that_does_nothing_else(
    monkeypatch: pytest.MonkeyPatch, after: list[int], set_by_user: str | None, spins_longer: bool
) -> None:
    looks = itertools.cycle([BEFORE, after])
    monkeypatch.setattr(processes, "_ticks", lambda: next(looks))
    monkeypatch.setattr(processes, "_LOOK", 0.0)
    monkeypatch.delenv(processes.SPIN, raising=False)
    if set_by_user:
        monkeypatch.setenv(processes.SPIN, set_by_user)
    assert (processes.SPIN in processes.waiting()) is spins_longer


def test_a_short_burst_of_others_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = iter([0.9, 0.6, 0.4, 0.05, 0.9])
    monkeypatch.setattr(processes, "_busy_share", lambda: next(shares))
    monkeypatch.delenv(processes.SPIN, raising=False)
    assert processes.SPIN in processes.waiting()
    monkeypatch.setattr(processes, "_busy_share", lambda: 0.5)
    assert processes.waiting() == {}


def test_the_look_at_this_machine_is_a_share() -> None:
    assert 0.0 <= processes._busy_share() <= 1.0


def test_where_no_processor_can_be_looked_at_others_may_be_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> list[int]:
        raise FileNotFoundError

    monkeypatch.setattr(processes, "_ticks", missing)
    assert processes._busy_share() == 1.0


SHARED_BY_SESSION = Path("/proc/sys/kernel/sched_autogroup_enabled")


@pytest.mark.parametrize("own_session", [True, False])
def test_a_session_of_our_own_steps_back_as_a_whole(own_session: bool) -> None:
    program = """
import os, sys
from pathlib import Path
from studio import processes
group = Path("/proc/self/autogroup")
before = group.read_text() if group.exists() else ""
processes.step_back(3)
sys.stdout.write(f"{os.nice(0)}|{before.strip()}|{group.read_text().strip() if before else ''}")
"""
    ours = os.nice(0)
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, start_new_session=own_session
    ).stdout
    nice, before, after = said.split("|")
    assert int(nice) == ours + 3
    if not (SHARED_BY_SESSION.exists() and SHARED_BY_SESSION.read_text().strip() == "1"):
        pytest.skip("this kernel does not share processors among sessions")
    assert after.endswith(f"nice {nice}") if own_session else after == before


def test_only_a_first_process_takes_all_others_along() -> None:
    """As a container's first process see `tests/torture/containers.py`."""
    assert not processes.take_all_along()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "getpid", lambda: 1)
        assert processes.take_all_along()
