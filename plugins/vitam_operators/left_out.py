"""What a backup does not hold, although a restore onto bare machines needs it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from vitam_operators.config import Platform
from vitam_operators.config_copies import vitam_file_sets
from vitam_operators.offers import offers_elsewhere, tape_offers
from vitam_operators.parts import (
    OFFER,
    MongoPart,
    all_parts,
    config_parts,
    files_parts,
    holds,
    hosts_of,
    shard_parts,
)


def left_out(
    platform: Platform, planned: Collection[str], members: Mapping[str, Mapping[str, Any]], snapshots: Collection[str]
) -> Iterator[str]:
    """
    Tell what is not in a backup, a sentence each.

    :param planned: names of its parts
    :param members: what was noted of the member that each replica set was copied from: ``host``, ``key_file``
    :param snapshots: names of the Elasticsearch clusters of which a snapshot was taken
    """
    for part in (part for part in all_parts(platform) if isinstance(part, MongoPart) and part.name not in planned):
        yield f"the data of {part.name}"
    yield from _directories(platform, planned)
    yield from offers_elsewhere(platform)
    yield from _waiting_for_tape(platform, planned)
    for name, member in members.items():
        host, path = str(member.get("host")), member.get("key_file")
        if path and not _copied(platform, planned, host, path):
            yield f"the keyfile of {name}: {path} on {host}"
    for elastic in (elastic for elastic in platform.elasticsearch if elastic.name not in snapshots):
        yield f"the indexes of {elastic.name}: Vitam makes them again from MongoDB"
    if platform.copies.engine == "restic":
        yield "the password of restic's repositories: it is in an Airflow connection"
    yield "the platform file, and Airflow's connections with all accounts and keys"


def _directories(platform: Platform, planned: Collection[str]) -> Iterator[str]:
    root = _root(platform)
    for file_set in vitam_file_sets(str(root)):
        hosts = hosts_of(platform, file_set)
        missing = [host for host in hosts if not _copied(platform, planned, host, file_set.path)]
        if missing:
            yield f"{file_set.path} of {', '.join(missing)}"


def _waiting_for_tape(platform: Platform, planned: Collection[str]) -> Iterator[str]:
    path = f"{_root(platform)}/data/{OFFER}"
    hosts = [host for host in tape_offers(platform) if not _copied(platform, planned, host, path)]
    if hosts:
        yield f"what waits for its tape in {path} of {', '.join(hosts)}: a file set that names these hosts has it"


def _copied(platform: Platform, planned: Collection[str], host: str, path: str) -> bool:
    parts = (part for part in files_parts(platform) if part.name in planned and part.host == host)
    return any(holds(part.file_set, path) for part in parts)


def _root(platform: Platform) -> PurePosixPath:
    """Return Vitam's root: that of ``<root>/data/mongod/db``, or ``/vitam``."""
    for part in (*shard_parts(platform), *config_parts(platform)):
        path = PurePosixPath(part.db_path)
        if path.parts[-3::2] == ("data", "db"):
            return path.parents[2]
    return PurePosixPath("/vitam")
