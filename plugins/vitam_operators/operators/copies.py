"""Copying what is stopped, on the host that has it, as a transient unit; reading each copy back."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from vitam_operators import archive, nights, systemd
from vitam_operators.errors import CopyFailedError, CopyRefusedError, VitamBackupError
from vitam_operators.hooks.hosts import HostHook, Shell, target
from vitam_operators.nights import Night
from vitam_operators.operators.base import NightOperator, WaitingOperator, window_of
from vitam_operators.operators.mongo import end_copy
from vitam_operators.operators.targets import HostOperator, ReplicaSetOperator
from vitam_operators.parts import FilesPart, MongoPart, all_parts, files_parts
from vitam_operators.procedure import SERVICES
from vitam_operators.triggers.base import Report, Wait
from vitam_operators.triggers.units import UnitEnded
from vitam_operators.words import size_words


class CopyOperator(WaitingOperator):
    """
    Copy one part, unless it has been copied.

    A second try finds the transient unit of the first and goes on waiting for it. It copies nothing that runs, and
    nothing once the restart has begun.
    """

    @property
    @abstractmethod
    def part(self) -> MongoPart | FilesPart:
        """What is copied."""

    @abstractmethod
    def source(self, night: Night) -> tuple[str, str, tuple[str, ...]]:
        """Return the host, the directory and what of it is left out."""

    @abstractmethod
    async def require_cold(self, night: Night, shell: Shell) -> None:
        """
        Check on the host that what is to be copied is stopped.

        :raises CopyRefusedError: it runs, or was not closed in order
        """

    def limit_s(self) -> int:
        """Return a day: the night's give-up time is the limit of a copy."""
        return 24 * 3600

    def too_slow(self, words: str) -> VitamBackupError:
        """Return the error of a copy that takes too long."""
        return CopyFailedError(words, hint="look at the copy's unit on its host")

    async def begin(self, context: Any) -> Wait | None:
        """Start the copy, or find the one that an earlier try started."""
        night, name = self.cold_night(context), self.part.name
        if name not in night.opened["parts"]:
            raise AirflowSkipException(f"{name} was not asked for")
        host, directory, exclude = self.source(night)
        unit = archive.copy_unit(night.label, name)
        async with HostHook(target(self.platform, host)).connect() as shell:
            await self.require_cold(night, shell)
            copied = await shell.run(archive.copied(night.label, name, self.platform.copies))
            if copied is not None and night.read(f"part.{name}"):
                self.log.info("%s was copied by an earlier try", name)
                return None
            size_bytes = await shell.run(archive.size_of(directory))
            state = (await shell.run(systemd.unit_states([unit])))[unit]
            if state.active == "failed":
                await shell.run(systemd.forget_failure(unit))
            if state.active in ("failed", "inactive"):
                await self._start(night, shell, unit, directory, exclude, size_bytes)
        return UnitEnded(self.platform_file, host, unit, size_bytes)

    async def _start(
        self, night: Night, shell: Shell, unit: str, directory: str, exclude: tuple[str, ...], size_bytes: int
    ) -> None:
        copies, name = self.platform.copies, self.part.name
        await self._require_room(shell, size_bytes)
        left_s = int((window_of(night).give_up_at - dt.datetime.now(dt.UTC)).total_seconds())
        arguments = archive.copy_arguments(directory, night.label, name, copies, exclude)
        night.write(f"copy.{name}", {"began_at": nights.now_text(), "host": shell.host.name, "source": directory})
        self.log.info("%s: copying %s of %s, %s", name, directory, shell.host.name, size_words(size_bytes))
        await shell.run(
            systemd.run_transient(
                unit,
                archive.COPY_SCRIPT,
                *arguments,
                runtime_max_s=max(1, left_s),
                description=f"Vitam backup {night.label}: copy of {name}",
            )
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
        """Check again that nothing ran meanwhile, then note the copy."""
        night, name = self.cold_night(context), self.part.name
        host, _, _ = self.source(night)
        async with HostHook(target(self.platform, host)).connect() as shell:
            await self.require_cold(night, shell)
            copied = await shell.run(archive.copied(night.label, name, self.platform.copies))
            if copied is None:
                raise CopyFailedError(
                    f"{name}: the copy's unit ended well, but there is no archive in "
                    f"{archive.copy_directory(night.label, self.platform.copies)} on {host}",
                    hint="somebody removed it; clear this task to copy again",
                )
            await shell.run(systemd.end_transient(archive.copy_unit(night.label, name)))
        size = size_words(copied.size_bytes)
        self.log.info("%s: %s, %d files, sha256 %s", name, size, copied.files, copied.sha256)
        return night.write(f"part.{name}", self._record(night, host, copied))

    def _record(self, night: Night, host: str, copied: archive.Copied) -> dict[str, Any]:
        name, copies = self.part.name, self.platform.copies
        began = dt.datetime.fromisoformat((night.read(f"copy.{name}") or {"began_at": nights.now_text()})["began_at"])
        return {
            "kind": self.part.kind,
            "host": host,
            "archive": f"{archive.copy_directory(night.label, copies)}/{archive.archive_name(name, copies)}",
            "size_bytes": copied.size_bytes,
            "sha256": copied.sha256,
            "files": copied.files,
            "began_at": began.isoformat(),
            "ended_at": nights.now_text(),
            "duration_s": (dt.datetime.now(dt.UTC) - began).total_seconds(),
        }


class CopyReplicaSetOperator(ReplicaSetOperator, CopyOperator):
    """Copy the data of the mongod that was a replica set's primary and that this night stopped."""

    def source(self, night: Night) -> tuple[str, str, tuple[str, ...]]:
        """Return the host of the stopped primary and its dbPath."""
        record = night.read(f"stop.{self.part.name}")
        if record is None or "lock_changed_s" not in record:
            raise CopyRefusedError(
                f"{self.part.name}: no primary of it was stopped in this night",
                hint="clear the task that stops the primary of this set while the window is open",
            )
        return str(record["host"]), self.part.db_path, archive.EXCLUDED_OF_MONGODB

    async def require_cold(self, night: Night, shell: Shell) -> None:
        """Check that the mongod is down, ended with 0, left its lock empty, and has not run since its stop."""
        part = self.part
        state = (await shell.run(systemd.unit_states([part.daemon.unit])))[part.daemon.unit]
        if not state.exited_clean:
            raise self._refused(shell, f"{part.daemon.unit} is {state.words}")
        lock = await shell.run(archive.mongod_lock(part.db_path))
        if lock.size_bytes:
            raise self._refused(shell, f"{part.db_path}/mongod.lock holds {lock.size_bytes} bytes")
        if lock.changed_s != (night.read(f"stop.{part.name}") or {})["lock_changed_s"]:
            raise self._refused(shell, f"{part.daemon.unit} has run again since this night stopped it")

    def _refused(self, shell: Shell, found: str) -> CopyRefusedError:
        return CopyRefusedError(
            f"{self.part.name} on {shell.host.name} is not cold: {found}",
            hint="nothing was copied from it; trigger a new run of vitam_backup",
        )


class CopyFilesOperator(HostOperator, CopyOperator):
    """
    Copy a directory of a host, with Vitam's services of that host stopped.

    :param file_set: name of the file set
    """

    def __init__(self, *, file_set: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.file_set = file_set

    @property
    def part(self) -> FilesPart:
        """The directory as a part of the backup."""
        parts = files_parts(self.platform)
        return next(part for part in parts if (part.host, part.file_set.name) == (self.host, self.file_set))

    def source(self, night: Night) -> tuple[str, str, tuple[str, ...]]:
        """Return the host and the directory of the platform file."""
        return self.host, self.part.file_set.path, tuple(f"./{pattern}" for pattern in self.part.file_set.exclude)

    async def require_cold(self, night: Night, shell: Shell) -> None:
        """Check that no Vitam service runs on the host."""
        units = [SERVICES[name].unit for name in shell.host.services]
        states = await shell.run(systemd.unit_states(units)) if units else {}
        running = [unit for unit, state in states.items() if state.running]
        if running:
            raise CopyRefusedError(
                f"{self.part.name} is not cold: on {shell.host.name} {', '.join(running)} runs",
                hint="nothing was copied from it; trigger a new run of vitam_backup",
            )


class EndCopiesOperator(NightOperator):
    """
    Begin the restart: from now on this night copies nothing, and a copy that still runs on a host is ended.

    After a night without trouble there is nothing to end.
    """

    async def act(self, context: Any) -> dict[str, Any] | None:
        """Close the night for copies, then look at each part that has no finished copy."""
        night = self.latest_night(context)
        if night is None:
            self.log.info("nothing was opened: there is no copy to end")
            return None
        night.write_once(nights.RESTART, {"began_at": nights.now_text(), "by": self.task_id})
        begun, finished = night.all("copy"), night.all("part")
        parts = [part.name for part in all_parts(self.platform) if part.name in begun and part.name not in finished]
        return {"ended": [name for name in parts if await end_copy(self, night, begun[name]["host"], name)]}
