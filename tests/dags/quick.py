"""Airflow's rules that this graph needs, without its database: a night in a second, for the many nights that fail."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from airflow.sdk import TriggerRule
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred

RUN_ID = "manual__quick"
TRIGGERED_BY = "grace"
BAD = {"failed", "upstream_failed"}


@dataclass
class Instances:
    """
    What stands for Airflow's task instances: states and XComs of one run.

    :param states: of each task's instances, by map index
    """

    states: dict[str, list[str]] = field(default_factory=dict)
    xcoms: dict[tuple[str, str], dict[int, Any]] = field(default_factory=dict)

    def of(self, task_id: str, index: int) -> Any:
        """Return the ``ti`` of an instance."""

        def push(key: str, value: Any) -> None:
            self.xcoms.setdefault((task_id, key), {})[index] = value

        def pull(*, task_ids: str | list[str], key: str = "return_value") -> Any:
            names = [task_ids] if isinstance(task_ids, str) else task_ids
            found = [self.xcoms.get((name, key), {}) for name in names]
            values = [value for of in found for _, value in (sorted(of.items()) or [(-1, None)])]
            return values[0] if isinstance(task_ids, str) and len(values) == 1 else values

        def all_states(*, dag_id: str, run_ids: list[str]) -> dict[str, dict[str, str]]:
            named = {
                (task if len(states) == 1 and task not in self.mapped else f"{task}_{i}"): state
                for task, states in self.states.items()
                for i, state in enumerate(states)
            }
            return dict.fromkeys(run_ids, named)

        return SimpleNamespace(
            task_id=task_id,
            map_index=index,
            try_number=1,
            max_tries=0,
            xcom_push=push,
            xcom_pull=pull,
            get_task_states=all_states,
        )

    mapped: set[str] = field(default_factory=set)


def run_quickly(dag: Any, run_after: dt.datetime, params: dict[str, Any]) -> tuple[str, dict[str, list[str]]]:
    """
    Run a DAG whose rules are ``all_success`` and ``all_done``; return the run's state and those of its tasks.

    Tasks run one after the other, in the order of the graph. That this is what Airflow does, is proved in
    test_night_fails.py, which runs some nights both ways. Left out: retries, teardowns' treatment when a person
    marks or clears, parallel tasks, any rule that the graph does not use.
    """
    instances = Instances(mapped={task.task_id for task in dag.tasks if task.is_mapped})
    run = SimpleNamespace(run_id=RUN_ID, dag_id=dag.dag_id, run_after=run_after, run_type="manual")
    run.triggering_user_name = TRIGGERED_BY
    context = {"dag_run": run, "params": {**dag.params.dump(), **params}}
    for task in dag.topological_sort():
        rule = TriggerRule(task.trigger_rule)
        above = {state for up in task.upstream_task_ids for state in instances.states[up]}
        setups = {state for up in setup_of(task) for state in instances.states[up.task_id]}
        arguments: list[Any] = list(task.expand_input.value) if task.is_mapped else [None]
        states = instances.states[task.task_id] = []
        verdict = _without_running(TriggerRule.ALL_SUCCESS, setups) or _without_running(rule, above)
        for index, chosen in enumerate(arguments):
            ti = instances.of(task.task_id, index if task.is_mapped else -1)
            operator = task.unmap(chosen) if task.is_mapped else task
            states.append(verdict or _run(operator, {**context, "ti": ti, "task": operator}))
    (leaf,) = [task for task in dag.tasks if not task.downstream_task_ids]
    return instances.states[leaf.task_id][0], instances.states


def setup_of(task: Any) -> list[Any]:
    """Return the setups in whose scope a task is: Airflow asks them first, whatever the task's own rule is."""
    if task.is_teardown:
        return []
    above, below = task.get_flat_relative_ids(upstream=True), task.get_flat_relatives(upstream=False)
    return [end.dag.get_task(s) for s in above for end in below if end.is_teardown and s in end.upstream_task_ids]


def _without_running(rule: TriggerRule, above: set[str]) -> str | None:
    if rule == TriggerRule.ALL_DONE:
        return None
    assert rule == TriggerRule.ALL_SUCCESS
    return "upstream_failed" if above & BAD else "skipped" if "skipped" in above else None


def _run(operator: Any, context: dict[str, Any]) -> str:
    try:
        operator.pre_execute(context)
        try:
            result = operator.execute(context)
        except TaskDeferred as deferred:
            event = asyncio.run(_first(deferred.trigger))
            result = getattr(operator, deferred.method_name)(context, event.payload)
        operator.post_execute(context, result)
        if result is not None:
            context["ti"].xcom_push("return_value", result)
    except AirflowSkipException:
        return "skipped"
    except Exception as error:
        operator.log.warning("%s: %s", operator.task_id, error)
        return "failed"
    return "success"


async def _first(trigger: Any) -> Any:
    async for event in trigger.run():
        return event
    raise AssertionError("a trigger ended without an event")
