"""What a night is doing at this moment: what was asked for and not seen to end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from vitam_operators import nights as records
from vitam_operators.catalogue import BROKEN, Reader
from vitam_operators.nights import Nights
from vitam_operators.ui.phases import moment
from vitam_operators.ui.reading import NightRead
from vitam_operators.words import size_words


@dataclass(frozen=True)
class Work:
    """
    Something that goes on.

    :param words: what, as one operator would tell another
    :param since: when it was asked for, where that was noted
    """

    words: str
    since: dt.datetime | None = None


def at_work(nights: Nights, night: NightRead) -> list[Work]:
    """Say what a night that runs is doing; nothing when its records do not tell."""
    reader = Reader(nights.named(night.backup.label).directory)
    try:
        if reader.has(records.RESTART):
            return list(_starting(reader, night))
        return [*_stopping(reader), *_copying(reader, night)] or [Work("waiting for the next step", _last(night))]
    except BROKEN:
        return []


def _stopping(reader: Reader) -> Iterator[Work]:
    for name, stop in reader.all("stop"):
        if "seen_stopped_at" not in stop:
            unit, _, host = name.partition("@")
            words = f"stopping {stop.get('unit', unit)} on {stop.get('host', host)}"
            yield Work(words, moment(stop.get("asked_at")))


def _copying(reader: Reader, night: NightRead) -> Iterator[Work]:
    made = {name for kind in ("part", "snapshot") for name, _ in reader.all(kind)}
    begun, planned = dict(reader.all("copy")), night.opened.get("parts") or ()
    if begun:
        yield Work(f"{len(made)} of {len(planned)} parts are copied")
    sizes = night.opened.get("sizes") or {}
    on_hosts = [(sizes.get(copy.get("host"), {}).get(name, 0), name, copy) for name, copy in begun.items()]
    for size, name, copy in sorted(on_hosts, key=lambda found: (-found[0], found[1])):
        if name not in made:
            of = f", {size_words(size)}" if size else ""
            yield Work(f"copying {name} on {copy.get('host')}{of}", moment(copy.get("began_at")))


def _starting(reader: Reader, night: NightRead) -> Iterator[Work]:
    if night.times.up_at is None:
        healthy = sum("healthy_at" in start for _, start in reader.all("start"))
        yield Work(f"{healthy} of {len(list(reader.all('stop')))} stopped units and replica sets are healthy again")
        return
    planned, read_back = night.opened.get("parts") or (), sum(1 for _ in reader.all("proof"))
    yield Work(f"the platform is up; {read_back} of {len(planned)} parts are read back", night.times.up_at)


def _last(night: NightRead) -> dt.datetime | None:
    return night.times.phases[-1].began_at if night.times.phases else None
