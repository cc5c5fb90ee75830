"""What is wrong with a platform file although each value alone is right: names, addresses, ports, times."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator

from vitam_operators import path_checks, port_checks, procedure, reader_checks, unread_keys, versions
from vitam_operators.config import MongoCluster, Platform, ReplicaSet
from vitam_operators.config_copies import MAY_BE_EMPTY
from vitam_operators.parts import OFFER, all_parts
from vitam_operators.platform_mistakes import did_you_mean

A_DAY_S = 24 * 3600


def findings(platform: Platform) -> Iterator[str]:
    """Yield a line for each mistake: where it is and what it is."""
    yield from _window(platform)
    yield from _hosts(platform)
    yield from _mongodb(platform)
    yield from port_checks.findings(platform)
    yield from reader_checks.findings(platform)
    yield from _elasticsearch(platform)
    yield from _securing(platform)
    yield from _restic(platform)
    yield from path_checks.findings(platform)
    yield from _file_sets(platform)
    yield from _keep(platform)
    yield from _restore(platform)
    yield from _twice("restore.approvers", (approver.id for approver in platform.restore.approvers))
    for key in ("see", "trigger", "restore"):
        yield from _twice(f"access.{key}", getattr(platform.access, key))
    yield from _orders(platform)
    yield from _parts(platform)
    yield from unread_keys.findings(platform)


def _window(platform: Platform) -> Iterator[str]:
    window = platform.window
    length_s = (_seconds(window.end) - _seconds(window.start)) % A_DAY_S
    if length_s == 0:
        yield f"at window.end: the same as window.start ({window.end:%H:%M}), the window has no length"
        return
    usable_s = length_s - window.restart_reserve_s
    if usable_s <= 0:
        yield (
            f"at window.restart_reserve_s: {window.restart_reserve_s} s for the restart, but the window is "
            f"{length_s} s long: nothing is left for the backup"
        )
    elif window.least_s > usable_s:
        yield (
            f"at window.least_s: {window.least_s} s have to be left, but the window has {usable_s} s before it is "
            "given up: no night would ever begin"
        )
    elif window.late_start_s >= usable_s:
        yield (
            f"at window.late_start_s: a night may begin {window.late_start_s} s late, but its {length_s} s less "
            f"{window.restart_reserve_s} s for the restart leave {usable_s} s: nothing would be left for the backup"
        )


def _seconds(time: dt.time) -> int:
    return time.hour * 3600 + time.minute * 60 + time.second


def _hosts(platform: Platform) -> Iterator[str]:
    yield from _twice("hosts", (host.name for host in platform.hosts))
    addresses: dict[tuple[str, int], str] = {}
    for index, host in enumerate(platform.hosts):
        at = f"hosts.{index} ({host.name})"
        yield from _unknown(f"{at}.services", host.services, procedure.SERVICES, "service")
        yield from _twice(f"{at}.services", host.services)
        yield from _twice(f"{at}.bound_units", host.bound_units)
        if host.offer_provider and OFFER not in host.services:
            yield f"at {at}.offer_provider: the host has no service {OFFER!r}"
        other = addresses.setdefault((host.address, host.ssh_port), host.name)
        if other != host.name:
            yield f"at {at}.address: {host.address} port {host.ssh_port} is that of {other!r}, too"


def _mongodb(platform: Platform) -> Iterator[str]:
    known = [host.name for host in platform.hosts]
    yield from _twice("mongodb", (cluster.name for cluster in platform.mongodb))
    for index, cluster in enumerate(platform.mongodb):
        at = f"mongodb.{index} ({cluster.name})"
        yield from _unknown(f"{at}.routers", cluster.routers, known, "host")
        yield from _twice(f"{at}.routers", cluster.routers)
        yield from _twice(at, [cluster.config_set.name, *(shard.name for shard in cluster.shards)])
        yield from _twice(f"{at}.shards.members", (m.host for shard in cluster.shards for m in shard.members))
        yield from _twice(f"{at}.config_set.members", (m.host for m in cluster.config_set.members))
        if any(member.arbiter for member in cluster.config_set.members):
            yield f"at {at}.config_set.members: MongoDB allows no arbiter in a config set"
        for where, replica_set in _sets(cluster):
            yield from _unknown(f"{at}.{where}.members", (m.host for m in replica_set.members), known, "host")
            if not replica_set.data_hosts:
                yield f"at {at}.{where}: {replica_set.name!r} has arbiters only, no member holds data"
            if replica_set.preferred:
                hosts = replica_set.data_hosts
                yield from _unknown(f"{at}.{where}.preferred", [replica_set.preferred], hosts, "member with data")


def _sets(cluster: MongoCluster) -> Iterator[tuple[str, ReplicaSet]]:
    yield "config_set", cluster.config_set
    for number, shard in enumerate(cluster.shards):
        yield f"shards.{number} ({shard.name})", shard


def _elasticsearch(platform: Platform) -> Iterator[str]:
    known = [host.name for host in platform.hosts]
    yield from _twice("elasticsearch", (cluster.name for cluster in platform.elasticsearch))
    for index, cluster in enumerate(platform.elasticsearch):
        at = f"elasticsearch.{index} ({cluster.name})"
        yield from _unknown(f"{at}.hosts", cluster.hosts, known, "host")
        yield from _twice(f"{at}.hosts", cluster.hosts)
        if cluster.scheme == "http" and (cluster.ca_file or not cluster.verify):
            yield f"at {at}.scheme: ca_file and verify are for 'https', found 'http'"
        if cluster.ca_file and not cluster.verify:
            yield f"at {at}.verify: false, so that nothing is checked against ca_file; take one of the two out"


def _securing(platform: Platform) -> Iterator[str]:
    securing, version = platform.securing, platform.vitam_version
    by_version = versions.profile_of(version).securing_by
    if securing.by != by_version:
        yield f"at securing.by: Vitam {version} secures by {by_version!r}, found {securing.by!r}"
    scheduler, needed = platform.hosts_of("scheduler"), platform.primary_site
    if needed and securing.by == "timers" and not platform.hosts_of("logbook"):
        yield "at securing.by: 'timers' needs a host with the service 'logbook', none has it"
    if needed and securing.by == "quartz" and not scheduler:
        yield "at securing.by: 'quartz' needs a host with the service 'scheduler', none has it"
    if securing.by == "quartz" and (needed or scheduler) and securing.platform_secret_conn_id is None:
        yield "at securing.platform_secret_conn_id: needed to ask the scheduler for its current jobs"


def _restic(platform: Platform) -> Iterator[str]:
    if platform.copies.restic is None and platform.copies.engine == "restic":
        yield "at copy.restic: needed when copy.engine is 'restic', it says where the repository is"


def _file_sets(platform: Platform) -> Iterator[str]:
    known = [host.name for host in platform.hosts]
    yield from _twice("copy.file_sets", (file_set.name for file_set in platform.copies.file_sets))
    names = {*(file_set.name for file_set in platform.copies.file_sets), *MAY_BE_EMPTY}
    yield from _unknown("copy.allow_empty", platform.copies.allow_empty, names, "file set")
    for index, file_set in enumerate(platform.copies.file_sets):
        at = f"copy.file_sets.{index} ({file_set.name})"
        yield from _unknown(f"{at}.hosts", file_set.hosts, known, "host")
        yield from _unknown(f"{at}.services", file_set.services, procedure.SERVICES, "service")
        yield from _twice(f"{at}.hosts", file_set.hosts)
        yield from _twice(f"{at}.services", file_set.services)
        if file_set.hosts and file_set.services:
            yield f"at {at}.services: hosts are named, too; leave out one of the two"


def _keep(platform: Platform) -> Iterator[str]:
    keep = platform.copies.keep
    if keep is not None and not (keep.last or keep.daily or keep.weekly or keep.monthly):
        yield "at copy.keep: last, daily, weekly and monthly are all 0, say which backups stay"


def _restore(platform: Platform) -> Iterator[str]:
    known = [host.name for host in platform.hosts]
    yield from _unknown("restore.held_by", platform.restore.held_by.values(), known, "host")


def _orders(platform: Platform) -> Iterator[str]:
    for where in ("service_order", "start_order"):
        names = getattr(platform, where)
        yield from _unknown(where, names, procedure.SERVICES, "service")
        yield from _twice(where, names)


def _parts(platform: Platform) -> Iterator[str]:
    yield from _twice("the names of the copies (cluster-set and host-fileset)", (p.name for p in all_parts(platform)))


def _twice(where: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"at {where}: {name!r} stands there {count} times, names must differ"


def _unknown(where: str, names: Iterable[str], known: Iterable[str], what: str) -> Iterator[str]:
    choices = list(known)
    for name in names:
        if name not in choices:
            yield f"at {where}: unknown {what} {name!r}{did_you_mean(name, choices)}"
