"""
The attempt of a run that a look or a plan is made for.

Airflow keeps the answer of a task that is cleared until the task begins again. One that a person marks as a success
instead never begins: its answer is that of an earlier attempt, and says nothing of what runs now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vitam_operators.nights import ATTEMPT, RESTART, Nights


def made_for(nights: Nights, identifier: str) -> int:
    """
    Return the attempt that a look or a plan of this moment is for.

    It is the one that is open; where its restart has begun, or none is open, it is the next one.

    :param identifier: see :func:`vitam_operators.nights.backup_id`
    """
    attempts = nights.attempts(identifier)
    return len(attempts) + (not attempts or attempts[-1].has(RESTART))


def is_for(answer: Mapping[str, Any], number: int) -> bool:
    """Tell whether an answer was made for an attempt; one that an earlier release has made does not say."""
    return bool(answer.get(ATTEMPT, number) == number)


def looks_of(
    hosts: Mapping[str, Mapping[str, Any]], clusters: Mapping[str, Mapping[str, Any]]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the facts of each look under the name of its step, with what that looked at."""
    yield from ((f"check_host {name}", facts) for name, facts in hosts.items())
    yield from ((f"check_cluster {name}", facts) for name, facts in clusters.items())


def of_another(looks: Iterable[tuple[str, Mapping[str, Any]]], number: int) -> Iterator[str]:
    """
    Name the looks that were not made for an attempt.

    :param looks: see :func:`looks_of`
    :param number: the attempt that is planned
    """
    for step, facts in looks:
        if not is_for(facts, number):
            yield (
                f"{step}: its answer is of attempt {facts[ATTEMPT]} of this run, and attempt {number} is planned: it "
                "was marked as a success and did not look, or the restart began since, or its worker does not see the "
                f"records; clear {step.partition(' ')[0]} with its downstream tasks, or trigger a new run"
            )


def outdated(plan: Mapping[str, Any], looks: Iterable[Mapping[str, Any]]) -> str:
    """Say that a plan is of an earlier attempt than the looks; nothing when it is not, or nobody knows."""
    looked = max((int(facts[ATTEMPT]) for facts in looks if ATTEMPT in facts), default=0)
    if looked <= int(plan.get(ATTEMPT, looked)):
        return ""
    return f"the plan is of attempt {plan[ATTEMPT]} of this run, and the look was made for attempt {looked}"
