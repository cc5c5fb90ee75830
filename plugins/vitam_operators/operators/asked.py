"""Which steps of a graph have to say that they happened, and which of them did not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from airflow.sdk import TriggerRule

from vitam_operators import happened
from vitam_operators.nights import Night
from vitam_operators.operators.base import NightOperator

TOLD_OTHERWISE = {"failed", "upstream_failed"}


@dataclass(frozen=True)
class Step:
    """
    One step of a graph, of a mapped one one instance.

    :param name: the task
    :param key: name under which Airflow has its state
    :param acted_on: names of what it acts on
    :param above: the tasks without which Airflow leaves it out; none of a step that runs whatever happened
    """

    name: str
    key: str
    acted_on: tuple[str, ...]
    above: frozenset[str]

    @property
    def label(self) -> str:
        """The step as people read it: ``stop_worker worker-1``."""
        return " ".join([self.name, *self.acted_on])


def kind_of(task: Any) -> type:
    """Return the class of a task, mapped or not."""
    kind: type = task.operator_class if task.is_mapped else type(task)
    return kind


def steps_behind(dag: Any, opening: str) -> list[Step]:
    """
    Return each step that leaves a record of its own, in an order that the graph allows.

    :param opening: the task that opens the records
    """
    behind = dag.get_task(opening).get_flat_relative_ids(upstream=False)
    tasks = [task for task in dag.topological_sort() if task.task_id in behind]
    return [step for task in tasks if _leaves_record(task) for step in _instances(task)]


def steps_before(dag: Any, opening: str, task_id: str) -> list[Step]:
    """Return the steps between the one that opens the records and another one."""
    before = dag.get_task(task_id).get_flat_relative_ids(upstream=True)
    return [step for step in steps_behind(dag, opening) if step.name in before]


def steps_before_copies(dag: Any, opening: str, copying: type) -> list[Step]:
    """
    Return the steps that make the copies cold: a copy is worth nothing if one of them did not happen.

    :param copying: class of the steps that copy; what costs no night is left out
    """
    copies = [task for task in dag.tasks if issubclass(kind_of(task), copying)]
    before = {name for task in copies for name in task.get_flat_relative_ids(upstream=True)}
    needed = {name for name in before if getattr(kind_of(dag.get_task(name)), "seal_needs_it", False)}
    return [step for step in steps_behind(dag, opening) if step.name in needed]


def without_record(night: Night, steps: Iterable[Step]) -> list[Step]:
    """Return the steps that did not say that they came to their end; none of a run that an older version opened."""
    if not night.opened.get(happened.ASKED_FOR):
        return []
    return [step for step in steps if not happened.has_happened(night, step.name, step.acted_on)]


def unproved(night: Night, steps: Iterable[Step], states: Mapping[str, str]) -> list[Step]:
    """
    Return the steps that look well and did not say so themselves: nothing but a person's mark makes that.

    A step that failed, or could not run, is told as such. One that Airflow has left out since a step before it was
    left out (by itself, or by a person's answer) has nothing to say.

    :param states: of all tasks, mapped ones as ``task_index``
    """
    asked = [step for step in steps if states.get(step.key) not in TOLD_OTHERWISE]
    silent = without_record(night, asked)
    return [step for step in silent if not (states.get(step.key) == "skipped" and _left_out(step, states))]


def words(step: Step) -> str:
    """Say that a step left no record."""
    return f"{step.label} left no record that it happened: it was marked by hand, or its record could not be written"


def _left_out(step: Step, states: Mapping[str, str]) -> bool:
    above = {key: state for key, state in states.items() if key in step.above or key.rpartition("_")[0] in step.above}
    return "skipped" in above.values()


def _leaves_record(task: Any) -> bool:
    kind = kind_of(task)
    return issubclass(kind, NightOperator) and kind.leaves_record and not kind.opens


def _instances(task: Any) -> Iterator[Step]:
    above = frozenset() if task.trigger_rule == TriggerRule.ALL_DONE else frozenset(task.upstream_task_ids)
    if not task.is_mapped:
        yield Step(task.task_id, task.task_id, (), above)
        return
    for index, acted_on in enumerate(task.expand_input.value):
        yield Step(task.task_id, f"{task.task_id}_{index}", tuple(acted_on.values()), above)
