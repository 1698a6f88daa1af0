"""Which device a run trains on and in which number format; how much memory it has used."""

from __future__ import annotations

import os
import resource
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from studio.errors import DeviceLost, InvalidOption
from studio.training.team import ALONE, Team

Precision = Literal["bf16", "fp32"]
CALL_COST = {"cpu": 192, "mps": 1024, "cuda": 8192}
LARGE_IMAGE = 160  # side in pixels from which convolutions in bf16 pay on a CPU


@dataclass(frozen=True)
class Device:
    """`name` is torch's ("cpu", "cuda:0", "mps"); `label` is for people; `precision` is that of training."""

    name: str
    label: str
    precision: Precision

    @property
    def torch(self) -> torch.device:
        return torch.device(self.name)

    @property
    def type(self) -> str:
        return self.torch.type

    @property
    def call_cost(self) -> int:
        """Tokens (images) in whose time the network is called once more, forward and backward, with nothing in it."""
        return CALL_COST[self.type]


def choose(requested: str, precision: str, image_size: int | None, team: Team = ALONE) -> Device:
    """The device asked for, or the best there is; the number format asked for, or the one that pays here for images of
    that side, or for texts (None).

    Each process of a team has a device of its own; a processor they share. The first one chooses the format for all.
    """
    name = _best() if requested == "auto" else requested
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise InvalidOption(
            "There is no CUDA GPU that torch can use.",
            why=f"torch {torch.__version__} reports none.",
            next="Check the driver, or set STUDIO_DEVICE=cpu.",
        )
    if name == "cuda":
        name = "cuda:0"
    if team.size > 1:
        name = f"cuda:{team.place}" if name.startswith("cuda") else "cpu"
    if name.startswith("cuda"):
        torch.cuda.set_device(torch.device(name))  # accelerate places on the current one
    probed = _probe(name, image_size) if precision == "auto" and team.leads else precision
    chosen: Precision = "bf16" if team.decided(probed) == "bf16" else "fp32"
    return Device(name, _label(name) if team.size == 1 else f"{team.size} × {_label(name)}", chosen)


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda:0"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _label(name: str) -> str:
    if name.startswith("cuda"):
        return torch.cuda.get_device_name(torch.device(name))
    return "Apple GPU" if name == "mps" else f"CPU, {torch.get_num_threads()} threads"


def _probe(name: str, image_size: int | None) -> Precision:
    """bf16 where it pays.

    On CPUs it is measured for matrix products, since flags promise too much. Convolutions of small images stay in fp32
    there: their backward pass in bf16 waits at spinning barriers, so it is a little faster on an idle machine and
    several times slower beside anything else that runs (docs/performance.md).
    """
    if name.startswith("cuda"):
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    if name != "cpu" or (image_size is not None and image_size < LARGE_IMAGE):
        return "fp32"
    return "bf16" if _step_seconds(bf16=True) < 0.8 * _step_seconds(bf16=False) else "fp32"


def _step_seconds(bf16: bool) -> float:
    """The shortest of a few forward and backward passes through one linear layer, in seconds."""
    layer, rows, times = nn.Linear(512, 512), torch.ones(512, 512), []
    for _ in range(6):
        start = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            result = layer(rows)
        result.float().sum().backward()
        times.append(time.perf_counter() - start)
    return min(times)


class MemoryMeter:
    """Peak memory since `start`, as growth above what was in use then: on a GPU the device's, else this process's."""

    def __init__(self, device: Device) -> None:
        self._cuda = device.torch if device.type == "cuda" else None
        self._base = 0

    def start(self) -> None:
        if self._cuda is not None:
            torch.cuda.reset_peak_memory_stats(self._cuda)
            self._base = torch.cuda.memory_allocated(self._cuda)
            return
        # Linux resets the high-water mark on request (proc(5), clear_refs); without that, peaks of loading would count.
        with suppress(OSError):
            handle = os.open("/proc/self/clear_refs", os.O_WRONLY)
            os.write(handle, b"5")
            os.close(handle)
        self._base = _resident("VmRSS")

    def peak(self) -> int:
        """Bytes."""
        if self._cuda is not None:
            return max(0, torch.cuda.max_memory_allocated(self._cuda) - self._base)
        return max(0, _resident("VmHWM") - self._base)


def _resident(field: str) -> int:
    """A field of /proc/self/status in bytes; the peak that `getrusage` knows where there is no such file."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found = (int(line.split()[1]) * 1024 for line in lines if line.startswith(field))
    return next(found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)


def halve_frozen(model: Any) -> None:
    """Frozen layers in bf16, of which every step would make such copies. Their weights are no part of an adapter."""
    tables = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    for module in model.modules():
        layer = isinstance(module, (nn.Linear, nn.Conv2d)) and id(module.weight) not in tables
        if layer and not any(p.requires_grad for p in module.parameters()):
            module.to(torch.bfloat16)


def out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out, on whatever device."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SHORT)


_SHORT = (
    *("not enough memory", "out of memory", "can't allocate memory"),
    *("CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED"),
)
_LOST = ("CUDA error", "CUDNN_STATUS", "CUBLAS_STATUS", "HIP error")


def refuse_lost(error: BaseException) -> None:
    """Raise DeviceLost if an error means that the GPU can no longer be used: by this process never again."""
    text = str(error)
    if not isinstance(error, RuntimeError) or not any(sign in text for sign in _LOST):
        return
    raise DeviceLost(
        "The GPU stopped responding.",
        why=f"Its driver said: {text.splitlines()[0].rstrip('.')[:200]}. The run is safe at its last checkpoint.",
        next="Resume the run. If it happens again, restart the machine, or train on another device.",
    ) from error


def moved(tensors: dict[str, Any], device: Device) -> dict[str, Any]:
    """Tensors on the training device; copies from pinned memory do not wait."""
    if device.type == "cpu":
        return tensors
    if device.type != "cuda":
        return {name: there(tensor, device) for name, tensor in tensors.items()}
    return {
        name: tensor.pin_memory().to(device.torch, non_blocking=True) if tensor.device.type == "cpu" else tensor
        for name, tensor in tensors.items()
    }


def there(tensor: torch.Tensor, device: Device) -> torch.Tensor:
    """A tensor on the training device; those of Apple know no float64."""
    return (tensor.float() if device.type == "mps" and tensor.dtype == torch.float64 else tensor).to(device.torch)
