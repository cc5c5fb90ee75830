"""Whether the next backup fits: what was free at the last look, against what a night takes and how it grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vitam_operators.nights import Record
from vitam_operators.ui.phases import moment
from vitam_operators.ui.reading import NightRead

NIGHTS_FOR_NEED = 5
NIGHTS_FOR_TREND = 14


@dataclass(frozen=True)
class Room:
    """
    The host that will be full first.

    :param free_bytes: what is left in the directory of copies, as far as the records know
    :param needed_bytes: what the next night needs there, with ``copy.room_factor`` and one night's growth
    :param nights: for how many nights it is enough if nothing is pruned
    """

    host: str
    free_bytes: int
    needed_bytes: int
    nights: int

    @property
    def fits(self) -> bool:
        """Whether the next night has the room that its look asks for."""
        return self.free_bytes >= self.needed_bytes


def growth_bytes(newest_first: Sequence[NightRead]) -> int:
    """Return by how much a backup grows from one night to the next, over the last two weeks; 0 when it shrinks."""
    sizes = [n.backup.size_bytes for n in newest_first if n.backup.restorable or n.backup.sealed_at][:NIGHTS_FOR_TREND]
    return max(0, (sizes[0] - sizes[-1]) // (len(sizes) - 1)) if len(sizes) > 1 else 0


def room(
    newest_first: Sequence[NightRead], whole: Sequence[NightRead], pruned: Sequence[Record], factor: float
) -> Room | None:
    """
    Return what is left on the host that will be full first, ``None`` when no night noted what was free.

    :param whole: those of them that copied, or were to copy, every part: what the next night needs is known from them
    :param pruned: records ``pruned`` of all backups
    :param factor: ``copy.room_factor`` of the platform file
    """
    looked = next((night for night in newest_first if night.opened.get("free_bytes")), None)
    if looked is None:
        return None
    per_night, growth = _per_night(whole), growth_bytes(whole)
    hosts = [host for host in looked.opened["free_bytes"] if per_night.get(host)]
    return min((_of(host, looked, pruned, per_night[host], growth, factor) for host in hosts), key=_spare, default=None)


def _of(host: str, looked: NightRead, pruned: Sequence[Record], size: int, growth: int, factor: float) -> Room:
    free = int(looked.opened["free_bytes"][host]) - _on(looked, host) + _freed_since(looked, host, pruned)
    needed = int((size + growth) * factor)
    return Room(host, max(0, free), needed, max(0, free) // needed if needed else 0)


def _per_night(newest_first: Sequence[NightRead]) -> dict[str, int]:
    """Return the most that one of the last nights put on each host: the primaries move."""
    last = [night for night in newest_first if night.parts][:NIGHTS_FOR_NEED]
    hosts = {part.host for night in last for part in night.parts}
    return {host: max(_on(night, host) for night in last) for host in hosts}


def _on(night: NightRead, host: str) -> int:
    return sum(part.size_bytes for part in night.parts if part.host == host)


def _freed_since(looked: NightRead, host: str, pruned: Sequence[Record]) -> int:
    since = looked.backup.opened_at
    later = (record for record in pruned if (moment(record.get("ended_at")) or since) > since)
    return sum(int(record.get("freed", {}).get(host, 0)) for record in later)


def _spare(room: Room) -> int:
    return room.free_bytes - room.needed_bytes
