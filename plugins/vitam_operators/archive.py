"""What a copy is made of and where it goes: sizes, room, the lock that tells that a mongod closed its files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath

from vitam_operators.commands import Command, line
from vitam_operators.config_copies import CopyConfig
from vitam_operators.errors import CommandFailedError

EXCLUDED_OF_MONGODB = ("./diagnostic.data", "./rollback/*/removed.*.bson", "./*.log", "./*.sock")
"""
Of a dbPath: measurements, what MongoDB has rolled back, logs and sockets.

With ``directoryPerDB`` a database named rollback has its files in ``./rollback``, too: only the files that MongoDB sets
aside there are left out, ``rollback/<collection>/removed.<timestamp>.bson`` (MongoDB's manual, "Rollbacks During
Replica Set Failover"; the collection is its UUID, up to 4.2 its name). No database has a dot in its name.
"""

LINKS_SHOWN = 3
NO_DISKS = frozenset(
    ("autofs", "cgroup", "cgroup2", "devpts", "devtmpfs", "mqueue", "overlay", "proc", "ramfs", "sysfs", "tmpfs")
)
"""Types of file systems (third field of ``/proc/self/mounts``, fstab(5)) that hold nothing of a disk of their own."""

ROOM_SCRIPT = 'place=$1; while ! test -e "$place"; do place=$(dirname "$place"); done; df --output=avail -B1 "$place"'


@dataclass(frozen=True)
class MongodLock:
    """
    The file that tells whether a mongod closed its data, and when.

    :param size_bytes: 0 when mongod closed its files, else its process id is in it
    :param changed_s: when, in seconds since 1970; a mongod that ran meanwhile has changed it
    """

    size_bytes: int
    changed_s: int


def copy_directory(label: str, copies: CopyConfig) -> str:
    """Return the directory of a backup on each host that has a part of it."""
    return f"{copies.directory}/{label}"


def copy_unit(label: str, part: str) -> str:
    """Return the name of the transient unit that makes a copy."""
    return f"vitam-copy-{label}-{part}.service"


def ship_unit(label: str, part: str) -> str:
    """Return the name of the transient unit that makes a copy from a snapshot."""
    return f"vitam-ship-{label}-{part}.service"


def verify_unit(label: str, part: str) -> str:
    """Return the name of the transient unit that reads a copy back."""
    return f"vitam-verify-{label}-{part}.service"


def prune_unit(label: str) -> str:
    """Return the name of the transient unit that removes a backup's copies from where an engine stores them."""
    return f"vitam-prune-{label}.service"


def size_of(path: str) -> Command[int]:
    """
    Fact: how many bytes the files below a directory hold; 1 is the status of du when one vanished meanwhile.

    A directory that is a symbolic link counts with what is behind it, as tar copies it.

    The reader raises :class:`.CommandFailedError` when there is no such directory.
    """

    def read(output: str) -> int:
        if not output.strip():
            raise CommandFailedError(
                f"there is no {path}, its size cannot be told",
                hint="make it, or leave it out of the platform file (copy.file_sets, db_path)",
            )
        return int(output.split()[0])

    words = line("du", "--summarize", "--bytes", "--dereference-args", "--", path, sudo=True)
    return Command(words, read, timeout_s=600, ok=frozenset({0, 1}))


def room_at(directory: str) -> Command[int]:
    """Fact: free bytes on the file system of a directory, or of the nearest one above it that exists."""
    return Command(line("bash", "-c", ROOM_SCRIPT, "bash", directory), _last_number)


def mongod_lock(db_path: str) -> Command[MongodLock]:
    """Fact: the state of ``mongod.lock``."""
    words = line("stat", "--format=%s:%Y", f"{db_path}/mongod.lock", sudo=True)
    return Command(words, lambda output: MongodLock(*(int(number) for number in output.split(":"))))


def links_in(db_path: str) -> Command[tuple[str, ...]]:
    """
    Fact: the symbolic links of a dbPath, itself included, that a copy would have; 1: a file vanished meanwhile.

    A copy holds the link and not what is behind it: that data would be in no backup, and whoever opened the copy on
    its host would open the platform's own files.
    """
    words = line("find", db_path, "-type", "l", sudo=True)
    ok = frozenset({0, 1})
    return Command(words, lambda output: tuple(_copied(output.splitlines(), db_path)), timeout_s=600, ok=ok)


def links_finding(part: str, host: str, links: Sequence[str]) -> str | None:
    """Say which symbolic links of a dbPath keep it from being copied; ``None`` when there are none."""
    if not links:
        return None
    return (
        f"{part} on {host}: no copy would have what is behind the symbolic link{'s' if len(links) > 1 else ''} "
        f"{', '.join(links[:LINKS_SHOWN])}; stop that mongod and put the data itself there"
    )


def _copied(links: Iterable[str], db_path: str) -> Iterator[str]:
    for link in links:
        inside = PurePosixPath(link).relative_to(db_path)
        above = [f"./{path}" for path in (inside, *inside.parents)]
        if not any(fnmatch(path, pattern) for path in above for pattern in EXCLUDED_OF_MONGODB):
            yield link


def mounts_in(db_path: str) -> Command[tuple[str, ...]]:
    """Fact: the file systems that are mounted below a dbPath, by their real names; blanks there are octal numbers."""
    real = line("readlink", "--canonicalize", "--", db_path, sudo=True)
    return Command(f"{real} && {line('cat', '/proc/self/mounts')}", _mounts)


def mount_points(paths: Iterable[str]) -> Command[dict[str, str]]:
    """Fact: where the file system of each directory is mounted, by their names as they stand: no link is followed."""
    return Command(line("cat", "/proc/self/mounts"), lambda output: _mount_points(output, paths))


def mounts_below(paths: Iterable[str]) -> Command[dict[str, list[str]]]:
    """
    Fact: which file systems are mounted below each directory, by their names as they stand: no link is followed.

    Those that hold nothing of a disk are left out, and a mount of autofs, which comes and goes.
    """
    return Command(line("cat", "/proc/self/mounts"), lambda output: _mounts_below(output, paths))


def _mounts_below(output: str, paths: Iterable[str]) -> dict[str, list[str]]:
    lines = [text for text in output.splitlines() if text.split()[2] not in NO_DISKS]
    places = sorted(set(_places(lines)))
    return {path: [place for place in places if PurePosixPath(path) in PurePosixPath(place).parents] for path in paths}


def _mount_points(output: str, paths: Iterable[str]) -> dict[str, str]:
    places = _places(output.splitlines())
    above = {path: [place for place in places if PurePosixPath(path).is_relative_to(place)] for path in paths}
    return {path: max(found, key=len, default="/") for path, found in above.items()}


def _mounts(output: str) -> tuple[str, ...]:
    above, *mounts = output.splitlines()
    return tuple(place for place in _places(mounts) if place.startswith(f"{above}/"))


def _places(mounts: Iterable[str]) -> list[str]:
    return [re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text.split()[1]) for text in mounts]


def _last_number(output: str) -> int:
    return int(output.split()[-1])
