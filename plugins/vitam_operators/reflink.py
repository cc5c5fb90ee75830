"""
The method ``reflink``: a cold snapshot of a dbPath beside it, in which nothing is copied until somebody writes.

XFS and Btrfs let two files share their blocks (``cp --reflink=always``; ioctl FICLONE). The snapshot is there within
seconds whatever the size, MongoDB starts again, and the copy is made from the snapshot. Hard links would not do:
WiredTiger writes into its files in place. ``always`` fails where nothing can be shared, it never copies instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from vitam_operators.commands import Command, change, line
from vitam_operators.engines.base import Job, Stored

ROOM_FOR_CHANGES = 0.2
"""Of the size of the data, free on its file system: blocks that change while the snapshot is there are new ones."""

SNAPSHOT_SCRIPT = """
set -Eeuo pipefail
export LC_ALL=C
umask 077
source=$1 snapshot=$2
listed() {
    tar --create --file=/dev/null --directory="$1" --numeric-owner --acls --xattrs --sort=name --full-time -vv \\
        --index-file="$2" .
}
rm -rf -- "$source".vitam-backup-*
listed "$source" "$snapshot.files"
cp --archive --reflink=always -- "$source" "$snapshot.partial"
listed "$snapshot.partial" "$snapshot.written"
cmp "$snapshot.files" "$snapshot.written"
hash=$(sha256sum < "$snapshot.files" | cut -d ' ' -f 1)
echo "$(du --summarize --bytes "$snapshot.partial" | cut -f 1) $hash $(wc -l < "$snapshot.files")" > "$snapshot.facts"
rm -- "$snapshot.files" "$snapshot.written"
mv -- "$snapshot.partial" "$snapshot"
"""


def snapshot_of(db_path: str, label: str) -> str:
    """Return the path of a night's snapshot: beside the dbPath, on the same file system."""
    return f"{db_path}.vitam-backup-{label}"


def take(db_path: str, label: str) -> Job:
    """Change: share the blocks of all files, prove by two lists that all are there, and remove older snapshots."""
    return Job(SNAPSHOT_SCRIPT, (db_path, snapshot_of(db_path, label)))


def taken(db_path: str, label: str) -> Command[Stored | None]:
    """Fact: the finished snapshot, its hash being that of its list; ``None`` when there is none."""
    snapshot = snapshot_of(db_path, label)
    there = line("stat", "--format=%F", "--", snapshot, sudo=True)
    facts = line("cat", "--", f"{snapshot}.facts", sudo=True)
    return Command(f"{there} && {facts}", _stored, ok=frozenset({0, 1}))


def remove(db_path: str, label: str) -> Command[None]:
    """Change: remove a snapshot, finished or not."""
    snapshot = snapshot_of(db_path, label)
    ends = ("", ".partial", ".facts", ".files", ".written")
    return change("rm", "-rf", "--", *(snapshot + end for end in ends), timeout_s=600)


def hindrance(db_path: str) -> Command[str]:
    """
    Fact: why the files of a dbPath cannot share their blocks; empty when they can.

    Nothing but a try tells: the lock file of mongod, a few bytes, is shared with a file beside the dbPath, which is
    then removed. Files on other file systems (a journal of its own) can't be shared either.
    """
    probe = snapshot_of(db_path, "probe")
    devices = line("stat", "--format=%d", "--", db_path, f"{db_path}/journal", sudo=True)
    share = line("cp", "--reflink=always", "--", f"{db_path}/mongod.lock", probe, sudo=True)
    sweep = line("rm", "-rf", "--", probe, sudo=True)
    return Command(f"({devices} && {share}); tried=$?; {sweep}; exit $tried", _hindrance, read_failure=_failed)


@dataclass(frozen=True)
class Room:
    """
    The room on the file system of a dbPath.

    :param file_system: its id; two dbPaths with the same one share the room
    :param free_bytes: what is free there
    """

    file_system: str
    free_bytes: int


def room_for_changes(db_path: str) -> Command[Room]:
    """Fact: the room on the file system of a dbPath."""
    return Command(line("stat", "--file-system", "--format=%i:%a:%S", "--", db_path, sudo=True), _room)


def _stored(output: str) -> Stored | None:
    words = output.split()
    return Stored(int(words[1]), words[2], int(words[3])) if len(words) == 4 and words[0] == "directory" else None


def _hindrance(devices: str) -> str:
    return "" if len(set(devices.split())) == 1 else "its journal is on another file system"


def _failed(status: int, errors: str) -> str:
    """Return what the try itself said: before each program sudo may warn, as of a name that it cannot resolve."""
    said = errors.splitlines()
    own = [words for words in said if not words.startswith("sudo: ")]
    return (own or said or [f"exit status {status}"])[-1]


def _room(output: str) -> Room:
    file_system, blocks, block_bytes = output.strip().split(":")
    return Room(file_system, int(blocks) * int(block_bytes))


def too_little_room(free_bytes: int, size_bytes: int) -> bool:
    """Tell whether what changes while a snapshot is there might not find room."""
    return free_bytes < ROOM_FOR_CHANGES * size_bytes


def without_room(rooms: Mapping[str, Room], sizes: Mapping[str, int]) -> Iterator[str]:
    """
    Name the replica sets of a host whose changes might not find room; those on one file system share its room.

    :param rooms: of each replica set that may be snapshotted
    :param sizes: bytes of each
    """
    for name, room in rooms.items():
        beside = [other for other, its in rooms.items() if its.file_system == room.file_system]
        if too_little_room(room.free_bytes, sum(sizes[other] for other in beside)):
            yield name


def methods(wanted: str, hindrances: dict[str, str]) -> dict[str, str]:
    """
    Choose the method for each replica set of a host.

    :param wanted: ``auto``, ``direct`` or ``reflink``
    :param hindrances: for each part, what hinders sharing; empty: nothing
    :return: for each part ``reflink``, or ``direct`` with the reason in parentheses
    """
    if wanted == "direct":
        return dict.fromkeys(hindrances, "direct (the platform file says so)")
    return {part: f"direct ({why})" if why else "reflink" for part, why in hindrances.items()}


def findings(wanted: str, host: str, hindrances: dict[str, str]) -> Sequence[str]:
    """Tell where ``reflink`` is wanted and cannot be had."""
    if wanted != "reflink":
        return []
    return [
        f"{host}: {part} cannot be snapshotted: {why}; set copy.method to auto or direct, or put its dbPath on XFS or "
        "Btrfs"
        for part, why in hindrances.items()
        if why
    ]
