"""Waiting for the last write: nobody may write to what is about to be copied."""

from __future__ import annotations

from typing import Any

from vitam_operators import nights
from vitam_operators.config import MongoCluster
from vitam_operators.errors import CopyRefusedError, StillWritingError, VitamBackupError
from vitam_operators.hooks import layouts, notes
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.nights import Night
from vitam_operators.operators.base import WaitingOperator
from vitam_operators.operators.services import note
from vitam_operators.operators.targets import ClusterOperator
from vitam_operators.parts import config_parts, shard_parts
from vitam_operators.triggers.base import Report, Wait
from vitam_operators.triggers.mongo import NobodyWrites


class NobodyWritesSensor(ClusterOperator, WaitingOperator):
    """
    Prove that nobody writes to a cluster any more: no client but ours, no member behind, no index build.

    Clients go within seconds when their services stop; one that stays is named, and nothing is stopped or copied.
    """

    def limit_s(self) -> int:
        """Return for how long clients may linger and members may be behind."""
        return self.platform.timeouts.last_write_s

    def too_slow(self, words: str) -> VitamBackupError:
        """Return the error of a cluster that somebody may still write to."""
        return StillWritingError(
            f"after {self.limit_s()} s: {words}",
            hint="stop the client that is named, or name it under readers of this cluster (account, application, "
            "address) if it only reads; "
            "the platform is started again, nothing was copied",
        )

    async def begin(self, context: Any) -> Wait | None:
        """Wait, unless an earlier try has the proof: then primaries may be down already."""
        night = self.cold_night(context)
        if night.read(f"quiet.{self.cluster}"):
            self.log.info("%s: nobody wrote any more at an earlier try", self.cluster)
            return None
        return NobodyWrites(self.platform_file, self.cluster)

    async def finish(self, context: Any, report: Report) -> dict[str, Any]:
        """
        Note each set's primary and optime, and what the cluster holds: now it changes no more.

        :raises CopyRefusedError: it is not made of what the look has seen
        """
        night = self.latest_night(context)
        cluster = self.platform.cluster(self.cluster)
        await self._require_as_at_the_look(night, cluster)
        async with mongo_hooks.routers(self.platform, cluster).connect() as client:
            chunks = await notes.cluster_notes(client)
        for part in (*shard_parts(self.platform), *config_parts(self.platform)):
            if part.cluster == cluster:
                host = report.value["sets"][part.name]["primary"]
                async with mongo_hooks.member(self.platform, cluster, host, part.daemon.port).connect() as client:
                    note(night, f"counts.{part.name}", await notes.count_notes(client, part.kind))
        return note(night, f"quiet.{self.cluster}", {"at": nights.now_text(), **report.value, **chunks})

    async def _require_as_at_the_look(self, night: Night | None, cluster: MongoCluster) -> None:
        if night is None:
            return
        found = await layouts.changed(self.platform, cluster, night.opened["clusters"][cluster.name])
        if found:
            raise CopyRefusedError(
                "; ".join(found),
                hint="nothing of MongoDB was stopped; bring the platform file up to date, then trigger a new run",
            )
