"""How a night ended, in words and figures: from its records, and from the states of its tasks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vitam_operators.catalogue import DAMAGED, Backup, last_good
from vitam_operators.nights import Night
from vitam_operators.record_files import ASIDE, SUFFIX
from vitam_operators.words import duration_words, size_words

IN_WORDS = {
    "prune_backups": "old backups that were to go are still there, the next night goes on with them",
    "leave_manifest": "the manifest is not beside the copies there, only in the records",
}
"""What it means when a step fails that no backup needs."""


def summary_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Say a summary as an operator would tell another, the state first."""
    up = "UP" if summary["platform_up"] else "NOT ALL UP"
    size = size_words(summary["size_bytes"])
    yield f"{summary['platform']}: backup {summary['backup']} {summary['state']}, {size}, platform is {up}"
    yield f"{summary['units_stopped']} units were stopped, Vitam was down for {duration_words(summary['down_s'])}"
    for name, down_s in summary["primaries_down_s"].items():
        yield f"primary of {name} was down for {duration_words(down_s)}"
    for name, part in summary["parts"].items():
        yield f"{name} on {part['host']}: {size_words(part['size_bytes'])}, sha256 {part['sha256']}"
    yield from summary["warnings"]


def backups_lines(newest_first: Sequence[Backup]) -> Iterator[str]:
    """Name the last backup that a restore may begin with and that lacks nothing, and those whose copies are away."""
    good = last_good(newest_first)
    yield f"last good backup: {good.label}, {good.state}" if good else "last good backup: none"
    away = (backup for backup in newest_first if backup.state == DAMAGED and backup.away_since)
    yield from (f"backup {backup.label} is away: {backup.reason}" for backup in away)


def red_words(states: Mapping[str, str]) -> Iterator[str]:
    """Name the tasks that failed, and count those behind them that could not run."""
    for task in sorted(task for task, state in states.items() if state == "failed"):
        yield f"task {task} failed" + next((f": {w}" for name, w in IN_WORDS.items() if task.startswith(name)), "")
    behind = sum(state == "upstream_failed" for state in states.values())
    if behind:
        yield f"{behind} tasks behind them did not run"


def lost_words(night: Night) -> list[str]:
    """Name the records of a night that could not be read: what they held is in no manifest."""
    return [
        f"the record {name} could not be read (a disk that was full, a power cut); it is set aside as "
        f"{night.directory}/{name}{SUFFIX}{ASIDE}"
        for name in night.unreadable()
    ]


def first_failed(dag: Any, states: Mapping[str, str]) -> str:
    """
    Name the first step of the graph that failed, with what it acted on: ``copy_shard mongo-data shard1``.

    :param states: of all tasks, mapped ones as ``task_index``
    """
    for task in dag.topological_sort():
        if states.get(task.task_id) == "failed":
            return str(task.task_id)
        for index, acted_on in enumerate(task.expand_input.value if task.is_mapped else []):
            if states.get(f"{task.task_id}_{index}") == "failed":
                return " ".join([task.task_id, *acted_on.values()])
    return ""


def late_s(night: Night) -> float:
    """Return the seconds from the window's end to the last unit that was healthy again; 0 when that was in time."""
    healthy = _healthy_at(night)
    end = dt.datetime.fromisoformat(night.opened["window"]["end"])
    return max(0.0, (max(healthy) - end).total_seconds()) if healthy else 0.0


def late_words(night: Night) -> list[str]:
    """Say that the platform was up only after the window's end: what a night promises besides its backup."""
    seconds = late_s(night)
    end = dt.datetime.fromisoformat(night.opened["window"]["end"])
    late = f"the platform was up {duration_words(seconds)} after the window's end ({end:%Y-%m-%d %H:%M} UTC)"
    return [late] if seconds else []


def down_time_s(night: Night) -> float:
    """Return the seconds from the first stop that was asked for to the last unit that was healthy again."""
    stops = night.all("stop").values()
    stopped = [dt.datetime.fromisoformat(record["asked_at"]) for record in stops if "asked_at" in record]
    healthy = _healthy_at(night)
    return (max(healthy) - min(stopped)).total_seconds() if stopped and healthy else 0.0


def _healthy_at(night: Night) -> list[dt.datetime]:
    starts = night.all("start").values()
    return [dt.datetime.fromisoformat(record["healthy_at"]) for record in starts if "healthy_at" in record]
