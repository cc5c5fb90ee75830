"""The switches that make a unit of the lab misbehave: one small JSON file per unit, read by its stand-in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DIRECTORY = Path("/var/lib/vitam-lab/switches")

ANY = {
    "start_s": "seconds from start to healthy",
    "stop_s": "seconds from SIGTERM to the end",
    "ignore-stop": "ignores SIGTERM",
    "dies-after": "dies this many seconds after its start",
    "never-healthy": "its status stays 503",
}
SECURING = {
    "securing-fails": "securing ends with an error",
    "securing-never-ends": "securing goes on until the switch is taken back",
    "securing_s": "seconds that securing takes",
}
EVERY_MINUTE = {"every-minute": "securing starts each minute"}
SCHEDULER = {"job": "KEY:S, a job (Logbook.OperationTraceabilityJob, say) runs for S seconds from now"}
PROCESSING = {
    "workflows": "N:S, N workflows that run for S seconds",
    "endless-workflow": "N workflows that never end (default 1)",
    "paused-workflow": "N workflows in PAUSE (default 1)",
    "ingests": "S, as long as ingest-internal answers there is always a workflow of S seconds",
}
MONGOS = {"busy-round": "a balancing round goes on for this many seconds from now"}


def known_switches(unit: str) -> dict[str, str]:
    """
    Return the switches that a unit has, with their meaning.

    :param unit: the unit's name without vitam- and suffix, such as processing.
    """
    if unit in ("mongod", "mongoc"):
        return {}
    if unit == "mongos":
        return MONGOS
    if unit.startswith("traceability-"):
        return SECURING | EVERY_MINUTE
    own = {"processing": PROCESSING, "scheduler": SECURING | EVERY_MINUTE | SCHEDULER}
    return ANY | own.get(unit, {})


def read_switches(unit: str) -> dict[str, dict[str, Any]]:
    """Return what is set for a unit: switch -> {"value": text, "at": seconds since the epoch}."""
    try:
        found: dict[str, dict[str, Any]] = json.loads((DIRECTORY / f"{unit}.json").read_text())
    except FileNotFoundError:
        return {}
    return found


def is_set(unit: str, switch: str) -> bool:
    """Tell whether a switch is set now."""
    return switch in read_switches(unit)


def seconds(unit: str, switch: str, default: float) -> float:
    """Return a switch's value in seconds, or the default."""
    found = read_switches(unit).get(switch)
    return default if found is None else float(found["value"])
