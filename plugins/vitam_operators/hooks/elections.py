"""Making a certain member the primary, with official commands only: ``replSetFreeze`` and ``replSetStepDown``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from vitam_operators import mongo
from vitam_operators.config import Platform
from vitam_operators.errors import MongoUnreachableError
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.parts import MongoPart
from vitam_operators.preferred import BEHIND_LIMIT_S, unfit

FREEZE_S = 60
"""For how long the others stand for no election; they are let go at once when it is over, or else by this time."""
LOOKS = 45
LOOK_EVERY_S = 1.0


async def step_up(platform: Platform, part: MongoPart, host: str, log: Any) -> str | None:
    """
    Make the member on ``host`` the primary of its set; leave no member frozen, whatever happens.

    :return: ``None`` once it is the primary, or why it was not made
    :raises RetryableError: the set has no primary, or a member does not answer
    """
    port, hosts = part.daemon.port, part.replica_set.data_hosts
    hellos = await mongo_hooks.hellos(platform, part.cluster, hosts, port)
    primary = mongo.primary_of(part.replica_set.name, hellos)
    if primary == host:
        return None
    async with mongo_hooks.member(platform, part.cluster, primary, port).connect() as client:
        configuration, status = await client.command("replSetGetConfig"), await client.command("replSetGetStatus")
    why = unfit(mongo_hooks.address(platform, host, port), status, configuration)
    if why:
        return why
    log.info("%s: %s steps down for %s", part.name, primary, host)
    try:
        for other in (one for one in hosts if one not in (host, primary)):
            await _freeze(platform, part, other, FREEZE_S)
        await _step_down(platform, part, primary)
        return await _elected(platform, part, host)
    finally:
        await _let_go(platform, part, (one for one in hosts if one != host), log)


async def _freeze(platform: Platform, part: MongoPart, host: str, seconds: int) -> None:
    async with mongo_hooks.member(platform, part.cluster, host, part.daemon.port).connect() as client:
        await client.command("replSetFreeze", seconds)


async def _step_down(platform: Platform, part: MongoPart, host: str) -> None:
    """Before MongoDB 4.2 a primary that steps down closes all connections, ours too: that is no refusal."""
    from pymongo.errors import AutoReconnect

    async with mongo_hooks.member(platform, part.cluster, host, part.daemon.port).connect() as client:
        try:
            await client.command("replSetStepDown", FREEZE_S, secondaryCatchUpPeriodSecs=BEHIND_LIMIT_S)
        except MongoUnreachableError as error:
            if not isinstance(error.__cause__, AutoReconnect):
                raise


async def _elected(platform: Platform, part: MongoPart, host: str) -> str | None:
    for _ in range(LOOKS):
        hellos = await mongo_hooks.hellos(platform, part.cluster, [host], part.daemon.port)
        hello = hellos[host]
        if not isinstance(hello, mongo.Silent) and hello["isWritablePrimary"]:
            return None
        await asyncio.sleep(LOOK_EVERY_S)
    return f"it was not elected within {LOOKS * LOOK_EVERY_S:.0f} s"


async def _let_go(platform: Platform, part: MongoPart, hosts: Iterable[str], log: Any) -> None:
    """Let members stand for election again; it also ends the time for which a former primary waits."""
    for host in hosts:
        try:
            await _freeze(platform, part, host, 0)
        except MongoUnreachableError as error:
            log.info("%s: %s stays frozen for %d s at most: %s", part.name, host, FREEZE_S, error.message)
