"""Elasticsearch before a stop and after a start: allocation, flush, health. Plain HTTP, asked on the host itself."""

from __future__ import annotations

import json
from typing import Any

from vitam_operators.commands import Command, line, nothing

ALLOCATION = "cluster.routing.allocation.enable"
SUCCESS, IN_PROGRESS, MISSING = "SUCCESS", "IN_PROGRESS", "MISSING"
AWAY = "away"
FAILURES_SHOWN = 3


def _curl(method: str, url: str, *more: str) -> str:
    return line("curl", "--fail", "--silent", "--show-error", "--max-time", "60", "--request", method, url, *more)


def cluster_health(address: str, port: int) -> Command[str]:
    """Fact: ``green``, ``yellow`` or ``red``; ``away`` when nobody answers."""
    ok = frozenset({0, 7, 22, 28, 52, 56})
    return Command(_curl("GET", f"http://{address}:{port}/_cluster/health"), _read_health, ok=ok)


def _read_health(output: str) -> str:
    return str(json.loads(output)["status"]) if output.strip() else AWAY


def allocation(address: str, port: int) -> Command[str | None]:
    """Fact: the transient allocation setting, ``None`` when there is none (shards are allocated freely)."""
    url = f"http://{address}:{port}/_cluster/settings?flat_settings=true"
    return Command(_curl("GET", url), _read_allocation)


def _read_allocation(output: str) -> str | None:
    settings: dict[str, Any] = json.loads(output).get("transient", {})
    value = settings.get(ALLOCATION)
    return str(value) if value is not None else None


def set_allocation(address: str, port: int, value: str | None) -> Command[None]:
    """Change: set the transient allocation; ``primaries`` keeps shards where they are while a node is down."""
    body = json.dumps({"transient": {ALLOCATION: value}})
    url = f"http://{address}:{port}/_cluster/settings"
    return Command(_curl("PUT", url, "--header", "Content-Type: application/json", "--data", body), nothing)


def flush(address: str, port: int) -> Command[None]:
    """Change: write what is in the transaction logs to the indexes, so that the start is quick."""
    return Command(_curl("POST", f"http://{address}:{port}/_flush"), nothing, timeout_s=90)


def snapshot_name(label: str) -> str:
    """Return the name of a backup's snapshot; Elasticsearch allows no capitals."""
    return f"vitam-{label.lower()}"


def snapshot(address: str, port: int, repository: str, name: str) -> Command[dict[str, Any]]:
    """
    Fact: ``{"state", "indices", "why"}`` of a snapshot: how many indexes it has, and what failed.

    The states are Elasticsearch's: ``IN_PROGRESS``, ``SUCCESS``, ``PARTIAL``, ``FAILED``; ``MISSING`` when there is
    none (curl's 22: an HTTP error).
    """
    url = f"http://{address}:{port}/_snapshot/{repository}/{name}"
    return Command(_curl("GET", url), _read_snapshot, ok=frozenset({0, 22}))


def _read_snapshot(output: str) -> dict[str, Any]:
    if not output.strip():
        return {"state": MISSING, "indices": 0, "why": None}
    found = json.loads(output)["snapshots"][0]
    failures = [f"{one.get('index')}: {one.get('reason')}" for one in found.get("failures", ())]
    why = "; ".join(failures[:FAILURES_SHOWN]) or found.get("reason")
    return {"state": str(found["state"]), "indices": len(found.get("indices", ())), "why": why}


def start_snapshot(address: str, port: int, repository: str, name: str) -> Command[None]:
    """Change: begin a snapshot of all indexes; it goes on by itself."""
    url = f"http://{address}:{port}/_snapshot/{repository}/{name}?wait_for_completion=false"
    return Command(_curl("PUT", url), nothing, timeout_s=90)


def delete_snapshot(address: str, port: int, repository: str, name: str) -> Command[None]:
    """Change: remove a snapshot, or end one that is in progress; none there is no error."""
    url = f"http://{address}:{port}/_snapshot/{repository}/{name}"
    return Command(_curl("DELETE", url), nothing, ok=frozenset({0, 22}), timeout_s=90)
