"""Proving copies: reading each one back with the platform up again."""

from __future__ import annotations

from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from vitam_operators import archive, mongo, nights, systemd, writes
from vitam_operators.engines.chosen import engine_of
from vitam_operators.errors import NotProvedError, WrittenMeanwhileError
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.hooks.hosts import HostHook, target
from vitam_operators.nights import Night
from vitam_operators.operators import jobs
from vitam_operators.operators.base import WaitingOperator
from vitam_operators.operators.targets import ReplicaSetOperator
from vitam_operators.parts import MongoPart
from vitam_operators.triggers.base import Report, Wait
from vitam_operators.triggers.units import UnitEnded

ENTRIES_SHOWN = 20


class VerifyCopyOperator(WaitingOperator):
    """
    Read a copy back, with the platform up again: its checksum, and its list of files.

    :param part: name of the part
    """

    gives_up = False

    def __init__(self, *, part: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.part = part

    def limit_s(self) -> int:
        """Return a day: reading back disturbs nobody."""
        return 24 * 3600

    async def begin(self, context: Any) -> Wait | None:
        """Start to read back, or find what an earlier try started."""
        night = self.latest_night(context)
        record = night.read(f"part.{self.part}") if night else None
        if night is None or record is None:
            raise AirflowSkipException(f"{self.part} was not copied")
        unit = archive.verify_unit(night.label, self.part)
        async with HostHook(target(self.platform, record["host"])).connect() as shell:
            if await jobs.may_start(shell, unit):
                job = engine_of(self.platform.copies).verify(night.label, self.part)
                words = f"Vitam backup {night.label}: reading back {self.part}"
                await jobs.start(shell, unit, job, runtime_max_s=self.limit_s(), description=words, in_background=True)
        return UnitEnded(self.platform_file, record["host"], unit)

    async def finish(self, context: Any, report: Report) -> dict[str, Any] | None:
        """Note the proof."""
        night = self.latest_night(context)
        record = night.read(f"part.{self.part}") if night else None
        if night is None or record is None:
            return None
        async with HostHook(target(self.platform, record["host"])).connect() as shell:
            await shell.run(systemd.end_transient(archive.verify_unit(night.label, self.part)))
            copied = await shell.run(engine_of(self.platform.copies).stored(night.label, self.part))
        found = copied.sha256 if copied else "no archive"
        return night.write(f"proof.{self.part}", {"read_back_at": nights.now_text(), "sha256": found})


class ProveNothingWrittenOperator(ReplicaSetOperator):
    """
    Prove from a replica set's oplog that nobody but the cluster itself wrote between the last look and the restart.

    A mongod that was elected while the old primary was copied takes writes that the copy does not have.
    """

    async def act(self, context: Any) -> dict[str, Any]:
        """
        Read the primary's oplog of that time, and note the proof.

        :raises NotProvedError: the oplog does not reach back to the look, or has nothing of that time
        :raises WrittenMeanwhileError: somebody wrote
        """
        night, part = self.latest_night(context), self.part
        quiet = night.read(f"quiet.{self.cluster}") if night else None
        if night is None or quiet is None:
            raise AirflowSkipException(f"{part.name} was not copied")
        found = await self._foreign_writes(night, part, quiet["sets"][part.name]["optime"])
        if found:
            raise WrittenMeanwhileError(
                f"{part.name} was written to while it was stopped for the backup: {', '.join(found)}",
                hint="the copies do not fit together and are not sealed; find who wrote, then trigger a new run",
            )
        return night.write(f"unchanged.{part.name}", {"proved_at": nights.now_text(), "since": quiet["at"]})

    async def _foreign_writes(self, night: Night, part: MongoPart, optime: list[int]) -> list[str]:
        from bson import Timestamp

        noted = night.read(f"{nights.RESUMED}.{part.name}")
        after, until = Timestamp(*optime), Timestamp(*noted["optime"]) if noted else None
        hellos = await mongo_hooks.hellos(self.platform, part.cluster, part.replica_set.data_hosts, part.daemon.port)
        primary = mongo.primary_of(part.replica_set.name, hellos)
        async with mongo_hooks.member(self.platform, part.cluster, primary, part.daemon.port).connect() as client:
            oldest = await client.oplog({"ts": {"$lte": after}}, limit=1)
            if not oldest:
                raise NotProvedError(
                    f"{part.name}: the oplog of {primary} begins after the look at {optime}",
                    hint="the oplog is too small for a night; enlarge it (replSetResizeOplog)",
                )
            if not await client.oplog(writes.between(after, until), limit=1):
                raise NotProvedError(
                    f"{part.name}: the oplog of {primary} has no entry after {after} and until {until or 'now'}, not "
                    "even that of its election: it says nothing of that time",
                    hint="the copies are not sealed; look at rs.status() of this set, then trigger a new run",
                )
            entries = await client.oplog(writes.foreign_writes(part.kind, after, until), limit=ENTRIES_SHOWN)
        return list(writes.written(entries))
