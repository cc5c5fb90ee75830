"""
What the backup asks MongoDB, and the least role that lets it.

Vitam's own accounts (``vitamdb-admin``, ``vitamdb-localadmin``) may do all of it, and much more. The actions are those
of MongoDB's manual, "Privilege Actions", and of each command's page there; for the balancer's commands, of which the
manual does not tell, those of MongoDB's source (``cluster_control_balancer_cmd.cpp``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CLUSTER = "the cluster"
EVERY_DATABASE = "every database"
CONFIG = "the database config"
"""MongoDB does not count it with every database."""


@dataclass(frozen=True)
class Asked:
    """
    One command.

    :param command: its name
    :param why: what the backup wants of it
    :param action: privilege action; empty when none is needed
    :param resource: on what: a collection by its full name, or the cluster
    """

    command: str
    why: str
    action: str = ""
    resource: str = CLUSTER


ROUTERS: tuple[Asked, ...] = (
    Asked("isMaster", "each mongos answers"),
    Asked("buildInfo", "MongoDB's version"),
    Asked("listShards", "the shards are those of the platform file", "listShards"),
    Asked("find", "the feature compatibility version", "find", "admin.system.version"),
    Asked("balancerStatus", "how the balancer is, before and after", "find", "config.settings"),
    Asked("balancerStop", "no chunk moves during the copies", "update", "config.settings"),
    Asked("balancerStart", "as it was before", "update", "config.settings"),
    Asked("count", "no migration is unfinished", "find", "config.migrations"),
    Asked("aggregate", "who is connected ($currentOp)", "inprog"),
    Asked("find", "the cluster's id", "find", "config.version"),
    Asked("find", "which collections are sharded, and how", "find", "config.collections"),
    Asked("aggregate", "how many chunks each shard has", "find", "config.chunks"),
)
"""Through mongos, with the connection ``admin_conn_id``."""

MEMBERS: tuple[Asked, ...] = (
    Asked("isMaster", "who is the primary"),
    Asked("replSetGetStatus", "the members are healthy, and have the last write", "replSetGetStatus"),
    Asked("replSetGetConfig", "members that are behind on purpose", "replSetGetConfig"),
    Asked("count", "ranges that are still to be deleted", "find", "config.rangeDeletions"),
    Asked("aggregate", "who is connected ($currentOp)", "inprog"),
    Asked("find", "nobody wrote during the copies", "find", "local.oplog.rs"),
    Asked("buildInfo", "MongoDB's version"),
    Asked("getCmdLineOpts", "the storage options that a restore needs", "getCmdLineOpts"),
    Asked("getParameter", "the feature compatibility version", "getParameter"),
    Asked("listDatabases", "what is counted", "listDatabases"),
    Asked("listCollections", "what is counted", "listCollections", EVERY_DATABASE),
    Asked("aggregate", "how many documents each collection has ($collStats)", "collStats", EVERY_DATABASE),
    Asked("listCollections", "what is counted", "listCollections", CONFIG),
    Asked("aggregate", "how many documents each collection has ($collStats)", "collStats", CONFIG),
    Asked("replSetFreeze", "the preferred member becomes the primary", "replSetStateChange"),
    Asked("replSetStepDown", "the preferred member becomes the primary", "replSetStateChange"),
)
"""To each member of each shard and config set, with the connection ``localadmin_conn_id``."""

RESTORED_MEMBERS: tuple[Asked, ...] = (
    Asked("shardingState", "a restored shard knows who it is", "shardingState"),
    Asked("find", "a restored cluster knows where its shards are", "find", "config.shards"),
)
"""The same, of a restore."""


def role(name: str, asked: tuple[Asked, ...]) -> dict[str, Any]:
    """Return the command that makes a role with these rights and no others, for the database ``admin``."""
    actions: dict[str, list[str]] = {}
    for one in asked:
        if one.action:
            actions.setdefault(one.resource, []).append(one.action)
    privileges = [{"resource": _document(on), "actions": sorted(set(own))} for on, own in actions.items()]
    return {"createRole": name, "privileges": privileges, "roles": []}


def _document(resource: str) -> dict[str, Any]:
    database, _, collection = resource.partition(".")
    whole = {CLUSTER: {"cluster": True}, EVERY_DATABASE: _all_of(""), CONFIG: _all_of("config")}
    return whole.get(resource, {"db": database, "collection": collection})


def _all_of(database: str) -> dict[str, Any]:
    return {"db": database, "collection": ""}


def in_words(asked: tuple[Asked, ...]) -> list[str]:
    """Return a table of what is asked, a line each."""
    lines = ["| command | why | action | on |", "|---|---|---|---|"]
    for one in asked:
        needs = f"`{one.action}` | {one.resource}" if one.action else "none |"
        lines.append(f"| `{one.command}` | {one.why} | {needs} |")
    return lines
