"""Examining what a drill has opened, and the verdict on the backup."""

from __future__ import annotations

from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from vitam_operators import drill, drill_findings, journal, mongod_log, nights, scratch_mongod, systemd
from vitam_operators.commands import existing
from vitam_operators.config_copies import DrillConfig
from vitam_operators.drill_findings import Expected
from vitam_operators.errors import DrillFailedError, DrillRefusedError, MongoUnreachableError
from vitam_operators.hooks import drills as drill_hooks
from vitam_operators.hooks.hosts import Shell
from vitam_operators.hooks.journals import words_before_end
from vitam_operators.hooks.mongo import MongoClient
from vitam_operators.nights import Night, Record
from vitam_operators.operators.drills import PartOfDrillOperator, manifest_of, noted
from vitam_operators.parts import CONFIG
from vitam_operators.triggers.drills import ended_by_itself, is_up


class Examination:
    """
    Reads an opened copy, collection by collection, and says what speaks against it.

    It writes nothing to the copy. What it has found so far is in :attr:`found`, so that a second try goes on there.

    :param client: of the copy's mongod
    :param expected: what the copy has to hold
    :param label: of the backup
    :param settings: the platform file's section ``drill``
    :param found: what an earlier try found: ``collections``, ``findings``, ``warnings``
    :param note: keeps :attr:`found`, before and after each collection
    """

    def __init__(
        self, client: MongoClient, expected: Expected, label: str, settings: DrillConfig, found: Record, note: Any
    ) -> None:
        self.client, self.expected, self.label, self.settings = client, expected, label, settings
        self.found = {"collections": {}, "findings": [], "warnings": [], **found}
        self._note = note

    async def run(self) -> Record:
        """
        Examine the copy.

        :raises MongoUnreachableError: its mongod is gone; ``at_work_on`` names what it was reading
        """
        if "counts" not in self.found:
            await self._begin()
        fast: dict[str, int] = self.found["counts"]
        chosen = drill_findings.to_validate(self.label, self.expected, fast, self.settings.collections)
        for namespace in (name for name in chosen if name not in self.found["collections"]):
            self._keep(at_work_on=namespace)
            await self._validate(namespace, fast[namespace])
        return self._keep(at_work_on=None)

    async def _begin(self) -> None:
        fast = await drill_hooks.counts(self.client)
        config = self.expected.kind == CONFIG
        shards = await drill_hooks.documents(self.client, "config.shards", {}) if config else []
        identity = await drill_hooks.documents(self.client, "admin.system.version", {"_id": "shardIdentity"})
        findings = [
            *drill_findings.namespace_findings(self.expected, fast),
            *drill_findings.identity_findings(self.expected, shards, next(iter(identity), None)),
        ]
        unknown = ["counts were not noted: the documents cannot be compared with those before the stop"]
        self.found["findings"] += findings
        self.found["warnings"] += unknown if self.expected.counts is None else []
        self._keep(counts=fast)

    async def _validate(self, namespace: str, fast: int) -> None:
        database, _, collection = namespace.partition(".")
        try:
            answer = await self.client.command("validate", collection, database=database, full=self.settings.full)
        except MongoUnreachableError as error:
            damage = drill_hooks.damage_of(error)
            if damage is None:
                raise
            answer = {"valid": False, "errors": [damage]}
        documents = int(answer.get("nrecords", 0))
        invalid, warnings = drill_findings.validate_words(namespace, answer)
        differs, off = drill_findings.count_words(self.expected, namespace, fast, documents)
        self.found["findings"] += [words for words in (invalid, differs) if words]
        self.found["warnings"] += [*warnings, *([off] if off else [])]
        self.found["collections"][namespace] = documents

    def _keep(self, **facts: Any) -> Record:
        self.found |= facts
        self._note(self.found)
        return self.found


class ExamineCopyOperator(PartOfDrillOperator):
    """
    Read an opened copy through ssh: every collection has to be there, valid, and to hold what was noted.

    A mongod that reads a damaged file ends itself: that is a finding, too, with the file that it was reading.
    """

    async def act(self, context: Any) -> dict[str, Any]:
        """
        Return what was examined.

        :raises DrillFailedError: something speaks against the copy
        """
        night = self.drilled(context)
        async with self.host_of(self.record(night)).connect() as shell:
            found = await self._examine(night, shell)
        for warning in found["warnings"]:
            self.log.warning(warning)
        state = "failed" if found["findings"] else "passed"
        found = self.note(night, **found, state=state, ended_at=nights.now_text())
        documents = sum(found["collections"].values())
        self.log.info("%s: %d collections, %d documents, %s", self.part, len(found["collections"]), documents, state)
        if found["findings"]:
            raise DrillFailedError(
                f"{self.part} of backup {night.label}: {'; '.join(found['findings'])}",
                hint="do not rely on this backup; find out whether the platform's own data has the same fault",
            )
        return {"collections": len(found["collections"]), "documents": documents}

    async def _examine(self, night: Night, shell: Shell) -> Record:
        known = noted(night, self.part)
        kept = {name: known[name] for name in KEPT if name in known}
        if not await self._mongod_is_up(shell, night):
            if kept.get("at_work_on"):
                return await self._died(shell, night, kept)
            raise AirflowSkipException(f"{self.part} is not open; clear extract_copy with its downstream tasks")
        expected = drill_findings.expected_of(manifest_of(night), self.set_part())
        key = await shell.run(scratch_mongod.key(self.scratch(night)))
        async with shell.forward(self.port(night)) as port, drill_hooks.ScratchHook(port, key).connect() as client:
            examination = Examination(
                client,
                expected,
                night.label,
                self.platform.drill,
                kept,
                lambda found: self.note(night, state="examining", **found),
            )
            try:
                return await examination.run()
            except MongoUnreachableError:
                if await self._mongod_is_up(shell, night):
                    raise
                return await self._died(shell, night, examination.found)

    async def _mongod_is_up(self, shell: Shell, night: Night) -> bool:
        unit = drill.mongod_unit(night.label, self.part)
        return is_up((await shell.run(systemd.unit_states([unit])))[unit])

    async def _died(self, shell: Shell, night: Night, found: Record) -> Record:
        unit = drill.mongod_unit(night.label, self.part)
        state = (await shell.run(systemd.unit_states([unit])))[unit]
        log = mongod_log.read(await words_before_end(shell, state, journal.LINES_TO_JUDGE))
        reading = found.get("at_work_on") or "the list of collections"
        if log.damage is None or not ended_by_itself(state):
            raise DrillRefusedError(
                f"{unit} on {shell.host.name} ended while it read {reading} ({state.words}), which says nothing about "
                f"the copy: {log.first}",
                hint=f"read journalctl -u {unit}, mend what it names; clear extract_copy with its downstream tasks",
            )
        examined = f"{len(found['collections'])} of {len(found.get('counts', ()))} collections were examined before"
        finding = f"mongod ended while it read {reading} ({log.damage}); {examined}"
        return {**found, "findings": [*found["findings"], finding], "at_work_on": None}


KEPT = ("counts", "collections", "findings", "warnings", "at_work_on")
"""What of a part's record an examination goes on from."""


class ExamineFilesOperator(PartOfDrillOperator):
    """Count what was extracted of a directory: its checksum was proved when it was extracted."""

    async def act(self, context: Any) -> dict[str, Any]:
        """
        Return how many files there are.

        :raises DrillFailedError: not as many as in the list that was made of the source
        """
        night = self.drilled(context)
        record, scratch = self.record(night), self.scratch(night)
        async with self.host_of(record).connect() as shell:
            if scratch not in await shell.run(existing([scratch])):
                raise AirflowSkipException(f"{self.part} was not extracted")
            files = await shell.run(drill.files_in(scratch))
        finding = f"{files} files were extracted, the copy has {record['files']}"
        findings = [] if files == record["files"] else [finding]
        state = "failed" if findings else "passed"
        self.note_anew(night, files=files, state=state, findings=findings, ended_at=nights.now_text())
        if findings:
            raise DrillFailedError(f"{self.part}: {finding}", hint="do not rely on this copy; look at its .files")
        return {"files": files}
