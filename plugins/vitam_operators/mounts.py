"""
Disks that were mounted at the last backup and are not now.

A directory lay on a disk of its own, and lies on the one above it now; or a disk was mounted below a directory that is
copied, and its mount point is an empty directory now. A disk that came since is no loss.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from vitam_operators.config import Platform
from vitam_operators.engines.restic import ResticEngine
from vitam_operators.host_units import files_parts_of, mongo_parts_of
from vitam_operators.last_noted import last_noted
from vitam_operators.nights import Night

MOUNTS = "mounts"
"""Key of what a night was opened with: by host and directory, where its file system is mounted."""
MOUNTS_BELOW = "mounts_below"
"""Key of what a night was opened with: by host and directory that is copied, what is mounted below it."""
KNOWN_BELOW = "known_mounts_below"
"""Key of a plan: by host and mount point ``[backup, directory]`` of the last backup that noted the directory."""

Mounts = Mapping[str, Mapping[str, str]]
MountsBelow = Mapping[str, Mapping[str, Sequence[str]]]
Known = Mapping[str, Mapping[str, tuple[str, str]]]


def name_of(path: str, host: str) -> str:
    """Return how a directory on a host is named in the trigger form: ``/vitam/backup@data1``."""
    return f"{path}@{host}"


def directories(platform: Platform, host: str) -> list[str]:
    """Return the directories of a host from which a night copies, and to which it does."""
    return list(dict.fromkeys([*sources(platform, host), *destinations(platform)]))


def sources(platform: Platform, host: str) -> list[str]:
    """Return the directories of a host from which a night copies."""
    paths = [part.db_path for part in mongo_parts_of(platform, host)]
    return list(dict.fromkeys([*paths, *(part.file_set.path for part in files_parts_of(platform, host))]))


def destinations(platform: Platform) -> list[str]:
    """Return the directories to which copies go, on every host."""
    copies = platform.copies
    if copies.engine == ResticEngine.name and copies.restic and copies.restic.repository.startswith("/"):
        return [copies.directory, copies.restic.repository]
    return [copies.directory]


def known_mounts(mounts: Mounts, newest_first: Iterable[Night], accepted: Collection[str]) -> Known:
    """Return the newest backup that noted where a directory's file system is mounted, and where, by host and path."""
    return last_noted(MOUNTS, mounts, newest_first, lambda host, path: name_of(path, host) not in accepted)


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


def known_below(below: MountsBelow, newest_first: Iterable[Night]) -> dict[str, dict[str, list[str]]]:
    """Return ``[backup, directory]`` of each mount point that the last backup noted below a directory, by host."""
    noted = last_noted(MOUNTS_BELOW, below, newest_first, lambda _host, _path: True)
    return {
        host: {mount: [backup, path] for path, (backup, found) in paths.items() for mount in found}
        for host, paths in noted.items()
    }


def findings_below(
    below: MountsBelow, known: Mapping[str, Mapping[str, Sequence[str]]], accepted: Collection[str]
) -> Iterator[str]:
    """Name the disks that were mounted below a directory which is copied, and are away."""
    for host, before in sorted(known.items()):
        for mount, (backup, path) in sorted(before.items()):
            if mount not in below[host][path] and name_of(mount, host) not in accepted:
                yield (
                    f"{host}: a disk was mounted at {mount}, below {path} (backup {backup}), and none is: mount it; if "
                    f"that is as it should be, trigger a run with {name_of(mount, host)} in the field 'Accepted'"
                )
