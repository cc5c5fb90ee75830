"""What earlier backups noted of a host: the newest one that has it is what tonight is compared with."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from vitam_operators.catalogue import Backup, Reader, entry
from vitam_operators.nights import OPEN, Night

BACKUPS_BACK = 30
"""How many runs are read at most: the look must not take the longer the older a platform is."""

Noted = dict[str, dict[str, tuple[str, Any]]]
"""By host and name the label of a backup, and what it noted."""


def restorable_backups(newest_first: Iterable[Night]) -> Iterator[tuple[Night, Backup]]:
    """Yield those of the last :data:`BACKUPS_BACK` runs that left a backup which can be restored, newest first."""
    for night in islice(newest_first, BACKUPS_BACK):
        backup = entry(night)
        if backup is not None and backup.restorable:
            yield night, backup


def last_noted(
    key: str,
    names: Mapping[str, Iterable[str]],
    newest_first: Iterable[Night],
    wants: Callable[[str, str], bool],
    counts: Callable[[Backup, str], bool] = lambda _backup, _name: True,
) -> Noted:
    """
    Return what the newest restorable backup that noted it has of each name on each host.

    :param key: of what a night was opened with: a value by host and name
    :param names: what is looked for, by host
    :param wants: whether a host and a name of it are looked for at all
    :param counts: whether what a backup noted of a name is to be compared with
    """
    waiting: Collection[tuple[str, str]] = {(h, name) for h, known in names.items() for name in known if wants(h, name)}
    found: Noted = {}
    for night, backup in restorable_backups(newest_first) if waiting else ():
        noted = Reader(night.directory).read(OPEN).get(key, {})
        here = {(host, name) for host, name in waiting if name in noted.get(host, {}) and counts(backup, name)}
        for host, name in here:
            found.setdefault(host, {})[name] = (night.label, noted[host][name])
        waiting = [one for one in waiting if one not in here]
        if not waiting:
            break
    return found
