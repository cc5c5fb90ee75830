"""Where directories of a platform file would be in each other's way, or in that of the system."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import PurePosixPath

from vitam_operators import port_checks
from vitam_operators.config import Platform
from vitam_operators.config_copies import FileSet
from vitam_operators.parts import holds, hosts_of

OF_THE_SYSTEM = ("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr")
SWEPT = ("/tmp", "/var/lock", "/var/run", "/var/tmp")  # noqa: S108 - what is refused
"""What a boot or systemd-tmpfiles empties."""

ROOTS = ("/home", "/media", "/mnt", "/opt", "/root", "/srv", "/var", "/var/cache", "/var/lib", "/var/log", "/var/spool")
"""Others have directories of their own in these: one of ours may be below, not here (FHS 3.0, chapters 3 and 5)."""

NO_FILES = ("/dev", "/proc", "/run", "/sys")


@dataclass(frozen=True)
class Place:
    """
    A directory that a night, a drill or a database has for itself.

    :param at: path of its key
    :param path: of the directory
    :param hosts: on which it may be
    :param beside: why no file set may take it along: what it is called in that finding
    """

    at: str
    path: PurePosixPath
    hosts: frozenset[str]
    beside: str


def findings(platform: Platform) -> Iterator[str]:
    """Yield a line for each directory that is no place for what it is for."""
    places = [*_own(platform), *_databases(platform)]
    for place in places:
        yield from _of_the_system(place)
    for one, other in combinations(places, 2):
        if one.hosts & other.hosts and _in_the_way(one.path, other.path) and not _is_among_copies(one, other):
            yield f"at {one.at}: {_relation(one, other)}, each needs a directory of its own"
    for index, file_set in enumerate(platform.copies.file_sets):
        at = f"copy.file_sets.{index} ({file_set.name}).path"
        if _within(PurePosixPath(file_set.path), NO_FILES):
            yield f"at {at}: {file_set.path} holds no files, the kernel makes up what seems to be there"
        yield from dict.fromkeys(_taken_along(platform, at, file_set, places))


def _own(platform: Platform) -> Iterator[Place]:
    everywhere = frozenset(host.name for host in platform.hosts)
    copies, restic = platform.copies, platform.copies.restic
    found = {"drill.directory": platform.drill.directory}
    if restic is not None and restic.cache_directory:
        found["copy.restic.cache_directory"] = restic.cache_directory
    if restic is not None and restic.repository.startswith("/"):
        found["copy.restic.repository"] = restic.repository
    found["copy.directory"] = copies.directory
    for at, path in found.items():
        yield Place(at, PurePosixPath(path), everywhere, f"{at} ({PurePosixPath(path)})")


def _databases(platform: Platform) -> Iterator[Place]:
    on: dict[tuple[str, str], set[str]] = {}
    for host, cluster, kind in port_checks.daemons(platform):
        on.setdefault((cluster.name, kind), set()).add(host)
    for index, cluster in enumerate(platform.mongodb):
        for kind, daemon in (("mongoc", cluster.mongoc), ("mongod", cluster.mongod)):
            at, hosts = f"mongodb.{index} ({cluster.name}).{kind}.db_path", on.get((cluster.name, kind), set())
            words = f"{daemon.db_path} of members that run during the copy"
            yield Place(at, PurePosixPath(daemon.db_path), frozenset(hosts), words)


def _of_the_system(place: Place) -> Iterator[str]:
    if _within(place.path, OF_THE_SYSTEM):
        yield f"at {place.at}: {place.path} is the system's, take a directory such as '/vitam/backup'"
    elif _within(place.path, SWEPT):
        yield f"at {place.at}: {place.path} is emptied by the system, take a directory such as '/vitam/backup'"
    elif str(place.path) in ROOTS:
        yield f"at {place.at}: {place.path} is everybody's, take a directory below it"


def _within(path: PurePosixPath, directories: tuple[str, ...]) -> bool:
    return any(path.is_relative_to(directory) for directory in directories)


def _in_the_way(one: PurePosixPath, other: PurePosixPath) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def _is_among_copies(one: Place, other: Place) -> bool:
    """Tell whether it is restic's, below the directory of all copies: they lie there by label, and go by label."""
    below = one.path != other.path and one.path.is_relative_to(other.path)
    return below and one.at.startswith("copy.restic.") and other.at == "copy.directory"


def _relation(one: Place, other: Place) -> str:
    if one.path == other.path:
        return f"{one.path} is that of {other.at}, too"
    return f"{one.path} and {other.path} of {other.at} hold one another"


def _taken_along(platform: Platform, at: str, file_set: FileSet, places: list[Place]) -> Iterator[str]:
    """Yield what a copy of a file set would take along, or is itself a part of."""
    path, hosts = PurePosixPath(file_set.path), set(hosts_of(platform, file_set))
    for place in (place for place in places if place.hosts & hosts):
        if holds(file_set, str(place.path)):
            yield f"at {at}: it holds {place.beside}, put that under exclude"
        elif path != place.path and path.is_relative_to(place.path):
            yield f"at {at}: it is inside {place.beside}, which is no file set"
