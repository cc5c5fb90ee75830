"""What a sealed night leaves behind: its manifest beside the copies, and of the old backups those that stay."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from vitam_operators import archive, nights, prune, systemd
from vitam_operators.catalogue import PRUNED, PRUNING, VERIFIED, Backup, entries, entry
from vitam_operators.commands import write_whole
from vitam_operators.config import Platform
from vitam_operators.config_copies import KeepConfig
from vitam_operators.engines.chosen import engine_name, engine_of
from vitam_operators.engines.tar import TarEngine
from vitam_operators.errors import PruneFailedError, VitamBackupError
from vitam_operators.hooks.hosts import HostHook, Shell, target
from vitam_operators.hooks.records import approvals_of, nights_of, restores_of
from vitam_operators.nights import Night, Record, moment_of
from vitam_operators.operators import jobs
from vitam_operators.operators.base import NightOperator
from vitam_operators.operators.ownership import require_own
from vitam_operators.operators.presence import Presence
from vitam_operators.operators.restores import PLAN, REPORT
from vitam_operators.operators.targets import HostOperator
from vitam_operators.prune import Decision
from vitam_operators.triggers.base import look_until, raised
from vitam_operators.triggers.units import UnitEnded
from vitam_operators.wholeness import held
from vitam_operators.window import Window
from vitam_operators.words import size_words

LIMIT_S, LOOK_EVERY_S = 6 * 3600, 5
"""For the removal of one backup from a repository, which systemd ends after that."""

SILENT = "{} could not be asked for the copies of the backups that are to stay, so no other one goes"


class LeaveManifestOperator(HostOperator):
    """Write the manifest beside the copies of a host: the catalogue can be made again from it."""

    async def act(self, context: Any) -> dict[str, str] | None:
        """Return where it was written; a host that has no part of the backup gets none."""
        night = self.latest_night(context)
        content = night.read(nights.MANIFEST) if night else None
        if night is None or content is None:
            raise AirflowSkipException("no backup was sealed")
        backup = entry(night)
        if backup is None or backup.state in (PRUNING, PRUNED) or self.host not in backup.places:
            self.log.info("%s has no part of backup %s", self.host, night.label)
            return None
        path = f"{_directory(self.platform, backup, self.host)}/{nights.MANIFEST}.json"
        async with HostHook(target(self.platform, self.host)).connect() as shell:
            for change in write_whole(path, json.dumps(content, indent=2, sort_keys=True)):
                await shell.run(change)
        return {"manifest": path}


@dataclasses.dataclass
class Going:
    """
    A backup that is being pruned.

    :param record: its ``pruned.json`` as it stands
    """

    backup: Backup
    night: Night
    record: Record

    def note(self, **more: Any) -> None:
        """Note what was done."""
        self.record = self.night.write(nights.PRUNED, self.record | more)

    def waits_for(self, host: str) -> bool:
        """Tell whether a host may still have something of it."""
        return host in self.backup.places and host not in self.record["freed"]


class PruneBackupsOperator(NightOperator):
    """
    Remove the old backups that no rule of ``copy.keep`` keeps, once this night is sealed.

    The hosts are asked first for the copies of those that stay: what is not there any more takes no place.
    What begins to go is noted first, and is restored from no more; a host that cannot be reached is gone on with by the
    next try, or the next night. The records stay.
    """

    async def act(self, context: Any) -> dict[str, Any]:
        """
        Return what was removed, and how much that freed.

        :raises PruneFailedError: something could not be removed; the message names all of it
        """
        night = self.latest_night(context)
        if night is None or night.read(nights.MANIFEST) is None:
            raise AirflowSkipException("this night was not sealed: nothing is pruned")
        decisions, failed = await self._decisions()
        going = [self._begin(decision) for decision in decisions if not decision.keep]
        hosts = dict.fromkeys(host for one in going for host in one.backup.places)
        failed += [words for host in hosts for words in await self._free(host, going, night)]
        ended = [one for one in going if not any(map(one.waits_for, one.backup.places))]
        for one in ended:
            one.note(ended_at=nights.now_text(), freed_bytes=sum(one.record["freed"].values()))
            self.log.info("pruned %s: %s freed", one.backup.label, size_words(one.record["freed_bytes"]))
        if failed:
            raise PruneFailedError(
                "old backups could not be removed everywhere:\n" + "\n".join(f"  {words}" for words in failed),
                hint=f"backup {night.label} is sealed all the same; mend what is named, then clear this task, or leave "
                "it to the next night",
            )
        return {
            "pruned": [one.backup.label for one in ended],
            "freed_bytes": sum(one.record["freed_bytes"] for one in ended),
        }

    async def _decisions(self) -> tuple[list[Decision], list[str]]:
        """Return what becomes of each backup, and why some that should go stay: nobody knows what is left then."""
        keep, presence = self.platform.copies.keep, Presence(self.platform)
        self.log.info(prune.rules_in_words(self.platform.copies))
        if keep is None:
            return [], []
        backups = entries(nights_of(self.platform))
        by_records = decided(self.platform, backups, keep)
        decisions = await presence.decide(backups, lambda known: decided(self.platform, known, keep))
        silent = [f"{SILENT.format(host)}: {why}" for host, why in presence.silent.items()]
        if silent:
            decisions = [one for one in decisions if one.keep or one.backup.state == PRUNING]
        for decision in decisions:
            words = "stays" if decision.keep else "goes"
            self.log.info("%s (%s) %s: %s", decision.backup.label, decision.backup.state, words, decision.reason)
        for words in silent:
            self.log.warning(words)
        return decisions, silent if any(not one.keep for one in by_records) else []

    def _begin(self, decision: Decision) -> Going:
        night = nights_of(self.platform).named(decision.backup.label)
        record = {"began_at": nights.now_text(), "reason": decision.reason}
        return Going(decision.backup, night, {"freed": {}} | night.write_once(nights.PRUNED, record))

    async def _free(self, host: str, going: list[Going], night: Night) -> list[str]:
        """Remove from a host what is to go, unless it is another run's by now; return what went wrong."""
        waiting = [one for one in going if one.waits_for(host)]
        if host not in {known.name for known in self.platform.hosts}:
            self._give_up(host, waiting)
            return []
        try:
            async with HostHook(target(self.platform, host)).connect() as shell:
                await require_own(shell, night)
                for one in waiting:
                    await self._remove(shell, one)
        except VitamBackupError as error:
            left = ", ".join(one.backup.label for one in waiting if one.waits_for(host))
            return [f"{left} on {host}: {error.message}"]
        return []

    async def _remove(self, shell: Shell, one: Going) -> None:
        label, host = one.backup.label, shell.host.name
        await self._remove_elsewhere(shell, one)
        directory = _directory(self.platform, one.backup, host)
        freed_bytes = await shell.run(prune.held_bytes(label, directory))
        await shell.run(prune.remove(label, directory))
        one.note(freed=one.record["freed"] | {host: freed_bytes})

    async def _remove_elsewhere(self, shell: Shell, one: Going) -> None:
        """Remove the copies of this host that an engine stores in another place than the backup's directory."""
        made = (one.night.read(nights.MANIFEST) or {}).get("parts") or one.night.all("part")
        engines = {name: engine_name(part) for name, part in made.items() if part["host"] == shell.host.name}
        for engine in sorted(set(engines.values()) - {TarEngine.name}):
            names = tuple(name for name, used in engines.items() if used == engine)
            job = engine_of(self.platform.copies, engine).remove(one.backup.label, names)
            unit, words = archive.prune_unit(one.backup.label), f"Vitam backup {one.backup.label}: removing it"
            if await jobs.may_start(shell, unit):
                await jobs.start(shell, unit, job, runtime_max_s=LIMIT_S, description=words, in_background=True)
            wait = UnitEnded(self.platform_file, shell.host.name, unit)
            until = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=LIMIT_S)
            event = await look_until(wait, until, LOOK_EVERY_S, self.log)
            if event["state"] == "failed":
                raise raised(event)
            await shell.run(systemd.end_transient(unit))

    def _give_up(self, host: str, waiting: list[Going]) -> None:
        for one in waiting:
            self.log.warning("%s is not in the platform file: its copies of %s stay", host, one.backup.label)
            one.note(freed=one.record["freed"] | {host: 0}, left_on=[*one.record.get("left_on", []), host])


def _directory(platform: Platform, backup: Backup, host: str) -> str:
    """Return the directory of a backup on a host: where its archives are, or the lists of what is stored elsewhere."""
    return backup.places[host] or archive.copy_directory(backup.label, platform.copies)


def decided(platform: Platform, backups: Sequence[Backup], keep: KeepConfig) -> list[Decision]:
    """Return what becomes of each backup now: by the rules, but what is being restored stays."""
    now = dt.datetime.now(dt.UTC)
    restored = being_restored(platform, now)
    decisions = prune.decide(backups, keep, now, platform.window.timezone)
    return [prune.kept_for_a_restore(one) if one.backup.label in restored else one for one in decisions]


def being_restored(platform: Platform, now: dt.datetime) -> set[str]:
    """Return the backups of restores onto the platform that are on: open, not reported, their window not over."""
    on = [night for night in restores_of(platform).newest_first() if night.read(REPORT) is None]
    known = [night.read(nights.OPEN) or _approved(platform, night) for night in on]
    return {one["restored"] for one in known if one and now < Window.of_record(one["window"]).end}


def _approved(platform: Platform, restore: Night) -> Record | None:
    """Return the plan of a restore that lost what it was opened with."""
    return approvals_of(platform).named(restore.label.partition("-")[0]).read(PLAN)


def planned(platform: Platform, plan: Mapping[str, Any]) -> list[dict[str, str]]:
    """
    Return what a night will prune if it is sealed.

    :param plan: of the night: ``backup``, and what it will hold
    """
    label = plan["backup"]
    moment, keep, now = moment_of(label), platform.copies.keep, dt.datetime.now(dt.UTC)
    if keep is None or moment is None:
        return []
    holds = held(plan, plan["parts"])
    tonight = Backup(label=label, state=VERIFIED, night_at=moment[0], opened_at=now, holds=holds)
    others = [backup for backup in entries(nights_of(platform)) if backup.label != label]
    decisions = decided(platform, [tonight, *others], keep)
    return [{"backup": one.backup.label, "reason": one.reason} for one in decisions if not one.keep]
