"""Asking the hosts for the copies of those backups that are to stay, before any other one goes."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from vitam_operators import presence
from vitam_operators.catalogue import DAMAGED, Backup, entry
from vitam_operators.config import Platform
from vitam_operators.errors import VitamBackupError
from vitam_operators.hooks.hosts import HostHook, target
from vitam_operators.hooks.records import nights_of
from vitam_operators.presence import Wanted
from vitam_operators.prune import Decision
from vitam_operators.restores import bringing

Decide = Callable[[Sequence[Backup]], list[Decision]]
Copies = dict[str, list[Wanted]]
"""What is looked for of each backup, by its label."""


class Presence:
    """
    What the hosts of a platform say of the copies that are to stay.

    :param platform: the platform file
    """

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.silent: dict[str, str] = {}
        """Hosts that could not be asked, each with the reason."""

    async def decide(self, backups: Sequence[Backup], decide: Decide) -> list[Decision]:
        """
        Return what becomes of each backup, when only those take places in the rules whose copies are there.

        One that is away leaves its place to another, which is looked for then. What could not be asked for takes no
        place today, and its records stay as they are.

        :param decide: the rules, as :func:`.operators.prune.decided`
        """
        asked: set[str] = set()
        while True:
            decisions = decide(backups)
            waiting = [one.backup for one in decisions if one.keep and _may_count(one.backup)]
            waiting = [backup for backup in waiting if backup.label not in asked]
            if not waiting:
                return decisions
            found = {backup.label: backup for backup in await self._looked_for(waiting)}
            backups = [found.get(backup.label, backup) for backup in backups]
            asked |= found.keys()

    async def _looked_for(self, backups: Iterable[Backup]) -> list[Backup]:
        """Ask for the copies of some backups, note what was found, and return them as they stand then."""
        nights = nights_of(self.platform)
        copies: Copies = {b.label: list(presence.wanted(self.platform, nights.named(b.label))) for b in backups}
        hosts = {copy.host for wanted in copies.values() for copy in wanted}
        answers = await asyncio.gather(*(self._ask(host, copies) for host in sorted(hosts)))
        missing = {(label, part): why for answer in answers for label, part, why in answer}
        return [self._as_found(backup, copies[backup.label], missing) for backup in backups]

    async def _ask(self, host: str, copies: Copies) -> list[tuple[str, str, str]]:
        """Return label, part and reason of each copy that is not on a host as it should be."""
        here = [(label, copy) for label, wanted in copies.items() for copy in wanted if copy.host == host]
        if host not in {known.name for known in self.platform.hosts}:
            return [(label, copy.part, f"{host} is not in the platform file") for label, copy in here]
        if host in self.silent:
            return []
        found = []
        try:
            async with HostHook(target(self.platform, host)).connect() as shell:
                for label, copy in here:
                    size_bytes = await shell.run(bringing.size_of(copy.path))
                    if size_bytes is None:
                        found.append((label, copy.part, f"{copy.path} is not on {host}"))
                    elif copy.size_bytes not in (None, size_bytes):
                        words = f"{copy.path} on {host} has {size_bytes} bytes, expected {copy.size_bytes}"
                        found.append((label, copy.part, words))
        except VitamBackupError as error:
            self.silent[host] = error.message
            return []
        return found

    def _as_found(self, backup: Backup, copies: list[Wanted], missing: dict[tuple[str, str], str]) -> Backup:
        night = nights_of(self.platform).named(backup.label)
        away = {copy.part: missing[backup.label, copy.part] for copy in copies if (backup.label, copy.part) in missing}
        unasked = sorted({copy.host for copy in copies} & self.silent.keys())
        if away or not unasked:
            presence.note(night, away)
            return entry(night) or backup
        if not backup.restorable:
            return backup
        reason = f"its copies on {', '.join(unasked)} could not be looked for"
        return replace(backup, state=DAMAGED, reason=reason, away_since=dt.datetime.now(dt.UTC))


def _may_count(backup: Backup) -> bool:
    """Tell whether a backup would take a place if its copies are there."""
    return backup.restorable or backup.away_since is not None
