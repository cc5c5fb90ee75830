"""Copying the same member each night, where the platform file names one."""

from __future__ import annotations

from typing import Any

from vitam_operators import nights
from vitam_operators.errors import VitamBackupError
from vitam_operators.hooks import elections
from vitam_operators.operators.ownership import hosts_of_cluster, require_own_hosts
from vitam_operators.operators.targets import ReplicaSetOperator


class PreferMemberOperator(ReplicaSetOperator):
    """
    Make the preferred member of a replica set its primary, if it is healthy and caught up.

    It comes once no client is left, so that no request of Vitam meets the election. Whatever hinders it costs no
    night: the primary that is there is copied, and the manifest says that this copy has a new base.
    """

    seal_needs_it = False

    async def act(self, context: Any) -> dict[str, Any] | None:
        """Step it up; note whether it is the primary, and if not, why."""
        night, part = self.cold_night(context), self.part
        host = part.replica_set.preferred
        if host is None or part.name not in night.opened["parts"]:
            self.log.info("%s: no member is preferred, or it is not copied", part.name)
            return None
        if night.read(f"stop.{part.name}"):
            self.log.info("%s: its primary was stopped by an earlier try", part.name)
            return night.read(f"preferred.{part.name}")
        await require_own_hosts(self, night, hosts_of_cluster(self.platform, self.cluster))
        try:
            why = await elections.step_up(self.platform, part, host, self.log)
        except VitamBackupError as error:
            why = error.message
        if why:
            self.log.warning("%s: %s is preferred, but is not made the primary: %s", part.name, host, why)
        return night.write(f"preferred.{part.name}", {"host": host, "why": why, "at": nights.now_text()})
