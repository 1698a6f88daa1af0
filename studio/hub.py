"""The model hub: where its local copies lie, what a repository holds, and downloads that fail in plain sentences.

A repository is asked for once, with a short timeout and no second try, before anything is downloaded: without a network
that takes the blink of an eye, where the download's own patience would take 23 seconds. Only what a network and its
tokenizer are made of is fetched: no code, and no weights in any format but safetensors. Knows nothing of the menu.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from studio import modelfolder
from studio.errors import ModelError, ModelOffline, ModelRefused, StudioError, UnknownName, storage_errors

WANTED = (
    "config.json", modelfolder.WEIGHTS, modelfolder.INDEX, "model-*-of-*.safetensors",
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.txt", "vocab.json", "merges.txt", "spiece.model", "spm.model", "sentencepiece.bpe.model",
    "preprocessor_config.json",
)  # fmt: skip
_SUBFOLDERS = "*/*"  # copies in other formats
_SECONDS = 5.0
_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
_ID = re.compile(rf"{_PART}(/{_PART})?", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}", re.ASCII)


@dataclass(frozen=True)
class Listing:
    """What the hub says of a repository at one commit: bytes of each file we would fetch, and the licence it states."""

    commit: str
    sizes: Mapping[str, int]
    license: str

    @property
    def has_weights(self) -> bool:
        return "config.json" in self.sizes and any(name.endswith(".safetensors") for name in self.sizes)


def is_id(text: str) -> bool:
    """Whether the text has the form of a repository's name: `name` or `organisation/name`, and nothing cleverer."""
    return _ID.fullmatch(text) is not None and not re.search(r"\.\.|--|[.-](/|$)|\.git$", text)


def cache() -> Path:
    """Where local copies lie, by the hub library's own variables (HF_HUB_CACHE, HF_HOME)."""
    home = os.environ.get("HF_HOME") or str(Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or str(Path(home) / "hub")).expanduser()


def snapshot(location: str, revision: str | None = None) -> Path | None:
    """The folder of a whole local copy, or None; its name is the commit.

    Without `revision` it is the copy that the hub library calls `main`, or else the one downloaded last.
    """
    repository = cache() / f"models--{location.replace('/', '--')}"
    commits = [revision] if revision else [*_main(repository), *_newest_first(repository / "snapshots")]
    folders = (repository / "snapshots" / commit for commit in commits if _COMMIT.fullmatch(commit))
    return next(filter(modelfolder.is_whole, folders), None)


def _main(repository: Path) -> list[str]:
    try:
        return [(repository / "refs" / "main").read_text(encoding="ascii").strip()]
    except (OSError, ValueError):
        return []


def _newest_first(snapshots: Path) -> list[str]:
    folders = [folder for folder in snapshots.iterdir() if folder.is_dir()] if snapshots.is_dir() else []
    return [folder.name for folder in sorted(folders, key=lambda folder: folder.stat().st_mtime, reverse=True)]


def look_up(location: str, revision: str | None, advice: str) -> Listing:
    """Ask the hub for a repository.

    `advice` says what works without the hub. Raises UnknownName if the hub has no such model for us, ModelOffline if it
    cannot be asked, ModelRefused if the model has no safetensors weights.
    """
    from huggingface_hub import HfApi

    with _plain_errors(location, advice):
        info = HfApi().model_info(location, revision=revision, files_metadata=True, timeout=_SECONDS)
        sizes = {file.rfilename: file.size or 0 for file in info.siblings or () if _wanted(file.rfilename)}
        listing = Listing(str(info.sha), sizes, str(getattr(info.card_data, "license", None) or ""))
    if not listing.has_weights:
        raise ModelRefused(
            f"The model '{location}' cannot be used.",
            why="Its authors offer no weights in the safetensors format, and other formats can carry hidden programs.",
            next="Choose a model that has a file named model.safetensors.",
        )
    return listing


def fetch_config(location: str, listing: Listing, advice: str) -> Path:
    """Download `config.json` alone; returns the folder it lies in."""
    from huggingface_hub import hf_hub_download

    with _plain_errors(location, advice):
        file = hf_hub_download(
            location, "config.json", revision=listing.commit, cache_dir=cache(), etag_timeout=_SECONDS
        )
    return Path(file).parent


def fetch(location: str, revision: str | None, advice: str) -> Path:
    """The folder of a whole local copy, downloaded if need be; a copy that is whole is used without asking anybody.

    Raises what `look_up` raises, ModelError for a download that broke off, StorageError for a full disk.
    """
    from huggingface_hub import snapshot_download

    local = snapshot(location, revision)
    if local is not None and _is_complete(location, local.name):
        return local
    commit = look_up(location, revision, advice).commit
    with _plain_errors(location, advice), storage_errors(f"Could not keep the model '{location}'."):
        folder = snapshot_download(
            location,
            revision=commit,
            cache_dir=cache(),
            allow_patterns=list(WANTED),
            ignore_patterns=_SUBFOLDERS,
            etag_timeout=_SECONDS,
        )
    return Path(folder)


def _is_complete(location: str, commit: str) -> bool:
    """Whether no file is missing from the local copy: a download can be cut off between two files."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        snapshot_download(
            location,
            revision=commit,
            cache_dir=cache(),
            allow_patterns=list(WANTED),
            ignore_patterns=_SUBFOLDERS,
            local_files_only=True,
        )
    except LocalEntryNotFoundError:
        return False
    return True


def _wanted(name: str) -> bool:
    return "/" not in name and any(fnmatchcase(name, pattern) for pattern in WANTED)


@contextmanager
def _plain_errors(location: str, advice: str) -> Iterator[None]:
    """Turn what the hub library raises into sentences. `RuntimeError` is how its storage client reports a failure, and
    an answer that is not the hub's (the login page of a hotel) ends in one of the last three."""
    import httpx2

    try:
        yield
    except (httpx2.HTTPError, OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise _explain(error, location, advice) from error


def _explain(error: BaseException, location: str, advice: str) -> StudioError:
    import httpx2
    from huggingface_hub import constants
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    cause: BaseException | None = error
    while cause is not None:  # the first cause says what happened, the errors above it what was tried
        match cause:
            case OfflineModeIsEnabled():
                return ModelOffline("The model hub is switched off here.", why="HF_HUB_OFFLINE is set.", next=advice)
            case HfHubHTTPError():
                return _refused(cause.response.status_code, location, advice)
            case httpx2.TransportError():
                why = f"There is no connection to {constants.ENDPOINT}."
                return ModelOffline("Could not reach the model hub.", why=why, next=advice)
        cause = cause.__cause__
    if isinstance(error, OSError | RuntimeError):
        return ModelError(
            f"The download of the model '{location}' broke off.",
            why="A file did not arrive whole.",
            next=f"Try again; the files that did arrive are kept. {advice}",
        )
    return ModelOffline(
        "Could not reach the model hub.",
        why=f"Something else answered at {constants.ENDPOINT}, perhaps the login page of the network.",
        next=advice,
    )


def _refused(status: int, location: str, advice: str) -> StudioError:
    """The error for an answer that says no; `status` is the code of HTTP."""
    if status in (401, 403, 404):
        return UnknownName(
            f"The model hub has no model '{location}' for us.",
            why="It does not exist there, or it is private, or its authors want to be asked first.",
            next="Check the name. For a model that asks for an account, set HF_TOKEN to a token of yours.",
        )
    if status == 429:
        return ModelOffline(
            "The model hub takes no more requests from here for now.", next=f"Try again in some minutes. {advice}"
        )
    return ModelOffline(f"The model hub is out of order (it answers {status}).", next=f"Try again later. {advice}")
