"""Waiting for a replica set to be whole again."""

from __future__ import annotations

import asyncio
from typing import Any

from vitam_operators import mongo, nights, systemd, writes
from vitam_operators.errors import VitamBackupError
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.hooks.hosts import HostHook, target
from vitam_operators.nights import Night
from vitam_operators.operators.mongo import RestartedSetOperator
from vitam_operators.operators.services import note_healthy, try_to_note
from vitam_operators.parts import MongoPart
from vitam_operators.triggers.base import Report, Wait
from vitam_operators.triggers.mongo import PrimaryElected

ASKED_AGAIN_AFTER_S = (1, 5, 0)
"""How far a set is: Vitam waits behind this question, and a network that blinks must not cost the seal."""


class PrimaryElectedSensor(RestartedSetOperator):
    """
    Wait until a replica set has one primary and all members answer; note for how long the old primary was down.

    Vitam can work with a primary: a member whose host is away keeps it down for ``timeouts.other_members_s``, not
    longer.
    """

    async def begin(self, context: Any) -> Wait | None:
        """Wait, if this run opened a night."""
        if self.latest_night(context) is None:
            self.log.info("nothing was opened: %s is left as it is", self.part.name)
            return None
        others_s = self.platform.timeouts.other_members_s
        return PrimaryElected(self.platform_file, self.cluster, self.replica_set, others_s)

    async def finish(self, context: Any, report: Report) -> dict[str, Any]:
        """Note when the set was whole again."""
        night, part = self.latest_night(context), self.part
        record = {"state": report.words}
        stop = night.read(f"stop.{part.name}") if night else None
        if stop and "lock_changed_s" in stop:
            record |= await self._down_time(part, stop)
        return note_healthy(night, f"start.{part.name}", record, since="started_at")

    async def _conclude(self, context: Any, event: dict[str, Any]) -> Any:
        """Note how far the set is, also when a member is missing: after this step Vitam starts whatever came of it."""
        night = self.latest_night(context)
        if night is not None and night.read(f"quiet.{self.cluster}"):
            await self._note_how_far(night)
        return await super()._conclude(context, event)

    async def _note_how_far(self, night: Night) -> None:
        """Ask more than once: without it, what Vitam writes later cannot be told from what nobody should have."""
        for pause_s in ASKED_AGAIN_AFTER_S:
            try:
                return try_to_note(self, night, f"{nights.RESUMED}.{self.part.name}", await self._optime())
            except VitamBackupError as error:
                self.log.warning("how far %s is could not be noted: %s", self.part.name, error.message)
            await asyncio.sleep(pause_s)

    async def _optime(self) -> dict[str, Any]:
        part, port = self.part, self.part.daemon.port
        hellos = await mongo_hooks.hellos(self.platform, part.cluster, part.replica_set.data_hosts, port)
        primary = mongo.primary_of(part.replica_set.name, hellos)
        async with mongo_hooks.member(self.platform, part.cluster, primary, port).connect() as client:
            applied = writes.applied(await client.command("replSetGetStatus"))
        return {"optime": [applied.time, applied.inc], "at": nights.now_text()}

    async def _down_time(self, part: MongoPart, stop: dict[str, Any]) -> dict[str, Any]:
        async with HostHook(target(self.platform, stop["host"])).connect() as shell:
            state = (await shell.run(systemd.unit_states([part.daemon.unit])))[part.daemon.unit]
        if state.active_since is None:
            return {}
        down_s = state.active_since.timestamp() - int(stop["lock_changed_s"])
        return {"started_at": state.active_since.isoformat(), "host": stop["host"], "down_s": down_s}
