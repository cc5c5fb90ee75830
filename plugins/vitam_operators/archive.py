"""What a copy is made of and where it goes: sizes, room, the lock that tells that a mongod closed its files."""

from __future__ import annotations

from dataclasses import dataclass

from vitam_operators.commands import Command, line
from vitam_operators.config_copies import CopyConfig

EXCLUDED_OF_MONGODB = ("./diagnostic.data", "./rollback", "./*.log", "./*.sock")

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
    """Fact: how many bytes the files below a directory hold; 1 is the status of du when one vanished meanwhile."""
    ok = frozenset({0, 1})
    return Command(line("du", "--summarize", "--bytes", "--", path, sudo=True), _first_number, timeout_s=600, ok=ok)


def room_at(directory: str) -> Command[int]:
    """Fact: free bytes on the file system of a directory, or of the nearest one above it that exists."""
    return Command(line("bash", "-c", ROOM_SCRIPT, "bash", directory), _last_number)


def mongod_lock(db_path: str) -> Command[MongodLock]:
    """Fact: the state of ``mongod.lock``."""
    words = line("stat", "--format=%s:%Y", f"{db_path}/mongod.lock", sudo=True)
    return Command(words, lambda output: MongodLock(*(int(number) for number in output.split(":"))))


def _first_number(output: str) -> int:
    return int(output.split()[0])


def _last_number(output: str) -> int:
    return int(output.split()[-1])
