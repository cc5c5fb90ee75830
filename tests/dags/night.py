"""One night on a fake platform: how it is run and what is asked of it afterwards."""

from __future__ import annotations

import datetime as dt
import importlib.util
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.fakes.platform import FakePlatform
from vitam_operators.hooks.records import nights_of
from vitam_operators.nights import Night, backup_id
from vitam_operators.operators import base as operators
from vitam_operators.triggers import base as triggers

DAG_FILE = ROOT / "dags" / "vitam_backup.py"


def load_dag(platform_file: Path) -> Any:
    """Return the DAG of a platform file; in tests nothing is tried again."""
    before, os.environ["VITAM_BACKUP_PLATFORM"] = os.environ["VITAM_BACKUP_PLATFORM"], str(platform_file)
    try:
        spec = importlib.util.spec_from_file_location("vitam_backup", DAG_FILE)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        os.environ["VITAM_BACKUP_PLATFORM"] = before
    return module.dag


def arguments_of(task: Any) -> dict[str, Any]:
    """Return the arguments that all instances of a mapped task share, or a task's own attributes."""
    return task.partial_kwargs if hasattr(task, "partial_kwargs") else vars(task)


def quick(monkeypatch: Any) -> None:
    """Make waits short: seconds become hundredths."""
    monkeypatch.setattr(operators.WaitingOperator, "look_interval_s", 0.01)
    monkeypatch.setattr(operators.WaitingOperator, "poll_interval_s", 0.01)
    monkeypatch.setattr(triggers, "FIRST_POLL_S", 0)


@dataclass
class NightRun:
    """
    A DAG and the fake platform that it stops and starts.

    :param dag: of the platform file that ``fake`` was built from
    """

    dag: Any
    fake: FakePlatform
    states: dict[str, list[str]] = field(default_factory=dict)
    state: str = ""
    run_after: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))

    def run(self, **params: Any) -> NightRun:
        """Run the whole night; two hours of window are left."""
        until = (self.run_after + dt.timedelta(hours=2)).isoformat()
        shutil.rmtree(self.fake.platform.records.removeprefix("file://"), ignore_errors=True)
        run = self.dag.test(run_after=self.run_after, logical_date=None, run_conf={"until": until, **params})
        self.state = str(run.state)
        for instance in sorted(run.get_task_instances(), key=lambda one: one.map_index):
            self.states.setdefault(instance.task_id, []).append(str(instance.state))
        return self

    @property
    def records(self) -> Night:
        """The records of the night."""
        night = nights_of(self.fake.platform).latest(backup_id(self.run_after))
        assert night is not None
        return night

    @property
    def red(self) -> dict[str, list[str]]:
        """The tasks that did not all succeed."""
        return {task: states for task, states in self.states.items() if set(states) - {"success"}}
