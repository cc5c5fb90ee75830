"""A restore drill: the backup that it is of, what its steps share, and what they leave behind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from vitam_operators import drill, nights, systemd
from vitam_operators.catalogue import entry
from vitam_operators.errors import BackupNotFitError
from vitam_operators.hooks.hosts import HostHook, target
from vitam_operators.hooks.records import nights_of
from vitam_operators.nights import DRILL, DRILLING, PRUNED, Night, Record
from vitam_operators.operators.base import NightOperator
from vitam_operators.parts import DATABASES, MongoPart, config_parts, shard_parts
from vitam_operators.triggers.drills import is_up

CHOOSE = "choose_backup"
NO_ROOM = "no_room"
"""State of a directory that was not extracted because its host has no room for it."""


def manifest_of(night: Night) -> Record:
    """Return the manifest of a backup; an empty one if it has none."""
    return night.read(nights.MANIFEST) or {"parts": {}, "clusters": {}}


class DrillOperator(NightOperator):
    """A step of a drill. It acts on the backup that choose_backup named, and never on the platform itself."""

    leaves_record = False

    def kept_platforms(self, context: Any) -> Iterator[str]:
        """Yield nothing: a drill opens no records of its own, it works by the platform file."""
        yield from ()

    async def reopen(self, context: Any) -> None:
        """Do nothing: the records are those of a night that is over."""

    def latest_night(self, context: Any) -> Night | None:
        """Return the records of the backup that is drilled, ``None`` when none was chosen."""
        label = context["ti"].xcom_pull(task_ids=CHOOSE)
        return Night(nights_of(self.platform).directory / label) if label else None

    def drilled(self, context: Any) -> Night:
        """Return the records of the backup that is drilled; a step without one is skipped."""
        night = self.latest_night(context)
        if night is None:
            raise AirflowSkipException("no backup was chosen")
        return night


class ChooseBackupOperator(DrillOperator):
    """
    Choose the backup to drill: the one that is asked for, or the newest whole one without a drill, or else the newest.

    A second try chooses what the first one did. A run that is cleared after its end begins a new drill of the same
    backup. Only sealed backups whose copies are there count; a partial one is drilled by name.
    """

    async def act(self, context: Any) -> str:
        """Return the backup's label."""
        known, run_id = nights_of(self.platform).newest_first(), context["dag_run"].run_id
        own = next((night for night in known if (night.read(DRILLING) or {}).get("run_id") == run_id), None)
        wanted = context["params"].get("backup")
        night = own or (self._named(known, wanted) if wanted else self._newest(known))
        self._require_hosts(night)
        if own is None or (own.read(DRILL) or {}).get("run_id") == run_id:
            night.write(DRILLING, {"run_id": run_id, "began_at": nights.now_text()})
        self.log.info("the drill is of backup %s: %s", night.label, ", ".join(manifest_of(night)["parts"]))
        return night.label

    @staticmethod
    def _named(known: list[Night], label: str) -> Night:
        night = next((night for night in known if night.label == label), None)
        if night is None or not nights.LABEL.fullmatch(label):
            raise BackupNotFitError(
                f"there is no backup {label!r}; the newest is {known[0].label if known else 'none'}",
                hint="choose one that has a directory in the records, or leave the field empty",
            )
        if night.read(nights.MANIFEST) is None:
            raise BackupNotFitError(
                f"backup {label} was never sealed: its copies may be of different moments, or incomplete",
                hint="choose a backup that has a manifest.json in its records",
            )
        if night.has(PRUNED):
            raise BackupNotFitError(f"the copies of backup {label} were removed", hint="choose a newer backup")
        return night

    @staticmethod
    def _newest(known: list[Night]) -> Night:
        fit = [night for night in known if _is_fit(night)]
        if not fit:
            raise AirflowSkipException("there is no whole sealed backup to drill")
        return next((night for night in fit if night.read(DRILL) is None), fit[0])

    def _require_hosts(self, night: Night) -> None:
        parts = manifest_of(night)["parts"]
        known = {host.name for host in self.platform.hosts}
        gone = [f"{name} on {part['host']}" for name, part in parts.items() if part["host"] not in known]
        if gone:
            raise BackupNotFitError(
                f"backup {night.label} has copies on hosts that the platform file does not have: {', '.join(gone)}",
                hint="choose a newer backup, or put the host back into the platform file",
            )


def _is_fit(night: Night) -> bool:
    """Tell whether a backup is whole, and its copies and what it was opened with are there as far as is known."""
    backup = entry(night)
    if backup is None or night.has(PRUNED) or night.read(nights.OPEN) is None:
        return False
    return backup.whole and backup.sealed_at is not None and backup.away_since is None


class PartOfDrillOperator(DrillOperator):
    """
    A step of a drill on one part.

    :param part: name of the part
    """

    def __init__(self, *, part: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.part = part

    def scratch(self, night: Night) -> str:
        """Return the directory that the part is extracted to."""
        return drill.scratch_of(night.label, self.part, self.platform.drill)

    def record(self, night: Night) -> Record:
        """Return what the manifest has of the part; a step on one that this backup does not have is skipped."""
        record: Record | None = manifest_of(night)["parts"].get(self.part)
        if record is None:
            raise AirflowSkipException(f"backup {night.label} has no part {self.part}")
        return record

    def host_of(self, record: Record) -> HostHook:
        """Return the way to the host that holds the part."""
        return HostHook(target(self.platform, record["host"]))

    def set_part(self) -> MongoPart:
        """Return the part as the data of a replica set."""
        parts = (*config_parts(self.platform), *shard_parts(self.platform))
        return next(part for part in parts if part.name == self.part)

    def port(self, night: Night) -> int:
        """Return the port of the part's mongod: those of one host have one each."""
        parts = manifest_of(night)["parts"]
        beside = [name for name, part in parts.items() if part["kind"] in DATABASES]
        beside = sorted(name for name in beside if parts[name]["host"] == parts[self.part]["host"])
        return self.platform.drill.port + beside.index(self.part)

    def note(self, night: Night, **facts: Any) -> Record:
        """Write down what this drill knows of the part, with what it knew before."""
        return self.note_anew(night, **{**noted(night, self.part), **facts})

    def note_anew(self, night: Night, **facts: Any) -> Record:
        """Write down what this drill knows of the part, in place of all that was known."""
        own = {**(night.read(DRILLING) or {}), "host": self.record(night)["host"]}
        return night.write(f"{DRILL}.{self.part}", {**facts, **own})


def noted(night: Night, part: str) -> Record:
    """Return what the drill that is on, or was last, knows of a part; nothing that an earlier one knew."""
    record, drilling = night.read(f"{DRILL}.{part}") or {}, night.read(DRILLING) or {}
    return record if all(record.get(name) == value for name, value in drilling.items()) else {}


class RemoveScratchOperator(PartOfDrillOperator):
    """
    End the mongod of a part and remove what was extracted. It runs whatever failed, and finds nothing to do again.

    Clear it by hand if a drill was killed for good: until then the directory takes its room.
    """

    async def act(self, context: Any) -> dict[str, Any]:
        """End both units, then remove the directory."""
        night = self.drilled(context)
        record, scratch = self.record(night), self.scratch(night)
        units = [drill.mongod_unit(night.label, self.part), drill.extract_unit(night.label, self.part)]
        async with self.host_of(record).connect() as shell:
            for unit, state in (await shell.run(systemd.unit_states(units))).items():
                if is_up(state) or state.active == "active":
                    await shell.run(systemd.end_transient(unit))
                elif state.active == "failed":
                    await shell.run(systemd.forget_failure(unit))
            await shell.run(drill.remove(scratch))
        return {"removed": scratch}
