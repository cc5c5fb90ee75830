"""The platform down for a restore: the balancer, what starts by itself, every router, every member."""

from __future__ import annotations

from typing import Any

from vitam_operators import nights
from vitam_operators.errors import VitamBackupError
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.nights import HELD, Night
from vitam_operators.operators.guard import ArmRestartGuardOperator, plan_of
from vitam_operators.operators.ownership import hosts_of_cluster, require_own_hosts
from vitam_operators.operators.restores import PlaceOperator, RestoreOperator
from vitam_operators.operators.scheduling import HoldSchedulingOperator
from vitam_operators.operators.services import StopUnitOperator
from vitam_operators.operators.targets import ClusterOperator
from vitam_operators.restores import plans
from vitam_operators.triggers.base import Wait
from vitam_operators.triggers.units import UnitStopped


def restore_plan_of(step: RestoreOperator, night: Night, host: str, *, put_back: bool) -> dict[str, Any]:
    """
    Return what the guard of a host has to know during a restore.

    :param put_back: whether it puts back what was kept before it starts anything: until the restored data was proved
    """
    places = plans.places_of(step.platform, host) if put_back else []
    swaps = [
        {
            "unit": place.part.daemon.unit,
            "db_path": place.db_path,
            "brought": place.brought(night.label),
            "kept": place.kept(night.label),
        }
        for place in places
    ]
    return {**plan_of(step.platform, night, host), "armed_at": night.opened["opened_at"], "put_back": swaps}


class ArmRestoreGuardOperator(RestoreOperator, ArmRestartGuardOperator):
    """Arm the restart guard of a host: at the window's end it puts back what was kept, and starts what ran there."""

    def plan(self, night: Night) -> dict[str, Any]:
        """Return the guard's plan."""
        return restore_plan_of(self, night, self.host, put_back=True)


class PauseBalancerOperator(ClusterOperator, RestoreOperator):
    """Switch the balancer of a cluster off, if the cluster answers: it may be why it is restored that it does not."""

    async def act(self, context: Any) -> dict[str, Any] | None:
        """Ask for it, and for the end of its round."""
        night = self.cold_night(context)
        await require_own_hosts(self, night, hosts_of_cluster(self.platform, self.cluster))
        try:
            async with mongo_hooks.routers(self.platform, self.platform.cluster(self.cluster)).connect() as client:
                mode = str((await client.command("balancerStatus"))["mode"])
                if mode != "off":
                    await client.command("balancerStop", maxTimeMS=60_000)
        except VitamBackupError as error:
            self.log.warning("%s: the balancer is left as it is: %s", self.cluster, error.message)
            return None
        return {"mode_found": mode}


class HoldTimersOperator(RestoreOperator, HoldSchedulingOperator):
    """Let no timer start anything any more. The scheduler of Vitam 6 stops in its turn, as a service."""

    async def begin(self, context: Any) -> Wait | None:
        """Stop the timers; from now on scheduling is resumed at the end, since the copy was made while it was held."""
        if self.platform.securing.by == "quartz":
            self.cold_night(context).write_once(HELD, {"asked_at": nights.now_text()})
            return None
        return await super().begin(context)


class StopRestoredRouterOperator(ClusterOperator, RestoreOperator, StopUnitOperator):
    """Stop a mongos: it remembers the routing table of what is replaced."""

    @property
    def unit(self) -> str:
        """The cluster's unit."""
        return self.platform.cluster(self.cluster).mongos.unit

    @property
    def ports(self) -> list[int]:
        """Its port."""
        return [self.platform.cluster(self.cluster).mongos.port]


class StopMemberOperator(PlaceOperator, StopUnitOperator):
    """
    Stop one member of a replica set.

    How it ended does not matter: one that was damaged may be why the backup is restored, and what it leaves is kept.
    """

    @property
    def unit(self) -> str:
        """The member's unit."""
        return self.place.part.daemon.unit

    @property
    def ports(self) -> list[int]:
        """The member's port."""
        return [self.place.part.daemon.port]

    def limit_s(self) -> int:
        """Return how long a mongod may take to close its files."""
        return self.platform.timeouts.mongod_stop_s

    async def begin(self, context: Any) -> Wait:
        """Ask for the stop of a member that runs."""
        await super().begin(context)
        return UnitStopped(self.platform_file, self.host, self.unit, self.ports, ran_before=False)
