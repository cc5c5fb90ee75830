"""
Whether the copies of a backup are still on their hosts, as the hosts say and as it is noted in the backup's records.

A backup whose copies are away counts as damaged from then on, and as what it was before once they are there again: a
disk may not be mounted today.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vitam_operators import nights
from vitam_operators.config import Platform
from vitam_operators.nights import AWAY, MANIFEST, Night
from vitam_operators.restores import plans


@dataclass(frozen=True)
class Wanted:
    """
    A copy that is looked for.

    :param host: that holds it; perhaps none of the platform's
    :param path: of a file that is there as long as the copy is
    :param size_bytes: that it has to have; ``None``: any
    """

    part: str
    host: str
    path: str
    size_bytes: int | None


def wanted(platform: Platform, night: Night) -> Iterator[Wanted]:
    """Yield what is to be looked for of a backup; a copy in a repository that no host has is not."""
    for name, part in (night.read(MANIFEST) or {})["parts"].items():
        path, pieces = plans.found_by(platform, part), plans.pieces(platform, part)
        if path is not None and pieces is not None:
            yield Wanted(name, plans.holder(platform, part), path, int(part["size_bytes"]) if pieces.sized else None)


def note(night: Night, missing: Mapping[str, str]) -> None:
    """
    Note which copies of a backup are away, or that none is any more.

    :param missing: for each part why
    """
    known = night.read(AWAY) or {}
    if not missing and not known.get("missing"):
        return
    since = known["since"] if known.get("missing") else nights.now_text()
    night.write(AWAY, {"since": since, "asked_at": nights.now_text(), "missing": dict(missing)})
