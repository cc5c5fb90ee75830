"""The flows that firewalls have to let through: one that is missing is found by a red task at eight in the evening."""

from __future__ import annotations

import pytest

from tests.conftest import ROOT, TESTS
from vitam_operators.flows import AIRFLOW, EACH_HOST, SAME_HOST, flows
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.hooks.hosts import target
from vitam_operators.operators import guard
from vitam_operators.platforms import load_platform

EXAMPLE = ROOT / "config" / "platform.example.yaml"
PLATFORMS = [EXAMPLE, TESTS / "data" / "platforms" / "small.yaml", TESTS / "data" / "platforms" / "quartz.yaml"]


@pytest.fixture(params=PLATFORMS, ids=lambda path: path.stem)
def platform(request):
    return load_platform(request.param)


def opened(platform, source):
    """Return each address with its port that one may reach by the table."""
    found = [flow for flow in flows(platform) if flow.source == source]
    return {f"{address}:{port}" for f in found for address in f.target.split(", ") for port in f.port.split(", ")}


def test_airflow_reaches_every_address_that_its_hooks_connect_to(platform):
    """What the hooks use is what the table has, and nothing else."""
    used = {f"{target(platform, host.name).address}:{host.ssh_port}" for host in platform.hosts}
    for cluster in platform.mongodb:
        sets = [(cluster.config_set, cluster.mongoc), *((shard, cluster.mongod) for shard in cluster.shards)]
        hooks = [mongo_hooks.routers(platform, cluster)]
        hooks += [mongo_hooks.member(platform, cluster, h, d.port) for one, d in sets for h in one.data_hosts]
        used |= {address for hook in hooks for address in hook.addresses}
    assert opened(platform, AIRFLOW) == used


def test_each_host_reaches_the_members_that_its_guard_waits_for(platform):
    waited_for = {address for members in guard.replica_sets(platform) for address in members}
    assert {one for one in opened(platform, EACH_HOST) if not one.startswith("`")} == waited_for


def test_a_host_reaches_its_own_services(platform):
    """Through its own addresses: a firewall of the host itself may be in the way."""
    ports = {one.rpartition(":")[2] for one in opened(platform, SAME_HOST)}
    assert ports >= {str(platform.service(name).admin_port) for name in platform.services} - {"0"}
    assert ports >= {str(cluster.port) for cluster in platform.elasticsearch}
    scheduler = platform.service("scheduler")
    assert (str(scheduler.port) in ports) == bool(platform.hosts_of("scheduler"))


def test_what_is_stored_or_told_elsewhere_is_in_the_table():
    found = {flow.target for flow in flows(load_platform(EXAMPLE))}
    assert "`sftp:vitam-backup@vault.example.org:/srv/restic/medium`" in found
    assert "what the connections under `messages` name" in found
