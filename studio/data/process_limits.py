"""What the importer process may use: address space, processor time, file size. Set by the process on itself."""

from __future__ import annotations

import resource

from studio.settings import Limits


def apply(limits: Limits) -> None:
    """Set the soft limits. What crosses one gets a MemoryError, an OSError, or the signal of a spent time."""
    _lower(resource.RLIMIT_AS, limits.import_memory_bytes)
    _lower(resource.RLIMIT_CPU, limits.import_seconds)
    _lower(resource.RLIMIT_FSIZE, limits.archive_bytes)
    _lower(resource.RLIMIT_CORE, 0)


def allow_mapping(size: int) -> None:
    """Make room for a memory-mapped file of `size` bytes: it takes address space, but no memory that others lack."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        wanted = soft + size
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard == resource.RLIM_INFINITY else min(hard, wanted), hard))


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
