"""A restore: what its steps share, and the backup that it is of."""

from __future__ import annotations

from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from vitam_operators import nights
from vitam_operators.catalogue import DRILLED, Backup, entries
from vitam_operators.errors import BackupNotFitError
from vitam_operators.hooks.hosts import HostHook, target
from vitam_operators.hooks.records import backups_for
from vitam_operators.nights import Night, Record
from vitam_operators.operators.base import NightOperator
from vitam_operators.operators.targets import HostOperator
from vitam_operators.restores import plans
from vitam_operators.restores.plans import Place

CHOOSE, PLAN = "choose_backup", "plan_restore"
DECISION, REPORT = "decision", nights.REPORT
"""Records: whether the restored data stays; how the restore ended."""
AWAY_HINT = "once its copies are there again, clear prune_backups of the last sealed night: it asks for them"


class RestoreOperator(NightOperator):
    """A step of a restore. Its records are kept apart from those of backups."""

    def restore(self, context: Any) -> Night:
        """Return the records of this restore; a step of one that was never opened is skipped."""
        night = self.latest_night(context)
        if night is None:
            raise AirflowSkipException("this restore was not opened: nothing was touched")
        return night

    def backup(self, label: str) -> Night:
        """Return the records of a backup that may be restored here."""
        return backups_for(self.platform).named(label)

    def manifest(self, label: str) -> Record:
        """
        Return the manifest of a backup.

        :raises BackupNotFitError: it is lost
        """
        content = self.backup(label).read(nights.MANIFEST)
        if content is None:
            raise BackupNotFitError(f"backup {label} has no manifest", hint="choose another backup")
        return content

    def manifest_of(self, night: Night) -> Record:
        """Return the manifest of the backup that a restore is of."""
        return self.manifest(night.opened["restored"])


class PlaceOperator(HostOperator, RestoreOperator):
    """
    A step on one member's data.

    :param part: name of the replica set as a part of the backup
    """

    def __init__(self, *, part: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.part = part

    def unplanned(self) -> str:
        """Name a member that the platform does not have."""
        known = {(place.part.name, place.host) for place in plans.places(self.platform)}
        return "" if (self.part, self.host) in known else f"member {self.host} of {self.part}"

    @property
    def place(self) -> Place:
        """The data directory."""
        return plans.place_named(self.platform, self.part, self.host)

    @property
    def port(self) -> int:
        """The port of the mongod that opens what was brought: those of one host have one each."""
        return self.platform.restore.port + plans.places_of(self.platform, self.host).index(self.place)

    def to_host(self) -> HostHook:
        """Return the way to the member's host."""
        return HostHook(target(self.platform, self.host))


def kept(night: Night) -> bool:
    """Tell whether the restored data stays; until that is decided it does not."""
    return bool((night.read(DECISION) or {}).get("keep"))


class ChooseRestoreOperator(RestoreOperator):
    """Choose the backup to restore: the one that is asked for, or the newest whole one that a drill has opened."""

    opens = True

    async def act(self, context: Any) -> str:
        """Return the backup's label."""
        known = entries(backups_for(self.platform))
        wanted = context["params"].get("backup")
        backup = self._named(known, wanted) if wanted else self._newest_drilled(known)
        self.log.info("backup %s, %s, %s", backup.label, backup.state, ", ".join(backup.parts))
        return backup.label

    @staticmethod
    def _named(known: list[Backup], label: str) -> Backup:
        backup = next((backup for backup in known if backup.label == label), None)
        if backup is None:
            raise BackupNotFitError(
                f"there is no backup {label!r}; the newest is {known[0].label if known else 'none'}",
                hint="`python -m vitam_operators.catalogue_command list PLATFORM` prints all",
            )
        if not backup.restorable:
            raise BackupNotFitError(
                f"backup {label} is {backup.state}{f': {backup.reason}' if backup.reason else ''}",
                hint=AWAY_HINT if backup.away_since else "choose one that is drilled, verified or sealed",
            )
        return backup

    @staticmethod
    def _newest_drilled(known: list[Backup]) -> Backup:
        backup = next((backup for backup in known if backup.state == DRILLED and backup.whole), None)
        if backup is None:
            raise BackupNotFitError(
                "no whole backup was proved by a restore drill",
                hint="trigger vitam_restore_drill first, or name the backup that you want all the same",
            )
        return backup
