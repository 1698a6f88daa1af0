"""How this installation is set up: workspace, mode, device, limits. Read once from the environment and checked."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from studio.errors import SettingsError


class Mode(StrEnum):
    LOCAL = "local"
    TEAM = "team"
    PUBLIC = "public"


def _limit(usual: int, public: int, description: str, least: int = 1) -> Any:
    """A field of a limit: what holds usually, what holds for strangers, and the least that can be set."""
    return Field(usual, ge=least, description=description, json_schema_extra={"public": public})


class Limits(BaseModel):
    """What one dataset, one import, one run and one page may use. Variables: STUDIO_LIMITS_<NAME>."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    upload_bytes: int = _limit(2 * 10**9, 10**8, "Largest file that may be imported, in bytes.")
    rows: int = _limit(2_000_000, 200_000, "Most rows a dataset may have.")
    classes: int = _limit(10_000, 1_000, "Most classes a dataset may have.", 2)
    archive_members: int = _limit(200_000, 20_000, "Most entries an archive may have.")
    archive_bytes: int = _limit(20 * 10**9, 10**9, "Most bytes an archive may unpack to.")
    image_pixels: int = _limit(50_000_000, 25_000_000, "Most pixels one image may have.")
    import_seconds: int = _limit(900, 120, "Longest time one import may take, in seconds.")
    import_memory_bytes: int = _limit(8 * 2**30, 4 * 2**30, "Most address space the importer may use, in bytes.")
    run_minutes: int = _limit(0, 60, "Longest time one run may train, in minutes; 0 is no limit.", 0)
    queue_length: int = _limit(100, 20, "Most runs that may wait for their turn at once.")
    workspace_bytes: int = _limit(0, 40 * 10**9, "Most bytes the workspace may hold; 0 is no limit.", 0)
    log_bytes: int = _limit(20 * 2**20, 2**20, "Most bytes kept of one run's log.")
    request_bytes: int = _limit(4 * 2**20, 2**20, "Largest request that is no upload, in bytes.")

    @classmethod
    def for_strangers(cls) -> dict[str, int]:
        """The values of public mode, unless others are set."""
        told = {name: field.json_schema_extra for name, field in cls.model_fields.items()}
        return {name: int(str(extra["public"])) for name, extra in told.items() if isinstance(extra, dict)}


class Settings(BaseModel):
    """The settings of one installation. Variables: STUDIO_<NAME>."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    workspace: Path = Field(Path("~/.studio"), description="Folder that holds datasets and runs.")
    mode: Mode = Field(Mode.LOCAL, description="local: one person; team: several people; public: strangers.")
    host: str = Field("127.0.0.1", description="Address the page is served on.")
    port: int = Field(7860, ge=0, le=65535, description="Port the page is served on; 0 takes any free one.")
    device: str = Field("auto", pattern=r"^(auto|cpu|cuda(:\d+)?|mps)$", description="Where runs train.")
    auth: dict[str, SecretStr] = Field(
        {}, description="Who may come in: user:password pairs with commas between, or a file with one pair a line."
    )
    hosts: tuple[str, ...] = Field((), description="Further names by which browsers may ask for the page, with commas.")
    proxy: bool = Field(
        False, description="Whether a proxy that is trusted stands in front (X-Forwarded-* is believed)."
    )
    prefix: str = Field("", description="Path below which a proxy shows the page, such as /studio.")
    frames: tuple[str, ...] = Field((), description="Sites that may show the page in a frame of theirs, with commas.")
    auto_resume: bool = Field(
        False, description="Whether a server goes on by itself with runs that were interrupted while they trained."
    )
    limits: Limits = Limits()

    @field_validator("auth", mode="before")
    @classmethod
    def _accounts(cls, value: object) -> object:
        return accounts(value) if isinstance(value, str) else value

    @field_validator("hosts", "frames", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(part for part in re.split(r"[,\s]+", value) if part) if isinstance(value, str) else value

    @field_validator("hosts")
    @classmethod
    def _names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_matching(name.lower(), _HOST, "is no name of a host (no scheme, port or path)") for name in value)

    @field_validator("prefix")
    @classmethod
    def _path(cls, value: str) -> str:
        return value and _matching(value.removesuffix("/"), _PATH, "is no path such as /studio")

    @field_validator("frames")
    @classmethod
    def _sites(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_matching(site, _SITE, "is no site such as https://example.org") for site in value)

    @property
    def datasets(self) -> Path:
        return self.workspace / "datasets"

    @property
    def runs(self) -> Path:
        return self.workspace / "runs"

    @property
    def incoming(self) -> Path:
        """Where uploads arrive; those that are used are moved out of it at once."""
        return self.workspace / "incoming"


_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]")
_PATH = re.compile(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
_SITE = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:\d+)?")


def _matching(text: str, pattern: re.Pattern[str], otherwise: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(f"'{text}' {otherwise}")
    return text


def accounts(text: str) -> dict[str, SecretStr]:
    """Users with their passwords, from pairs or from the file that `text` names.

    Raises ValueError with a reason that repeats no password.
    """
    path = Path(text).expanduser()
    if ":" in text and not (os.sep in text and path.is_file()):
        pairs = [part.strip() for part in text.split(",")]
    else:
        pairs = _account_lines(path)
    found: dict[str, SecretStr] = {}
    for number, pair in enumerate(pairs, 1):
        user, colon, password = pair.partition(":")
        if not (user and colon and password):
            raise ValueError(f"entry {number} is not user:password")
        if user in found:
            raise ValueError(f"entry {number} names a user a second time")
        found[user] = SecretStr(password)
    if not found:
        raise ValueError("it names nobody")
    return found


def _account_lines(path: Path) -> list[str]:
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError):
        raise ValueError("it is neither user:password nor a text file that can be read") from None
    return [line for line in lines if line and not line.startswith("#")]


_PREFIX, _LIMITS = "STUDIO_", "STUDIO_LIMITS_"
_SECRETS = ("auth",)  # what an error must not repeat
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
        values = _on_a_space(environment) | values
    values |= {name: value for name, value in given.items() if value is not None}
    if values.get("mode") == Mode.PUBLIC and isinstance(values["limits"], dict):
        values["limits"] = Limits.for_strangers() | values["limits"]
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise _explain(error) from None
    return settings.model_copy(update={"workspace": settings.workspace.expanduser().absolute()})


def _on_a_space(environment: Mapping[str, str]) -> dict[str, object]:
    """The defaults of a Space: reached through a proxy on another machine, shown in a frame of the hub's page."""
    return {
        "mode": Mode.PUBLIC,
        "host": "0.0.0.0",
        "hosts": environment.get("SPACE_HOST", ""),
        "proxy": True,
        "frames": ("https://huggingface.co", "https://*.hf.space"),
    }


def _explain(error: ValidationError) -> SettingsError:
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    variable = _LIMITS + path[1].upper() if path[0] == "limits" and len(path) > 1 else _PREFIX + path[0].upper()
    known = [_PREFIX + name.upper() for name in Settings.model_fields if name != "limits"]
    if first["type"] == "extra_forbidden":
        return SettingsError(f"There is no setting {variable}.", why=f"Known: {', '.join(known)} and {_LIMITS}*.")
    shown = "" if path[0] in _SECRETS else f": {str(first['input'])!r}"
    return SettingsError(
        f"The setting {variable} has a value that cannot be used{shown}.",
        why=f"{first['msg'].removeprefix('Value error, ')}.",
        next="Correct the variable, then start again.",
    )
