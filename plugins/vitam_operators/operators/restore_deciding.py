"""Whether restored data stays, and what follows from it: what was kept is put back, or the restart guards forget it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
from typing import Any

from vitam_operators import guard, nights, systemd
from vitam_operators.commands import existing, write_whole
from vitam_operators.errors import BalancerError, RestoreRefusedError, StillStoppingError, VitamBackupError
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.hooks.hosts import HostHook, target
from vitam_operators.nights import Night
from vitam_operators.operators import asked
from vitam_operators.operators.base import WaitingOperator, window_of
from vitam_operators.operators.ownership import (
    hosts_of_cluster,
    require_own,
    require_own_hosts,
    require_own_to_start,
    require_to_start,
)
from vitam_operators.operators.restore_stopping import restore_plan_of
from vitam_operators.operators.restore_swapping import not_swapped
from vitam_operators.operators.restores import DECISION, PlaceOperator, RestoreOperator, kept
from vitam_operators.operators.targets import ClusterOperator
from vitam_operators.restores import bringing, opening, plans, swapping
from vitam_operators.run_ids import owner_of
from vitam_operators.triggers.base import Report, Wait
from vitam_operators.triggers.units import UnitStopped


class DecideRestoreOperator(RestoreOperator):
    """
    Decide, once, whether the restored data stays.

    Only if every member has it, every set was checked, and each step before has noted that it happened: data that was
    put under a service that runs is no backup any more.

    If it stays, the guards of all hosts are told to put nothing back any more, all at once, and before that is written
    down: until then a guard that fires puts back what was kept.
    """

    async def act(self, context: Any) -> dict[str, Any]:
        """Return the decision; one that stands is not changed."""
        night = self.restore(context)
        standing = night.read(DECISION)
        if standing is not None:
            return standing
        against = [f"{name} was not swapped" for name in not_swapped(self, night)]
        parts = plans.database_parts(self.platform)
        against += [f"{part.name} was not checked" for part in parts if night.read(f"checked.{part.name}") is None]
        before = asked.steps_before(self.dag, "open_restore", self.task_id)
        against = against or [asked.words(step) for step in asked.without_record(night, before)]
        if not against:
            window_of(night).require_open(dt.datetime.now(dt.UTC))
            await self._tell_guards(night)
        decision = {"keep": not against, "against": against, "at": nights.now_text()}
        self.log.info("the restored data %s", "stays" if not against else f"does not stay: {'; '.join(against)}")
        return night.write_once(DECISION, decision)

    async def _tell_guards(self, night: Night) -> None:
        """Reach all hosts first, then write on all of them at once: a death in between would leave them divided."""
        async with contextlib.AsyncExitStack() as stack:
            hooks = [HostHook(target(self.platform, host.name)) for host in self.platform.hosts]
            shells = [await stack.enter_async_context(hook.connect()) for hook in hooks]
            for shell in shells:
                found = await shell.run(guard.state())
                if found.report is not None or not guard.is_of(found, owner_of(night.opened)):
                    raise RestoreRefusedError(
                        f"{shell.host.name}: its restart guard has fired, or is not of this restore",
                        hint="what was kept is put back; look at vitam-restart-guard on that host",
                    )

            async def tell(shell: Any) -> None:
                plan = restore_plan_of(self, night, shell.host.name, put_back=False)
                for change in write_whole(f"{guard.HOME}/plan.json", json.dumps(plan) + "\n"):
                    await shell.run(change)

            await asyncio.gather(*(tell(shell) for shell in shells))


class PutBackDataOperator(PlaceOperator, WaitingOperator):
    """Put back what was kept of a member, unless the restored data stays. What was never swapped is left alone."""

    gives_up = False

    def limit_s(self) -> int:
        """Return how long a mongod may take to close its files."""
        return self.platform.timeouts.mongod_stop_s

    def too_slow(self, words: str) -> VitamBackupError:
        """Return the error of a mongod that does not stop."""
        return StillStoppingError(
            f"after {self.limit_s()} s: {words}; what was kept of {self.place.name} is not put back",
            hint="stop that mongod by hand, then clear this task and those behind it",
        )

    async def begin(self, context: Any) -> Wait | None:
        """Stop a member that has to give its place back; from then on nobody decides otherwise."""
        night, place = self.restore(context), self.place
        night.write_once(DECISION, {"keep": False, "against": ["nobody decided"], "at": nights.now_text()})
        if kept(night):
            self.log.info("the restored data stays")
            return None
        unit = place.part.daemon.unit
        async with self.to_host().connect() as shell:
            await require_own_to_start(self, shell, night)
            if not swapping.put_back(place, night.label, await shell.run(swapping.there(place, night.label))):
                self.log.info("%s: nothing was swapped", place.name)
                return None
            change = systemd.stop([unit], await shell.run(systemd.unit_states([unit])))
            if change is not None:
                await shell.run(guard.hold(unit))
                await shell.run(change)
        return UnitStopped(self.platform_file, self.host, unit, [place.part.daemon.port], ran_before=False)

    async def finish(self, context: Any, report: Report) -> dict[str, Any]:
        """Rename."""
        night, place = self.restore(context), self.place
        async with self.to_host().connect() as shell:
            await require_own_to_start(self, shell, night)
            for change in swapping.put_back(place, night.label, await shell.run(swapping.there(place, night.label))):
                await shell.run(change)
        self.log.warning("%s: what was there before is back", place.name)
        return night.write(f"back.{place.name}", {"at": nights.now_text()})


class RestoreBalancerOperator(ClusterOperator, RestoreOperator):
    """
    Put a cluster's balancer back: as the manifest says it was, since the copy was made with it off.

    Where the restored data does not stay: as it was before this restore.
    """

    async def act(self, context: Any) -> dict[str, Any]:
        """Ask for it, and read it back."""
        night = self.restore(context)
        wanted = balancer_wanted(night, self.cluster)
        async with mongo_hooks.routers(self.platform, self.platform.cluster(self.cluster)).connect() as client:
            mode = str((await client.command("balancerStatus"))["mode"])
            if wanted is not None and mode != wanted:
                is_guarded = await require_own_hosts(self, night, hosts_of_cluster(self.platform, self.cluster))
                require_to_start(night, f"the balancer of {self.cluster}", is_guarded=is_guarded)
                await client.command("balancerStart" if wanted == "full" else "balancerStop", maxTimeMS=60_000)
                mode = str((await client.command("balancerStatus"))["mode"])
        if wanted is not None and mode != wanted:
            raise BalancerError(
                f"{self.cluster}: the balancer is {mode}, it has to be {wanted}",
                hint="look at sh.status() through a mongos, then clear this task",
            )
        return {"mode": mode}


def balancer_wanted(night: Night, cluster: str) -> str | None:
    """Return the mode in which a balancer has to be; ``None`` when nobody knows."""
    before = night.opened["clusters"][cluster]["balancer"] if kept(night) else night.opened["balancers_before"][cluster]
    return str(before) if before else None


class RemoveBroughtOperator(PlaceOperator):
    """Remove what was brought and did not take its place, and end the units that worked on it."""

    async def act(self, context: Any) -> None:
        """Look, then remove; never what is in use or kept."""
        night, place = self.restore(context), self.place
        names = (bringing.extract_unit, opening.recover_unit, opening.rewrite_unit)
        units = [name(night.label, self.part) for name in names]
        async with self.to_host().connect() as shell:
            await require_own(shell, night)
            for unit, state in (await shell.run(systemd.unit_states(units))).items():
                if state.running:
                    await shell.run(systemd.end_transient(unit))
                elif state.active == "failed":
                    await shell.run(systemd.forget_failure(unit))
            await shell.run(swapping.remove(place.brought(night.label)))
            own = bringing.carried_directory(night.label, self.platform.copies)
            if own in await shell.run(existing([own])):
                await shell.run(bringing.forget(night.label, self.platform.copies))
