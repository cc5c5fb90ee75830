"""
Records as files: small JSON files of one directory, written whole or not at all.

A record that cannot be read all the same (a disk that was full, a power cut, somebody's hand) is set aside under
another name, so that it costs what it held and nothing else: whoever reads goes on without it, the verdict names it.

The directory is a :class:`pathlib.Path` or anything that behaves as one (Airflow's ``ObjectStoragePath``).
"""

from __future__ import annotations

import errno
import json
import logging
import os
import secrets
from collections.abc import Iterator
from pathlib import Path, PosixPath
from typing import Any, Protocol, TypeVar

Record = dict[str, Any]
SUFFIX = ".json"
ASIDE = ".unreadable"
"""Added to the name of a record's file that could not be read."""
P = TypeVar("P", bound="Directory")
log = logging.getLogger(__name__)


class Directory(Protocol):
    """What the records need of a path."""

    @property
    def name(self) -> str:
        """Return the last part of it."""

    def __truediv__(self: P, key: str) -> P:
        """Join."""

    def exists(self) -> bool:
        """Tell whether it is there."""

    def mkdir(self, mode: int = ..., parents: bool = ..., exist_ok: bool = ...) -> None:
        """Make it."""

    def iterdir(self: P) -> Iterator[P]:
        """List it."""

    def read_text(self, encoding: str | None = ...) -> str:
        """Read it."""

    def write_text(self, data: str, encoding: str | None = ...) -> int:
        """Write it."""

    def rename(self: P, target: P) -> P:
        """Give it another name, replacing what has it."""


def write(directory: Directory, name: str, record: Record) -> None:
    """
    Write a record whole or not at all, in place of an earlier one; it outlives a power cut from then on.

    :raises OSError: it was not written; what was there before is there
    """
    text = json.dumps(record, indent=2, sort_keys=True)
    if isinstance(directory, PosixPath):
        _write_synced(directory, f"{name}{SUFFIX}", text)
        return
    directory.mkdir(parents=True, exist_ok=True)
    draft = directory / f"{name}{SUFFIX}.partial"
    draft.write_text(text, encoding="utf-8")
    draft.rename(directory / f"{name}{SUFFIX}")


def _write_synced(directory: Path, name: str, text: str) -> None:
    """Write a draft of its own beside it, then rename: two that write the same record do not mix their texts."""
    if not directory.exists():
        directory.mkdir(parents=True, exist_ok=True)
        _sync(directory.parent)
    draft = directory / f"{name}.{secrets.token_hex(4)}.partial"
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(directory / name)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    _sync(directory)


def _sync(directory: Path) -> None:
    """Let the names in a directory outlive a power cut, where its file system can (fsync(2), EINVAL)."""
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(opened)


def read(directory: Directory, name: str) -> Record | None:
    """
    Return a record, ``None`` if it was not written, or cannot be read; then it is set aside.

    :raises OSError: the file system does not answer: nothing is known of the record
    """
    path = directory / f"{name}{SUFFIX}"
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:  # another step has set it aside meanwhile
        return None
    except ValueError as error:
        _set_aside(directory, path.name, str(error))
        return None
    if not isinstance(content, dict):
        _set_aside(directory, path.name, f"it holds no keys but {type(content).__name__}")
        return None
    return content


def _set_aside(directory: Directory, name: str, why: str) -> None:
    """Give an unreadable record another name; one that has to stay where it is is no reason to stop anything."""
    try:
        (directory / name).rename(directory / f"{name}{ASIDE}")
    except OSError as error:
        log.warning("the record %s cannot be read (%s), nor set aside (%s)", directory / name, why, error)
    else:
        log.warning("the record %s cannot be read (%s): it is set aside as %s%s", directory / name, why, name, ASIDE)


def was_written(directory: Directory, name: str) -> bool:
    """Tell whether a record was ever written, be it unreadable by now."""
    file = f"{name}{SUFFIX}"
    return any((directory / known).exists() for known in (file, f"{file}{ASIDE}"))


def unreadable(directory: Directory) -> list[str]:
    """Return the names of the records that could not be read, now or before."""
    if not directory.exists():
        return []
    files = [path.name for path in directory.iterdir()]
    aside = {file.removesuffix(ASIDE).removesuffix(SUFFIX) for file in files if file.endswith(ASIDE)}
    names = [file.removesuffix(SUFFIX) for file in files if file.endswith(SUFFIX)]
    return sorted(aside | {name for name in names if read(directory, name) is None})
