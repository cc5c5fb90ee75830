"""
Asking MongoDB for what a night notes.

It needs no more rights than Vitam's accounts have (``root`` on the routers, ``clusterAdmin`` on members). A note that
cannot be made is no reason to make no backup: its answer has ``not_noted``, the reason, in place of the rest.
"""

from __future__ import annotations

from typing import Any

from vitam_operators import drill_findings, nights
from vitam_operators.errors import MongoUnreachableError
from vitam_operators.hooks.mongo import A_LOT, Answer, MongoClient
from vitam_operators.notes_mongodb import CHUNKS_OF_EACH, NOT_NOTED, chunk_facts, member_facts

ONE_BATCH = {"batchSize": A_LOT}


async def member_notes(client: MongoClient, configuration: Answer) -> dict[str, Any]:
    """
    Return what has to be known of a member before it is stopped, see :func:`.notes_mongodb.member_facts`.

    :param configuration: its answer to ``replSetGetConfig``
    """
    try:
        return member_facts(
            await client.command("buildInfo"),
            await client.command("getCmdLineOpts"),
            await client.command("getParameter", featureCompatibilityVersion=1),
            await client.command("replSetGetStatus"),
            configuration,
        )
    except MongoUnreachableError as error:
        return {NOT_NOTED: error.message}


async def storage_options(client: MongoClient) -> Answer:
    """Return a member's storage options, none if its account may not ask for them."""
    try:
        options = await client.command("getCmdLineOpts")
    except MongoUnreachableError:
        return {}
    return dict(options.get("parsed", {}).get("storage", {}))


async def count_notes(client: MongoClient, kind: str) -> dict[str, Any]:
    """
    Return ``{"counts", "counted_at"}``: MongoDB's own count of each collection that holds data of a set.

    :param client: of a member
    :param kind: ``shard`` or ``config``
    """
    counts: dict[str, int] = {}
    try:
        for database in (await client.command("listDatabases", nameOnly=True))["databases"]:
            for name in await _collections(client, database["name"]):
                if drill_findings.is_data(kind, f"{database['name']}.{name}"):
                    counts[f"{database['name']}.{name}"] = await _count(client, database["name"], name)
    except MongoUnreachableError as error:
        return {NOT_NOTED: error.message}
    return {"counts": counts, "counted_at": nights.now_text()}


async def _collections(client: MongoClient, database: str) -> list[str]:
    """``clusterAdmin`` may list no collections, but those that it has any right on, which are all that hold data."""
    answer = await client.command(
        "listCollections", database=database, nameOnly=True, authorizedCollections=True, cursor=ONE_BATCH
    )
    return [str(one["name"]) for one in answer["cursor"]["firstBatch"] if one["type"] == "collection"]


async def _count(client: MongoClient, database: str, collection: str) -> int:
    """``clusterAdmin`` may not ``count``; ``$collStats`` has the same number."""
    answer = await client.command(
        "aggregate", collection, database=database, pipeline=[{"$collStats": {"count": {}}}], cursor={}
    )
    return int(answer["cursor"]["firstBatch"][0]["count"])


async def cluster_notes(client: MongoClient) -> dict[str, Any]:
    """
    Return ``{"cluster_id", "chunks"}``, see :func:`.notes_mongodb.chunk_facts`.

    :param client: of the routers
    """
    try:
        groups = await client.command(
            "aggregate", "chunks", database="config", pipeline=CHUNKS_OF_EACH, cursor=ONE_BATCH
        )
        collections = await client.command("find", "collections", database="config", **ONE_BATCH)
        version = await client.command("find", "version", database="config")
    except MongoUnreachableError as error:
        return {NOT_NOTED: error.message}
    found = {"chunks": chunk_facts(groups["cursor"]["firstBatch"], collections["cursor"]["firstBatch"])}
    return {"cluster_id": str(version["cursor"]["firstBatch"][0]["clusterId"]), **found}
