"""How this installation is set up: workspace, mode, device, limits. Read once from the environment and checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from studio.errors import SettingsError


class Mode(StrEnum):
    LOCAL = "local"
    TEAM = "team"
    PUBLIC = "public"


class Limits(BaseModel):
    """What one dataset, one import and one page may use. Variables: STUDIO_LIMITS_<NAME>."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    upload_bytes: int = Field(2 * 10**9, gt=0, description="Largest file that may be imported, in bytes.")
    rows: int = Field(2_000_000, gt=0, description="Most rows a dataset may have.")
    classes: int = Field(10_000, gt=1, description="Most classes a dataset may have.")
    archive_members: int = Field(200_000, gt=0, description="Most entries an archive may have.")
    archive_bytes: int = Field(20 * 10**9, gt=0, description="Most bytes an archive may unpack to.")
    image_pixels: int = Field(50_000_000, gt=0, description="Most pixels one image may have.")
    import_seconds: int = Field(900, gt=0, description="Longest time one import may take, in seconds.")
    import_memory_bytes: int = Field(8 * 2**30, gt=0, description="Most address space the importer may use, in bytes.")
    log_bytes: int = Field(20 * 2**20, gt=0, description="Most bytes kept of one run's log.")


class Settings(BaseModel):
    """The settings of one installation. Variables: STUDIO_<NAME>."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    workspace: Path = Field(Path("~/.studio"), description="Folder that holds datasets and runs.")
    mode: Mode = Field(Mode.LOCAL, description="local: one person; team: several people; public: strangers.")
    host: str = Field("127.0.0.1", description="Address the page is served on.")
    port: int = Field(7860, ge=0, le=65535, description="Port the page is served on; 0 takes any free one.")
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?|mps)$", description="Where runs train.")
    limits: Limits = Limits()

    @property
    def datasets(self) -> Path:
        return self.workspace / "datasets"

    @property
    def runs(self) -> Path:
        return self.workspace / "runs"


_PREFIX, _LIMITS = "STUDIO_", "STUDIO_LIMITS_"
_OTHERS = {"STUDIO_TEST_DATA"}  # read by the tests, not by the studio


def load(environment: Mapping[str, str] = os.environ, **given: object) -> Settings:
    """The settings of `environment`; `given` values that are not None win. Raises SettingsError naming the variable."""
    values: dict[str, object] = {}
    limits: dict[str, object] = {}
    for variable, value in environment.items():
        if variable.startswith(_LIMITS):
            limits[variable.removeprefix(_LIMITS).lower()] = value
        elif variable.startswith(_PREFIX) and variable not in _OTHERS and not variable.startswith("STUDIO_FAULT"):
            values[variable.removeprefix(_PREFIX).lower()] = value
    values.setdefault("limits", limits)
    if environment.get("SPACE_ID"):
        values.setdefault("mode", Mode.PUBLIC)
        values.setdefault("host", "0.0.0.0")  # a Space is reached through a proxy on another machine
    values |= {name: value for name, value in given.items() if value is not None}
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise _explain(error) from None
    return settings.model_copy(update={"workspace": settings.workspace.expanduser().absolute()})


def _explain(error: ValidationError) -> SettingsError:
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    variable = _LIMITS + path[1].upper() if path[0] == "limits" and len(path) > 1 else _PREFIX + path[0].upper()
    known = [_PREFIX + name.upper() for name in Settings.model_fields if name != "limits"]
    if first["type"] == "extra_forbidden":
        return SettingsError(f"There is no setting {variable}.", why=f"Known: {', '.join(known)} and {_LIMITS}*.")
    return SettingsError(
        f"The setting {variable} has a value that cannot be used: {str(first['input'])!r}.",
        why=f"{first['msg']}.",
        next="Correct the variable, then start again.",
    )
