"""
What a restore puts where: each database copy of a backup, on every member of its replica set.

A member that gets the data needs no initial sync, and there is no moment at which a set has one good member only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vitam_operators.config import Platform
from vitam_operators.config_addresses import with_port
from vitam_operators.engines.base import Pieces
from vitam_operators.engines.chosen import ENGINES, engine_name
from vitam_operators.engines.restic import ResticEngine
from vitam_operators.nights import Record
from vitam_operators.parts import DATABASES, MongoPart, config_parts, shard_parts
from vitam_operators.words import size_words


@dataclass(frozen=True)
class Place:
    """
    A directory of a host that gets the data of a replica set.

    :param part: the set, as a part of a backup
    :param host: the member's host
    """

    part: MongoPart
    host: str

    @property
    def name(self) -> str:
        """Names the place in records and messages."""
        return f"{self.part.name}@{self.host}"

    @property
    def db_path(self) -> str:
        """Where the member has its data."""
        return self.part.db_path

    def brought(self, label: str) -> str:
        """Return the directory beside it, on the same file system, for what is to take its place."""
        return f"{self.db_path}.vitam-restore-{label}"

    def kept(self, label: str) -> str:
        """Return the directory beside it to which the data goes that is there now."""
        return f"{self.db_path}.vitam-before-{label}"


def database_parts(platform: Platform) -> tuple[MongoPart, ...]:
    """Return all replica sets, the shards first: so they stop, and so they start."""
    return (*shard_parts(platform), *config_parts(platform))


def places(platform: Platform) -> tuple[Place, ...]:
    """Return every member with data of every replica set."""
    return tuple(Place(part, host) for part in database_parts(platform) for host in part.replica_set.data_hosts)


def place_named(platform: Platform, part: str, host: str) -> Place:
    """Return a place by the names of its part and its host."""
    return next(place for place in places(platform) if (place.part.name, place.host) == (part, host))


def places_of(platform: Platform, host: str) -> list[Place]:
    """Return the places of one host, always in the same order: a port goes by it."""
    return sorted((place for place in places(platform) if place.host == host), key=lambda place: place.name)


def holder(platform: Platform, record: Mapping[str, Any]) -> str:
    """
    Return the host of this platform that holds a copy.

    :param record: the part, as the manifest has it
    """
    host = str(record["host"])
    return platform.restore.held_by.get(host, host)


def pieces(platform: Platform, record: Mapping[str, Any]) -> Pieces | None:
    """Return what a copy consists of on its holder; ``None`` when no host needs another one for it."""
    engine = ENGINES.get(engine_name(record))
    return engine(platform.copies).pieces(str(record["archive"])) if engine else None


def found_by(platform: Platform, record: Mapping[str, Any]) -> str | None:
    """Return the path of a file that is on a copy's holder as long as the copy is; ``None`` where no host has it."""
    engine = ENGINES.get(engine_name(record))
    return engine(platform.copies).found_by(str(record["archive"]), str(record["sha256"])) if engine else None


def addresses(platform: Platform, part: MongoPart) -> list[str]:
    """Return ``address:port`` of each member of a set, arbiters included, as Vitam's ``rs.conf()`` has them."""
    return [with_port(platform.host(member.host).service_ip, part.daemon.port) for member in part.replica_set.members]


def connection_string(platform: Platform, part: MongoPart) -> str:
    """Return ``set/address:port,...`` of a set's members with data, as ``config.shards`` has it."""
    hosts = [with_port(platform.host(host).service_ip, part.daemon.port) for host in part.replica_set.data_hosts]
    return f"{part.replica_set.name}/{','.join(sorted(hosts))}"


def findings(platform: Platform, manifest: Record) -> Iterator[str]:
    """Tell why a backup does not go onto a platform, whatever state that is in."""
    parts, label = manifest["parts"], manifest["backup"]
    copied = {name for name, record in parts.items() if record["kind"] in DATABASES}
    wanted = {part.name for part in database_parts(platform)}
    yield from (f"replica set {name} is not in backup {label}" for name in sorted(wanted - copied))
    yield from (f"{name} is in backup {label}, the platform has no such set" for name in sorted(copied - wanted))
    known = {host.name for host in platform.hosts}
    for name in sorted(copied & wanted):
        record = parts[name]
        if engine_name(record) not in ENGINES:
            yield f"{name} was copied by {engine_name(record)}, which is none of {', '.join(sorted(ENGINES))}"
        elif engine_name(record) == ResticEngine.name and platform.copies.restic is None:
            yield f"{name} was copied by restic: copy.restic is missing, it says which connection has the password"
        elif pieces(platform, record) is not None and holder(platform, record) not in known:
            yield f"{name} is on {record['host']}, which is no host of this platform: restore.held_by says who has it"


def left_alone(manifest: Record) -> list[str]:
    """Return the parts that a restore does not put back: directories of hosts."""
    return [name for name, record in manifest["parts"].items() if record["kind"] not in DATABASES]


def in_words(platform: Platform, manifest: Record, sizes: Mapping[str, Mapping[str, int]]) -> list[str]:
    """
    Say what is replaced by what, a line for each place.

    :param sizes: bytes of what is there now, by host and part
    """
    lines = []
    for place in places(platform):
        record = manifest["parts"][place.part.name]
        there = sizes.get(place.host, {}).get(place.part.name)
        now = "what is there (its size is not known)" if there is None else size_words(there)
        lines.append(
            f"{place.host}: {place.db_path}, {now}, is replaced by {place.part.name} "
            f"of {holder(platform, record)} (copy of {size_words(record['size_bytes'])})"
        )
    return lines
