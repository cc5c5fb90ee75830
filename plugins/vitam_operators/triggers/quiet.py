"""Waits for Vitam itself to be quiet: no workflow runs, the logbooks are secured."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from vitam_operators import securing, service_answers, systemd, workflows
from vitam_operators.config import Platform
from vitam_operators.hooks.hosts import HostHook, target
from vitam_operators.hooks.kept_platforms import platform_by
from vitam_operators.triggers.base import Report, Wait, remembered


@dataclass
class WorkflowsDrained(Wait):
    """
    Wait until no workflow is RUNNING, several polls in a row; workflows in PAUSE are listed, not waited for.

    :param hosts: where processing ran before the night
    """

    hosts: list[str]
    quiet_polls: int = remembered(0)

    async def look(self) -> Report:
        """Ask each processing service for its metrics."""
        platform = platform_by(self.platform_file)
        counts = [await self._count(platform, host) for host in self.hosts]
        running, paused = sum(c.running for c in counts), sum(c.paused for c in counts)
        self.quiet_polls = 0 if running else self.quiet_polls + 1
        if running:
            names = ", ".join(name for count in counts for name in count.names)
            return Report(False, f"{running} workflows are running: {names}")
        words = f"no workflow is running, {paused} in PAUSE"
        return Report(self.quiet_polls >= platform.workflows.polls_in_a_row, words, {"paused": paused})

    async def _count(self, platform: Platform, host: str) -> service_answers.Workflows:
        port = platform.service("processing").admin_port
        async with HostHook(target(platform, host)).connect() as shell:
            return await shell.run(workflows.count_workflows(shell.host.admin_ip, port))


@dataclass
class LogbookSecured(Wait):
    """
    Wait until the securing of the logbooks is over, whichever way this version of Vitam starts it.

    :param after: ISO 8601; a securing has to have begun after it; ``None``: only none may be running
    """

    after: str | None
    quiet_since: dt.datetime | None = remembered(None)

    async def look(self) -> Report:
        """Ask systemd, or Quartz."""
        platform = platform_by(self.platform_file)
        after = dt.datetime.fromisoformat(self.after) if self.after else None
        if platform.securing.by == "timers":
            unfinished = await self._look_at_timers(platform, after)
        else:
            unfinished = await self._look_at_quartz(platform, after)
        return Report(unfinished is None, unfinished or "the logbooks are secured, no securing is running")

    async def _look_at_timers(self, platform: Platform, after: dt.datetime | None) -> str | None:
        units = [f"{name}.service" for name in platform.securing.timers]
        states = {}
        for host in platform.hosts_of("logbook"):
            async with HostHook(target(platform, host)).connect() as shell:
                states[host] = await shell.run(systemd.unit_states(units))
        return securing.unfinished(states, after)

    async def _look_at_quartz(self, platform: Platform, after: dt.datetime | None) -> str | None:
        found = await ask_schedulers(platform)
        now = dt.datetime.now(dt.UTC)
        jobs = [job for job in found.jobs if service_answers.group_of(job) == securing.LOGBOOK_GROUP]
        if jobs or (after and not found.up):
            self.quiet_since = None
            if not jobs:
                return f"no scheduler runs on {', '.join(platform.hosts_of('scheduler'))}: nobody starts the securing"
            return f"securing jobs are running: {', '.join(jobs)}"
        self.quiet_since = self.quiet_since or now
        after = securing.quartz_starts_after(after, found.up)
        fired = securing.last_firing(after, platform.securing.minutes) if after else None
        if fired and now < fired + securing.FIRING_MINUTE:
            return f"the last securing job begins at {fired:%H:%M} UTC"
        quiet_s = (now - max(self.quiet_since, fired or self.quiet_since)).total_seconds()
        settle_s = platform.securing.settle_s
        return None if quiet_s >= settle_s else f"no securing job for {quiet_s:.0f} s, {settle_s} s are proof"


@dataclass
class SchedulingHeld(Wait):
    """Wait until nothing that the timers or the scheduler started is running any more."""

    async def look(self) -> Report:
        """Ask systemd, or Quartz."""
        platform = platform_by(self.platform_file)
        if platform.securing.by == "quartz":
            running = list((await ask_schedulers(platform)).jobs)
        else:
            running = await self._running_units(platform)
        return Report(not running, f"still running: {', '.join(running)}" if running else "scheduling is held")

    async def _running_units(self, platform: Platform) -> list[str]:
        running = []
        for host in platform.hosts_with_timers:
            async with HostHook(target(platform, host)).connect() as shell:
                names = platform.timers_on(host)
                states = await shell.run(systemd.unit_states([f"{name}.service" for name in names]))
            running += [f"{unit} on {host}" for unit, state in states.items() if state.running]
        return running


@dataclass(frozen=True)
class Schedulers:
    """
    What the platform's schedulers say.

    :param up: the states of those that run
    :param jobs: the keys of the jobs that they run now
    """

    up: tuple[systemd.UnitState, ...] = ()
    jobs: tuple[str, ...] = ()


async def ask_schedulers(platform: Platform) -> Schedulers:
    """Ask each scheduler that runs for the jobs that it runs now; each one knows its own alone."""
    from airflow.sdk.bases.hook import BaseHook

    hosts, scheduler = platform.hosts_of("scheduler"), platform.service("scheduler")
    if not hosts:
        return Schedulers()
    secret = await BaseHook.aget_connection(str(platform.securing.platform_secret_conn_id))
    up: list[systemd.UnitState] = []
    jobs: list[str] = []
    for host in hosts:
        async with HostHook(target(platform, host)).connect() as shell:
            state = (await shell.run(systemd.unit_states([scheduler.unit])))[scheduler.unit]
            if not state.running:
                continue
            now_s = int(dt.datetime.now(dt.UTC).timestamp())
            command = securing.current_jobs(shell.host.service_ip, scheduler.port, str(secret.password), now_s)
            jobs += await shell.run(command)
            up.append(state)
    return Schedulers(tuple(up), tuple(jobs))
