"""Waits of a restore drill: a copy extracted, a copy opened."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from vitam_operators import drill, systemd
from vitam_operators.errors import CopyFailedError, DrillFailedError, DrillRefusedError
from vitam_operators.hooks.hosts import Shell
from vitam_operators.systemd import UnitState
from vitam_operators.triggers.base import Report
from vitam_operators.triggers.units import UnitEnded, UnitWait

ENDED_FROM_OUTSIDE, KILLED = ("timeout", "oom-kill"), (signal.SIGKILL, signal.SIGTERM)
"""Results and signals of a unit that somebody else has ended; a mongod that finds its data broken aborts by itself."""
NOT_THE_COPY = ("No space left on device", "already locked")


@dataclass
class CopyExtracted(UnitEnded):
    """Wait until a copy is extracted: what keeps it from being so would keep a restore."""

    async def judge(self, shell: Shell, state: UnitState) -> Report:
        """Done when its script ended with 0."""
        try:
            return await super().judge(shell, state)
        except CopyFailedError as error:
            require_to_blame(state, self.host, error.message)
            raise DrillFailedError(
                f"the copy could not be extracted: {error.message}",
                hint=f"read journalctl -u {self.unit} on {self.host}; if the checksum failed, the copy is lost",
            ) from error


@dataclass
class CopyOpened(UnitWait):
    """
    Wait until the mongod of a drill has opened its copy: it listens only then.

    :param port: on which it will listen
    """

    port: int

    async def judge(self, shell: Shell, state: UnitState) -> Report:
        """Done when it listens."""
        if not is_up(state):
            said = await shell.run(drill.complaint(self.unit))
            require_to_blame(state, self.host, said)
            raise DrillFailedError(
                f"mongod did not open the copy on {self.host}: {said}",
                hint=f"read journalctl -u {self.unit} on {self.host}; restore from another backup, and trigger a drill "
                "of that",
            )
        if self.port in await shell.run(systemd.listening_ports()):
            return Report(True, f"{self.host}: mongod has opened the copy and listens on port {self.port}")
        return Report(False, f"{self.host}: mongod is opening the copy")


def require_to_blame(state: UnitState, host: str, said: str) -> None:
    """
    Check that a unit of a drill ended for something that may lie in the copy.

    :param said: its last words
    :raises DrillRefusedError: the host was booted, somebody or systemd ended it, the disk was full, or restic's
        repository was locked by another of its commands
    """
    killed = state.result == "signal" and state.exit_status in KILLED
    gone = state.active == "inactive" or state.result in ENDED_FROM_OUTSIDE
    if gone or killed or any(words in said for words in NOT_THE_COPY):
        raise DrillRefusedError(
            f"{state.unit} on {host} was ended ({state.words}), which says nothing about the copy: {said}",
            hint=f"read journalctl -u {state.unit} on {host}; then clear extract_copy with its downstream tasks",
        )


def is_up(state: UnitState) -> bool:
    """Tell whether a drill's mongod has a process; a transient unit stays ``active (exited)`` without one."""
    return state.running and state.sub != "exited"
