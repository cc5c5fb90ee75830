"""
What a night notes of MongoDB for those who restore years later. Plain functions over documents of official commands.

Decision 17 says what is noted, when, and with which rights.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

Document = Mapping[str, Any]
NOT_NOTED = "not_noted"
"""Key of a note that could not be made: why. It costs no night, and becomes a warning of the manifest."""

CHUNKS_OF_EACH = [
    {
        "$group": {
            "_id": {"of": {"$ifNull": ["$ns", "$uuid"]}, "shard": "$shard"},
            "number": {"$sum": 1},
            "last": {"$max": "$lastmod"},
        }
    }
]
"""Pipeline on ``config.chunks``: a document names its collection by ``uuid`` from MongoDB 5.0 on, before by ``ns``."""


def plain(value: Any) -> Any:
    """Return a document in what JSON has: a timestamp becomes ``[seconds, number]``, a moment ISO 8601, an id text."""
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if value is None or isinstance(value, bool | str | float):
        return value
    if isinstance(value, int):
        return int(value)
    if hasattr(value, "inc"):
        return [value.time, value.inc]
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)


def member_facts(
    build: Document, options: Document, parameter: Document, status: Document, configuration: Document
) -> dict[str, Any]:
    """
    Return what has to be known of a member whose files are copied.

    :param build: ``buildInfo``
    :param options: ``getCmdLineOpts``; of them only ``storage`` and the keyfile's path are kept
    :param parameter: ``getParameter`` of ``featureCompatibilityVersion``
    :param status: ``replSetGetStatus``
    :param configuration: ``replSetGetConfig``
    """
    parsed = options.get("parsed", {})
    return {
        "version": str(build["version"]),
        "git_version": build.get("gitVersion"),
        "fcv": str(parameter["featureCompatibilityVersion"]["version"]),
        "storage": plain({"engine": "wiredTiger", "directoryPerDB": False, **parsed.get("storage", {})}),
        "key_file": parsed.get("security", {}).get("keyFile"),
        "configuration": plain(configuration["config"]),
        "optime": plain(status["optimes"]["appliedOpTime"]),
        "term": plain(status.get("term")),
    }


def chunk_facts(groups: Iterable[Document], collections: Iterable[Document]) -> dict[str, Any]:
    """
    Return for each sharded collection how many chunks each shard has, and the version of the last that changed.

    :param groups: answer to :data:`CHUNKS_OF_EACH`
    :param collections: documents of ``config.collections``
    """
    names = {bytes(one["uuid"]): str(one["_id"]) for one in collections if isinstance(one.get("uuid"), bytes)}
    found: dict[str, Any] = {}
    for group in groups:
        of, last = group["_id"]["of"], plain(group["last"])
        name = names.get(bytes(of), of.hex()) if isinstance(of, bytes) else str(of)
        known = found.setdefault(name, {"shards": {}, "version": last})
        known["shards"][group["_id"]["shard"]] = int(group["number"])
        known["version"] = max(known["version"], last)
    return found
