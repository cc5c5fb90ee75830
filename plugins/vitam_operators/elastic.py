"""Elasticsearch before a stop and after a start: allocation, flush, health, snapshots; asked on the host itself."""

from __future__ import annotations

import json
from typing import Any

from vitam_operators.commands import Command, nothing
from vitam_operators.curl import Endpoint, Reply, UnansweredError, ask
from vitam_operators.service_answers import (
    AnswerError,
    page_words,
    read_elasticsearch_health,
    read_elasticsearch_version,
)

ALLOCATION = "cluster.routing.allocation.enable"
SUCCESS, IN_PROGRESS, MISSING = "SUCCESS", "IN_PROGRESS", "MISSING"
AWAY = "away"
FAILURES_SHOWN = 3
MAX_TIME_S = 60
NOT_FOUND, NO_MASTER = 404, 503


def cluster_health(node: Endpoint) -> Command[str]:
    """Fact: ``green``, ``yellow`` or ``red``; ``away`` when nobody answers, or no node is the master yet (503)."""
    return ask(node, "/_cluster/health", _health, max_time_s=MAX_TIME_S)


def _health(reply: Reply) -> str:
    return AWAY if reply.nobody or reply.status == NO_MASTER else reply.read(read_elasticsearch_health)


def fit(node: Endpoint) -> Command[str]:
    """Fact: health of the cluster as a night needs it, in words; whoever does not answer, and red, are errors here."""
    return ask(node, "/_cluster/health", _fit)


def _fit(reply: Reply) -> str:
    health = reply.read(read_elasticsearch_health)
    if health == "red":
        raise UnansweredError(reply, "the cluster is red", "look at /_cluster/allocation/explain; it would stay red")
    return f"the cluster is {health}"


def version(node: Endpoint) -> Command[str]:
    """Fact: the version of a node."""
    return ask(node, "/", lambda reply: reply.read(read_elasticsearch_version))


def allocation(node: Endpoint) -> Command[str | None]:
    """Fact: the transient allocation setting, ``None`` when there is none (shards are allocated freely)."""
    return ask(node, "/_cluster/settings?flat_settings=true", lambda reply: reply.read(_read_allocation))


def _read_allocation(output: str) -> str | None:
    try:
        value = json.loads(output)["transient"].get(ALLOCATION)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise AnswerError(f"no settings of Elasticsearch: {page_words(output)}") from error
    return str(value) if value is not None else None


def set_allocation(node: Endpoint, value: str | None) -> Command[None]:
    """Change: set the transient allocation; ``primaries`` keeps shards where they are while a node is down."""
    return _change(node, "PUT", "/_cluster/settings", {"transient": {ALLOCATION: value}})


def flush(node: Endpoint) -> Command[None]:
    """Change: write what is in the transaction logs to the indexes, so that the start is quick."""
    return _change(node, "POST", "/_flush")


def _change(node: Endpoint, method: str, path: str, body: Any = None) -> Command[None]:
    return ask(node, path, lambda reply: reply.read(nothing), method=method, body=body, max_time_s=MAX_TIME_S)


def snapshot_name(label: str) -> str:
    """Return the name of a backup's snapshot; Elasticsearch allows no capitals."""
    return f"vitam-{label.lower()}"


def snapshot(node: Endpoint, repository: str, name: str) -> Command[dict[str, Any]]:
    """
    Fact: ``{"state", "indices", "why"}`` of a snapshot: how many indexes it has, and what failed.

    The states are Elasticsearch's: ``IN_PROGRESS``, ``SUCCESS``, ``PARTIAL``, ``FAILED``; ``MISSING`` when there is
    none (404).
    """
    return ask(node, f"/_snapshot/{repository}/{name}", _snapshot)


def _snapshot(reply: Reply) -> dict[str, Any]:
    return {"state": MISSING, "indices": 0, "why": None} if reply.status == NOT_FOUND else reply.read(_read_snapshot)


def _read_snapshot(output: str) -> dict[str, Any]:
    try:
        found = json.loads(output)["snapshots"][0]
        failures = [f"{one.get('index')}: {one.get('reason')}" for one in found.get("failures", ())]
        why = "; ".join(failures[:FAILURES_SHOWN]) or found.get("reason")
        return {"state": str(found["state"]), "indices": len(found.get("indices", ())), "why": why}
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise AnswerError(f"no snapshot of Elasticsearch: {page_words(output)}") from error


def start_snapshot(node: Endpoint, repository: str, name: str) -> Command[None]:
    """Change: begin a snapshot of all indexes; it goes on by itself."""
    return _change(node, "PUT", f"/_snapshot/{repository}/{name}?wait_for_completion=false")


def delete_snapshot(node: Endpoint, repository: str, name: str) -> Command[None]:
    """Change: remove a snapshot, or end one that is in progress; none there is no error."""
    path = f"/_snapshot/{repository}/{name}"
    return ask(node, path, _deleted, method="DELETE", max_time_s=MAX_TIME_S)


def _deleted(reply: Reply) -> None:
    return None if reply.status == NOT_FOUND else reply.read(nothing)
