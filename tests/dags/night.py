"""One night on a fake platform: how it is run and what is asked of it afterwards."""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib.util
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.conftest import ROOT
from tests.dags.quick import run_quickly
from tests.fakes.platform import FakePlatform
from vitam_operators.hooks.records import nights_of
from vitam_operators.nights import Night, backup_id
from vitam_operators.operators import base as operators
from vitam_operators.operators import second_look
from vitam_operators.triggers import base as triggers

NIGHT, DRILL = "vitam_backup", "vitam_restore_drill"
BEFORE, AFTER = "before", "after"


def load_dag(platform_file: Path, name: str = NIGHT) -> Any:
    """Return a DAG of a platform file: the night's, or another one by the name of its file."""
    before, os.environ["VITAM_BACKUP_PLATFORM"] = os.environ["VITAM_BACKUP_PLATFORM"], str(platform_file)
    try:
        spec = importlib.util.spec_from_file_location(name, ROOT / "dags" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        os.environ["VITAM_BACKUP_PLATFORM"] = before
    return module.dag


def arguments_of(task: Any) -> dict[str, Any]:
    """Return the arguments that all instances of a mapped task share, or a task's own attributes."""
    return task.partial_kwargs if task.is_mapped else vars(task)


def be_quick(monkeypatch: Any) -> None:
    """
    Make seconds of waiting thousandths: a night on a fake platform has nothing to wait for.

    A wait of five seconds is as bad as one of a whole night, and ends as that does. Airflow's ``dag.test`` neither
    sleeps between two rounds nor checks the parameters anew each time it serialises them.
    """
    own = operators.WaitingOperator._until

    def until(step: Any, context: Any) -> dt.datetime:
        return min(own(step, context), dt.datetime.now(dt.UTC) + dt.timedelta(seconds=5))

    monkeypatch.setattr(operators.WaitingOperator, "_until", until)
    monkeypatch.setattr(triggers, "asyncio", SimpleNamespace(sleep=lambda seconds: asyncio.sleep(seconds / 1000)))
    monkeypatch.setattr(second_look, "asyncio", SimpleNamespace(sleep=lambda seconds: asyncio.sleep(seconds / 1000)))
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr("jsonschema.validate", lambda *_, **__: None)


@dataclass
class NightRun:
    """
    A DAG and the fake platform that it stops and starts.

    :param dag: of the platform file that ``fake`` was built from
    :param failing: tasks that fail, ``before`` they do anything or ``after`` they did it all
    """

    dag: Any
    fake: FakePlatform
    failing: dict[str, str] = field(default_factory=dict)
    states: dict[str, list[str]] = field(default_factory=dict)
    state: str = ""
    run_after: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    def __post_init__(self) -> None:
        self.before = self.fake.snapshot()

    def run(self, *, airflow: bool = False, **params: Any) -> NightRun:
        """
        Run the whole night; two hours of window are left.

        :param airflow: by Airflow's own ``dag.test()``, not by :func:`tests.dags.quick.run_quickly`
        """
        params = {
            "until": (self.run_after + dt.timedelta(hours=2)).isoformat(),
            "securing": self.fake.platform.securing.wait_for,
            **{"plan_only": False, "copies": "everything", "note": ""},  # in one process Airflow keeps the last run's
            **params,
        }
        self.clean()
        if airflow:
            self._run_by_airflow(params)
        else:
            self.state, self.states = run_quickly(self.dag, self.run_after, params)
        return self

    def clean(self) -> None:
        """Forget the nights before: two of them may be of the same second."""
        shutil.rmtree(self.fake.platform.records.removeprefix("file://"), ignore_errors=True)

    def _run_by_airflow(self, params: dict[str, Any]) -> None:
        retries = {task.task_id: arguments_of(task)["retries"] for task in self.dag.tasks}
        for task in self.dag.tasks:
            arguments_of(task)["retries"] = 0
        run = self.dag.test(run_after=self.run_after, logical_date=None, run_conf=params)
        for task in self.dag.tasks:  # the DAG is shared with other stories
            arguments_of(task)["retries"] = retries[task.task_id]
        self.state = str(run.state)
        for instance in sorted(run.get_task_instances(), key=lambda one: one.map_index):
            self.states.setdefault(instance.task_id, []).append(str(instance.state))

    def fail_at(self, monkeypatch: Any) -> None:
        """Make the tasks of :attr:`failing` fail, whichever way the night is run."""

        def hook(when: str) -> Any:
            def execute(step: Any, *_: Any, **__: Any) -> None:
                if self.failing.get(step.task_id) == when:
                    raise RuntimeError(f"{step.task_id} was made to fail")

            return execute

        monkeypatch.setattr(operators.NightOperator, "pre_execute", hook(BEFORE))
        monkeypatch.setattr(operators.NightOperator, "post_execute", hook(AFTER))

    @property
    def records(self) -> Night:
        """The records of the night."""
        night = nights_of(self.fake.platform).latest(backup_id(self.run_after))
        assert night is not None
        return night

    @property
    def red(self) -> set[str]:
        """The tasks that did not all succeed."""
        return {task for task, states in self.states.items() if set(states) - {"success"}}

    @property
    def different(self) -> set[str]:
        """What of the platform is not as it was before the night."""
        after = self.fake.snapshot()
        return {name for name in self.before | after if self.before.get(name) != after.get(name)}

    @property
    def changes(self) -> list[str]:
        """What the night changed, in order, but for sweeping up after copies; backups' names are left out."""
        label = backup_id(self.run_after)
        told = [f"{verb} {what} on {where}" for where, verb, what in self.fake.changes if verb != "remove"]
        return [change.replace(label, "") for change in told]
