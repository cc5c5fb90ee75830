"""Elasticsearch: shards kept where they are, stopped, started, healthy again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from vitam_operators import elastic, nights
from vitam_operators.config import Platform
from vitam_operators.config_services import ElasticsearchCluster
from vitam_operators.errors import NotHealthyError, RetryableError, VitamBackupError
from vitam_operators.hooks.elasticsearch import endpoint_of
from vitam_operators.hooks.hosts import HostHook, Shell, target
from vitam_operators.hooks.kept_platforms import platform_by
from vitam_operators.operators.base import WaitingOperator
from vitam_operators.operators.ownership import is_concluded, require_own_hosts
from vitam_operators.operators.services import ASKED_START, StartUnitOperator, StopUnitOperator
from vitam_operators.operators.targets import ClusterOperator
from vitam_operators.triggers.base import Report, Wait

PRIMARIES = "primaries"


def named(platform: Platform, cluster: str) -> ElasticsearchCluster:
    """Return the Elasticsearch cluster of that name."""
    return next(elasticsearch for elasticsearch in platform.elasticsearch if elasticsearch.name == cluster)


async def answering(platform: Platform, cluster: ElasticsearchCluster) -> tuple[str, str] | None:
    """
    Return the host of the first node that answers, and the cluster's health; ``None`` when none does.

    :raises RetryableError: none does, and one could not be asked
    """
    away: RetryableError | None = None
    for host in cluster.hosts:
        try:
            async with HostHook(target(platform, host)).connect() as shell:
                health = await shell.run(elastic.cluster_health(await endpoint_of(cluster, shell.host)))
        except RetryableError as error:
            away = error
            continue
        if health != elastic.AWAY:
            return host, health
    if away is not None:
        raise away
    return None


@asynccontextmanager
async def node(platform: Platform, cluster: ElasticsearchCluster) -> AsyncIterator[Shell]:
    """Give the host of the first node that answers; the first one when none does, to hear from it why."""
    answer = await answering(platform, cluster)
    async with HostHook(target(platform, answer[0] if answer else cluster.hosts[0])).connect() as shell:
        yield shell


class FlushElasticsearchOperator(ClusterOperator):
    """Keep a cluster's shards where they are (allocation ``primaries``) and flush, before its nodes stop."""

    async def act(self, context: Any) -> None:
        """Note the allocation as it was, once; then change it. A cluster that is already stopped is left alone."""
        night, cluster = self.cold_night(context), named(self.platform, self.cluster)
        answer = await answering(self.platform, cluster)
        if answer is None:
            self.log.info("%s does not answer: nothing to flush", self.cluster)
            return
        await require_own_hosts(self, night, cluster.hosts)
        async with HostHook(target(self.platform, answer[0])).connect() as shell:
            there = await endpoint_of(cluster, shell.host)
            before = await shell.run(elastic.allocation(there))
            if before == PRIMARIES:
                self.log.warning("%s: allocation is 'primaries', as a night that died leaves it; it ends", self.cluster)
                before = None
            night.write_once(f"elasticsearch.{self.cluster}", {"allocation_before": before})
            await shell.run(elastic.set_allocation(there, PRIMARIES))
            await shell.run(elastic.flush(there))


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
    :param put_back: whether the night has changed that setting
    """

    cluster: str
    allocation: str | None
    put_back: bool

    async def look(self) -> Report:
        """Done when it is green or yellow; shards move again from the first answer on."""
        platform = platform_by(self.platform_file)
        cluster = named(platform, self.cluster)
        host, health = await answering(platform, cluster) or ("", elastic.AWAY)
        if host and self.put_back:
            async with HostHook(target(platform, host)).connect() as shell:
                there = await endpoint_of(cluster, shell.host)
                if await shell.run(elastic.allocation(there)) != self.allocation:
                    await shell.run(elastic.set_allocation(there, self.allocation))
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
        """Wait for a cluster that this run prepared for its stop, stopped or started."""
        night = self.latest_night(context)
        record = night.read(f"elasticsearch.{self.cluster}") if night else None
        prepared = night is not None and night.has(f"elasticsearch.{self.cluster}")
        if night is None or (not prepared and not self._touched(context)):
            self.log.info("Elasticsearch %s was not touched by this night", self.cluster)
            return None
        if is_concluded(night):
            self.log.info("Elasticsearch %s was put back when this night ended", self.cluster)
            return None
        await require_own_hosts(self, night, named(self.platform, self.cluster).hosts)
        before = record["allocation_before"] if record else None
        return ElasticsearchHealthy(self.platform_file, self.cluster, before, put_back=prepared)

    def _touched(self, context: Any) -> bool:
        """Tell whether this run asked for the stop or the start of a node; one that was down has a record, too."""
        cluster = named(self.platform, self.cluster)
        attempts = self.nights.attempts(nights.backup_id(context["dag_run"].run_after))
        kinds = [f"{kind}.{cluster.unit}@{host}" for kind in ("stop", ASKED_START) for host in cluster.hosts]
        noted = [(attempt.read(kind), attempt.has(kind)) for attempt in attempts for kind in kinds]
        return any(written if record is None else "asked_at" in record for record, written in noted)
