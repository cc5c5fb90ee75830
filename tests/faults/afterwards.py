"""What has to be true after a night that broke, seen past the package."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from lab.topology import load_platform
from tests.lab import evidence

LEFT = """
systemctl list-units --all --plain --no-legend 'vitam-*-2[0-9]*T*Z*' | awk '{print "unit " $1}'
find /vitam/data -maxdepth 2 -name '*.vitam-backup-*' -printf 'snapshot %p\\n' 2> /dev/null || true
find /run/vitam-backup-secrets -type f -printf 'secret %f\\n' 2> /dev/null || true
find /run/systemd/system -name 90-vitam-backup.conf -printf 'drop-in %p\\n'
find /run/vitam-backup -mindepth 1 -printf 'hold %f\\n' 2> /dev/null || true
find /vitam/backup -name '*.partial' -printf 'unfinished %p\\n'
find /var/lib/vitam-restart-guard -name plan.json -printf 'guard\\n' 2> /dev/null || true
"""


def leftovers(platform: str) -> set[str]:
    """Return what the night left on hosts: units of jobs, snapshots, secrets, drop-ins, holds, half copies, guards."""
    found = {host: evidence.on(host, LEFT).splitlines() for host in load_platform(platform).hosts}
    return {f"{what} on {host}" for host, lines in found.items() for what in lines}


def missing(platform: str, before: dict[str, set[str]]) -> set[str]:
    """Return the units that ran before and do not run now, as ``unit@host``; a host that does not answer has none."""
    now = {host: set(_active(host)) for host in before}
    return {f"{_short(unit)}@{host}" for host, units in before.items() for unit in units - now[host]}


def _active(host: str) -> list[str]:
    try:
        text = evidence.on(host, "systemctl list-units 'vitam-*' --state=active --plain --no-legend")
    except AssertionError:
        return []
    return [line.split()[0] for line in text.splitlines()]


def _short(unit: str) -> str:
    return unit.removeprefix("vitam-").removesuffix(".service")


def up_within_s(platform: str, before: dict[str, set[str]], broken: frozenset[str], limit_s: float) -> float | None:
    """Wait until all that ran runs again, but for ``broken``; return the seconds it took, ``None`` if it did not."""
    began = time.monotonic()
    while time.monotonic() - began < limit_s:
        if missing(platform, before) <= broken:
            return time.monotonic() - began
        time.sleep(1)
    return None


def still_unhealthy(platform: str, run: Path, balancer: str, within_s: float = 60) -> list[str]:
    """Wait for elections to end; return what is wrong with sets and balancers even then."""
    until = time.monotonic() + within_s
    while (found := list(unhealthy(platform, run, balancer))) and time.monotonic() < until:
        time.sleep(1)
    return found


def unhealthy(platform: str, run: Path, balancer: str) -> Iterator[str]:
    """Name the replica sets that do not have one primary, and the balancers that are in another mode."""
    lab = load_platform(platform)
    found = evidence.primaries(lab, run)
    for cluster in lab.clusters.values():
        for name in cluster.sets:
            if len(found.get(f"{cluster.name}-{name}", ())) != 1:
                yield f"{cluster.name}-{name} has primaries {found.get(f'{cluster.name}-{name}', [])}"
    for name, mode in evidence.balancer_modes(lab, run).items():
        if mode != balancer:
            yield f"balancer of {name} is {mode}"
