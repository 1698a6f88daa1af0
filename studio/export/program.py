"""`predict.py` and `requirements.txt`: how an export is used without the studio.

The program is put together from the lines that the model's head needs and those that its weights need.
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from studio import pixels
from studio.contracts import Task
from studio.export.formats._format import Start
from studio.export.heads import parts_of
from studio.tasks import _excerpts

_MODULES = {"answers.py": _excerpts.__file__, "pixels.py": pixels.__file__}
_PROGRAM = '''\
"""Predict with this model, offline: `python predict.py {example} ...`. Test it: `python predict.py --selftest`."""

{standard}

{numbers}import torch
{imports}
HERE = Path(__file__).resolve().parent
{beside}LABELS = json.loads((HERE / "labels.json").read_text(encoding="utf-8"))
processor = {processor}
{model}{reading}

@torch.inference_mode()
{predict}

if sys.argv[1:] == ["--selftest"]:
    tests = json.loads((HERE / "selftest.json").read_text(encoding="utf-8"))
    wanted = [torch.tensor(test["scores"]) for test in tests]
    found = [{test} for test in tests]
    wrong = sum(not torch.allclose(f, w, {closeness}) for f, w in zip(found, wanted))
    sys.exit(f"{{wrong}} of {{len(tests)}} inputs get other scores than expected." if wrong else print("as expected"))
if __name__ == "__main__" and ({lacking}):
    sys.exit('Usage: python predict.py {example} ...')
for {given}:
{show}'''

_BESIDE = """\
sys.path.insert(0, str(HERE))
import {name}  # what lies beside this file

"""
_ADAPTED = """\
logging.set_verbosity_error()  # no report of layers that the starting weights lack: the adapter brings them
config = AutoConfig.from_pretrained(HERE)
model = {auto}.from_pretrained({base}, config=config, ignore_mismatched_sizes=True)
model = PeftModel.from_pretrained(model, HERE).eval()
"""
_PACKAGED = """\
package = find_spec("{package}")
BASE = Path(package.origin).parent / "{folder}" if package else "{location}"
"""


def modules(task: Task, side: int | None) -> dict[str, bytes]:
    """Files of the studio that `predict.py` needs beside it, by name."""
    name = parts_of(task, side).module
    return {name: Path(_MODULES[name]).read_bytes()} if name else {}


def example(task: Task, characters: bool) -> str:
    """What `predict.py` is given, as it is typed."""
    return parts_of(task, characters=characters).example


def source(task: Task, start: Start | None, side: int | None, characters: bool = False) -> str:
    """The text of `predict.py`. `side` is the one from which images were enlarged in training, if they were; words are
    cut into `characters` where it learned from those."""
    parts = parts_of(task, side, characters)
    processor = parts.processor.partition(".")[0]
    names = sorted({parts.model, processor} | ({"AutoConfig", "logging"} if start else set()))
    standard = ["import json", *parts.standard.splitlines(), "import sys", "from pathlib import Path"]
    if start and start.package:
        standard.insert(-1, "from importlib.util import find_spec")
    imports = parts.imports + ("from peft import PeftModel\n" if start else "")
    return _PROGRAM.format(
        example=parts.example,
        standard="\n".join(standard),
        numbers=parts.numbers,
        beside=_BESIDE.format(name=parts.module.removesuffix(".py")) if parts.module else "",
        imports=f"{imports}from transformers import {', '.join(names)}\n",
        processor=parts.processor,
        model=_loading(parts.model, start),
        reading=parts.reading,
        predict=parts.predict,
        test=parts.test,
        lacking=parts.lacking,
        given=parts.given,
        closeness=parts.closeness,
        show=parts.show,
    )


def _loading(auto: str, start: Start | None) -> str:
    if start is None:
        return f"model = {auto}.from_pretrained(HERE).eval()\n"
    if start.bundled:
        return _ADAPTED.format(auto=auto, base=f'HERE / "{start.location}"')
    if start.package:
        package, _, folder = start.package.partition(":")
        found = _PACKAGED.format(package=package, folder=folder, location=start.location)
        return found + _ADAPTED.format(auto=auto, base="BASE")
    revision = f', revision="{start.revision}"' if start.revision else ""
    return _ADAPTED.format(auto=auto, base=f'"{start.location}"{revision}')


def requirements(task: Task, start: Start | None) -> str:
    """The text of `requirements.txt`: the versions that the scores of the self-test were computed with."""
    names = ["torch", "transformers", *parts_of(task).libraries]
    if start:
        names.append("peft")
    if start and start.package:
        names.append(start.package.partition(":")[0].replace("_", "-"))
    # A local part such as "+cpu" names a build, not a version that everybody can install.
    return "".join(f"{name}=={metadata.version(name).partition('+')[0]}\n" for name in names)
