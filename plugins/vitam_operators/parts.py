"""What a night copies: one part for each shard, each config set and each file set of a host."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath

from vitam_operators.config import Daemon, Host, MongoCluster, Platform, ReplicaSet
from vitam_operators.config_copies import FileSet

SHARD, CONFIG, FILES = "shard", "config", "files"
DATABASES = (SHARD, CONFIG)
OFFER = "offer"
CHOICES: dict[str, tuple[str, ...]] = {
    "everything": (SHARD, CONFIG, FILES),
    "databases": DATABASES,
    "files": (FILES,),
}


@dataclass(frozen=True)
class MongoPart:
    """The data of one replica set, copied from the member that was its primary."""

    kind: str
    cluster: MongoCluster
    replica_set: ReplicaSet

    @property
    def name(self) -> str:
        """Name of the part in files, units and messages."""
        return f"{self.cluster.name}-{self.replica_set.name}"

    @property
    def daemon(self) -> Daemon:
        """How its members are installed."""
        return self.cluster.mongoc if self.kind == CONFIG else self.cluster.mongod

    @property
    def db_path(self) -> str:
        """Directory of the data on each member."""
        return str(self.daemon.db_path)


@dataclass(frozen=True)
class FilesPart:
    """One directory of one host."""

    host: str
    file_set: FileSet
    kind: str = FILES

    @property
    def name(self) -> str:
        """Name of the part in files, units and messages."""
        return f"{self.host}-{self.file_set.name}"


def shard_parts(platform: Platform) -> tuple[MongoPart, ...]:
    """Return one part for each shard of each cluster."""
    return tuple(MongoPart(SHARD, cluster, shard) for cluster in platform.mongodb for shard in cluster.shards)


def config_parts(platform: Platform) -> tuple[MongoPart, ...]:
    """Return one part for each cluster's config set."""
    return tuple(MongoPart(CONFIG, cluster, cluster.config_set) for cluster in platform.mongodb)


def files_parts(platform: Platform) -> tuple[FilesPart, ...]:
    """Return one part for each host of each file set."""
    sets = platform.copies.file_sets
    return tuple(FilesPart(host, file_set) for file_set in sets for host in hosts_of(platform, file_set))


def hosts_of(platform: Platform, file_set: FileSet) -> tuple[str, ...]:
    """
    Return the hosts on which a file set is copied.

    One that is bound to a component is copied where that is; for the sake of an offer only where that keeps its
    objects in files.
    """
    if file_set.hosts:
        return file_set.hosts
    wanted = set(file_set.services)
    return tuple(host.name for host in platform.hosts if not wanted or wanted & _with_files(host))


def _with_files(host: Host) -> set[str]:
    return set(host.services) - (set() if host.offer_in_files else {OFFER})


def all_parts(platform: Platform) -> tuple[MongoPart | FilesPart, ...]:
    """Return every part that this platform can have."""
    return (*shard_parts(platform), *config_parts(platform), *files_parts(platform))


def planned_parts(platform: Platform, choice: str) -> tuple[str, ...]:
    """
    Return the names of the parts that a night has to copy.

    :param choice: ``everything``, ``databases`` or ``files``
    """
    return tuple(part.name for part in all_parts(platform) if part.kind in CHOICES[choice])


def holds(file_set: FileSet, directory: str) -> bool:
    """Tell whether a copy of a file set takes a path with it; a pattern also leaves out all below."""
    path = PurePosixPath(directory)
    if not path.is_relative_to(file_set.path):
        return False
    inside = path.relative_to(file_set.path)
    above = [str(part) for part in (inside, *inside.parents) if str(part) != "."]
    return not any(fnmatch(part, pattern.strip("/")) for part in above for pattern in file_set.exclude)
