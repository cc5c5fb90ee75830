"""Waits for units on hosts: stopped, started and healthy, a copy over."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from vitam_operators import archive, health, journal, systemd
from vitam_operators.engines.chosen import engine_of
from vitam_operators.errors import CopyFailedError, NotHealthyError, StopNotProvedError
from vitam_operators.hooks.hosts import HostHook, Shell, target
from vitam_operators.hooks.journals import words_before_end
from vitam_operators.hooks.kept_platforms import platform_by
from vitam_operators.nights import now_text
from vitam_operators.systemd import UnitState
from vitam_operators.triggers.base import Report, Wait, remembered
from vitam_operators.words import size_words

LOOKS_FAILED = 3
"""In a row: right after it was asked to start, a unit still shows how it ended before."""


@dataclass
class UnitWait(Wait):
    """
    A wait for one unit of one host.

    :param host: its name
    :param unit: the unit
    """

    host: str
    unit: str

    async def look(self) -> Report:
        """Read the unit's state, and judge it on the same connection."""
        async with HostHook(target(platform_by(self.platform_file), self.host)).connect() as shell:
            states = await shell.run(systemd.unit_states([self.unit]))
            return await self.judge(shell, states[self.unit])

    @abstractmethod
    async def judge(self, shell: Shell, state: UnitState) -> Report:
        """Say what the state means for this wait."""


@dataclass
class UnitStopped(UnitWait):
    """
    Wait until a unit is down, with proof: no process, nobody on its ports, an orderly end.

    :param ports: TCP ports that have to be free
    :param ran_before: it ran before the night; else how it ended long ago does not matter
    :param db_path: of a mongod, which also has to have exited with 0 and left an empty ``mongod.lock``
    """

    ports: list[int]
    ran_before: bool = True
    db_path: str | None = None

    async def judge(self, shell: Shell, state: UnitState) -> Report:
        """Done when all proofs are there."""
        if not state.down:
            return Report(False, f"{self.unit} on {self.host} is {state.words}")
        facts = await self._orderly_end(shell, state) if self.ran_before else {}
        taken = sorted(set(self.ports) & await shell.run(systemd.listening_ports()))
        if taken:
            return Report(False, f"{self.unit} on {self.host} is {state.active}, but port {taken[0]} is still in use")
        facts = {"seen_stopped_at": now_text(), "state": state.words, **facts}
        return Report(True, f"{self.unit} on {self.host} is stopped", facts)

    async def _orderly_end(self, shell: Shell, state: UnitState) -> dict[str, Any]:
        if self.db_path is None:
            if not state.ended_by_stop:
                raise self._not_proved(state.words)
            return {}
        if not state.exited_clean:
            raise self._not_proved(state.words)
        lock = await shell.run(archive.mongod_lock(self.db_path))
        if lock.size_bytes:
            found = f"{self.db_path}/mongod.lock holds {lock.size_bytes} bytes, an orderly stop leaves it empty"
            raise self._not_proved(found)
        return {"lock_changed_s": lock.changed_s}

    def _not_proved(self, found: str) -> StopNotProvedError:
        return StopNotProvedError(
            f"{self.unit} on {self.host} is down, but it did not end in order: {found}",
            hint=f"read journalctl -u {self.unit} on {self.host}; nothing is copied, the platform is started again",
        )


@dataclass
class UnitActive(Wait):
    """
    Wait until a unit is active on some hosts.

    :param hosts: their names
    :param unit: the unit
    """

    hosts: list[str]
    unit: str
    looks_failed: int = remembered(0)

    async def look(self) -> Report:
        """
        Done when systemd says so everywhere.

        :raises NotHealthyError: it runs wherever it is not ``failed``, which it does not leave by itself
        """
        states = {host: await self._state(host) for host in self.hosts}
        waiting = [f"{self.unit} on {host} is {s.words}" for host, s in states.items() if s.active != "active"]
        failed = all(state.active in ("active", "failed") for state in states.values()) and waiting
        self.looks_failed = self.looks_failed + 1 if failed else 0
        if self.looks_failed >= LOOKS_FAILED:
            raise NotHealthyError(
                "; ".join(waiting),
                hint=f"read journalctl -u {self.unit} and the log of mongod there, mend it, then clear this task",
            )
        runs = f"{self.unit} runs on {', '.join(self.hosts) or 'no host, as before the night'}"
        return Report(not waiting, "; ".join(waiting) or runs)

    async def _state(self, host: str) -> UnitState:
        async with HostHook(target(platform_by(self.platform_file), host)).connect() as shell:
            return (await shell.run(systemd.unit_states([self.unit])))[self.unit]


@dataclass
class UnitHealthy(UnitWait):
    """
    Wait until a unit runs and its service answers 200 on ``/admin/v1/status``.

    :param admin_port: 0 when it has none: running is enough
    """

    admin_port: int = 0

    async def judge(self, shell: Shell, state: UnitState) -> Report:
        """Done when it answers."""
        if state.active != "active":
            return Report(False, f"{self.unit} on {self.host} is {state.words}")
        if self.admin_port:
            status = await shell.run(health.admin_status(shell.host.admin_ip, self.admin_port))
            if status != 200:
                answer = f"answers {status}" if status else "does not answer"
                return Report(False, f"{self.unit} on {self.host} runs, but its /admin/v1/status {answer}")
        since = state.active_since.isoformat() if state.active_since else None
        return Report(True, f"{self.unit} on {self.host} runs and is healthy", {"active_since": since})


@dataclass
class UnitEnded(UnitWait):
    """
    Wait until a transient unit that copies or reads back is over.

    :param size_bytes: of what it copies, for the progress; 0: unknown
    """

    size_bytes: int = 0

    async def judge(self, shell: Shell, state: UnitState) -> Report:
        """Done when its script ended with 0."""
        if state.active == "active" and state.sub == "exited":
            return Report(True, f"{self.unit} on {self.host} is over", {"words": await self._words(shell, state)})
        if state.running:
            return Report(False, f"{self.host}: {self._progress(await self._words(shell, state))}")
        raise CopyFailedError(
            f"{self.unit} on {self.host} ended with {state.words}: {await self._words(shell, state)}",
            hint=f"read journalctl -u {self.unit} on {self.host}; clear this task to try again while there is time",
        )

    async def _words(self, shell: Shell, state: UnitState) -> str:
        if state.running:
            return await shell.run(journal.last_words(self.unit, state.started_at))
        return await words_before_end(shell, state)

    def _progress(self, words: str) -> str:
        done = engine_of(platform_by(self.platform_file).copies).progress_bytes(words)
        if not done or not self.size_bytes:
            return "at work"
        return f"{min(99, 100 * done // self.size_bytes)} % of {size_words(self.size_bytes)}"
