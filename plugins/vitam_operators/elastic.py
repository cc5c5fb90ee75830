"""Elasticsearch before a stop and after a start: allocation, flush, health. Plain HTTP, asked on the host itself."""

from __future__ import annotations

import json
from typing import Any

from vitam_operators.commands import Command, line, nothing

ALLOCATION = "cluster.routing.allocation.enable"


def _curl(method: str, url: str, *more: str) -> str:
    return line("curl", "--fail", "--silent", "--show-error", "--max-time", "60", "--request", method, url, *more)


def cluster_health(address: str, port: int) -> Command[str]:
    """Fact: ``green``, ``yellow`` or ``red``; ``away`` when nobody answers."""
    ok = frozenset({0, 7, 22, 28, 52, 56})
    return Command(_curl("GET", f"http://{address}:{port}/_cluster/health"), _read_health, ok=ok)


def _read_health(output: str) -> str:
    return str(json.loads(output)["status"]) if output.strip() else "away"


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
