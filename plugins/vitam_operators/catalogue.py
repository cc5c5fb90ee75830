"""
The catalogue: all backups of a platform and the state of each, read from the records of their nights.

It has no file of its own, so none can be lost or say otherwise than the records. A record that cannot be read spoils
its own backup alone. Whose records are lost, of that the manifest is left beside the copies (``rebuild``).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from vitam_operators import nights as records
from vitam_operators.engines.chosen import engine_name
from vitam_operators.engines.tar import TarEngine
from vitam_operators.nights import LABEL, Night, Nights, moment_of
from vitam_operators.record_files import ASIDE, Directory, Record
from vitam_operators.wholeness import EVERYTHING, held

OPEN, INCOMPLETE, SEALED, VERIFIED, DRILLED = "open", "incomplete", "sealed", "verified", "drilled"
DAMAGED, PRUNING, PRUNED = "damaged", "being pruned", "pruned"
PROVED = (VERIFIED, DRILLED)
RESTORABLE = (SEALED, *PROVED)
BROKEN = (ValueError, KeyError, TypeError, AttributeError, OSError)


@dataclass(frozen=True)
class Backup:
    """
    One backup of the catalogue.

    :param label: names it in paths and messages
    :param state: ``open``, ``incomplete``, ``sealed``, ``verified``, ``drilled``, ``damaged``, ``being pruned`` or
        ``pruned``
    :param night_at: the moment for which its run was planned, from the label
    :param opened_at: when it was opened; ``night_at`` where no record says
    :param parts: names of the parts that it has
    :param holds: ``everything``, or what of it, see :mod:`vitam_operators.wholeness`; of one that is not sealed: is to
    :param places: directory of its copies on each host; ``""``: that of the platform file
    :param reason: why it is damaged, or is to go
    :param away_since: when its copies were first found missing, if nothing else speaks against it
    :param unreadable: records that are lost or cannot be read; the copies themselves may be whole
    """

    label: str
    state: str
    night_at: dt.datetime
    opened_at: dt.datetime
    attempt: int = 1
    platform: str = ""
    run_id: str = ""
    note: str = ""
    sealed_at: dt.datetime | None = None
    size_bytes: int = 0
    parts: tuple[str, ...] = ()
    holds: str = EVERYTHING
    places: dict[str, str] = field(default_factory=dict)
    reason: str = ""
    away_since: dt.datetime | None = None
    unreadable: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[dt.datetime, int]:
        """By which backups are newer and older."""
        return self.night_at, self.attempt

    @property
    def whole(self) -> bool:
        """Whether it has, or was to have, every part that its platform had when it was opened."""
        return self.holds == EVERYTHING

    @property
    def restorable(self) -> bool:
        """Whether a restore may begin with it."""
        return self.state in RESTORABLE

    @property
    def proved(self) -> bool:
        """Whether each of its copies was read back, as far as is known without fault."""
        return self.state in PROVED


def directory_of(label: str, directory: str) -> str:
    """
    Return a directory that belongs to a backup alone.

    :raises ValueError: it does not have the backup's name, or the label is none
    """
    path = PurePosixPath(directory)
    if not LABEL.fullmatch(label) or not path.is_absolute() or ".." in path.parts or path.name != label:
        raise ValueError(f"{directory!r} is no directory of a backup {label!r}")
    return str(path)


def entries(nights: Nights) -> list[Backup]:
    """
    Return all backups of a platform, the newest first; pruned ones, too.

    :raises OSError: the platform's records as a whole cannot be listed
    """
    if not nights.directory.exists():
        return []
    found = (entry(night) for night in map(Night, nights.directory.iterdir()) if moment_of(night.label))
    return sorted(filter(None, found), key=lambda backup: backup.order, reverse=True)


def last_good(newest_first: Iterable[Backup]) -> Backup | None:
    """Return the last backup that a restore may begin with and that lacks nothing; ``None`` when there is none."""
    return next((backup for backup in newest_first if backup.restorable and backup.whole), None)


def entry(night: Night) -> Backup | None:
    """Return the entry of one night, ``None`` when it was never opened, or its label is none."""
    moment, reader = moment_of(night.label), Reader(night.directory)
    if moment is None or not (reader.unreadable or reader.has(records.OPEN) or reader.has(records.MANIFEST)):
        return None
    backup = Backup(label=night.label, state=OPEN, night_at=moment[0], opened_at=moment[0], attempt=moment[1])
    for step in (_opened, _copied, _sealed, _tested, _pruned):
        try:
            backup = step(backup, reader)
        except BROKEN as error:
            reader.unreadable.setdefault(reader.last, f"is not as a night writes it ({error!r})")
    if not reader.unreadable or backup.state in (PRUNED, PRUNING):
        return backup
    words = "; ".join(f"{name} {why}" for name, why in reader.unreadable.items())
    return replace(backup, state=DAMAGED, reason=words, unreadable=tuple(reader.unreadable))


class Reader:
    """
    The records of a night as far as they can be read; it never raises for one that cannot.

    :param directory: of the night
    """

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.unreadable: dict[str, str] = {}
        self.last = directory.name
        try:
            self.names = {path.name for path in directory.iterdir()}
        except NotADirectoryError:
            self.names = set()
        except OSError as error:
            self.names = set()
            self.unreadable[directory.name] = f"cannot be listed ({error})"

    def has(self, name: str) -> bool:
        """Tell whether a record was written, be it unreadable by now."""
        return bool({f"{name}.json", f"{name}.json{ASIDE}"} & self.names)

    def read(self, name: str) -> Record:
        """Return a record; an empty one when it was not written or cannot be read."""
        self.last = f"{name}.json"
        if self.last not in self.names:
            if f"{self.last}{ASIDE}" in self.names:
                self.unreadable[self.last] = f"could not be read and is set aside as {self.last}{ASIDE}"
            return {}
        try:
            content = json.loads((self.directory / self.last).read_text(encoding="utf-8"))
        except (ValueError, OSError) as error:
            self.unreadable[self.last] = f"cannot be read ({error})"
            return {}
        if not isinstance(content, dict):
            self.unreadable[self.last] = "holds no keys"
            return {}
        return content

    def all(self, kind: str) -> Iterator[tuple[str, Record]]:
        """Return the records of a kind, each with its name, but for those that cannot be read."""
        names = {name.removesuffix(ASIDE) for name in self.names}
        for name in sorted(name for name in names if name.startswith(f"{kind}.") and name.endswith(".json")):
            record = self.read(name.removesuffix(".json"))
            if record:
                yield name.removeprefix(f"{kind}.").removesuffix(".json"), record


def _opened(backup: Backup, reader: Reader) -> Backup:
    """Take what the backup was opened with."""
    ended = reader.has(records.RESTART) or reader.has(records.CONCLUSION)
    opened = reader.read(records.OPEN)
    backup = replace(backup, state=INCOMPLETE if ended else OPEN, holds=held(opened, opened.get("parts", ())))
    return _named(backup, opened)


def _copied(backup: Backup, reader: Reader) -> Backup:
    """Take what was copied of a backup that is not sealed."""
    if reader.has(records.MANIFEST):
        return backup
    if reader.read(records.CONCLUSION).get("state") == "sealed":
        reader.unreadable[f"{records.MANIFEST}.json"] = "is lost, the night was concluded as sealed"
    begun = {record["host"]: "" for _, record in reader.all("copy")}
    parts = dict(reader.all("part"))
    return replace(_with_parts(backup, parts), places=begun | _places(backup, parts))


def _sealed(backup: Backup, reader: Reader) -> Backup:
    """Take the manifest."""
    opened, content = reader.read(records.OPEN), reader.read(records.MANIFEST)
    if not content:
        return backup
    parts = content["parts"]
    backup = _with_parts(_named(backup, content), parts)
    checksums = [(part["sha256"], part.get("proof", {}).get("sha256")) for part in parts.values()]
    other = [name for name, part in parts.items() if part.get("proof", {}).get("sha256") not in (None, part["sha256"])]
    state = VERIFIED if checksums and all(written == read for written, read in checksums) else SEALED
    return replace(
        backup,
        state=DAMAGED if other else state,
        reason=f"{', '.join(other)} was read back with another checksum than it was written with" if other else "",
        sealed_at=_moment(content["sealed_at"]),
        holds=held(content | opened, parts),
        size_bytes=int(content["size_bytes"]),
        places=_places(backup, parts),
    )


def _tested(backup: Backup, reader: Reader) -> Backup:
    """Take what was learned of a sealed backup afterwards."""
    drill = reader.read(records.DRILL)
    if backup.restorable and drill.get("state") == "passed":
        backup = replace(backup, state=DRILLED)
    if drill.get("state") == "failed":
        backup = replace(backup, state=DAMAGED, reason=f"its drill failed: {drill.get('reason') or 'no reason noted'}")
    if reader.has(records.DAMAGED):
        reason = reader.read(records.DAMAGED).get("reason")
        backup = replace(backup, state=DAMAGED, reason=str(reason or "somebody noted that it is damaged"))
    away = reader.read(records.AWAY)
    if backup.restorable and away.get("missing"):
        reason = "; ".join(f"{part}: {why}" for part, why in away["missing"].items())
        backup = replace(backup, state=DAMAGED, reason=reason, away_since=_moment(away["since"]))
    return backup


def _pruned(backup: Backup, reader: Reader) -> Backup:
    """Take that it went, or is going."""
    record = reader.read(records.PRUNED)
    if not record:
        return backup
    return replace(backup, state=PRUNED if "ended_at" in record else PRUNING, reason=str(record.get("reason", "")))


def _named(backup: Backup, record: Record) -> Backup:
    if not record:
        return backup
    platform, run_id, note = (str(record.get(key, "")) for key in ("platform", "run_id", "note"))
    opened_at = _moment(record["opened_at"]) if "opened_at" in record else backup.opened_at
    return replace(backup, opened_at=opened_at, platform=platform, run_id=run_id, note=note)


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)


def _with_parts(backup: Backup, parts: dict[str, Any]) -> Backup:
    size_bytes = sum(int(part["size_bytes"]) for part in parts.values())
    return replace(backup, parts=tuple(parts), size_bytes=size_bytes)


def _places(backup: Backup, parts: dict[str, Any]) -> dict[str, str]:
    """
    Return the directory of the copies on each host; of an engine that stores them elsewhere, that of their lists.

    :raises ValueError: one of them is not the backup's own
    """
    archives = {p["host"]: PurePosixPath(p["archive"]) for p in parts.values() if engine_name(p) == TarEngine.name}
    places = {host: directory_of(backup.label, str(path.parent)) for host, path in archives.items()}
    return {part["host"]: "" for part in parts.values()} | places
