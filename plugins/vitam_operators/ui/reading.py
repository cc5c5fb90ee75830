"""One night as the page shows it, read from its records; what a record does not say is ``None``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vitam_operators import nights as records
from vitam_operators.catalogue import BROKEN, DAMAGED, INCOMPLETE, OPEN, SEALED, VERIFIED, Backup, Reader
from vitam_operators.nights import Nights, Record
from vitam_operators.ui.phases import Times, moment, times_of

NOT_CONCLUDED = (OPEN, INCOMPLETE, SEALED, VERIFIED)
MAY_OUTLAST_WINDOW = dt.timedelta(days=1)


@dataclass(frozen=True)
class Part:
    """
    One copy of a backup.

    :param read_back_at: when its checksum was proved; ``None``: it was not
    :param documents: noted before the stop; ``None``: nobody counted
    """

    name: str
    kind: str
    host: str
    place: str
    engine: str
    size_bytes: int
    sha256: str
    files: int | None
    duration_s: float | None
    read_back_at: dt.datetime | None
    documents: int | None


@dataclass(frozen=True)
class NightRead:
    """
    A night.

    :param running: it is not over yet
    :param failed: it is over, and its backup is no good
    :param down_s: how long Vitam was down, so far if it runs; ``None``: not noted
    """

    backup: Backup
    times: Times
    running: bool
    parts: tuple[Part, ...]
    opened: Record
    manifest: Record
    conclusion: Record
    drill: Record
    down_s: float | None

    @property
    def failed(self) -> bool:
        """Whether it is over without a backup that could be restored."""
        return not self.running and self.backup.state in (OPEN, INCOMPLETE, DAMAGED)

    @property
    def findings(self) -> list[str]:
        """What speaks against the night or its backup, a sentence each."""
        told = [str(finding) for finding in self.conclusion.get("findings", ())]
        told += [f"drill: {finding}" for finding in self.drill.get("findings", ())]
        return [self.backup.reason, *told] if self.backup.reason else told

    @property
    def drilled_at(self) -> dt.datetime | None:
        """When a drill of it passed."""
        return moment(self.drill.get("at")) if self.drill.get("state") == "passed" else None


def night_of(nights: Nights, backup: Backup, now: dt.datetime) -> NightRead:
    """Read the night of a backup; a record that cannot be read counts as not written."""
    reader = Reader(nights.named(backup.label).directory)
    manifest, conclusion = reader.read(records.MANIFEST), reader.read(records.CONCLUSION)
    opened = manifest | reader.read(records.OPEN)
    try:
        times = times_of(reader)
    except BROKEN:
        times = Times((), None, None, None)
    running = (
        not conclusion and backup.state in (OPEN, INCOMPLETE, "sealed", "verified") and now < _over(opened, reader)
    )
    down = conclusion.get("down_s")
    if down is None and (running or times.up_at):
        down = times.down_s(now)
    try:
        sealed = manifest.get("parts")
        found = _parts(sealed or dict(reader.all("part")), {} if sealed else dict(reader.all("proof")))
        parts = tuple(sorted(found, key=lambda part: (-part.size_bytes, part.name)))
    except BROKEN:
        parts = ()
    return NightRead(backup, times, running, parts, opened, manifest, conclusion, reader.read(records.DRILL), down)


def _over(opened: Record, reader: Reader) -> dt.datetime:
    """Return when a night that did not say its end has to be over: copies may outlast the window, stops may not."""
    end = moment((opened.get("window") or {}).get("end")) or dt.datetime.min.replace(tzinfo=dt.UTC)
    began = reader.has(records.RESTART)
    return end + MAY_OUTLAST_WINDOW if began and end.year > 1 else end


def _parts(parts: dict[str, Any], proofs: dict[str, Any]) -> Iterator[Part]:
    for name, part in parts.items():
        proof = part.get("proof") or proofs.get(name) or {}
        yield Part(
            name=name,
            kind=str(part.get("kind", "")),
            host=str(part["host"]),
            place=str(part.get("archive", "")),
            engine=str(part.get("engine", "tar")),
            size_bytes=int(part["size_bytes"]),
            sha256=str(part["sha256"]),
            files=part.get("files"),
            duration_s=part.get("duration_s"),
            read_back_at=moment(proof.get("read_back_at")) if proof.get("sha256") == part["sha256"] else None,
            documents=_documents(part),
        )


def _documents(part: Record) -> int | None:
    """Return how many documents a part had before the stop, where its manifest counts them."""
    counts = (part.get("mongodb") or {}).get("counts")
    if not isinstance(counts, dict):
        return None
    return sum(number for number in counts.values() if isinstance(number, int))
