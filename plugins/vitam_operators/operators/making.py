"""Making something of a part, on the host that has it, as a transient unit: a copy, or a snapshot to copy later."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from dataclasses import asdict, dataclass
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from vitam_operators import archive, mounts, nights, shrunk, systemd
from vitam_operators.commands import Command
from vitam_operators.engines.base import Job, Stored
from vitam_operators.engines.chosen import engine_of
from vitam_operators.errors import CopyFailedError, CopyRefusedError, VitamBackupError
from vitam_operators.hooks.hosts import HostHook, Shell, target
from vitam_operators.known_repositories import REPOSITORIES
from vitam_operators.nights import Night
from vitam_operators.operators import jobs
from vitam_operators.operators.base import WaitingOperator, window_of
from vitam_operators.operators.ownership import require_own
from vitam_operators.parts import FilesPart, MongoPart
from vitam_operators.triggers.base import Report, Wait
from vitam_operators.triggers.units import UnitEnded
from vitam_operators.words import size_words


@dataclass(frozen=True)
class Making:
    """
    What a step makes of a part.

    :param record: kind of the record that says it is made: ``part``, or ``snapshot``
    :param unit: name of the transient unit
    :param job: what the unit runs
    :param there: fact: what was made, if it is there
    :param place: where
    :param needs_room: whether it needs as much room in ``copy.directory`` as it has bytes
    """

    record: str
    unit: str
    job: Job
    there: Command[Stored | None]
    place: str
    needs_room: bool = True


class MakeOperator(WaitingOperator):
    """
    Make something of one part, unless it has been made.

    A second try finds the transient unit of the first and goes on waiting for it.
    """

    in_background = False
    """Whether the job yields disk and processors to everybody else."""

    @property
    @abstractmethod
    def part(self) -> MongoPart | FilesPart:
        """What is copied."""

    @abstractmethod
    def night_for(self, context: Any) -> Night:
        """Return the night, if it still allows this step."""

    @abstractmethod
    def source(self, night: Night) -> tuple[str, str, tuple[str, ...]]:
        """Return the host, the directory and what of it is left out."""

    async def require_source(self, night: Night, shell: Shell) -> None:
        """Check on the host that the source may be read."""

    def making(self, night: Night) -> Making:
        """Return what is made: a copy, by the engine."""
        _, directory, exclude = self.source(night)
        engine, name = engine_of(self.platform.copies), self.part.name
        return Making(
            "part",
            archive.copy_unit(night.label, name),
            engine.store(directory, night.label, name, exclude, night.opened.get(REPOSITORIES, {}).get(name, "")),
            engine.stored(night.label, name),
            engine.place(night.label, name),
            needs_room=engine.needs_room,
        )

    def limit_s(self) -> int:
        """Return a day: the night's give-up time is the limit of what has to be cold."""
        return 24 * 3600

    def too_slow(self, words: str) -> VitamBackupError:
        """Return the error of a copy that takes too long."""
        return CopyFailedError(words, hint="look at the copy's unit on its host")

    async def begin(self, context: Any) -> Wait | None:
        """Start the job, or find the one that an earlier try started."""
        night, name = self.night_for(context), self.part.name
        if name not in night.opened["parts"]:
            raise AirflowSkipException(f"{name} was not asked for")
        making, (host, directory, _) = self.making(night), self.source(night)
        async with HostHook(target(self.platform, host)).connect() as shell:
            if night.read(f"{making.record}.{name}") and await shell.run(making.there) is not None:
                self.log.info("%s was made by an earlier try: %s", name, making.place)
                return None
            await require_own(shell, night)
            await self.require_source(night, shell)
            size_bytes = await shell.run(archive.size_of(directory))
            self._require_same(night, host, size_bytes)
            await self._require_mounted(night, shell, directory)
            if await jobs.may_start(shell, making.unit):
                await self._start(night, shell, making, size_bytes)
        return UnitEnded(self.platform_file, host, making.unit, size_bytes)

    def _require_same(self, night: Night, host: str, size_bytes: int) -> None:
        """
        Check that what is copied still is what the look has found.

        :raises CopyRefusedError: it holds next to nothing of what the last backup found there
        """
        known = night.opened.get(shrunk.COMPARED, {})
        finding = shrunk.finding_of(self.platform, self.part.name, host, size_bytes, known)
        if finding:
            raise CopyRefusedError(finding, hint="nothing was copied from it; mount its disk, then trigger a new run")

    async def _require_mounted(self, night: Night, shell: Shell, directory: str) -> None:
        """
        Check that source and destination lie on the disks that the look has seen: hours lie between them.

        :raises CopyRefusedError: one of these disks is not mounted any more
        """
        seen = night.opened.get(mounts.MOUNTS, {}).get(shell.host.name, {})
        own = {directory, *mounts.destinations(self.platform)}
        now = await shell.run(archive.mount_points(path for path in seen if path in own))
        for path, mount in now.items():
            if mounts.is_away(mount, seen[path]):
                raise CopyRefusedError(
                    f"{shell.host.name}: {path} was on the disk mounted at {seen[path]} at the look, and is on that of "
                    f"{mount} now",
                    hint="nothing was copied; mount it, then clear this task while the window is open",
                )
        below = night.opened.get(mounts.MOUNTS_BELOW, {}).get(shell.host.name, {}).get(directory, [])
        still = await shell.run(archive.mounts_below([directory])) if below else {directory: []}
        gone = [mount for mount in below if mount not in still[directory]]
        if gone:
            raise CopyRefusedError(
                f"{shell.host.name}: a disk was mounted at {', '.join(gone)}, below {directory}, at the look, and none "
                "is now",
                hint="nothing was copied; mount it, then clear this task while the window is open",
            )

    async def _start(self, night: Night, shell: Shell, making: Making, size_bytes: int) -> None:
        name, host = self.part.name, shell.host.name
        if making.needs_room:
            await self._require_room(shell, size_bytes)
        left_s = (window_of(night).give_up_at - dt.datetime.now(dt.UTC)).total_seconds()
        night.write(f"copy.{name}", {"began_at": nights.now_text(), "host": host})
        self.log.info("%s: %s of %s, to %s", name, size_words(size_bytes), host, making.place)
        await jobs.start(
            shell,
            making.unit,
            making.job,
            runtime_max_s=int(left_s) if self.gives_up else self.limit_s(),
            description=f"Vitam backup {night.label}: {making.record} of {name}",
            in_background=self.in_background,
        )

    async def _require_room(self, shell: Shell, size_bytes: int) -> None:
        copies = self.platform.copies
        free, needed = await shell.run(archive.room_at(copies.directory)), int(size_bytes * copies.room_factor)
        if free < needed:
            raise CopyRefusedError(
                f"{shell.host.name} has {size_words(free)} free in {copies.directory}, {self.part.name} needs "
                f"{size_words(needed)} ({copies.room_factor} times its size)",
                hint=f"free space on {shell.host.name}, or set copy.directory to another disk",
            )

    async def finish(self, context: Any, report: Report) -> dict[str, Any]:
        """Check again that nothing ran meanwhile, then note what was made."""
        night, name = self.night_for(context), self.part.name
        making, (host, _, exclude) = self.making(night), self.source(night)
        async with HostHook(target(self.platform, host)).connect() as shell:
            await self.require_source(night, shell)
            made = await shell.run(making.there)
            if made is None:
                raise CopyFailedError(
                    f"{name}: the unit {making.unit} ended well, but on {host} there is no {making.place}",
                    hint="somebody removed it; clear this task to copy again",
                )
            await shell.run(systemd.end_transient(making.unit))
        self.log.info("%s: %s, %d files, sha256 %s", name, size_words(made.size_bytes), made.files, made.sha256)
        record = self._record(night, host, making, made)
        record |= {"left_out": list(exclude)} if making.record == "part" else {}
        return night.write(f"{making.record}.{name}", record)

    def _record(self, night: Night, host: str, making: Making, made: Stored) -> dict[str, Any]:
        began = dt.datetime.fromisoformat(
            (night.read(f"copy.{self.part.name}") or {"began_at": nights.now_text()})["began_at"]
        )
        return {
            "kind": self.part.kind,
            "host": host,
            "engine": self.platform.copies.engine,
            "archive": making.place,
            **asdict(made),
            "began_at": began.isoformat(),
            "ended_at": nights.now_text(),
            "duration_s": (dt.datetime.now(dt.UTC) - began).total_seconds(),
        }
