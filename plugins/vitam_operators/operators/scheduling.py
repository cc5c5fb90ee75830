"""Holding and resuming what starts by itself: systemd timers (Vitam 5 and before) or the scheduler (6 and later)."""

from __future__ import annotations

from typing import Any

from vitam_operators import guard, nights, securing, systemd
from vitam_operators.hooks.hosts import HostHook, target
from vitam_operators.nights import HELD, Night
from vitam_operators.operators.base import NightOperator, WaitingOperator
from vitam_operators.operators.ownership import is_concluded, require_own_to_start, require_to_start
from vitam_operators.operators.services import note, on_each, require_guarded
from vitam_operators.triggers.base import Wait
from vitam_operators.triggers.quiet import SchedulingHeld


class HoldSchedulingOperator(WaitingOperator):
    """Let nothing start by itself any more, and wait until what it started is over."""

    def limit_s(self) -> int:
        """Return the limit for the stop of a service: jobs are not longer."""
        return self.platform.timeouts.service_stop_s

    async def begin(self, context: Any) -> Wait | None:
        """Stop the timers, or pause the scheduler."""
        night = self.cold_night(context)
        night.write_once(HELD, {"asked_at": nights.now_text()})
        if self.platform.securing.by == "quartz":
            await self._pause_scheduler(night)
        else:
            await self._stop_timers(night)
        return SchedulingHeld(self.platform_file)

    async def _pause_scheduler(self, night: Night) -> None:
        scheduler = self.platform.service("scheduler")
        for host in self.platform.hosts_of(scheduler.name):
            ran = scheduler.unit in night.opened["units_before"].get(host, [])
            if not ran or night.read(f"stop.{scheduler.unit}@{host}"):
                continue
            async with HostHook(target(self.platform, host)).connect() as shell:
                await require_guarded(shell, night, [scheduler.unit])
                await shell.run(securing.pause_scheduler(shell.host.admin_ip, scheduler.admin_port))
            self.log.info("the scheduler on %s is paused", host)

    async def _stop_timers(self, night: Night) -> None:
        for host in self.platform.hosts_with_timers:
            timers = [f"{name}.timer" for name in self.platform.timers_on(host)]
            async with HostHook(target(self.platform, host)).connect() as shell:
                states = await shell.run(systemd.unit_states(timers))
                change = systemd.stop(timers, states)
                if change is not None:
                    await require_guarded(shell, night, [timer for timer in timers if states[timer].running])
                    for timer in (timer for timer in timers if states[timer].exists):
                        await shell.run(guard.hold(timer))
                    await shell.run(change)
            self.log.info("the timers on %s are stopped", host)


class ResumeSchedulingOperator(NightOperator):
    """Let things start by themselves again, as before the night."""

    async def act(self, context: Any) -> None:
        """Start the timers that were active, or resume the scheduler."""
        night = self.latest_night(context)
        held = self.nights.attempts(nights.backup_id(context["dag_run"].run_after))
        held = [attempt for attempt in held if attempt.has(HELD)]
        if night is None or not held:
            self.log.info("scheduling was not held by this night")
            return
        if self.platform.securing.by == "quartz" and is_concluded(night) and not any(map(_is_paused, held)):
            self.log.info("scheduling was resumed when this night ended")
            return
        if self.platform.securing.by == "quartz":
            await self._resume_scheduler(night)
        else:
            await self._start_timers(night)
        for attempt in held:
            note(attempt, HELD, {"resumed_at": nights.now_text()})

    async def _resume_scheduler(self, night: Night) -> None:
        scheduler = self.platform.service("scheduler")
        before = night.opened["units_before"]

        async def resume(host: str) -> None:
            async with HostHook(target(self.platform, host)).connect() as shell:
                await require_own_to_start(self, shell, night)
                await shell.run(securing.resume_scheduler(shell.host.admin_ip, scheduler.admin_port))
            self.log.info("the scheduler on %s goes on", host)

        hosts = self.platform.hosts_of(scheduler.name)
        await on_each(self, [host for host in hosts if scheduler.unit in before.get(host, [])], resume)

    async def _start_timers(self, night: Night) -> None:
        timers = {
            host: [unit for unit in units if unit.endswith(".timer")]
            for host, units in night.opened["units_before"].items()
        }

        async def start(host: str) -> None:
            async with HostHook(target(self.platform, host)).connect() as shell:
                is_guarded = await require_own_to_start(self, shell, night)
                change = systemd.start(timers[host], await shell.run(systemd.unit_states(timers[host])))
                if change is not None:
                    require_to_start(night, f"one of {', '.join(timers[host])} on {host}", is_guarded=is_guarded)
                await shell.run(guard.release(timers[host]))
                if change is not None:
                    await shell.run(change)
            self.log.info("the timers on %s run: %s", host, ", ".join(timers[host]))

        await on_each(self, [host for host in timers if timers[host]], start)


def _is_paused(attempt: Night) -> bool:
    return "resumed_at" not in (attempt.read(HELD) or {})
