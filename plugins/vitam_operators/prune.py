"""
Which backups stay and which go, by the rules of ``copy.keep``.

The rules are those of restic's and borg's ``forget``: the newest backup of each of the last so many days, weeks and
months that have one. Only good backups take a place in them, and only whole ones in those of whole ones: a backup of
files only replaces others of files only. What cannot be judged stays: an open backup, a young one, and one whose
records cannot be read, for its copies may be whole.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from vitam_operators.catalogue import DRILLED, OPEN, PRUNED, PRUNING, Backup, directory_of
from vitam_operators.commands import Command, change, line
from vitam_operators.config_copies import CopyConfig, KeepConfig

YOUNG = dt.timedelta(days=1)


@dataclass(frozen=True)
class Decision:
    """
    What becomes of one backup.

    :param keep: whether it stays
    :param reason: why, as one operator would tell another
    """

    backup: Backup
    keep: bool
    reason: str


def decide(backups: Sequence[Backup], keep: KeepConfig, now: dt.datetime, timezone: str) -> list[Decision]:
    """
    Decide on each backup that is not pruned yet.

    :param backups: the catalogue
    :param timezone: in which days, weeks and months are counted
    """
    backups = sorted(backups, key=lambda backup: backup.order, reverse=True)
    good = [backup for backup in backups if backup.restorable]
    ruled: dict[str, list[str]] = {}
    for holds in dict.fromkeys(backup.holds for backup in good):
        ruled |= _ruled([backup for backup in good if backup.holds == holds], keep, timezone)
    return [_decision(b, good, ruled.get(b.label, []), keep, now) for b in backups if b.state != PRUNED]


def kept_for_a_restore(decision: Decision) -> Decision:
    """Return the decision on a backup that is being restored: it stays, unless it began to go."""
    return decision if decision.backup.state == PRUNING else Decision(decision.backup, True, "is being restored")


def _decision(backup: Backup, good: Sequence[Backup], rules: list[str], keep: KeepConfig, now: dt.datetime) -> Decision:
    if backup.state == PRUNING:
        return Decision(backup, False, backup.reason)
    protected = _protected(backup, now)
    if protected:
        return Decision(backup, True, protected)
    if backup.restorable:
        of = "" if backup.whole else f" of {backup.holds}"
        return Decision(backup, bool(rules), (", ".join(rules) or f"not among {in_words(keep)}") + of)
    return _of_a_bad_one(backup, good, keep, now)


def _protected(backup: Backup, now: dt.datetime) -> str:
    if backup.state == OPEN:
        return "open"
    if now - backup.opened_at < YOUNG:
        return "younger than a day"
    if backup.unreadable:
        return f"its copies may be whole: {backup.reason}"
    return ""


def _of_a_bad_one(backup: Backup, good: Sequence[Backup], keep: KeepConfig, now: dt.datetime) -> Decision:
    words = f"{backup.state} ({backup.reason})" if backup.reason else backup.state
    since, is_young = backup.opened_at, "younger than"
    if backup.away_since:
        since, is_young = backup.away_since, "away for less than"
    if now - since < dt.timedelta(days=keep.incomplete_days):
        return Decision(backup, True, f"{words}, {is_young} {keep.incomplete_days} days")
    newer = [other for other in good if other.order > backup.order and (other.whole or other.holds == backup.holds)]
    if not newer:
        return Decision(backup, True, f"{words}, but no newer one is good")
    return Decision(backup, False, f"{words}, older than {keep.incomplete_days} days, {newer[0].label} is good")


def _ruled(good: Sequence[Backup], keep: KeepConfig, timezone: str) -> dict[str, list[str]]:
    """Return the rules that keep each of the good backups that hold the same."""
    zone, ruled = ZoneInfo(timezone), dict[str, list[str]]()
    found: list[tuple[Backup, str]] = [
        *_newest("last", good, keep.last),
        *_newest("verified", [backup for backup in good if backup.proved], keep.min_verified),
        *_newest("drilled", [backup for backup in good if backup.state == DRILLED], 1),
        *_newest_of_each("daily", good, keep.daily, lambda at: f"{at:%Y-%m-%d}", zone),
        *_newest_of_each("weekly", good, keep.weekly, lambda at: f"{at:%G-W%V}", zone),
        *_newest_of_each("monthly", good, keep.monthly, lambda at: f"{at:%Y-%m}", zone),
    ]
    for backup, rule in found:
        ruled.setdefault(backup.label, []).append(rule)
    return ruled


def _newest(rule: str, backups: Sequence[Backup], count: int) -> Iterator[tuple[Backup, str]]:
    for number, backup in enumerate(backups[:count], start=1):
        yield backup, f"{rule} {number} of {count}"


def _newest_of_each(
    rule: str, backups: Sequence[Backup], count: int, period: Callable[[dt.datetime], str], zone: ZoneInfo
) -> Iterator[tuple[Backup, str]]:
    newest: dict[str, Backup] = {}
    for backup in backups:
        newest.setdefault(period(backup.night_at.astimezone(zone)), backup)
    for name, backup in list(newest.items())[:count]:
        yield backup, f"{rule} {name}"


def rules_in_words(copies: CopyConfig) -> str:
    """Say which old backups stay on a platform, and who said so."""
    if copies.keep is None:
        return "copy.keep is null: every backup stays"
    said = "" if "keep" in copies.model_fields_set else ", by default: the platform file has no copy.keep"
    return f"of the old backups stay {in_words(copies.keep)}{said}"


def in_words(keep: KeepConfig) -> str:
    """Say the rules, as in "the last 7, 14 daily, 8 weekly and 12 monthly"."""
    counts = {"daily": keep.daily, "weekly": keep.weekly, "monthly": keep.monthly}
    words = [f"the last {keep.last}"] if keep.last else []
    words += [f"{count} {rule}" for rule, count in counts.items() if count]
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else "what is kept"


def held_bytes(label: str, directory: str) -> Command[int]:
    """Fact: how many bytes a backup's directory holds on a host, 0 when it is not there."""
    words = line("du", "--summarize", "--bytes", "--", directory_of(label, directory), sudo=True)
    return Command(words, lambda output: int(output.split()[0]) if output.strip() else 0, ok=frozenset({0, 1}))


def remove(label: str, directory: str) -> Command[None]:
    """Change: remove a backup's directory from a host; what is away already is no error."""
    return change("rm", "-rf", "--", directory_of(label, directory), timeout_s=600)
