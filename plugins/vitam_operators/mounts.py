"""Directories that lay on a disk of their own at the last backup, and on the one above it now: it is not mounted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import PurePosixPath

from vitam_operators.catalogue import Reader, entry
from vitam_operators.config import Platform
from vitam_operators.engines.restic import ResticEngine
from vitam_operators.host_units import files_parts_of, mongo_parts_of
from vitam_operators.nights import OPEN, Night

MOUNTS = "mounts"
"""Key of what a night was opened with: by host and directory, where its file system is mounted."""
BACKUPS_BACK = 30

Mounts = Mapping[str, Mapping[str, str]]
Known = dict[str, dict[str, tuple[str, str]]]


def name_of(path: str, host: str) -> str:
    """Return how a directory on a host is named in the trigger form: ``/vitam/backup@data1``."""
    return f"{path}@{host}"


def directories(platform: Platform, host: str) -> list[str]:
    """Return the directories of a host from which a night copies, and to which it does."""
    sources = [part.db_path for part in mongo_parts_of(platform, host)]
    sources += [part.file_set.path for part in files_parts_of(platform, host)]
    return list(dict.fromkeys([*sources, *destinations(platform)]))


def destinations(platform: Platform) -> list[str]:
    """Return the directories to which copies go, on every host."""
    copies = platform.copies
    if copies.engine == ResticEngine.name and copies.restic and copies.restic.repository.startswith("/"):
        return [copies.directory, copies.restic.repository]
    return [copies.directory]


def known_mounts(mounts: Mounts, newest_first: Iterable[Night], accepted: Collection[str]) -> Known:
    """Return the newest backup that noted where a directory's file system is mounted, and where, by host and path."""
    wanted = {(host, path) for host, paths in mounts.items() for path in paths if name_of(path, host) not in accepted}
    found: Known = {}
    for night in islice(newest_first, BACKUPS_BACK):
        if not wanted:
            break
        backup = entry(night)
        if backup is None or not backup.restorable:
            continue
        noted = Reader(night.directory).read(OPEN).get(MOUNTS, {})
        here = {(host, path) for host, path in wanted if path in noted.get(host, {})}
        for host, path in here:
            found.setdefault(host, {})[path] = (night.label, noted[host][path])
        wanted -= here
    return found


def findings(mounts: Mounts, known: Known) -> Iterator[str]:
    """Name the directories whose disk is not mounted."""
    for host, paths in sorted(known.items()):
        for path, (backup, mount) in sorted(paths.items()):
            now = mounts[host][path]
            if is_away(now, mount):
                yield (
                    f"{host}: {path} was on the disk mounted at {mount} (backup {backup}), and is on that of {now}: "
                    f"mount it; if that is as it should be, trigger a run with {name_of(path, host)} in the field "
                    "'Accepted'"
                )


def is_away(now: str, before: str) -> bool:
    """Tell whether a directory lies on a file system above the one it lay on; a disk of its own since is none."""
    return now != before and PurePosixPath(before).is_relative_to(now)
