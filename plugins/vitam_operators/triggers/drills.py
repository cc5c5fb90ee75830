"""Waits of a restore drill: a copy extracted, a copy opened."""

from __future__ import annotations

from dataclasses import dataclass

from vitam_operators import drill, systemd
from vitam_operators.errors import CopyFailedError, DrillFailedError
from vitam_operators.hooks.hosts import Shell
from vitam_operators.systemd import UnitState
from vitam_operators.triggers.base import Report
from vitam_operators.triggers.units import UnitEnded, UnitWait


@dataclass
class CopyExtracted(UnitEnded):
    """Wait until a copy is extracted: what keeps it from being so would keep a restore."""

    async def judge(self, shell: Shell, state: UnitState) -> Report:
        """Done when its script ended with 0."""
        try:
            return await super().judge(shell, state)
        except CopyFailedError as error:
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
            raise DrillFailedError(
                f"mongod did not open the copy on {self.host}: {await shell.run(drill.complaint(self.unit))}",
                hint=f"read journalctl -u {self.unit} on {self.host}; restore from another backup, and trigger a drill "
                "of that",
            )
        if self.port in await shell.run(systemd.listening_ports()):
            return Report(True, f"{self.host}: mongod has opened the copy and listens on port {self.port}")
        return Report(False, f"{self.host}: mongod is opening the copy")


def is_up(state: UnitState) -> bool:
    """Tell whether a drill's mongod has a process; a transient unit stays ``active (exited)`` without one."""
    return state.running and state.sub != "exited"
