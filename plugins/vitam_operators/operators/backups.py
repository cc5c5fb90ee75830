"""The backup as a whole: opened, sealed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

import vitam_operators
from vitam_operators import attempts, elastic, manifest, nights, phases
from vitam_operators.catalogue import Reader
from vitam_operators.errors import NightClosedError
from vitam_operators.hooks import layouts
from vitam_operators.hooks.records import nights_of
from vitam_operators.left_out import left_out
from vitam_operators.nights import Night, Record
from vitam_operators.operators import asked
from vitam_operators.operators.base import NightOperator
from vitam_operators.operators.copies import CopyOperator
from vitam_operators.operators.looks import Facts, answers_of
from vitam_operators.operators.opening import open_run
from vitam_operators.parts import config_parts, shard_parts
from vitam_operators.words import size_words

OUTSIDE = "open"
"""Phase of the steps that are in no group of the graph: the backup is opened, the guards are armed."""


class OpenBackupOperator(NightOperator):
    """
    Open the backup: write down, once, what runs now and what is planned. The setup task of every restart.

    Run again, it finds the open backup. After a restart it opens a new attempt if there is a new plan, so that two
    moments never mix; without one, as when a single step is cleared, nothing is opened and that step refuses.
    """

    opens = True

    async def act(self, context: Any) -> str:
        """
        Return the label of the backup.

        :raises RecordsAwayError: this run has opened one before, and its records are not there
        :raises NightClosedError: there is no plan, or it is of an earlier attempt than the look, or the platform file
            was edited since
        """
        self.latest_night(context)
        plan = context["ti"].xcom_pull(task_ids="plan_night")
        if not plan:
            raise NightClosedError("there is no plan", hint="clear plan_night with its downstream tasks")
        looks = [facts for task in ("check_host", "check_cluster") for facts in answers_of(context, task)]
        if outdated := attempts.outdated(plan, looks):
            raise NightClosedError(
                f"{outdated}: plan_night was marked as a success, or was left out of the clear",
                hint="no new attempt was opened; the starts of the last one go on. For a new backup clear plan_night "
                "with its downstream tasks, or trigger a new run",
            )
        record = {**plan, "opened_at": nights.now_text()}
        night = open_run(self, context, plan, record)
        self.log.info("backup %s is open: %s", night.label, night.directory)
        return night.label


class SealBackupOperator(NightOperator):
    """Seal the backup: write the manifest, if every part that was planned was copied and read back."""

    async def act(self, context: Any) -> Facts:
        """Return label, parts and size."""
        night = self.latest_night(context)
        if night is None:
            raise AirflowSkipException("nothing was opened")
        snapshots = [name for name, one in night.all("indexes").items() if one.get("state") == elastic.SUCCESS]
        members = {name: night.read(f"member.{name}") or {} for name in night.opened["parts"]}
        before = asked.steps_before_copies(self.dag, "open_backup", CopyOperator)
        content = manifest.build(
            night,
            tool_version=vitam_operators.__version__,
            phases=dict(self._phases(context)),
            not_in_backup=list(left_out(self.platform, night.opened["parts"], members, snapshots)),
            same_base=manifest.same_base(night, self._earlier(night)),
            unproved=[*map(asked.words, asked.without_record(night, before)), *await self._changes(night)],
        )
        night.write(nights.MANIFEST, content)
        for warning in content["warnings_of_night"]:
            self.log.warning(warning)
        size = content["size_bytes"]
        self.log.info("backup %s is sealed: %d parts, %s", night.label, len(content["parts"]), size_words(size))
        return {"backup": night.label, "parts": len(content["parts"]), "size_bytes": size}

    async def _changes(self, night: Night) -> list[str]:
        """Say what came to a cluster since the look; one that is sealed already is not compared with a later day."""
        if night.read(nights.MANIFEST) is not None:
            return []
        parts = (*config_parts(self.platform), *shard_parts(self.platform))
        copied = {part.cluster.name: part.cluster for part in parts if part.name in night.opened["parts"]}
        before = night.opened["clusters"]
        found = [await layouts.changed(self.platform, one, before[name]) for name, one in copied.items()]
        return [words for of_cluster in found for words in of_cluster]

    def _earlier(self, night: Night) -> Iterable[Record]:
        """Yield the manifests of earlier nights, the newest first; what cannot be read is none."""
        for other in nights_of(self.platform).newest_first():
            content = Reader(other.directory).read(nights.MANIFEST) if other.label < night.label else None
            if content:
                yield content

    def _phases(self, context: Any) -> Iterable[tuple[str, Facts]]:
        """Yield each phase that is over, or begun, with what its steps told of their times: the graph's groups."""
        tasks: dict[str, list[str]] = {}
        for task in self.dag.tasks:
            group = task.task_group.group_id if task.task_group else None
            tasks.setdefault(group or OUTSIDE, []).append(task.task_id)
        for name, ids in tasks.items():
            told = (context["ti"].xcom_pull(task_ids=ids, key=key) or () for key in (phases.BEGAN, phases.ENDED))
            found = phases.phase(*told)
            if found:
                yield name, found
