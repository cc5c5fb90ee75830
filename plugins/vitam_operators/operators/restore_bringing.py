"""Bringing a copy to every member's host, recovered and rewritten, while the platform still runs."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from typing import Any

from vitam_operators import archive, drill_findings, nights, scratch_mongod, systemd
from vitam_operators.commands import existing
from vitam_operators.engines.chosen import engine_name, engine_of
from vitam_operators.errors import RestoreFailedError, RestoreRefusedError, StillStoppingError, VitamBackupError
from vitam_operators.hooks import drills as drill_hooks
from vitam_operators.hooks.carrying import carry
from vitam_operators.hooks.hosts import HostHook, Shell, target
from vitam_operators.hooks.mongo import MongoClient
from vitam_operators.nights import Night, Record
from vitam_operators.operators import jobs
from vitam_operators.operators.base import WaitingOperator
from vitam_operators.operators.ownership import require_own
from vitam_operators.operators.restores import PlaceOperator
from vitam_operators.parts import CONFIG
from vitam_operators.restores import bringing, checking, opening, plans, rewriting, room, swapping
from vitam_operators.triggers.base import Report, Wait
from vitam_operators.triggers.drills import CopyOpened
from vitam_operators.triggers.units import UnitEnded
from vitam_operators.words import size_words


class CarryCopyOperator(PlaceOperator):
    """
    Carry a copy from the host that holds it to a member's host, through this machine.

    A second try begins anew, and does nothing when all has arrived.
    """

    async def act(self, context: Any) -> dict[str, Any]:
        """Return ``{"from", "size_bytes"}``."""
        night = self.cold_night(context)
        record = self.manifest_of(night)["parts"][self.part]
        source, pieces = plans.holder(self.platform, record), plans.pieces(self.platform, record)
        if pieces is None or source == self.host:
            self.log.info("%s needs no carrying: %s", self.part, record["archive"])
            return {"from": source, "size_bytes": 0}
        own = bringing.carried(night.label, self.part, self.platform.copies)
        async with HostHook(target(self.platform, source)).connect() as there, self.to_host().connect() as here:
            await require_own(here, night)
            if not await here.run(existing([own])):
                await self._require_room(here, record["size_bytes"])
                self.log.info("%s: %s from %s to %s", self.part, size_words(record["size_bytes"]), source, self.host)
                await here.run(bringing.make_directory(own))
                await carry(there, bringing.send(pieces), here, bringing.receive(own))
                await here.run(bringing.arrived(own))
        return {"from": source, "size_bytes": record["size_bytes"]}

    async def _require_room(self, here: Shell, size_bytes: int) -> None:
        directory = self.platform.copies.directory
        needed, free = room.needed_bytes(self.platform, size_bytes, 0), await here.run(archive.room_at(directory))
        if free < needed:
            raise RestoreRefusedError(
                room.too_little(self.host, directory, free, needed),
                hint="nothing was stopped; free space there, then clear carry_copy",
            )


class ExtractRestoredOperator(PlaceOperator, WaitingOperator):
    """Extract a copy beside the member's data directory, on the same file system; it is proved whole on the way."""

    def copy_at(self, night: Night, record: Record) -> str:
        """Return where this host finds the copy."""
        pieces = plans.pieces(self.platform, record)
        if pieces is None or plans.holder(self.platform, record) == self.host:
            return str(record["archive"])
        return pieces.place_in(bringing.carried(night.label, self.part, self.platform.copies))

    def limit_s(self) -> int:
        """Return a day: the platform runs meanwhile; the window's give-up time ends it before."""
        return bringing.A_DAY_S

    async def begin(self, context: Any) -> Wait | None:
        """Start the transient unit, or find that of an earlier try."""
        night, place = self.cold_night(context), self.place
        manifest = self.manifest_of(night)
        record, brought = manifest["parts"][self.part], place.brought(night.label)
        unit = bringing.extract_unit(night.label, self.part)
        size_bytes = drill_findings.source_bytes(self.backup(night.opened["restored"]).opened, manifest, self.part)
        async with self.to_host().connect() as shell:
            found = await shell.run(swapping.there(place, night.label))
            if brought in found or place.kept(night.label) in found:
                self.log.info("%s was extracted by an earlier try: %s", self.part, brought)
                return None
            await require_own(shell, night)
            if await jobs.may_start(shell, unit):
                await self._require_room(shell, night, manifest)
                engine = engine_of(self.platform.copies, engine_name(record))
                job = engine.extract(self.copy_at(night, record), brought)
                self.log.info("%s: about %s, to %s", self.part, size_words(size_bytes), brought)
                what = f"Vitam restore of backup {night.opened['restored']}: {self.part}"
                await jobs.start(shell, unit, job, runtime_max_s=bringing.A_DAY_S, description=what, in_background=True)
        return UnitEnded(self.platform_file, self.host, unit, size_bytes)

    async def _require_room(self, shell: Shell, night: Night, manifest: Record) -> None:
        """
        Check again that what comes to the host has room there: the look is hours old, and the databases have grown.

        :raises RestoreRefusedError: it has not, and would fill the disk of a database that runs
        """
        opened = self.backup(night.opened["restored"]).opened
        places = [p for p in plans.places_of(self.platform, self.host) if p.part.name in manifest["parts"]]
        units = {bringing.extract_unit(night.label, place.part.name): place for place in places}
        begun = [
            units[unit] for unit, state in (await shell.run(systemd.unit_states(list(units)))).items() if state.running
        ]
        for place in places:
            found = await shell.run(swapping.there(place, night.label))
            begun += [place] if {place.brought(night.label), place.kept(night.label)} & found else []
        left = [place for place in places if place == self.place or place not in begun]
        brought_bytes = sum(drill_findings.source_bytes(opened, manifest, place.part.name) for place in left)
        live_bytes = sum([await shell.run(archive.size_of(place.db_path)) for place in places])
        needed, directory = (
            room.needed_bytes(self.platform, brought_bytes, live_bytes),
            self.place.db_path.rpartition("/")[0],
        )
        free = await shell.run(archive.room_at(directory))
        if free < needed:
            raise RestoreRefusedError(
                room.too_little(self.host, directory, free, needed),
                hint="nothing was stopped; free space there, or lower restore.reserve_percent, then clear extract_copy",
            )


class OpenRestoredOperator(PlaceOperator, WaitingOperator):
    """A step that opens what was brought by a mongod of its own, works on it, and has it close its files."""

    record_kind: str
    parameters: tuple[str, ...]

    def limit_s(self) -> int:
        """Return as long as a member of the platform may take."""
        return self.platform.timeouts.mongod_start_s

    def unit(self, night: Night) -> str:
        """Return the name of the transient unit."""
        name = opening.recover_unit if self.parameters == opening.RECOVERING else opening.rewrite_unit
        return name(night.label, self.part)

    def too_slow(self, words: str) -> VitamBackupError:
        """Return the error of a mongod that does not open the data in its time."""
        return StillStoppingError(f"after {self.limit_s()} s: {words}", hint="raise timeouts.mongod_start_s")

    async def begin(self, context: Any) -> Wait | None:
        """Start the mongod, unless an earlier try's is there, or did its work."""
        night = self.cold_night(context)
        if night.read(f"{self.record_kind}.{self.place.name}") is not None:
            return None
        brought, unit = self.place.brought(night.label), self.unit(night)
        storage = drill_findings.storage_of(self.manifest_of(night), self.part)
        async with self.to_host().connect() as shell:
            await require_own(shell, night)
            if await jobs.may_start(shell, unit):
                job = scratch_mongod.opening(brought, self.port, self.platform.drill, storage, self.parameters)
                stop_s = self.platform.timeouts.mongod_stop_s
                await jobs.start(
                    shell,
                    unit,
                    job,
                    runtime_max_s=bringing.A_DAY_S,
                    description=f"Vitam restore of backup {night.opened['restored']}: mongod of {self.part}",
                    properties=opening.properties(stop_s),
                )
        return CopyOpened(self.platform_file, self.host, unit, self.port)

    async def finish(self, context: Any, report: Report) -> dict[str, Any]:
        """Work on the data, then have the mongod close its files, with proof."""
        night = self.cold_night(context)
        async with self.to_host().connect() as shell:
            facts = await self._with_mongod(shell, night)
            end = systemd.end_transient(self.unit(night))
            await shell.run(dataclasses.replace(end, timeout_s=self.platform.timeouts.mongod_stop_s))
            lock = await shell.run(archive.mongod_lock(self.place.brought(night.label)))
        if lock.size_bytes:
            raise RestoreFailedError(
                f"{self.place.name}: the mongod that had opened the data did not close its files",
                hint=f"read journalctl -u {self.unit(night)} on {self.host}; nothing was stopped, trigger a new run",
            )
        return night.write(f"{self.record_kind}.{self.place.name}", {"at": nights.now_text(), **facts})

    async def _with_mongod(self, shell: Shell, night: Night) -> Record:
        key = await shell.run(scratch_mongod.key(self.place.brought(night.label)))
        async with shell.forward(self.port) as port, drill_hooks.ScratchHook(port, key).connect() as client:
            return await self.work(client, night)

    @abstractmethod
    async def work(self, client: MongoClient, night: Night) -> Record:
        """Work on the opened data; return what is worth a record."""

    def require(self, findings: list[str]) -> None:
        """
        Check that nothing speaks against the data.

        :raises RestoreFailedError: something does
        """
        if findings:
            raise RestoreFailedError(
                f"{self.place.name}: the data is not what backup and manifest say: {'; '.join(findings)}",
                hint="nothing was stopped; restore another backup, and trigger a drill of this one",
            )


class RecoverDataOperator(OpenRestoredOperator):
    """Apply what the last checkpoint lacks, count, and compare with what the manifest has noted."""

    record_kind, parameters = "recovered", opening.RECOVERING

    async def work(self, client: MongoClient, night: Night) -> Record:
        """Return the documents of each collection of Vitam's."""
        part, manifest = self.place.part, self.manifest_of(night)
        expected = drill_findings.expected_of(manifest, part)
        counts = checking.data_of(part.kind, await drill_hooks.counts(client))
        shards = await drill_hooks.documents(client, "config.shards", {}) if part.kind == CONFIG else []
        identity = await drill_hooks.documents(client, "admin.system.version", {"_id": rewriting.SHARD_IDENTITY})
        findings = list(drill_findings.identity_findings(expected, shards, next(iter(identity), None)))
        if expected.counts is None:
            self.log.warning("the manifest of this backup has no counts: what the copy holds is taken as right")
        else:
            noted = checking.data_of(part.kind, expected.counts)
            findings += checking.count_findings(self.place.name, noted, counts)
        self.require(findings)
        self.log.info("%s holds %d documents in %d collections", self.place.name, sum(counts.values()), len(counts))
        return {"counts": counts}


class RewriteDataOperator(OpenRestoredOperator):
    """Make the data say who the others are here: members, shards, config set."""

    record_kind, parameters = "rewritten", opening.REWRITING

    async def work(self, client: MongoClient, night: Night) -> Record:
        """Write, and return the set's members."""
        part = self.place.part
        (found,) = await drill_hooks.documents(client, "local.system.replset", {})
        config = rewriting.configuration(found, part.replica_set, plans.addresses(self.platform, part))
        answer = await client.command(
            "listCollections", database="config", nameOnly=True, cursor={"batchSize": 100_000}
        )
        collections = [one["name"] for one in answer["cursor"]["firstBatch"]]
        for write in [*rewriting.of_member(config), *self._of_role(night, collections)]:
            self.log.info("%s: %s %s.%s", self.place.name, write.command, write.database, write.collection)
            done = await client.command(write.command, write.collection, database=write.database, **write.more)
            self.require([str(error) for error in done.get("writeErrors", ())])
        return {"members": [member["host"] for member in config["members"]]}

    def _of_role(self, night: Night, collections: list[str]) -> list[rewriting.Write]:
        part = self.place.part
        shards = shards_of(self, night, part.cluster.name)
        if part.kind == CONFIG:
            return rewriting.of_config(shards, collections)
        name = next(name for name, host in shards.items() if host.partition("/")[0] == part.replica_set.name)
        return rewriting.of_shard(name, config_set_of(self, part.cluster.name), collections)


def shards_of(step: PlaceOperator | Any, night: Night, cluster: str) -> dict[str, str]:
    """Return each shard of a cluster with where it is here."""
    parts = [part for part in plans.database_parts(step.platform) if part.cluster.name == cluster]
    here = {part.replica_set.name: plans.connection_string(step.platform, part) for part in parts}
    return rewriting.shards_here(step.manifest_of(night)["clusters"][cluster]["shards"], here)


def config_set_of(step: PlaceOperator | Any, cluster: str) -> str:
    """Return where the config set of a cluster is here."""
    parts = plans.database_parts(step.platform)
    part = next(part for part in parts if part.cluster.name == cluster and part.kind == CONFIG)
    return plans.connection_string(step.platform, part)
