"""The restart guard: armed on every host before anything stops, disarmed once the platform runs."""

from __future__ import annotations

import datetime as dt
from typing import Any

from vitam_operators import archive, guard, health, nights, procedure, securing, systemd
from vitam_operators.config import Platform
from vitam_operators.curl import Endpoint
from vitam_operators.errors import GuardHeldError, GuardNotArmedError, NotHealthyError
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.hooks.hosts import HostHook, Shell, target
from vitam_operators.host_units import members_of, units_of
from vitam_operators.nights import Night
from vitam_operators.operators.base import window_of
from vitam_operators.operators.ending import end_unfinished
from vitam_operators.operators.second_look import look_again
from vitam_operators.operators.targets import HostOperator
from vitam_operators.parts import all_parts, config_parts, shard_parts
from vitam_operators.procedure import SERVICES
from vitam_operators.run_ids import RUN, owner_of, run_in_words

AGAIN_FOR_S = 3600
"""Seconds for which a guard that has fired starts again what does not run, once the sets had the time they have."""


class ArmRestartGuardOperator(HostOperator):
    """Arm the restart guard of a host: at the window's end it starts what ran there, whoever has died by then."""

    async def act(self, context: Any) -> dict[str, Any]:
        """
        Write the guard, let its timer run, and read back when it will fire.

        :raises GuardHeldError: the host has the guard of another run
        :raises GuardNotArmedError: the timer does not run, or would fire at another moment
        """
        night = self.cold_night(context)
        plan = self.plan(night)
        async with HostHook(target(self.platform, self.host)).connect() as shell:
            found = await shell.run(guard.state())
            held = guard.finding(found, self.host, owner_of(plan))
            if held:
                raise GuardHeldError(held, hint="nothing was touched on this host; its message has the command")
            if found.report is not None and found.plan and owner_of(found.plan) == owner_of(plan):
                night.write(f"guard.{self.host}", found.report)
            for change in guard.arm(plan, stop_s=self.platform.timeouts.mongod_stop_s):
                await shell.run(change)
            await self._require_armed(shell, plan)
        context["ti"].xcom_push(RUN, owner_of(plan))
        units = len(plan["databases"]) + len(plan["services"])
        self.log.info("%s: the guard fires at %s and starts %d units", self.host, plan["fires_at"], units)
        return {"fires_at": plan["fires_at"], "units": units}

    def plan(self, night: Night) -> dict[str, Any]:
        """Return what the guard has to know."""
        return plan_of(self.platform, night, self.host)

    async def _require_armed(self, shell: Shell, plan: dict[str, Any]) -> None:
        found = await shell.run(guard.state())
        in_time = found.fires_at == dt.datetime.fromisoformat(plan["fires_at"])
        if found.armed and in_time and found.plan == plan:
            return
        raise GuardNotArmedError(
            f"{self.host}: {guard.TIMER} was started, but it {'runs' if found.armed else 'does not run'} and fires at "
            f"{found.fires_at}, expected {plan['fires_at']}; its plan was read back {_as(found.plan == plan)}",
            hint=f"nothing was stopped; look at systemctl status {guard.TIMER}, at the clock of the host, and whether "
            f"the account may read {guard.HOME}/plan.json",
        )


class DisarmRestartGuardOperator(HostOperator):
    """
    Disarm the restart guard of a host and let go of its units, once all that ran there runs again.

    While something is still down the guard stays: it tries again at the window's end.
    """

    async def act(self, context: Any) -> dict[str, Any] | None:
        """
        Look, then take the guard away; note what it did if it has fired.

        :raises NotHealthyError: a unit that ran before the night does not run or does not stay up, or the scheduler is
            still paused
        """
        night = self.latest_night(context)
        if night is None:
            self.log.info("nothing was opened: no guard was armed")
            return None
        async with HostHook(target(self.platform, self.host)).connect() as shell:
            found = await shell.run(guard.state())
            if self._is_of_another(found, night):
                return None
            await self.require_up(shell, night, found)
            self._require_resumed(context, night, found)
            found = await shell.run(guard.state())  # two looks take a while, in which another run may have armed
            if self._is_of_another(found, night):
                return None
            if found.report is not None:
                night.write(f"guard.{self.host}", found.report)
                self.log.warning("%s", guard.warning(found, self.host))
            before = night.opened["units_before"].get(self.host, [])
            for change in guard.disarm({*units_of(self.platform, self.host), *before}):
                await shell.run(change)
        await self._end_copies(night)
        return {"fired": found.report is not None}

    def _is_of_another(self, found: guard.GuardState, night: Night) -> bool:
        if found.plan is None or owner_of(found.plan) == owner_of(night.opened):
            return False
        self.log.warning("%s has the guard of %s: it is left alone", self.host, run_in_words(found.plan))
        return True

    async def _end_copies(self, night: Night) -> None:
        """End what began to copy here as the restart did, and whose step was killed before it saw that."""
        begun = night.all("copy")
        mine = [part for part in all_parts(self.platform) if begun.get(part.name, {}).get("host") == self.host]
        await end_unfinished(self, night, mine)

    async def require_up(self, shell: Shell, night: Night, found: guard.GuardState) -> None:
        """
        Check that the guard has nothing left to do, by two looks: a unit in a restart loop is up at every other one.

        :raises NotHealthyError: something that ran before the night does not run, or does not stay up
        """
        before = night.opened["units_before"].get(self.host, [])
        first = await shell.run(systemd.unit_states(before)) if before else {}
        states, restless = await look_again(shell, first)
        down = {unit: "does not run" for unit, state in states.items() if state.active != "active"}
        down |= {unit: f"does not stay up: {words}" for unit, words in restless.items()}
        if down:
            each = "; ".join(f"{unit} ran before the night and {words}" for unit, words in down.items())
            raise NotHealthyError(
                f"{self.host}: {each}; the guard stays and {_when(found)}",
                hint=f"read journalctl -u {next(iter(down))} on {self.host}, mend it, clear its start and this task",
            )

    def _require_resumed(self, context: Any, night: Night, found: guard.GuardState) -> None:
        """Check that the scheduler's jobs go on, whichever attempt has held them."""
        unit = SERVICES["scheduler"].unit
        if self.platform.securing.by != "quartz" or unit not in night.opened["units_before"].get(self.host, []):
            return
        attempts = self.nights.attempts(nights.backup_id(context["dag_run"].run_after))
        if any("resumed_at" not in (held.read(nights.HELD) or {}) for held in attempts if held.has(nights.HELD)):
            raise NotHealthyError(
                f"{self.host}: {unit} runs, but its jobs are still paused; the guard stays and {_when(found)}",
                hint="clear resume_scheduling with its downstream tasks",
            )


def _when(found: guard.GuardState) -> str:
    return f"tries again at {found.fires_at:%H:%M:%S} UTC" if found.fires_at else "will not fire any more"


def _as(written: bool) -> str:
    return "as it was written" if written else "otherwise than it was written, or not at all"


def plan_of(platform: Platform, night: Night, host: str) -> dict[str, Any]:
    """
    Return what a host's guard has to know to work alone.

    :return: ``{"backup", "run_id", "run", "fires_at", "armed_at", "databases", "services": [{"unit", "status_url",
        "resume_url", "wave"}], "sets": [[address]], "copies", "hold", "drop_ins", "primary_s", "service_s",
        "again_for_s"}``; wave 0 starts with the databases
    """
    before = night.opened["units_before"].get(host, [])
    databases = {part.daemon.unit for part in members_of(platform, host)}
    databases |= {cluster.mongos.unit for cluster in platform.mongodb if host in cluster.routers}
    services = [unit for unit in before if unit not in databases]
    waves = waves_of(platform)
    return {
        "backup": night.label,
        "run_id": night.opened["run_id"],
        RUN: owner_of(night.opened),
        "fires_at": window_of(night).end.replace(microsecond=0).isoformat(),
        "armed_at": nights.now_text(),
        "databases": [unit for unit in before if unit in databases],
        "services": [
            {
                "unit": unit,
                "status_url": status_url(platform, host, unit),
                "resume_url": resume_url(platform, host) if unit == SERVICES["scheduler"].unit else "",
                "wave": waves.get(unit, len(waves)),
            }
            for unit in services
        ],
        "sets": replica_sets(platform),
        "copies": archive.copy_directory(night.label, platform.copies),
        "hold": guard.HOLD,
        "drop_ins": [guard.drop_in(unit) for unit in before],
        "primary_s": platform.timeouts.mongod_start_s,
        "service_s": platform.timeouts.service_start_s,
        "again_for_s": platform.timeouts.mongod_start_s + AGAIN_FOR_S,
    }


def waves_of(platform: Platform) -> dict[str, int]:
    """Return by unit the wave in which it starts; what is not in it, as a timer, starts behind all."""
    waves = {procedure.SERVICES[name].unit: wave for name, wave in procedure.start_waves(platform.start_order).items()}
    return waves | {cluster.unit: 0 for cluster in platform.elasticsearch}


def status_url(platform: Platform, host: str, unit: str) -> str:
    """Return where a Vitam service says whether it is healthy; nothing for what is none."""
    services = (platform.service(name) for name in platform.services)
    ports = {service.unit: service.admin_port for service in services if service.is_vitams}
    return Endpoint(platform.host(host).admin_ip, ports[unit]).url(health.STATUS) if unit in ports else ""


def resume_url(platform: Platform, host: str) -> str:
    """Return where the scheduler is told to go on, if this platform has one that a night pauses."""
    own = platform.securing.by == "quartz"
    return securing.resume_url(platform.host(host).admin_ip, platform.service("scheduler").admin_port) if own else ""


def replica_sets(platform: Platform) -> list[list[str]]:
    """Return the addresses of the members with data of each replica set."""
    parts = (*config_parts(platform), *shard_parts(platform))
    return [
        [mongo_hooks.address(platform, host, part.daemon.port) for host in part.replica_set.data_hosts]
        for part in parts
    ]
