"""
What the backup does as root on a host, as the very commands that it sends there.

A night, a drill or a pruning that needs another right gets it by one more function in :data:`TOPICS`: commands made by
the package's own functions, with the samples of :class:`Rights` in place of what differs from night to night.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from vitam_operators import (
    archive,
    drill,
    guard,
    journal,
    nights,
    prune,
    reflink,
    scratch_mongod,
    secret_files,
    systemd,
)
from vitam_operators.clients import RESTIC_SCRIPT
from vitam_operators.commands import Command, existing, write_whole
from vitam_operators.config import Platform
from vitam_operators.engines.base import Engine
from vitam_operators.engines.chosen import engine_of
from vitam_operators.engines.restic import ResticEngine
from vitam_operators.engines.tar import TarEngine
from vitam_operators.host_units import files_parts_of, mongo_parts_of, units_of
from vitam_operators.restores import bringing, opening
from vitam_operators.restores import rights as restore_rights
from vitam_operators.restores.plans import Place
from vitam_operators.sudo_rules import Hole, filled, literal, one_of

LABEL = Hole("19700101T000000Z-9", "[0-9]{8}T[0-9]{6}Z(-[0-9]+)?")
NUMBER = Hole("987654321", "[0-9]+")
MOMENT = dt.datetime.fromtimestamp(int(NUMBER.sample), dt.UTC)
DESCRIPTION = Hole("Vitam-does-something", "Vitam [A-Za-z0-9 @:._-]+")
COPY = Hole("any-copy-of-this-host", "[A-Za-z0-9_-][A-Za-z0-9_.-]*")
SHA256 = Hole("0123456789abcdef" * 4, "[0-9a-f]{64}")
SCRIPT = Hole("what-a-job-does", ".+")
UNIT, EACH_UNIT = "vitam-one-of-this-host.service", "vitam-some-of-this-host.service"
PART, EACH_PART = "one-part-of-this-host", "some-parts-of-this-host"
JOB = "vitam-job-of-this-host.service"
VITAM = "vitam-"
WIDE_UNIT, WIDE_PART = f"{VITAM}[A-Za-z0-9@._-]+", "[A-Za-z0-9_.-]+"

JOBS = (
    *(archive.copy_unit, archive.ship_unit, archive.verify_unit, drill.extract_unit, drill.mongod_unit),
    *(bringing.extract_unit, opening.recover_unit, opening.rewrite_unit),
)
"""The names of jobs that work on one part; those of :func:`.archive.prune_unit` work on a whole backup."""

Commands = Iterator[Command[Any]]


class Rights:
    """
    One host of a platform: what is on it, and the samples for what differs from night to night.

    :param platform: the platform file
    :param host: the host's name
    """

    def __init__(self, platform: Platform, host: str) -> None:
        self.platform, self.host = platform, host
        self.copies, self.drill = platform.copies, platform.drill
        self.units = units_of(platform, host)
        self.databases = mongo_parts_of(platform, host)
        self.db_paths = tuple(dict.fromkeys(part.db_path for part in self.databases))
        files = files_parts_of(platform, host)
        self.parts = [*(part.name for part in self.databases), *(part.name for part in files)]
        self.sources = (*self.db_paths, *(part.file_set.path for part in files))

    @cached_property
    def holes(self) -> list[Hole]:
        """What differs from night to night on this host."""
        wide = "|".join([WIDE_UNIT, *(literal(unit) for unit in self.units if not unit.startswith(VITAM))])
        units, parts = one_of(self.units), one_of(self.parts)
        known = [
            *(LABEL, NUMBER, DESCRIPTION, SCRIPT, COPY, SHA256),
            Hole(UNIT, units, f"({wide})"),
            Hole(EACH_UNIT, units, f"({wide})", many=True),
            Hole(PART, parts, WIDE_PART),
            Hole(EACH_PART, parts, WIDE_PART, many=True),
        ]
        return [*known, Hole(JOB, _job_pattern(known), _job_pattern(known, wide=True))]

    @property
    def engines(self) -> list[Engine]:
        """The engines of which there may be copies: that of old ones may be another than tonight's."""
        names = [TarEngine.name, *([ResticEngine.name] if self.copies.restic else [])]
        return [engine_of(self.copies, name) for name in names]

    @property
    def directory(self) -> str:
        """The directory of a backup."""
        return archive.copy_directory(LABEL.sample, self.copies)


def _job_pattern(holes: list[Hole], *, wide: bool = False) -> str:
    names = [*(name(LABEL.sample, PART) for name in JOBS), archive.prune_unit(LABEL.sample)]
    kinds = [name.partition(f"-{LABEL.sample}")[0].removeprefix(VITAM) for name in names]
    return rf"{VITAM}{one_of(kinds)}-{LABEL.pattern}(-{filled(PART, holes, wide=wide)})?\.service"


def unit_commands(own: Rights) -> Commands:
    """Stop and start the units of the host, and keep others from starting them meanwhile."""
    if not own.units:
        return
    running, resting = (systemd.UnitState(EACH_UNIT, "loaded", active, *REST) for active in ("active", "inactive"))
    for change in (
        systemd.stop([EACH_UNIT], {EACH_UNIT: running}),
        systemd.start([EACH_UNIT], {EACH_UNIT: resting}),
    ):
        if change is not None:
            yield change
    yield guard.hold(UNIT)
    yield guard.release([EACH_UNIT])


REST = ("", "", 0, 0, 0, None, None, None)
"""What else a unit's state has; starting and stopping do not look at it."""


def guard_commands(own: Rights) -> Commands:
    """Arm and disarm the restart guard."""
    units = [EACH_UNIT] if own.units else []
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC).isoformat()
    plan = {"fires_at": moment, "databases": units, "services": [{"unit": unit} for unit in units]}
    yield from guard.arm(plan, stop_s=1)
    yield from guard.disarm(units)


def job_commands(own: Rights) -> Commands:
    """Run jobs as transient units, and read what they say. What a job runs is not bounded by these rules."""
    if not own.parts:
        return
    opened = opening.properties(int(NUMBER.sample))
    for in_background, properties in ((False, ()), (True, ()), (True, drill.limits(own.drill)), (False, opened)):
        yield systemd.run_transient(
            *(JOB, SCRIPT.sample, SCRIPT.sample),
            runtime_max_s=int(NUMBER.sample),
            description=DESCRIPTION.sample,
            in_background=in_background,
            properties=properties,
        )
    yield systemd.end_transient(JOB)
    yield systemd.forget_failure(JOB)
    yield journal.last_words(JOB, MOMENT)
    if own.copies.restic:
        yield from secret_files.write(JOB, {})
        yield secret_files.remove(JOB)


def copy_commands(own: Rights) -> Commands:
    """Measure what is copied, look at the copies, and for Vitam's own backup, which would be a client."""
    yield existing([RESTIC_SCRIPT])
    yield from map(archive.size_of, own.sources)
    yield from map(archive.mongod_lock, own.db_paths)
    yield from map(archive.links_in, own.db_paths)
    yield from map(archive.mounts_in, own.db_paths)
    if own.parts:
        for engine in own.engines:
            yield engine.stored(LABEL.sample, PART)
            yield engine.remove_unfinished(LABEL.sample, PART)


def snapshot_commands(own: Rights) -> Commands:
    """Try whether a database can be snapshotted, and look at its snapshots."""
    for path in own.db_paths:
        yield reflink.hindrance(path)
        yield reflink.room_for_changes(path)
        yield archive.size_of(reflink.snapshot_of(path, LABEL.sample))
        yield reflink.taken(path, LABEL.sample)
        yield reflink.remove(path, LABEL.sample)


def old_backup_commands(own: Rights) -> Commands:
    """Leave the manifest beside the copies, look for those of old backups, and remove old backups."""
    if not own.parts:
        return
    yield bringing.size_of(f"{own.directory}/{COPY.sample}")
    for engine in own.engines:
        path = engine.found_by(engine.place(LABEL.sample, COPY.sample), SHA256.sample)
        if path is not None and engine.name != TarEngine.name:
            yield bringing.size_of(path)
    yield from write_whole(f"{own.directory}/{nights.MANIFEST}.json", "")
    yield prune.held_bytes(LABEL.sample, own.directory)
    yield prune.remove(LABEL.sample, own.directory)


def drill_commands(own: Rights) -> Commands:
    """Look at what a drill has extracted, and remove it."""
    if not own.parts:
        return
    scratch, each = (drill.scratch_of(LABEL.sample, part, own.drill) for part in (PART, EACH_PART))
    yield existing(drill.begun(each))
    yield scratch_mongod.key(scratch)
    yield drill.files_in(scratch)
    yield journal.last_words(JOB, MOMENT, journal.LINES_TO_JUDGE)
    yield drill.remove(scratch)


def restore_commands(own: Rights) -> Commands:
    """Bring what a restore puts in place of this host's data, swap them, swap them back, remove what is not in use."""
    for part in own.databases:
        yield from restore_rights.place_commands(Place(part, own.host), LABEL.sample)
    if own.databases:
        for engine in own.engines:
            pieces = engine.pieces(engine.place(LABEL.sample, PART))
            yield from restore_rights.carrying_commands(pieces, LABEL.sample, PART, own.copies)


TOPICS: tuple[Callable[[Rights], Commands], ...] = (
    unit_commands,
    guard_commands,
    job_commands,
    copy_commands,
    snapshot_commands,
    old_backup_commands,
    drill_commands,
    restore_commands,
)
