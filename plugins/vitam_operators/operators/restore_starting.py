"""A platform started again after a restore: no member runs on data on which the others do not."""

from __future__ import annotations

from typing import Any

from vitam_operators import guard
from vitam_operators.errors import HostUnreachableError, RestoreRefusedError
from vitam_operators.hooks.hosts import HostHook, Shell, target
from vitam_operators.nights import Night
from vitam_operators.operators.base import NightOperator
from vitam_operators.operators.guard import DisarmRestartGuardOperator
from vitam_operators.operators.mongo import StartPrimaryOperator
from vitam_operators.operators.restores import RestoreOperator, kept
from vitam_operators.restores import plans, swapping
from vitam_operators.restores.plans import Place
from vitam_operators.triggers.base import Wait


async def not_put_back(step: NightOperator, night: Night, places: list[Place]) -> list[str]:
    """
    Return which members still have restored data that does not stay; who cannot be asked is not among them.

    The guard of a host that cannot be asked puts the data back before it starts anything.
    """
    left = []
    for place in () if kept(night) else places:
        try:
            async with HostHook(target(step.platform, place.host)).connect() as shell:
                found = await shell.run(swapping.there(place, night.label))
        except HostUnreachableError as error:
            step.log.warning("%s: whether its data is back cannot be seen: %s", place.name, error.message)
            continue
        left += [place.name] if place.kept(night.label) in found else []
    return left


class StartAgainOperator(RestoreOperator, StartPrimaryOperator):
    """Start each mongod of a replica set, once all its members have the data on which the platform is to run."""

    async def begin(self, context: Any) -> Wait | None:
        """
        Look at each member's data, then ask for the start of what does not run.

        :raises RestoreRefusedError: a member has restored data that does not stay
        """
        night = self.latest_night(context)
        places = [Place(self.part, host) for host in self.part.replica_set.data_hosts]
        left = await not_put_back(self, night, places) if night is not None else []
        if left:
            raise RestoreRefusedError(
                f"{', '.join(left)}: what was there before the restore is not put back; started as it is, "
                "the set would hold data of two moments",
                hint="clear put_back_data with its downstream tasks; the guards do it at the window's end",
            )
        return await super().begin(context)


class DisarmRestoreGuardOperator(RestoreOperator, DisarmRestartGuardOperator):
    """Disarm the restart guard of a host, once all runs there on the data on which it is to run."""

    async def require_up(self, shell: Shell, night: Night, found: guard.GuardState) -> None:
        """
        Check that the guard has nothing left to do.

        :raises RestoreRefusedError: a member here has restored data that does not stay: the guard puts it back
        """
        left = await not_put_back(self, night, plans.places_of(self.platform, self.host))
        if left:
            raise RestoreRefusedError(
                f"{', '.join(left)}: what was there before the restore is not put back; the guard stays",
                hint="clear put_back_data with its downstream tasks; the guard does it at the window's end",
            )
        await super().require_up(shell, night, found)
