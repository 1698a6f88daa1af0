"""The only module that writes state: atomic files and folders, appended logs.

Everything is written beside its target, synced, renamed, and the parent folder synced, so a reader sees the old state
or the new one and never half of either, also after a power cut. Libraries that write files themselves (safetensors,
datasets, transformers) are given a folder from `staged_folder`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from studio.errors import storage_errors

STAGED = ".staged-"  # prefix of unfinished folders; a leftover is rubbish and may be removed


def write_bytes(path: Path, content: bytes) -> None:
    """Replace `path` by `content`, atomically and durably."""
    with storage_errors(f"Could not save {path.name}."):
        handle, temporary = tempfile.mkstemp(prefix=STAGED, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        sync(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Replace `path` by `value` as JSON. NaN and infinity are refused: no reader of JSON would take them."""
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    write_bytes(path, text.encode("utf-8", "surrogatepass") + b"\n")


def write_volatile_json(path: Path, value: Any) -> None:
    """Replace `path` atomically but without waiting for the disk: for progress that the next second replaces."""
    with storage_errors(f"Could not save {path.name}."):
        temporary = path.with_name(STAGED + path.name)
        temporary.write_text(json.dumps(value, ensure_ascii=False, allow_nan=False), encoding="utf-8")
        os.replace(temporary, path)


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write a file line by line; for use inside a staged folder, which makes it durable."""
    with path.open("w", encoding="utf-8", errors="surrogatepass") as file:
        file.writelines(f"{line}\n" for line in lines)


def write_blocks(path: Path, blocks: Iterable[bytes]) -> None:
    """Write a file block by block, as large as it may become; for use inside a folder that is thrown away."""
    with storage_errors(f"Could not save {path.name}."), path.open("wb") as file:
        for block in blocks:
            file.write(block)


def read_json(path: Path) -> Any:
    """The value of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8", errors="surrogatepass"))


def append_line(path: Path, line: str) -> None:
    """Add one line to a log and sync it. A torn last line of a killed writer is closed first."""
    with storage_errors(f"Could not save {path.name}."), path.open("ab+") as file:
        if file.tell() == 0:
            sync(path.parent)
        else:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def make_folder(path: Path) -> Path:
    """The folder, made with its parents if need be, durably."""
    with storage_errors(f"Could not make the folder {path.name}."):
        if not path.is_dir():
            path.mkdir(parents=True, exist_ok=True)
            sync(path.parent)
    return path


@contextmanager
def staged_file(target: Path) -> Iterator[Path]:
    """An empty file beside `target` for a library to write; it takes the target's place when the block ends well."""
    with storage_errors(f"Could not save {target.name}."):
        handle, name = tempfile.mkstemp(prefix=STAGED, dir=target.parent)
        os.close(handle)
        staged = Path(name)
        staged.chmod(0o644)
        try:
            yield staged
            sync(staged)
            os.replace(staged, target)
        except BaseException:
            staged.unlink(missing_ok=True)
            raise
        sync(target.parent)


@contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """A new folder in `parent` that is gone, with everything in it, when the block ends."""
    with storage_errors(f"Could not work in {parent.name}."):
        folder = Path(tempfile.mkdtemp(prefix=STAGED, dir=parent))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def scratch_folder(parent: Path | None) -> Iterator[Path]:
    """A temporary folder in `parent`, or where the system keeps temporary files."""
    with temporary_folder(parent or Path(tempfile.gettempdir())) as folder:
        yield folder


@contextmanager
def staged_folder(target: Path) -> Iterator[Path]:
    """A new folder beside `target` that takes its place, complete and synced, when the block ends well; an existing
    target is replaced. On an error the staged folder is removed and the target left as it was."""
    with storage_errors(f"Could not save {target.name}."):
        staged = Path(tempfile.mkdtemp(prefix=STAGED, dir=target.parent))
        staged.chmod(0o755)
        try:
            yield staged
            for folder, _, names in os.walk(staged):
                for name in names:
                    sync(Path(folder) / name)
                sync(Path(folder))
            _swap(staged, target)
        except BaseException:
            shutil.rmtree(staged, ignore_errors=True)
            raise


def _swap(staged: Path, target: Path) -> None:
    """Rename `staged` to `target`; a folder cannot be renamed over a full one, so that one steps aside first, and back
    if need be. Between the renames there is neither: only what can be made again is replaced in this way (a checkpoint
    of the same step, the model of a run that goes on), and a reader takes a missing folder for one not made yet."""
    old = target.with_name(STAGED + "old-" + target.name)
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        os.rename(target, old)
    try:
        os.rename(staged, target)
    except OSError:
        if old.exists():
            os.rename(old, target)
        raise
    sync(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def remove(path: Path) -> None:
    """Remove a file or a folder with everything in it, if it is there. A folder is renamed first: nobody meets one that
    is half removed."""
    with storage_errors(f"Could not remove {path.name}."):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(set_aside(path), ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        sync(path.parent)


def set_aside(path: Path) -> Path:
    """Take a folder away at once, under a name that nobody reads; returns that, to be removed at leisure."""
    doomed = path.with_name(f"{STAGED}gone-{os.getpid()}-{path.name}")
    with storage_errors(f"Could not remove {path.name}."):
        os.rename(path, doomed)
    return doomed


def remove_leftovers(folder: Path, seconds: float = 0.0) -> None:
    """Remove what killed writers left unfinished in a folder; where others write too, only what is older than that."""
    if folder.is_dir():
        for path in folder.glob(STAGED + "*"):
            with suppress(FileNotFoundError):  # its writer has just finished
                if time.time() - path.lstat().st_mtime >= seconds:
                    remove(path)


def copy(source: Path, target: Path) -> None:
    """Copy a file or a folder; for use inside a staged folder."""
    (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)


def also(source: Path, target: Path) -> None:
    """Give a file a second place, durably, without copying it where the disk knows how."""
    with storage_errors(f"Could not keep {target.name}."):
        try:
            os.link(source, target)
        except FileNotFoundError:
            raise
        except OSError:  # another disk, or one without links
            with staged_file(target) as staged:
                shutil.copyfile(source, staged)
        sync(target)
        sync(target.parent)


def pack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, source: Path) -> None:
    """Add a file to an open zip as `member`, piece by piece: it may be larger than the memory."""
    member.file_size = source.stat().st_size
    with archive.open(member, "w") as packed, source.open("rb") as file:
        shutil.copyfileobj(file, packed)


def sync(path: Path) -> None:
    """Wait until the disk has a file's bytes, or a folder's names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
