"""A night of which single steps are run, for what happens when one of them runs again."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

from tests.dags.quick import Instances
from vitam_operators import nights as records
from vitam_operators.hooks.records import nights_of
from vitam_operators.run_ids import RUN


class HalfNight:
    """
    A night of which single steps are run.

    :param night: DAG and fake platform
    """

    def __init__(self, night: Any) -> None:
        self.fake, self.dag, self.run_after = night.fake, night.dag, night.run_after
        self.before = night.before
        self.instances = Instances(mapped={task.task_id for task in night.dag.tasks if task.is_mapped})
        self.run_id, self.others = "manual__steps", dict[dt.datetime, Instances]()
        self.params = {"until": (self.run_after + dt.timedelta(hours=2)).isoformat(), "securing": "none_running"}

    def run(self, task_id: str, **target: str) -> Any:
        """Run a step as a task would: all its instances, or the one of a target."""
        task = self.dag.get_task(task_id)
        chosen = [t for t in task.expand_input.value if not target or t == target] if task.is_mapped else [None]
        answers = []
        for index, one in enumerate(chosen):
            ti = self.instances.of(task_id, index if task.is_mapped else -1)
            run = SimpleNamespace(run_id=self.run_id, dag_id="d", run_after=self.run_after, run_type="manual")
            operator = task.unmap(one) if task.is_mapped else task
            answers.append(operator.execute({"dag_run": run, "ti": ti, "params": self.params}))
            ti.xcom_push("return_value", answers[-1])
        return answers[0] if len(answers) == 1 else answers

    def until(self, *steps: str) -> HalfNight:
        """Run steps one after the other."""
        for step in steps:
            self.run(step)
        return self

    def go_on(self) -> HalfNight:
        """Go on as the run whose records there are, of which Airflow has the answers."""
        self.run_id = self.records.opened["run_id"]
        self.instances.of("open_backup", -1).xcom_push(RUN, self.records.opened[RUN])
        return self

    def as_run_of(self, hours: float) -> None:
        """Go on as another run, so many hours later; its own answers are there when it is gone back to."""
        self.others[self.run_after] = self.instances
        self.run_after += dt.timedelta(hours=hours)
        self.instances = self.others.get(self.run_after, Instances(mapped=self.instances.mapped))

    @property
    def steps(self) -> list[str]:
        """All steps in an order that the graph allows."""
        return [task.task_id for task in self.dag.topological_sort()]

    @property
    def starts(self) -> list[str]:
        """The steps of the group start, in order."""
        return [task for task in self.steps if self.dag.get_task(task).task_group.group_id == "start"]

    @property
    def different(self) -> set[str]:
        """What of the platform is not as it was before the night."""
        after = self.fake.snapshot()
        return {name for name in self.before | after if self.before.get(name) != after.get(name)}

    @property
    def records(self) -> records.Night:
        """The records of the last attempt."""
        night = nights_of(self.fake.platform).latest(records.backup_id(self.run_after))
        assert night is not None
        return night

    def rewrite_open(self, **changes: Any) -> None:
        """Change what the night was opened with."""
        self.records.write(records.OPEN, {**self.records.opened, **changes})
