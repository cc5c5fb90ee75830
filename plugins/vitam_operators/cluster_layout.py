"""
What a MongoDB cluster is made of, as the look found it and as it is now: what came since is in no copy.

A layout is ``{"shards": {name: host}, "members": {part: [address]}, "chunks": {collection: {"shards": {name: n}}}}``,
from ``listShards``, ``replSetGetConfig`` of each set and ``config.chunks``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Layout = Mapping[str, Any]


def members_of(configuration: Mapping[str, Any]) -> list[str]:
    """Return the addresses of a set's members, arbiters included (``replSetGetConfig``)."""
    return sorted(str(member["host"]) for member in configuration["config"]["members"])


def changes(cluster: str, before: Layout, now: Layout) -> Iterator[str]:
    """
    Name what is otherwise than at the look, a sentence each.

    The balancer may have moved chunks from shard to shard since; it is no finding until one is on a shard that the
    look did not see. What an older version did not note is not compared.
    """
    listed, known = _shards(now["shards"]), _shards(before["shards"])
    yield from _compared(cluster, "shard", known, listed)
    for part, addresses in before.get("members", {}).items():
        yield from _compared(part, "member", _plain(addresses), _plain(now["members"].get(part, ())))
    for collection, chunks in now.get("chunks", {}).items():
        for shard in sorted(set(chunks["shards"]) - set(known)):
            yield f"{cluster}: {collection} has chunks on shard {shard}, which the look did not see"


def _compared(where: str, what: str, before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(before.keys() | now.keys()):
        if name not in before:
            yield f"{where}: {what} {name} was added since the look, it is in no copy"
        elif name not in now:
            yield f"{where}: {what} {name} was removed since the look"
        elif before[name] != now[name]:
            yield f"{where}: {what} {name} was {before[name]} at the look, now it is {now[name]}"


def _shards(listed: Mapping[str, str]) -> dict[str, str]:
    """Return each shard with its hosts in one order: a cluster lists them as it learned of them."""
    split = {name: str(host).partition("/") for name, host in listed.items()}
    return {name: f"{of}/{','.join(sorted(hosts.split(',')))}" for name, (of, _, hosts) in split.items()}


def _plain(names: Iterable[str]) -> dict[str, str]:
    return {name: name for name in names}
