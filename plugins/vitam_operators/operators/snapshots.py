"""A snapshot of Elasticsearch's indexes through its own API, before its nodes stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vitam_operators import elastic, nights
from vitam_operators.errors import VitamBackupError
from vitam_operators.hooks.elasticsearch import endpoint_of
from vitam_operators.hooks.kept_platforms import platform_by
from vitam_operators.operators.base import WaitingOperator
from vitam_operators.operators.elasticsearch import named, node
from vitam_operators.operators.ownership import require_own_hosts
from vitam_operators.operators.services import note
from vitam_operators.operators.targets import ClusterOperator
from vitam_operators.triggers.base import Report, Wait


@dataclass
class SnapshotOver(Wait):
    """
    Wait until a snapshot is no longer in progress.

    :param cluster: name of the Elasticsearch cluster
    :param name: of the snapshot
    """

    cluster: str
    name: str

    async def look(self) -> Report:
        """Done whatever became of it: the value says what."""
        platform = platform_by(self.platform_file)
        cluster = named(platform, self.cluster)
        async with node(platform, cluster) as shell:
            where = (await endpoint_of(cluster, shell.host), str(cluster.snapshot_repository), self.name)
            found = await shell.run(elastic.snapshot(*where))
        words = f"snapshot {self.name} of {self.cluster} is {found['state']}"
        return Report(found["state"] != elastic.IN_PROGRESS, words, found)


class SnapshotElasticsearchOperator(ClusterOperator, WaitingOperator):
    """
    Take a snapshot of a cluster's indexes, where the platform file names a repository for them.

    Vitam can make indexes again from MongoDB, so what hinders a snapshot costs no night: the manifest says so.
    """

    seal_needs_it = False

    def limit_s(self) -> int:
        """Return how long a snapshot may take; one that takes longer is ended."""
        return self.platform.timeouts.elasticsearch_snapshot_s

    async def begin(self, context: Any) -> Wait | None:
        """Ask for the snapshot, or find the one that an earlier try asked for."""
        night, cluster = self.cold_night(context), named(self.platform, self.cluster)
        if cluster.snapshot_repository is None or "state" in (night.read(self._record) or {}):
            self.log.info("%s: no snapshot is asked for, or an earlier try has seen its end", self.cluster)
            return None
        await require_own_hosts(self, night, cluster.hosts)
        name = elastic.snapshot_name(night.label)
        known = {"repository": cluster.snapshot_repository, "name": name, "began_at": nights.now_text()}
        night.write_once(self._record, known)
        try:
            async with node(self.platform, cluster) as shell:
                where = (await endpoint_of(cluster, shell.host), cluster.snapshot_repository, name)
                if (await shell.run(elastic.snapshot(*where)))["state"] == elastic.MISSING:
                    await shell.run(elastic.start_snapshot(*where))
        except VitamBackupError as error:
            self._note(context, {"state": elastic.MISSING, "why": error.message})
            return None
        return SnapshotOver(self.platform_file, self.cluster, name)

    async def _conclude(self, context: Any, event: dict[str, Any]) -> Any:
        """Note what became of it; one that is late is ended, as its nodes stop now."""
        if event["state"] == "done":
            return self._note(context, event["value"])
        await self._end(context)
        why = event["message"] if event["state"] == "failed" else f"after {self.limit_s()} s: {event['words']}"
        return self._note(context, {"state": elastic.MISSING, "why": why})

    async def _end(self, context: Any) -> None:
        night, cluster = self.cold_night(context), named(self.platform, self.cluster)
        try:
            async with node(self.platform, cluster) as shell:
                where = (await endpoint_of(cluster, shell.host), str(cluster.snapshot_repository))
                await shell.run(elastic.delete_snapshot(*where, elastic.snapshot_name(night.label)))
        except VitamBackupError as error:
            self.log.warning("%s: its snapshot could not be ended: %s", self.cluster, error.message)

    def _note(self, context: Any, found: dict[str, Any]) -> dict[str, Any]:
        if found["state"] != elastic.SUCCESS:
            self.log.warning("%s: the snapshot is %s: %s", self.cluster, found["state"], found.get("why"))
        return note(self.latest_night(context), self._record, {**found, "ended_at": nights.now_text()})

    @property
    def _record(self) -> str:
        return f"indexes.{self.cluster}"
