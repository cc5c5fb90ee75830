"""
Who may still write to a MongoDB that is about to be copied, and who has written meanwhile.

A cold copy takes one member of each set at one moment of its own; the copies fit together only while nobody writes.
Before: no client but ours and the cluster's own (:mod:`.clients`), every member as far as the primary. Afterwards: the
oplog, in which every write of the time between has its line. Documents are those of ``$currentOp`` (idle connections
included), ``replSetGetStatus`` and ``local.oplog.rs``, as the driver returns them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from vitam_operators.mongo import ARBITER, PRIMARY, SECONDARY
from vitam_operators.parts import CONFIG

Document = Mapping[str, Any]
CURRENT_OPERATIONS = {"allUsers": True, "idleConnections": True}
CATALOGUE = ("chunks", "collections", "databases", "shards", "tags")
"""Collections of ``config`` that say where data is: on a config set nothing else counts as data."""


def index_builds(operations: Iterable[Document]) -> Iterator[str]:
    """
    Name the collections whose indexes are being built: a stop interrupts that.

    One build is several operations from MongoDB 4.4 on, of which one has an empty ``ns`` for a while (seen on 4.4.2,
    5.0.32, 6.0.27); its command has the name.
    """
    building = [
        _indexed(operation)
        for operation in operations
        if "createIndexes" in operation.get("command", {}) or "Index Build" in str(operation.get("msg", ""))
    ]
    known = [name for name in dict.fromkeys(building) if name]
    if building and not known:
        yield "an index of an unknown collection is being built"
    yield from (f"an index of {name} is being built" for name in known)


def _indexed(operation: Document) -> str:
    command = operation.get("command", {})
    by_command = f"{command['$db']}.{command['createIndexes']}" if {"$db", "createIndexes"} <= command.keys() else ""
    return str(operation.get("ns") or by_command)


def applied(status: Document) -> Any:
    """Return the optime of the last write of the member that was asked (``bson.Timestamp``)."""
    return status["optimes"]["appliedOpTime"]["ts"]


def behind(status: Document, mark: Any, delayed: Collection[str]) -> Iterator[str]:
    """
    Name the members that do not have a write of the primary yet, and say whether a majority lacks it.

    The primary of a config set notes something each second, and knows of its members what they told two seconds ago:
    a member that has all that was written up to a mark is as good as one that has all.

    :param status: ``replSetGetStatus`` of the primary
    :param mark: optime of the primary's write when nobody was connected any more
    :param delayed: addresses of members that are behind on purpose
    """
    committed = status["optimes"]["lastCommittedOpTime"]["ts"]
    if committed < mark:
        yield f"the last write of the primary ({mark}) is not on a majority yet ({committed})"
    for member in status.get("members", ()):
        optime = member.get("optime", {}).get("ts")
        if member["state"] not in (PRIMARY, SECONDARY, ARBITER):
            yield f"{member['name']} is {member.get('stateStr')}"
        elif member["state"] == ARBITER or member["name"] in delayed:
            continue
        elif optime is None or optime < mark:
            yield f"{member['name']} is at {optime}, the primary at {mark}"


def delayed_members(configuration: Document) -> set[str]:
    """Return the addresses of the members that are behind on purpose (``replSetGetConfig``)."""
    members = configuration["config"]["members"]
    return {m["host"] for m in members if m.get("secondaryDelaySecs", m.get("slaveDelay", 0))}


def between(after: Any, until: Any) -> dict[str, Any]:
    """
    Return the filter of ``local.oplog.rs`` for all entries of a time. Both ends are optimes of the set itself.

    :param after: optime of the last entry before it (``bson.Timestamp``)
    :param until: optime of its last entry; ``None``: as far as the oplog goes
    """
    return {"ts": {"$gt": after} if until is None else {"$gt": after, "$lte": until}}


def foreign_writes(kind: str, after: Any, until: Any) -> dict[str, Any]:
    """
    Return the filter of ``local.oplog.rs`` for writes that are not the cluster's own bookkeeping.

    :param kind: of the part: what a config set may write differs from what a shard may
    :param after: optime at which nobody could write any more (``bson.Timestamp``)
    :param until: optime before Vitam started again; ``None``: as far as the oplog goes
    """
    own = rf"^(admin|local)\.|^config\.(?!({'|'.join(CATALOGUE)})$)" if kind == CONFIG else r"^(admin|local|config)\."
    foreign = {"$not": {"$regex": own}}
    return {
        **between(after, until),
        "op": {"$ne": "n"},
        "$or": [{"ns": {**foreign, "$ne": ""}}, {"o.applyOps": {"$elemMatch": {"ns": foreign}}}],
    }


def written(entries: Iterable[Document]) -> Iterator[str]:
    """Say what was written, a line for each namespace; of the cluster's catalogue also what the entry is about."""
    seen: dict[str, dt.datetime | None] = {}
    for entry in entries:
        inner = entry.get("o", {}).get("applyOps") if isinstance(entry.get("o"), Mapping) else None
        for operation in inner or [entry]:
            seen.setdefault(_about(operation) or str(entry.get("ns")), entry.get("wall"))
    for about, wall in seen.items():
        yield f"{about}{f' at {wall:%H:%M:%S} UTC' if wall else ''}"


def _about(operation: Document) -> str:
    namespace = str(operation.get("ns") or "")
    identifier = {**operation.get("o", {}), **operation.get("o2", {})}.get("_id")
    named = namespace.startswith("config.") and isinstance(identifier, str)
    return f"{namespace} ({identifier})" if named else namespace
