"""The platform looked at once more: does it run as it ran before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vitam_operators import messages, mongo, systemd
from vitam_operators.config import Platform
from vitam_operators.errors import VitamBackupError
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.hooks.hosts import HostHook, target
from vitam_operators.left_down import LEFT_DOWN, UNSEEN
from vitam_operators.operators.second_look import look_again
from vitam_operators.parts import MongoPart, config_parts, shard_parts


@dataclass(frozen=True)
class Finding:
    """
    What speaks against a platform that runs.

    :param down: it was seen to be down; otherwise it could not be seen, or is up otherwise than before
    :param what: the name of what it is about: ``vitam-storage.service@app``, a replica set's part, a host, a cluster
    """

    words: str
    down: bool
    what: str = ""


def names(findings: Iterable[Finding]) -> dict[str, list[str]]:
    """Return how records name what was seen to be down, and what could not be seen."""
    found = [finding for finding in findings if finding.what]
    return {
        LEFT_DOWN: [finding.what for finding in found if finding.down],
        UNSEEN: [finding.what for finding in found if not finding.down],
    }


def platform_is(findings: Iterable[Finding]) -> str:
    """Say what a look at the whole platform has shown: ``UP``, ``DOWN``, ``not proved up``."""
    found = list(findings)
    if not found:
        return messages.UP
    return messages.DOWN if any(finding.down for finding in found) else messages.NOT_PROVED


async def look(platform: Platform, units: Mapping[str, list[str]], balancers: Mapping[str, str]) -> list[Finding]:
    """
    Look at the units of all hosts, at the primaries of all sets, at the balancers.

    :param units: of each host, what has to run
    :param balancers: of each cluster that is asked, the mode that its balancer has to be in
    """
    sets = (*config_parts(platform), *shard_parts(platform))
    looks = [
        *(down_units(platform, host, of_host) for host, of_host in units.items() if of_host),
        *(_primary(platform, part) for part in sets),
        *(_balancer(platform, cluster, mode) for cluster, mode in balancers.items()),
    ]
    return [finding for found in await asyncio.gather(*looks) for finding in found]


async def down_units(platform: Platform, host: str, units: list[str]) -> list[Finding]:
    """Find the units of a host that do not run, or do not stand still."""
    try:
        async with HostHook(target(platform, host)).connect() as shell:
            states, restless = await look_again(shell, await shell.run(systemd.unit_states(units)))
    except VitamBackupError as error:
        return [Finding(error.message, down=False, what=host)]
    down = {unit: state.words for unit, state in states.items() if state.active != "active"} | restless
    return [
        Finding(_words(unit, host, words, restless), down=True, what=f"{unit}@{host}") for unit, words in down.items()
    ]


def _words(unit: str, host: str, words: str, restless: Mapping[str, str]) -> str:
    return f"{unit} on {host} {'does not stay up: ' if unit in restless else 'is '}{words}, it ran before"


async def _primary(platform: Platform, part: MongoPart) -> list[Finding]:
    hellos = await mongo_hooks.hellos(platform, part.cluster, part.replica_set.data_hosts, part.daemon.port)
    try:
        mongo.primary_of(part.replica_set.name, hellos)
    except VitamBackupError as error:
        return [Finding(error.message, down=any(hellos.values()), what=part.name)]
    return []


async def _balancer(platform: Platform, cluster: str, before: str) -> list[Finding]:
    try:
        async with mongo_hooks.routers(platform, platform.cluster(cluster)).connect() as client:
            mode = (await client.command("balancerStatus"))["mode"]
    except VitamBackupError as error:
        return [Finding(error.message, down=False, what=cluster)]
    words = f"{cluster}: the balancer is {mode}, before the night it was {before}"
    return [] if mode == before else [Finding(words, down=False, what=cluster)]
