"""Waits of a restore drill: a copy extracted, a copy opened."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from vitam_operators import drill, journal, mongod_log, systemd
from vitam_operators.errors import DrillFailedError, DrillInterruptedError
from vitam_operators.hooks.hosts import Shell
from vitam_operators.hooks.journals import words_before_end
from vitam_operators.systemd import UnitState
from vitam_operators.triggers.base import Report
from vitam_operators.triggers.units import UnitEnded, UnitWait

ENDED_FROM_OUTSIDE, KILLED = ("timeout", "oom-kill"), (signal.SIGKILL, signal.SIGTERM)
"""Results and signals of a unit that somebody else has ended; a mongod that finds its data broken aborts by itself."""


@dataclass
class CopyExtracted(UnitEnded):
    """Wait until a copy is extracted: what keeps it from being so would keep a restore."""

    async def judge(self, shell: Shell, state: UnitState) -> Report:
        """
        Done when its script ended with 0.

        :raises DrillFailedError: it said that the copy is damaged
        :raises DrillInterruptedError: it ended, and did not say so
        """
        if state.running:
            return await super().judge(shell, state)
        said = await words_before_end(shell, state, journal.LINES_TO_JUDGE)
        damage = drill.extraction_damage(said)
        if damage is None or not ended_by_itself(state):
            raise interrupted(state, self.host, _last(said))
        raise DrillFailedError(
            f"the copy could not be extracted: {self.unit} on {self.host} ended with {state.words}: {damage}",
            hint=f"read journalctl -u {self.unit} on {self.host}; if the checksum failed, the copy is lost",
        )


@dataclass
class CopyOpened(UnitWait):
    """
    Wait until a mongod of our own has opened its copy: it listens only then.

    :param port: on which it will listen
    """

    port: int

    async def judge(self, shell: Shell, state: UnitState) -> Report:
        """
        Done when it listens.

        :raises DrillFailedError: it ended, and its log proves that the data is damaged
        :raises DrillInterruptedError: it ended, and nothing proves that
        """
        if not is_up(state):
            log = mongod_log.read(await words_before_end(shell, state, journal.LINES_TO_JUDGE))
            if log.damage is None or not ended_by_itself(state):
                raise interrupted(state, self.host, log.first)
            raise DrillFailedError(
                f"mongod did not open the copy on {self.host}: {log.damage}",
                hint=f"read journalctl -u {self.unit} on {self.host}; restore from another backup, and trigger a drill "
                "of that",
            )
        if self.port in await shell.run(systemd.listening_ports()):
            return Report(True, f"{self.host}: mongod has opened the copy and listens on port {self.port}")
        return Report(False, f"{self.host}: mongod is opening the copy")


def ended_by_itself(state: UnitState) -> bool:
    """
    Tell whether a unit of a drill ended without anybody else's doing: only then what it said may speak against a copy.

    Not after a boot, when somebody or systemd ended it, or when nothing says since when it ran: what the journal has
    may be an earlier try's.
    """
    killed = state.result == "signal" and state.exit_status in KILLED
    gone = state.active == "inactive" or state.result in ENDED_FROM_OUTSIDE
    return not gone and not killed and state.started_at is not None


def interrupted(state: UnitState, host: str, said: str) -> DrillInterruptedError:
    """
    Return the error of a unit that ended without a proof that the copy is damaged.

    :param said: its last words, or its first error
    """
    return DrillInterruptedError(
        f"{state.unit} on {host} ended ({state.words}), which says nothing about the copy: {said}",
        hint=f"read journalctl -u {state.unit} on {host}, mend what it names; then clear the first red step with its "
        "downstream tasks",
    )


def is_up(state: UnitState) -> bool:
    """Tell whether a drill's mongod has a process; a transient unit stays ``active (exited)`` without one."""
    return state.running and state.sub != "exited"


def _last(said: str, lines: int = 12) -> str:
    return "\n".join(said.splitlines()[-lines:]) or "it said nothing"
