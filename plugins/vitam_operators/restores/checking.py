"""What speaks against restored data: before it takes its place, and once its set runs. Plain functions over answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vitam_operators.drill_findings import is_data


def data_of(kind: str, counts: Mapping[str, int]) -> dict[str, int]:
    """
    Return the collections in which nobody but Vitam writes, with their documents.

    :param kind: ``shard`` or ``config``
    :param counts: documents of each ``database.collection``
    """
    return {name: number for name, number in sorted(counts.items()) if is_data(kind, name)}


def count_findings(what: str, expected: Mapping[str, int], found: Mapping[str, int]) -> Iterator[str]:
    """
    Compare documents of collections; one that is empty and one that is not there are the same.

    :param what: whose they are, for the message
    """
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name, 0) != found.get(name, 0):
            yield f"{what}: {name} holds {found.get(name, 0)} documents, expected are {expected.get(name, 0)}"


def shard_findings(cluster: str, expected: Mapping[str, str], documents: list[Mapping[str, Any]]) -> Iterator[str]:
    """Compare ``config.shards`` with where the shards are here."""
    found = {str(document["_id"]): str(document["host"]) for document in documents}
    for name in sorted(expected.keys() | found.keys()):
        if _members(expected.get(name)) != _members(found.get(name)):
            yield f"{cluster}: config.shards has {name} at {found.get(name)}, expected {expected.get(name)}"


def identity_findings(what: str, shard: str, config_set: str, state: Mapping[str, Any]) -> Iterator[str]:
    """
    Tell whether a shard knows who it is and where its config set is.

    :param shard: its name in the cluster
    :param config_set: ``name/address:port,...``
    :param state: the answer to ``shardingState``
    """
    if not state.get("enabled"):
        yield f"{what}: sharding is not enabled, its shardIdentity was not read"
        return
    if state.get("shardName") != shard:
        yield f"{what}: it says that it is shard {state.get('shardName')}, not {shard}"
    if _members(str(state.get("configServer"))) != _members(config_set):
        yield f"{what}: it looks for its config set at {state.get('configServer')}, which is at {config_set}"


def configuration_findings(what: str, addresses: list[str], answer: Mapping[str, Any]) -> Iterator[str]:
    """Compare the members of ``replSetGetConfig`` with those of the platform file."""
    found = sorted(member["host"] for member in answer["config"]["members"])
    if found != sorted(addresses):
        yield f"{what}: rs.conf() has {', '.join(found)}, expected {', '.join(sorted(addresses))}"


def _members(text: str | None) -> tuple[str, frozenset[str]]:
    name, _, hosts = (text or "").partition("/")
    return name, frozenset(hosts.split(","))
