"""
Whether the member that is to be copied each night can be made the primary, and what it means when it was not.

Files of two members of a set differ although their documents do not, so what is kept of one is of no use for the
other: an engine that stores each piece once stores all of them anew. Documents are those of ``replSetGetStatus`` and
``replSetGetConfig``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitam_operators.mongo import PRIMARY, SECONDARY, Document, holds_current_data

BEHIND_LIMIT_S = 10
"""Seconds for which a primary that steps down waits for the others, by default."""


def unfit(address: str, status: Document, configuration: Document) -> str | None:
    """
    Tell why a member cannot be made the primary, or return ``None``.

    :param address: ``host:port`` as in the configuration
    """
    priorities = {one["host"]: float(one.get("priority", 1)) for one in configuration["config"]["members"]}
    if address not in priorities:
        return f"rs.conf() has no member {address}"
    if not holds_current_data(configuration, address):
        return "it is an arbiter, or behind on purpose"
    if priorities[address] < max(priorities.values()):
        return f"its priority is {priorities[address]:g}, others have {max(priorities.values()):g} and would take over"
    states = {one["name"]: one for one in status["members"]}
    own, primary = states[address], next(one for one in states.values() if one["state"] == PRIMARY)
    if own.get("health") != 1 or own["state"] != SECONDARY:
        return f"it is {own.get('stateStr')}"
    behind_s = (primary["optimeDate"] - own["optimeDate"]).total_seconds()
    return f"it is {behind_s:.0f} s behind" if behind_s > BEHIND_LIMIT_S else None


def warning(name: str, record: Mapping[str, Any], copied: str) -> str | None:
    """
    Tell that a copy has a new base, or return ``None``.

    :param name: of the part
    :param record: ``host`` that is preferred, and ``why`` it was not made the primary (``None``: it was)
    :param copied: host of the member that was copied
    """
    if copied == record["host"]:
        return None
    why = record["why"] or "another member was elected afterwards"
    return f"{name}: new base: {copied} was copied, not {record['host']}, which is preferred: {why}"
