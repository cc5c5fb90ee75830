"""Copying what is stopped: databases and directories; copying snapshots once the platform is up again."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from vitam_operators import archive, reflink, systemd
from vitam_operators.errors import CopyRefusedError, OperatorNeededError
from vitam_operators.hooks.hosts import HostHook, Shell, target
from vitam_operators.nights import Night
from vitam_operators.operators.base import NightOperator
from vitam_operators.operators.ending import end_unfinished
from vitam_operators.operators.making import MakeOperator, Making
from vitam_operators.operators.services import begin_restart
from vitam_operators.operators.targets import HostOperator, ReplicaSetOperator
from vitam_operators.parts import FilesPart, all_parts, files_parts
from vitam_operators.procedure import SERVICES
from vitam_operators.triggers.base import Report, Wait


class CopyOperator(MakeOperator):
    """Copy one part that is cold: it copies nothing that runs, and nothing once the restart has begun."""

    def night_for(self, context: Any) -> Night:
        """Return the night while it is cold."""
        return self.cold_night(context)

    async def begin(self, context: Any) -> Wait | None:
        """Start the copy; end it again if the restart began meanwhile and may have looked before it was there."""
        wait = await super().begin(context)
        if wait is None:
            return None
        try:
            self.night_for(context)
        except OperatorNeededError:
            night = self.latest_night(context)
            if night is not None:
                await end_unfinished(self, night, [self.part])
            raise
        return wait

    @abstractmethod
    async def require_source(self, night: Night, shell: Shell) -> None:
        """
        Check on the host that what is to be copied is stopped.

        :raises CopyRefusedError: it runs, or was not closed in order
        """


class CopyReplicaSetOperator(ReplicaSetOperator, CopyOperator):
    """
    Copy the data of the mongod that was a replica set's primary and that this night stopped.

    With the method ``reflink`` it only takes a snapshot of them; :class:`ShipCopyOperator` copies that later.
    """

    def making(self, night: Night) -> Making:
        """Return a snapshot or a copy, as the look found possible on the host."""
        host, db_path, _ = self.source(night)
        if night.opened["methods"][host][self.part.name] != "reflink":
            return super().making(night)
        return Making(
            "snapshot",
            archive.copy_unit(night.label, self.part.name),
            reflink.take(db_path, night.label),
            reflink.taken(db_path, night.label),
            reflink.snapshot_of(db_path, night.label),
            needs_room=False,
        )

    def source(self, night: Night) -> tuple[str, str, tuple[str, ...]]:
        """Return the host of the stopped primary and its dbPath."""
        record = night.read(f"stop.{self.part.name}")
        if record is None or "lock_changed_s" not in record:
            raise CopyRefusedError(
                f"{self.part.name}: no primary of it was stopped in this night",
                hint="clear the task that stops the primary of this set while the window is open",
            )
        return str(record["host"]), self.part.db_path, archive.EXCLUDED_OF_MONGODB

    async def require_source(self, night: Night, shell: Shell) -> None:
        """Check that the mongod is down, closed its files, has not run since, and has all its data there."""
        part = self.part
        state = (await shell.run(systemd.unit_states([part.daemon.unit])))[part.daemon.unit]
        if not state.exited_clean:
            raise self._refused(shell, f"{part.daemon.unit} is {state.words}")
        lock = await shell.run(archive.mongod_lock(part.db_path))
        if lock.size_bytes:
            raise self._refused(shell, f"{part.db_path}/mongod.lock holds {lock.size_bytes} bytes")
        if lock.changed_s != (night.read(f"stop.{part.name}") or {})["lock_changed_s"]:
            raise self._refused(shell, f"{part.daemon.unit} has run again since this night stopped it")
        links = await shell.run(archive.links_in(part.db_path))
        if links:
            raise CopyRefusedError(
                str(archive.links_finding(part.name, shell.host.name, links)),
                hint="nothing was copied from it; trigger a new run of vitam_backup afterwards",
            )

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

    def unplanned(self) -> str:
        """Name a file set that the host does not have."""
        known = {(part.host, part.file_set.name) for part in files_parts(self.platform)}
        return "" if (self.host, self.file_set) in known else f"file set {self.file_set} of {self.host}"

    @property
    def part(self) -> FilesPart:
        """The directory as a part of the backup."""
        parts = files_parts(self.platform)
        return next(part for part in parts if (part.host, part.file_set.name) == (self.host, self.file_set))

    def source(self, night: Night) -> tuple[str, str, tuple[str, ...]]:
        """Return the host and the directory of the platform file."""
        return self.host, self.part.file_set.path, tuple(f"./{pattern}" for pattern in self.part.file_set.exclude)

    async def require_source(self, night: Night, shell: Shell) -> None:
        """Check that no Vitam service runs on the host."""
        units = [SERVICES[name].unit for name in shell.host.services]
        states = await shell.run(systemd.unit_states(units)) if units else {}
        running = [unit for unit, state in states.items() if state.running]
        if running:
            raise CopyRefusedError(
                f"{self.part.name} is not cold: on {shell.host.name} {', '.join(running)} runs",
                hint="nothing was copied from it; trigger a new run of vitam_backup",
            )


class ShipCopyOperator(ReplicaSetOperator, MakeOperator):
    """
    Make the copy of a replica set from its snapshot, with the platform up again, and remove the snapshot.

    It may outlast the window, and yields disk and processors to MongoDB.
    """

    gives_up = False
    in_background = True

    def night_for(self, context: Any) -> Night:
        """Return the night; a set without a snapshot was copied while it was down, or not at all."""
        night = self.latest_night(context)
        if night is None or not night.read(f"snapshot.{self.part.name}"):
            raise AirflowSkipException(f"there is no snapshot of {self.part.name}")
        return night

    def making(self, night: Night) -> Making:
        """Return the copy, by a unit of its own: the restart guard ends those that make something cold."""
        return replace(super().making(night), unit=archive.ship_unit(night.label, self.part.name))

    def source(self, night: Night) -> tuple[str, str, tuple[str, ...]]:
        """Return the host and the path of the snapshot."""
        snapshot = night.read(f"snapshot.{self.part.name}") or {}
        return str(snapshot["host"]), str(snapshot["archive"]), archive.EXCLUDED_OF_MONGODB

    async def finish(self, context: Any, report: Report) -> dict[str, Any]:
        """Note the copy, then remove the snapshot."""
        made = await super().finish(context, report)
        night = self.night_for(context)
        async with HostHook(target(self.platform, made["host"])).connect() as shell:
            await shell.run(reflink.remove(self.part.db_path, night.label))
        return made


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
        begin_restart(self, night)
        return {"ended": await end_unfinished(self, night, all_parts(self.platform))}
