"""The platform looked at once more: does it run as it ran before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from vitam_operators import guard, messages, mongo, systemd
from vitam_operators.config import Platform
from vitam_operators.errors import VitamBackupError
from vitam_operators.guard import GuardState
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.hooks.hosts import HostHook, target
from vitam_operators.left_down import LEFT_DOWN, STOPPED_BY, UNSEEN
from vitam_operators.operators.second_look import look_again
from vitam_operators.parts import MongoPart, config_parts, shard_parts


@dataclass(frozen=True)
class Finding:
    """
    What speaks against a platform that runs.

    :param down: it was seen to be down; otherwise it could not be seen, or is up otherwise than before
    :param what: the name of what it is about: ``vitam-storage.service@app``, a replica set's part, a host, a cluster
    :param by: the other run that has it stopped, and will start it
    :param away: it is a host that did not answer
    """

    words: str
    down: bool
    what: str = ""
    by: str = ""
    away: bool = False


def names(findings: Iterable[Finding]) -> dict[str, list[str]]:
    """Return how records name what was seen to be down, first what nobody has stopped, and what could not be seen."""
    found = sorted((finding for finding in findings if finding.what), key=lambda finding: bool(finding.by))
    return {
        LEFT_DOWN: [finding.what for finding in found if finding.down],
        STOPPED_BY: list(dict.fromkeys(finding.by for finding in found if finding.by)),
        UNSEEN: [finding.what for finding in found if not finding.down],
    }


def platform_is(findings: Iterable[Finding]) -> str:
    """
    Say what a look at the whole platform has shown: ``UP``, ``DOWN``, ``STOPPED``, ``not proved up``.

    ``STOPPED``: another run has stopped all that is down, and every host answered.
    """
    found = list(findings)
    if not found:
        return messages.UP
    down = [finding for finding in found if finding.down]
    if not down:
        return messages.NOT_PROVED
    is_stopped = all(finding.by for finding in down) and not any(finding.away for finding in found)
    return messages.STOPPED if is_stopped else messages.DOWN


async def look(
    platform: Platform, units: Mapping[str, list[str]], balancers: Mapping[str, str], own: str
) -> list[Finding]:
    """
    Look at the units of all hosts, at the primaries of all sets, at the balancers; of what is down, at who stopped it.

    :param units: of each host, what has to run
    :param balancers: of each cluster that is asked, the mode that its balancer has to be in
    :param own: id of the run that looks
    """
    looks = [
        *(down_units(platform, host, of_host) for host, of_host in units.items() if of_host),
        *(_primary(platform, part) for part in _sets(platform)),
        *(_balancer(platform, cluster, mode) for cluster, mode in balancers.items()),
    ]
    return await _stopped_by(platform, [finding for found in await asyncio.gather(*looks) for finding in found], own)


async def _stopped_by(platform: Platform, findings: list[Finding], own: str) -> list[Finding]:
    """Name beside what is down the run whose restart guard is to start it; of a set its members' units say it."""
    units = {part.name: (part.daemon.unit, part.replica_set.data_hosts) for part in _sets(platform)}
    places = {
        finding.what: units.get(finding.what) or (finding.what.rpartition("@")[0], (finding.what.rpartition("@")[2],))
        for finding in findings
        if finding.down
    }
    hosts = {host for _, where in places.values() for host in where}
    guards = dict(zip(hosts, await asyncio.gather(*(_guard(platform, host) for host in hosts)), strict=True))

    def attributed(finding: Finding) -> Finding:
        unit, where = places.get(finding.what, ("", ()))
        found = (guards[host] for host in where if finding.down)
        by = next(filter(None, (guard.stopped_by(one, own, unit) for one in found if one is not None)), "")
        return replace(finding, words=f"{finding.words}; {by} has it stopped", by=by) if by else finding

    return [attributed(finding) for finding in findings]


async def _guard(platform: Platform, host: str) -> GuardState | None:
    try:
        async with HostHook(target(platform, host)).connect() as shell:
            return await shell.run(guard.state())
    except VitamBackupError:
        return None


def _sets(platform: Platform) -> tuple[MongoPart, ...]:
    return (*config_parts(platform), *shard_parts(platform))


async def down_units(platform: Platform, host: str, units: list[str]) -> list[Finding]:
    """Find the units of a host that do not run, or do not stand still."""
    try:
        async with HostHook(target(platform, host)).connect() as shell:
            states, restless = await look_again(shell, await shell.run(systemd.unit_states(units)))
    except VitamBackupError as error:
        return [Finding(error.message, down=False, what=host, away=True)]
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
