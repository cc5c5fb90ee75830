"""Stopping and starting units: one unit of one host at a time, with proof."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any

from vitam_operators import guard, nights, systemd
from vitam_operators.errors import NotHealthyError, UnguardedError, VitamBackupError
from vitam_operators.hooks.bound_units import stopped_with
from vitam_operators.hooks.hosts import HostHook, Shell, target
from vitam_operators.host_units import units_of
from vitam_operators.nights import Night
from vitam_operators.operators.base import NightOperator, WaitingOperator
from vitam_operators.operators.ownership import require_own_to_start, require_to_start
from vitam_operators.operators.targets import ClusterOperator, HostOperator, ServiceOperator
from vitam_operators.run_ids import owner_of
from vitam_operators.triggers.base import Report, Wait
from vitam_operators.triggers.units import UnitHealthy, UnitStopped

ASKED_START = "asked"
"""Record of a unit that this night found down and started: ``asked.UNIT@HOST``."""


class StopUnitOperator(HostOperator, WaitingOperator):
    """
    Stop one unit of one host, and prove that it is down.

    It does not kill: a unit that does not stop in its time is an error, and the platform is started again.
    """

    @property
    @abstractmethod
    def unit(self) -> str:
        """The unit that is stopped."""

    @property
    @abstractmethod
    def ports(self) -> list[int]:
        """The ports that have to be free afterwards."""

    def limit_s(self) -> int:
        """Return Vitam's own limit for the stop of a service."""
        return self.platform.timeouts.service_stop_s

    async def begin(self, context: Any) -> Wait:
        """Ask for the stop of a unit that runs."""
        night = self.cold_night(context)
        async with HostHook(target(self.platform, self.host)).connect() as shell:
            states = await shell.run(systemd.unit_states([self.unit]))
            change = systemd.stop([self.unit], states)
            if change is not None:
                await require_guarded(shell, night, [self.unit])
                night.write_once(f"stop.{self.unit}@{self.host}", {"asked_at": nights.now_text()})
                self.log.info("%s on %s is %s: stopping it", self.unit, self.host, states[self.unit].words)
                await shell.run(guard.hold(self.unit))
                await shell.run(change)
        ran_before = self.unit in night.opened["units_before"].get(self.host, [])
        return UnitStopped(self.platform_file, self.host, self.unit, self.ports, ran_before)

    async def finish(self, context: Any, report: Report) -> dict[str, Any]:
        """Note when it was down."""
        return note(self.latest_night(context), f"stop.{self.unit}@{self.host}", report.value)


class StartUnitOperator(HostOperator, WaitingOperator):
    """Start one unit of one host, if it ran before the night, and wait until it is healthy."""

    gives_up = False

    @property
    @abstractmethod
    def unit(self) -> str:
        """The unit that is started."""

    @property
    @abstractmethod
    def admin_port(self) -> int:
        """The port that says whether it is healthy; 0: none."""

    def limit_s(self) -> int:
        """Return Vitam's own limit for the start of a service."""
        return self.platform.timeouts.service_start_s

    def too_slow(self, words: str) -> VitamBackupError:
        """Return the error of a unit that does not get healthy."""
        return NotHealthyError(
            f"after {self.limit_s()} s: {words}",
            hint=f"read journalctl -u {self.unit} on {self.host}, mend it, then clear this task",
        )

    async def begin(self, context: Any) -> Wait | None:
        """Ask for the start of a unit that does not run."""
        night = self.latest_night(context)
        if night is None or self.unit not in night.opened["units_before"].get(self.host, []):
            self.log.info("%s on %s did not run before the night: it is left as it is", self.unit, self.host)
            return None
        await start_unit(self, night, self.host, self.unit)
        return UnitHealthy(self.platform_file, self.host, self.unit, self.admin_port)

    async def finish(self, context: Any, report: Report) -> dict[str, Any]:
        """Note when it was healthy."""
        name = f"start.{self.unit}@{self.host}"
        return note_healthy(self.latest_night(context), name, report.value, since="active_since")


def note(night: Night | None, name: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Add facts to a record of the night and return it."""
    return night.write(name, {**(night.read(name) or {}), **facts}) if night is not None else facts


def note_healthy(night: Night | None, name: str, facts: dict[str, Any], *, since: str) -> dict[str, Any]:
    """
    Note that something that was started is healthy, and when; a step that is run again later finds the same start.

    :param since: key of the facts by which a start is told from another one
    """
    known = (night.read(name) if night is not None else None) or {}
    same = known.get(since) is not None and known[since] == facts.get(since)
    return note(night, name, facts if same else {**facts, "healthy_at": nights.now_text()})


async def require_guarded(shell: Shell, night: Night, units: Collection[str]) -> None:
    """
    Check that a host will start by itself what is about to be stopped there.

    :param units: what is stopped
    :raises UnguardedError: its guard is away, another run's, has fired, does not run, or would not start a unit: what
        did not run at the look, and does now, nobody would start again
    """
    problem = guard.unguarded(await shell.run(guard.state()), shell.host.name, owner_of(night.opened), units)
    if problem is not None:
        raise UnguardedError(
            f"{problem}: what this step stops would stay down if Airflow died",
            hint="nothing was stopped by this step; clear arm_restart_guard with its downstream tasks, or trigger a "
            "new run",
        )


def begin_restart(step: NightOperator, night: Night) -> None:
    """Note that the restart began."""
    try_to_note(step, night, nights.RESTART, {"began_at": nights.now_text(), "by": step.task_id})


def try_to_note(step: NightOperator, night: Night, name: str, record: dict[str, Any]) -> None:
    """Write a record once; that it cannot be written is no reason to leave anything down."""
    try:
        night.write_once(name, record)
    except OSError as error:
        step.log.warning("%s could not be noted: %s", name, error)


async def start_unit(step: NightOperator, night: Night, host: str, unit: str) -> None:
    """
    Note that the restart began, and ask for the start of a unit that does not run.

    :raises GuardHeldError: the host is another run's
    :raises NightConcludedError: the run has ended with all up
    """
    begin_restart(step, night)
    async with HostHook(target(step.platform, host)).connect() as shell:
        is_guarded = await require_own_to_start(step, shell, night)
        states = await shell.run(systemd.unit_states([unit]))
        change = systemd.start([unit], states)
        step.log.info("%s on %s is %s%s", unit, host, states[unit].words, ": starting it" if change else "")
        if change is not None:
            require_to_start(night, f"{unit} on {host}", is_guarded=is_guarded)
        await shell.run(guard.release([unit]))
        if change is not None:
            await shell.run(change)
            try_to_note(step, night, f"{ASKED_START}.{unit}@{host}", {"asked_at": nights.now_text()})
        await _start_bound(step, night, shell, unit, is_guarded=is_guarded)


async def _start_bound(step: NightOperator, night: Night, shell: Shell, unit: str, *, is_guarded: bool) -> None:
    """
    Start what systemd stopped with a unit; what does not start keeps the host's guard, and nothing else down.

    What is bound to another unit of the night comes with that one: a start now would pull it up before its time.
    """
    own, before = shell.host.bound_units, night.opened["units_before"].get(shell.host.name, [])
    try:
        others = {*units_of(step.platform, shell.host.name)} - {*own}
        bound = await stopped_with(shell, [unit], ends_at=others) & {*own} & {*before} if own else ()
        change = systemd.start(bound, await shell.run(systemd.unit_states(bound))) if bound else None
        if change is not None:
            require_to_start(night, f"one of {', '.join(bound)} on {shell.host.name}", is_guarded=is_guarded)
            step.log.info("starting %s on %s, which was stopped with %s", ", ".join(bound), shell.host.name, unit)
            await shell.run(change)
    except VitamBackupError as error:
        step.log.error("what was stopped with %s is not started: %s", unit, error.message)


async def on_each(step: NightOperator, names: Iterable[str], act: Callable[[str], Awaitable[Any]]) -> list[Any]:
    """
    Do something for each name, also behind one for which it fails: a set comes up without a member, not without a try.

    :return: what it answered
    :raises VitamBackupError: the first failure; the others are in the log
    """
    done, errors = list[Any](), list[VitamBackupError]()
    for name in names:
        try:
            done.append(await act(name))
        except VitamBackupError as error:
            step.log.error("%s: %s", name, error.message)
            errors.append(error)
    if errors:
        raise errors[0]
    return done


class StopServiceOperator(ServiceOperator, StopUnitOperator):
    """Stop a Vitam service on one host."""

    @property
    def ports(self) -> list[int]:
        """The service's business and admin ports."""
        service = self.platform.service(self.service)
        return [service.port, service.admin_port]


class StartServiceOperator(ServiceOperator, StartUnitOperator):
    """Start a Vitam service on one host and wait for ``/admin/v1/status``."""

    @property
    def admin_port(self) -> int:
        """The service's admin port."""
        return self.platform.service(self.service).admin_port


class StartRouterOperator(ClusterOperator, StartUnitOperator):
    """Start a mongos that ran before: a night stops none, only a host that was booted meanwhile has lost it."""

    admin_port = 0

    @property
    def unit(self) -> str:
        """The cluster's unit."""
        return self.platform.cluster(self.cluster).mongos.unit
