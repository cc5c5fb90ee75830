"""Ending copies that the restart does not wait for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vitam_operators import archive, reflink, systemd
from vitam_operators.commands import Command
from vitam_operators.engines.chosen import engine_of
from vitam_operators.errors import VitamBackupError
from vitam_operators.hooks.hosts import HostHook, Shell, target
from vitam_operators.nights import Night
from vitam_operators.operators.base import NightOperator
from vitam_operators.operators.ownership import require_own_to_start
from vitam_operators.operators.services import on_each
from vitam_operators.parts import FilesPart, MongoPart


async def end_unfinished(step: NightOperator, night: Night, parts: Iterable[MongoPart | FilesPart]) -> list[str]:
    """End each copy that was begun and has no end in the records; return the names of those that were at work."""
    begun, finished = night.all("copy"), {**night.all("part"), **night.all("snapshot")}
    known = {part.name: part for part in parts}
    lost = [part for part in known.values() if isinstance(part, FilesPart) and night.has(f"copy.{part.name}")]
    begun = {part.name: {"host": part.host} for part in lost} | begun
    unfinished = [name for name in known if name in begun and name not in finished]
    ended = await on_each(step, unfinished, lambda name: end_copy(step, night, begun[name]["host"], known[name]))
    return [name for name, at_work in zip(unfinished, ended, strict=True) if at_work]


async def end_copy(step: NightOperator, night: Night, host: str, part: MongoPart | FilesPart) -> bool:
    """
    End the copy of a part on a host, remove what it left unfinished, and say whether it still ran.

    :raises GuardHeldError: the host is another run's
    """
    unit = archive.copy_unit(night.label, part.name)
    async with HostHook(target(step.platform, host)).connect() as shell:
        await require_own_to_start(step, shell, night)
        state = (await shell.run(systemd.unit_states([unit])))[unit]
        at_work = state.running and state.sub != "exited"
        if at_work:
            step.log.warning("%s on %s still runs: ending it, the restart has begun", unit, host)
        if state.running:
            await _sweep(step, shell, systemd.end_transient(unit))
        elif state.active == "failed":
            await _sweep(step, shell, systemd.forget_failure(unit))
        if night.read(f"snapshot.{part.name}") is not None:
            return at_work
        await _sweep(step, shell, engine_of(step.platform.copies).remove_unfinished(night.label, part.name))
        if isinstance(part, MongoPart):
            await _sweep(step, shell, reflink.remove(part.db_path, night.label))
    return at_work


async def _sweep(step: NightOperator, shell: Shell, change: Command[Any]) -> None:
    """Remove what a copy left; what stays, be it on a disk that hangs, is no reason to keep a database down."""
    try:
        await shell.run(change)
    except VitamBackupError as error:
        step.log.warning("what a copy left stays there: %s", error.message)
