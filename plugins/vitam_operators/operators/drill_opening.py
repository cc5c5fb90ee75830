"""Making a copy readable: extracting it on the host that holds it, opening it by a mongod of its own."""

from __future__ import annotations

from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from vitam_operators import archive, drill, drill_findings, nights, scratch_mongod, systemd
from vitam_operators.commands import existing
from vitam_operators.engines.base import Job
from vitam_operators.engines.chosen import engine_of
from vitam_operators.errors import DrillFailedError, DrillRefusedError, VitamBackupError
from vitam_operators.hooks.hosts import Shell
from vitam_operators.nights import Night, Record
from vitam_operators.operators import jobs
from vitam_operators.operators.base import WaitingOperator
from vitam_operators.operators.drills import NO_ROOM, PartOfDrillOperator, manifest_of
from vitam_operators.parts import DATABASES
from vitam_operators.triggers.base import Wait
from vitam_operators.triggers.drills import CopyExtracted, CopyOpened
from vitam_operators.words import size_words

A_DAY_S = 24 * 3600


class WaitingDrillOperator(PartOfDrillOperator, WaitingOperator):
    """A step of a drill that waits for a transient unit; its failure is a finding about the copy."""

    gives_up = False

    def too_slow(self, words: str) -> VitamBackupError:
        """Return the error of a drill that takes too long: it says nothing about the copy."""
        return DrillRefusedError(f"after {self.limit_s()} s: {words}", hint="raise drill.cpu_percent")

    async def _conclude(self, context: Any, event: dict[str, Any]) -> Any:
        if event.get("error") == DrillFailedError.__name__:
            night = self.drilled(context)
            self.note(night, state="failed", findings=[event["message"]], ended_at=nights.now_text())
        return await super()._conclude(context, event)

    async def start(self, shell: Shell, night: Night, unit: str, job: Job, what: str) -> None:
        """Start a transient unit that disturbs the platform as little as can be."""
        await jobs.start(
            shell,
            unit,
            job,
            runtime_max_s=A_DAY_S,
            description=f"Vitam restore drill of backup {night.label}: {what} {self.part}",
            in_background=True,
            properties=drill.limits(self.platform.drill),
        )


class ExtractCopyOperator(WaitingDrillOperator):
    """
    Extract a part on the host that holds it, into a directory of the drill's own.

    The copy's checksum is proved on the way. A second try finds the transient unit of the first.
    """

    def limit_s(self) -> int:
        """Return a day: it disturbs nobody."""
        return A_DAY_S

    async def begin(self, context: Any) -> Wait | None:
        """Look at the host, then start to extract, or find what an earlier try started."""
        night = self.drilled(context)
        record, scratch = self.record(night), self.scratch(night)
        unit, size_bytes = drill.extract_unit(night.label, self.part), self._size(night, self.part)
        async with self.host_of(record).connect() as shell:
            if scratch in await shell.run(existing([scratch])):
                self.log.info("%s was extracted by an earlier try: %s", self.part, scratch)
                return None
            if await jobs.may_start(shell, unit):
                await self._require_mongod(shell, night, record)
                await self._require_room(shell, night, record)
                job = engine_of(self.platform.copies, record["engine"]).extract(record["archive"], scratch)
                self.log.info("%s: about %s, to %s", self.part, size_words(size_bytes), scratch)
                self.note_anew(night, state="extracting")
                await self.start(shell, night, unit, job, "extracting")
        return CopyExtracted(self.platform_file, record["host"], unit, size_bytes)

    async def _require_mongod(self, shell: Shell, night: Night, record: Record) -> None:
        """Check before anything is extracted that the host can open it."""
        if record["kind"] not in DATABASES:
            return
        clusters, program = manifest_of(night)["clusters"], self.platform.drill.mongod
        copied = str(clusters[self.set_part().cluster.name]["version"])
        found = await shell.run(scratch_mongod.mongod_version(program))
        if scratch_mongod.series(found) != scratch_mongod.series(copied):
            raise DrillRefusedError(
                f"{self.part} was copied from MongoDB {copied}, {program} on {shell.host.name} is "
                f"{found or 'not there'}: files of another series do not open, or are changed",
                hint="set drill.mongod to a mongod of that series, or choose a backup that was made since the upgrade",
            )

    async def _require_room(self, shell: Shell, night: Night, record: Record) -> None:
        """
        Check that everything fits that is extracted at the same time, on the same host.

        The databases all or none; once they are there, each directory with the smaller ones: that an offer's objects
        have no room keeps nothing else from its drill.
        """
        name, directory, is_database = shell.host.name, self.platform.drill.directory, record["kind"] in DATABASES
        parts = manifest_of(night)["parts"]
        like = [
            p for p, other in parts.items() if other["host"] == name and (other["kind"] in DATABASES) == is_database
        ]
        places = {part: drill.begun(drill.scratch_of(night.label, part, self.platform.drill)) for part in like}
        found = await shell.run(existing([path for pair in places.values() for path in pair]))
        if is_database:
            left = [part for part in like if part == self.part or not found & set(places[part])]
        else:
            own = self._rank(night, self.part)
            left = [part for part in like if self._rank(night, part) <= own and places[part][0] not in found]
        needed = int(sum(self._size(night, part) for part in left) * self.platform.copies.room_factor)
        free = await shell.run(archive.room_at(directory))
        if free < needed:
            words = (
                f"{name} has {size_words(free)} free in {directory}, extracting {', '.join(left)} needs "
                f"{size_words(needed)} ({self.platform.copies.room_factor} times their size)"
            )
            if not is_database:
                self.note_anew(night, state=NO_ROOM, warnings=[words])
            raise DrillRefusedError(
                words,
                hint=f"free space on {name}, or set drill.directory to another disk; {self.part} was not extracted",
            )

    def _rank(self, night: Night, part: str) -> tuple[int, str]:
        return self._size(night, part), part

    @staticmethod
    def _size(night: Night, part: str) -> int:
        return drill_findings.source_bytes(night.opened, manifest_of(night), part)


class OpenCopyOperator(WaitingDrillOperator):
    """
    Open the extracted copy of a replica set by a mongod of its own, on the loopback, for nobody but the drill.

    The platform's own members are not touched: it is another process, on other files, of no replica set.
    """

    def limit_s(self) -> int:
        """Return as long as a member of the platform may take."""
        return self.platform.timeouts.mongod_start_s

    async def begin(self, context: Any) -> Wait | None:
        """Start the mongod, unless an earlier try's is there."""
        night = self.drilled(context)
        record, scratch, port = self.record(night), self.scratch(night), self.port(night)
        unit = drill.mongod_unit(night.label, self.part)
        async with self.host_of(record).connect() as shell:
            if scratch not in await shell.run(existing([scratch])):
                raise AirflowSkipException(f"{self.part} was not extracted")
            if await jobs.may_start(shell, unit):
                await self._require_port(shell, port)
                storage = drill_findings.storage_of(manifest_of(night), self.part)
                job = scratch_mongod.opening(
                    *(scratch, port, self.platform.drill, storage, scratch_mongod.RECOVERING),
                    passable=self.platform.drill.directory,
                )
                self.note_anew(night, state="opened", opened_at=nights.now_text())
                await self.start(shell, night, unit, job, "mongod of")
        return CopyOpened(self.platform_file, record["host"], unit, port)

    @staticmethod
    async def _require_port(shell: Shell, port: int) -> None:
        if port in await shell.run(systemd.listening_ports()):
            raise DrillRefusedError(
                f"port {port} of {shell.host.name} is in use, the drill's mongod needs it",
                hint="set drill.port to a free one",
            )
