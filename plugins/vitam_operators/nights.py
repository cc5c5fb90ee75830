"""
The records of a night: small JSON files in one directory, each written by one step.

What ran before, what was stopped and when, what was copied: a step that runs a second time reads here what the first
one did. A night whose restart has begun takes no more copies; a run that is begun again after that gets a new
attempt with its own directory, so that no backup ever mixes two moments. How they are written, and what becomes of one
that cannot be read, stands in :mod:`vitam_operators.record_files`.
"""

from __future__ import annotations

import datetime as dt
import logging
import re

from vitam_operators import record_files
from vitam_operators.errors import NightClosedError, NotOwnRecordsError
from vitam_operators.record_files import Directory
from vitam_operators.record_files import Record as Record
from vitam_operators.run_ids import owner_of, run_in_words

OPEN = "open"
ATTEMPT = "attempt"
"""Key of the number of an attempt, from 1: in what it was opened with, and in the plan and the looks made for it."""
PLATFORM = "platform_kept"
"""The platform file as it was when the run was opened: what its steps work by."""
RESTART = "restart"
HELD = "held"
RESUMED = "resumed"
"""Kind of record: how far a replica set was (``optime``) when it was whole again, before Vitam started."""
MANIFEST = "manifest"
CONCLUSION = "conclusion"
REPORT = "report"
"""How a restore ended."""
DRILL = "drill"
DRILLING = "drilling"
"""Which run drills a backup, or did last; ``drill`` is how the last drill ended."""
DAMAGED = "damaged"
AWAY = "away"
"""Which copies of a backup were not on their hosts when they were asked for last."""
PRUNED = "pruned"
LABEL = re.compile(r"([0-9]{8}T[0-9]{6}Z)(?:-([1-9][0-9]*))?")
"""A backup's name, to be matched whole (``fullmatch``)."""
LABEL_IN_A_FORM = rf"^{LABEL.pattern}(?!\n)$"
"""The same for a JSON Schema, whose patterns are searched for, and where ``$`` of Python lets a newline behind."""
log = logging.getLogger(__name__)


def backup_id(run_after: dt.datetime) -> str:
    """Return the id of a run's backup: the moment for which the run was planned, in UTC, never the clock."""
    return run_after.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")


def moment_of(label: str) -> tuple[dt.datetime, int] | None:
    """Return the moment and the attempt that a backup's label names, ``None`` when it is no label."""
    found = LABEL.fullmatch(label)
    try:
        moment = dt.datetime.strptime(found[1], "%Y%m%dT%H%M%SZ") if found else None
    except ValueError:
        return None
    return (moment.replace(tzinfo=dt.UTC), int(found[2] or 1)) if found and moment else None


def planned_at() -> str:
    """Return this moment to the microsecond: no two plans have the same."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")


def now_text() -> str:
    """Return this moment as records hold it: ISO 8601, UTC, seconds."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


class Night:
    """
    The records of one attempt at one night.

    :param directory: where they are
    :param stand_in: what the night was opened with, put together anew, where that record is lost
    :param may_fail: whether a record that cannot be written (a full disk) is a warning: nothing stays down for it
    """

    def __init__(self, directory: Directory, stand_in: Record | None = None, *, may_fail: bool = False) -> None:
        self.directory = directory
        self.stand_in = stand_in
        self.may_fail = may_fail

    @property
    def label(self) -> str:
        """Name of the backup: in paths, in units' names, in messages."""
        return self.directory.name

    def read(self, name: str) -> Record | None:
        """Return a record, or ``None`` if it was not written, or is lost: then it is set aside, see :meth:`has`."""
        found = record_files.read(self.directory, name)
        return self.stand_in if found is None and name == OPEN else found

    def has(self, name: str) -> bool:
        """Tell whether a record was written, be it lost by now: that it was is a fact of its own."""
        return record_files.was_written(self.directory, name)

    def unreadable(self) -> list[str]:
        """Return the names of the records that could not be read."""
        return record_files.unreadable(self.directory)

    def write(self, name: str, record: Record) -> Record:
        """
        Write a record whole or not at all, in place of an earlier one.

        :raises OSError: it was not written
        """
        try:
            record_files.write(self.directory, name, record)
        except OSError as error:
            if not self.may_fail:
                raise
            log.warning("%s of %s could not be noted: %s", name, self.label, error)
        return record

    def write_once(self, name: str, record: Record) -> Record:
        """Write a record unless it exists; return the one that stands."""
        standing = self.read(name)
        return self.write(name, record) if standing is None else standing

    def all(self, kind: str) -> dict[str, Record]:
        """Return the records of a kind (``stop``, ``part``, …), each under its own name."""
        prefix, suffix = f"{kind}.", ".json"
        if not self.directory.exists():
            return {}
        names = sorted(path.name for path in self.directory.iterdir())
        chosen = [name for name in names if name.startswith(prefix) and name.removeprefix(prefix).endswith(suffix)]
        records = {name[len(prefix) : -len(suffix)]: self.read(name[: -len(suffix)]) for name in chosen}
        return {name: record for name, record in records.items() if record is not None}

    @property
    def opened(self) -> Record:
        """
        What was noted before anything stopped.

        :raises NightClosedError: the night was not opened
        """
        record = self.read(OPEN)
        if record is None:
            lost = f"what backup {self.label} was opened with cannot be read: {self.directory}/{OPEN}.json"
            raise NightClosedError(
                lost if self.has(OPEN) else f"backup {self.label} was never opened",
                hint="clear the task open_backup, or trigger a new run",
            )
        return record

    def require_cold(self) -> None:
        """
        Check that the restart has not begun: stops and copies of this night are still of one moment.

        :raises NightClosedError: it has
        """
        if self.has(RESTART):
            began_at = (self.read(RESTART) or {}).get("began_at", "a moment that cannot be read any more")
            raise NightClosedError(
                f"the restart after backup {self.label} began at {began_at}: what is stopped or copied now "
                "would not be of the same moment as the rest",
                hint="trigger a new run of vitam_backup, or clear this run as a whole while its window is open",
            )


def unpaid(nights: list[Night], cluster: str) -> Night | None:
    """Return the night, newest first, that switched a cluster's balancer off and did not put it back."""
    for night in nights:
        record = night.read(f"balancer.{cluster}")
        if record is not None:
            return None if "put_back_at" in record else night
    return None


class Nights:
    """
    All nights of a platform.

    :param may_fail: as of :class:`Night`
    """

    def __init__(self, directory: Directory, *, may_fail: bool = False) -> None:
        self.directory = directory
        self.may_fail = may_fail

    def named(self, label: str) -> Night:
        """Return the attempt of that label, written or not."""
        return Night(self.directory / label, may_fail=self.may_fail)

    def attempt(self, identifier: str, number: int) -> Night:
        """Return one attempt of the backup ``identifier``, written or not."""
        return self.named(identifier if number == 1 else f"{identifier}-{number}")

    def attempts(self, identifier: str) -> list[Night]:
        """Return the attempts that were opened, the first one first; what one was opened with may be lost by now."""
        found: list[Night] = []
        while (night := self.attempt(identifier, len(found) + 1)).has(OPEN):
            found.append(night)
        return found

    def latest(self, identifier: str) -> Night | None:
        """Return the last attempt that was opened, or ``None``."""
        return next(reversed(self.attempts(identifier)), None)

    def newest_first(self) -> list[Night]:
        """Return every attempt that was opened, the newest first; what it was opened with may be lost by now."""
        if not self.directory.exists():
            return []
        nights = [Night(path) for path in sorted(self.directory.iterdir(), key=lambda p: p.name, reverse=True)]
        return [night for night in nights if night.has(OPEN)]

    def open(self, identifier: str, record: Record, kept: Record | None = None) -> Night:
        """
        Return the attempt that is open, or open a new one with ``record``.

        After a restart a new attempt needs a new plan: Airflow clears the setup along with any single step, and what
        ran when the old plan was made says nothing of now. Without one it is the last attempt, which is over; so it is
        with a plan that was made for an earlier attempt: in the middle of a night half of the platform is stopped.

        :param record: with ``run``, ``run_id``, ``units_before`` and ``planned_at``, which differs from plan to plan
        :param kept: the platform file, which a new attempt works by to its end
        :raises NotOwnRecordsError: the id belongs to another run
        """
        night = self.latest(identifier)
        if night is not None:
            _require_same_run(night, record)
        number = 1 if night is None else int(night.opened[ATTEMPT]) + 1
        if night is None or (night.has(RESTART) and _is_newer(record, night) and record.get(ATTEMPT, number) == number):
            before = record["units_before"] if night is None else with_what_stayed_down(record["units_before"], night)
            night = self.attempt(identifier, number)
            if kept is not None and not night.has(OPEN):
                night.write(PLATFORM, kept)
            night.write_once(OPEN, {**record, "units_before": before, ATTEMPT: number, "label": night.label})
            _require_same_run(night, record)
        return night


def _require_same_run(night: Night, record: Record) -> None:
    """Check that records are of the run that opens them: two may do so at the same moment."""
    if owner_of(night.opened) != owner_of(record):
        raise NotOwnRecordsError(
            f"backup {night.label} belongs to {run_in_words(night.opened)}, this is {run_in_words(record)}",
            hint="trigger a new run a second later",
        )


def _is_newer(record: Record, night: Night) -> bool:
    return bool(record["planned_at"] != night.opened.get("planned_at"))


def with_what_stayed_down(units_before: dict[str, list[str]], previous: Night) -> dict[str, list[str]]:
    """Add what an earlier attempt found running and did not get up again: this one has to."""
    if (previous.read(CONCLUSION) or {}).get("platform_up"):
        return units_before
    earlier: dict[str, list[str]] = previous.opened["units_before"]
    hosts = [*earlier, *(host for host in units_before if host not in earlier)]
    return {host: list(dict.fromkeys([*earlier.get(host, []), *units_before.get(host, [])])) for host in hosts}
