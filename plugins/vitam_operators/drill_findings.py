"""
What a restore drill expects of a copy, and what speaks against it. Plain functions over the manifest and answers.

Answers are those of the official commands ``listCollections``, ``count`` and ``validate``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vitam_operators.nights import Record
from vitam_operators.parts import CONFIG, MongoPart
from vitam_operators.writes import CATALOGUE

BOOKKEEPING = ("admin", "config", "local")
"""Databases in which the cluster itself writes while a night copies: their counts differ without a mistake."""

NOT_FULL = "Some checks omitted for speed"
"""What MongoDB 4.2.6 warns of at each ``validate`` without ``full``: it is what was asked for."""

EXPANDS = 4
"""By how much an archive grows when it is extracted, where nobody noted the size of its source."""


@dataclass(frozen=True)
class Expected:
    """
    What the copy of a replica set has to hold.

    :param kind: ``shard`` or ``config``
    :param counts: documents of each ``database.collection`` before the stop, ``None`` when nobody noted them
    :param shards: of a config set: the cluster's shards with their addresses, as ``listShards`` told them
    :param shard: of a shard: its name in the cluster
    """

    kind: str
    counts: Mapping[str, int] | None = None
    shards: Mapping[str, str] | None = None
    shard: str | None = None


def expected_of(manifest: Record, part: MongoPart) -> Expected:
    """Return what a manifest says of a part."""
    counts = manifest["parts"][part.name].get("mongodb", {}).get("counts")
    shards: Mapping[str, str] = manifest["clusters"][part.cluster.name]["shards"]
    if part.kind == CONFIG:
        return Expected(part.kind, counts, shards=shards)
    name = next((name for name, hosts in shards.items() if hosts.partition("/")[0] == part.replica_set.name), None)
    return Expected(part.kind, counts, shard=name)


def storage_of(manifest: Record, part: str) -> Mapping[str, Any]:
    """Return the options ``storage`` of the mongod that was copied; Vitam's where nobody noted them."""
    noted: Mapping[str, Any] | None = manifest["parts"][part].get("mongodb", {}).get("storage")
    return {"directoryPerDB": True} if noted is None else noted


def source_bytes(opened: Record, manifest: Record, part: str) -> int:
    """Return how much a part takes when it is extracted, as the look measured its source."""
    record = manifest["parts"][part]
    measured = opened.get("sizes", {}).get(record["host"], {}).get(part)
    return int(measured if measured is not None else EXPANDS * record["size_bytes"])


def is_data(kind: str, namespace: str) -> bool:
    """Tell whether nobody but Vitam writes to a collection, or, on a config set, whether it says where data is."""
    database, _, collection = namespace.partition(".")
    if database == "config" and kind == CONFIG:
        return collection in CATALOGUE
    return database not in BOOKKEEPING and not collection.startswith("system.")


def namespace_findings(expected: Expected, found: Collection[str]) -> Iterator[str]:
    """Name the collections that the copy lacks, and those that it has too many."""
    if expected.counts is None:
        return
    noted = {name for name in expected.counts if is_data(expected.kind, name)}
    yield from (f"collection {name} is missing in the copy" for name in sorted(noted - set(found)))
    strange = {name for name in found if is_data(expected.kind, name)} - noted
    yield from (f"collection {name} is in the copy, nobody noted it before the stop" for name in sorted(strange))


def count_words(expected: Expected, namespace: str, fast: int, documents: int) -> tuple[str | None, str | None]:
    """
    Compare a collection's documents with what was noted; return a finding or a warning.

    :param fast: what the copy's own ``count`` said before ``validate``: a number that MongoDB keeps beside the data
    :param documents: how many ``validate`` has read
    """
    if expected.counts is None or not is_data(expected.kind, namespace):
        return None, None
    noted = expected.counts.get(namespace)
    if noted is None or noted == documents:
        return None, None
    words = f"{namespace} holds {documents} documents, {noted} were noted before the stop"
    if noted == fast:
        return None, f"{words}, as the copy's own count says: the source's count was off, as after a crash"
    return words, None


def validate_words(namespace: str, answer: Mapping[str, Any]) -> tuple[str | None, list[str]]:
    """Read the answer of ``validate``; return a finding and warnings."""
    errors = [str(error) for error in answer.get("errors", ())]
    told = (str(warning) for warning in answer.get("warnings", ()))
    warnings = [f"{namespace}: {warning}" for warning in told if not warning.startswith(NOT_FULL)]
    if answer.get("valid") and not errors:
        return None, warnings
    return f"{namespace} is not valid: {'; '.join(errors) or 'validate gives no reason'}", warnings


def to_validate(label: str, expected: Expected, fast: Mapping[str, int], number: int) -> list[str]:
    """
    Choose the collections to validate: the largest, those whose count is not as noted, and others by turns.

    :param label: of the backup: two nights choose differently, a second try chooses as the first
    :param fast: each collection's count
    :param number: how many of the others; 0: all
    """
    if not number:
        return sorted(fast)
    wrong = {name for name, documents in fast.items() if count_words(expected, name, -1, documents)[0]}
    largest = max(fast, key=lambda name: (fast[name], name), default=None)
    certain = wrong | ({largest} if largest else set())
    by_turns = sorted(set(fast) - certain, key=lambda name: hashlib.sha256(f"{label} {name}".encode()).digest())
    return sorted(certain | set(by_turns[: max(0, number - len(certain))]))


def identity_findings(
    expected: Expected, shards: Iterable[Mapping[str, Any]], identity: Mapping[str, Any] | None
) -> Iterator[str]:
    """
    Tell whether a copy is that of the set whose name it has.

    :param shards: documents of ``config.shards``
    :param identity: the document ``shardIdentity``
    """
    if expected.shards is not None:
        found = {str(shard["_id"]): str(shard["host"]) for shard in shards}
        if found != dict(expected.shards):
            yield f"config.shards lists {_said(found)}, before the stop the cluster had {_said(expected.shards)}"
    if expected.shard is not None:
        name = (identity or {}).get("shardName")
        if name != expected.shard:
            yield f"the copy is that of shard {name}, not of {expected.shard}"


def _said(shards: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({host})" for name, host in sorted(shards.items())) or "no shard"
