"""Elasticsearch: shards kept where they are, stopped, started, healthy again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vitam_operators import elastic
from vitam_operators.config import ElasticsearchCluster, Platform
from vitam_operators.errors import NotHealthyError, VitamBackupError
from vitam_operators.hooks.hosts import HostHook, target
from vitam_operators.operators.base import WaitingOperator
from vitam_operators.operators.services import StartUnitOperator, StopUnitOperator
from vitam_operators.operators.targets import ClusterOperator
from vitam_operators.platforms import platform_at
from vitam_operators.triggers.base import Report, Wait

PRIMARIES = "primaries"


def named(platform: Platform, cluster: str) -> ElasticsearchCluster:
    """Return the Elasticsearch cluster of that name."""
    return next(elasticsearch for elasticsearch in platform.elasticsearch if elasticsearch.name == cluster)


class FlushElasticsearchOperator(ClusterOperator):
    """Keep a cluster's shards where they are (allocation ``primaries``) and flush, before its nodes stop."""

    async def act(self, context: Any) -> None:
        """Note the allocation as it was, once; then change it. A cluster that is already stopped is left alone."""
        night, cluster = self.cold_night(context), named(self.platform, self.cluster)
        async with HostHook(target(self.platform, cluster.hosts[0])).connect() as shell:
            where = (shell.host.service_ip, cluster.port)
            if await shell.run(elastic.cluster_health(*where)) == "away":
                self.log.info("%s does not answer: nothing to flush", self.cluster)
                return
            before = await shell.run(elastic.allocation(*where))
            if before == PRIMARIES:
                self.log.warning("%s: allocation is 'primaries', as a night that died leaves it; it ends", self.cluster)
                before = None
            night.write_once(f"elasticsearch.{self.cluster}", {"allocation_before": before})
            await shell.run(elastic.set_allocation(*where, PRIMARIES))
            await shell.run(elastic.flush(*where))


class ElasticsearchNodeOperator(ClusterOperator):
    """A step on one node of a cluster."""

    @property
    def unit(self) -> str:
        """The cluster's unit."""
        return named(self.platform, self.cluster).unit


class StopElasticsearchOperator(ElasticsearchNodeOperator, StopUnitOperator):
    """Stop Elasticsearch on one host."""

    @property
    def ports(self) -> list[int]:
        """The HTTP port."""
        return [named(self.platform, self.cluster).port]


class StartElasticsearchOperator(ElasticsearchNodeOperator, StartUnitOperator):
    """Start Elasticsearch on one host."""

    admin_port = 0

    def limit_s(self) -> int:
        """Return the limit for the start of Elasticsearch."""
        return self.platform.timeouts.elasticsearch_start_s


@dataclass
class ElasticsearchHealthy(Wait):
    """
    Wait until a cluster answers and is not red; then put its allocation back.

    :param cluster: name of the cluster
    :param allocation: the setting as it was before the night
    """

    cluster: str
    allocation: str | None

    async def look(self) -> Report:
        """Done when it is green or yellow; shards move again from the first answer on."""
        platform = platform_at(self.platform_file)
        cluster = named(platform, self.cluster)
        async with HostHook(target(platform, cluster.hosts[0])).connect() as shell:
            where = (shell.host.service_ip, cluster.port)
            health = await shell.run(elastic.cluster_health(*where))
            if health != "away" and await shell.run(elastic.allocation(*where)) != self.allocation:
                await shell.run(elastic.set_allocation(*where, self.allocation))
        return Report(health in ("green", "yellow"), f"Elasticsearch {self.cluster} is {health}")


class AwaitElasticsearchOperator(ClusterOperator, WaitingOperator):
    """Put a cluster's allocation back and wait until it is not red."""

    gives_up = False

    def limit_s(self) -> int:
        """Return the limit for the start of Elasticsearch."""
        return self.platform.timeouts.elasticsearch_start_s

    def too_slow(self, words: str) -> VitamBackupError:
        """Return the error of a cluster that stays red or away."""
        return NotHealthyError(
            f"after {self.limit_s()} s: {words}",
            hint="look at /_cluster/allocation/explain and at the log of Elasticsearch, then clear this task",
        )

    async def begin(self, context: Any) -> Wait | None:
        """Wait only for a cluster that this night prepared for its stop."""
        night = self.latest_night(context)
        record = night.read(f"elasticsearch.{self.cluster}") if night else None
        if record is None:
            self.log.info("Elasticsearch %s was not touched by this night", self.cluster)
            return None
        return ElasticsearchHealthy(self.platform_file, self.cluster, record["allocation_before"])
