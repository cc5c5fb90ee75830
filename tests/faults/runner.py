"""
Nights on the real lab that break on purpose: the package's own steps, real ssh, systemd and mongod, Airflow's rules.

Airflow's rules come from tests/dags/quick.py, which is held against Airflow itself there; its retries are added here.
What needs Airflow's own processes to die stands in test_airflow_dies.py.
"""

from __future__ import annotations

import datetime as dt
import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import RetryAction

from tests.dags import quick
from tests.dags.night import load_dag
from vitam_operators import restless
from vitam_operators.hooks.records import nights_of
from vitam_operators.nights import Night, backup_id
from vitam_operators.operators import base as operators
from vitam_operators.platforms import platform_at
from vitam_operators.triggers import base as triggers

TWO_HOURS_S = 7200
BETWEEN_LOOKS_S = 2
"""Here one host is looked at after the other: ten seconds for each of twelve would be minutes of each row."""


class AbandonedError(BaseException):
    """Airflow is dead from here on: no step runs any more, no teardown either."""


class MarkedError(Exception):
    """A person has marked the step as a success: Airflow runs nothing of it, and what is behind it goes on."""


class FaultyNight:
    """
    One night of a lab platform.

    :param platform: its name
    :param run: directory with its platform file and connections
    :param at: task before which (``after``: behind which) ``breaks`` is called, once
    :param breaks: breaks something
    """

    def __init__(self, platform: str, run: Path, at: str, breaks: Callable[[], None], *, after: bool = False) -> None:
        self.platform, self.file = platform, run / "platform.yaml"
        self.records = nights_of(platform_at(str(self.file)))
        self.at, self.breaks, self.after = at, breaks, after
        self.run_after = dt.datetime.now(dt.UTC)
        self.errors: list[str] = []
        self.broke_at: float | None = None
        self.state = "abandoned"
        self.states: dict[str, list[str]] = {}

    @property
    def night(self) -> Night | None:
        """The records of the last attempt."""
        return self.records.latest(backup_id(self.run_after))

    def go(self, monkeypatch: pytest.MonkeyPatch, window_s: int = TWO_HOURS_S, **params: Any) -> FaultyNight:
        """Run the night until it ends or is abandoned."""
        self.until = self.run_after + dt.timedelta(seconds=window_s)
        self._install(monkeypatch)
        if not self.at:
            self._break()
        asked = {"until": self.until.isoformat(), "securing": "none_running", **params}
        try:
            self.state, self.states = quick.run_quickly(load_dag(self.file), self.run_after, asked)
        except AbandonedError:  # the state stays "abandoned"
            signal.setitimer(signal.ITIMER_REAL, 0)
        return self

    def _install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("VITAM_BACKUP_PLATFORM", str(self.file))
        for name, fields in json.loads((self.file.parent / "connections.json").read_text()).items():
            monkeypatch.setenv(f"AIRFLOW_CONN_{name.upper()}", json.dumps(fields))
        monkeypatch.setattr(triggers, "FIRST_POLL_S", 1)
        monkeypatch.setattr(restless, "BETWEEN_LOOKS_S", BETWEEN_LOOKS_S)
        monkeypatch.setattr(operators.NightOperator, "pre_execute", self._hook(after=False))
        monkeypatch.setattr(operators.NightOperator, "post_execute", self._hook(after=True))
        monkeypatch.setattr(quick, "_run", self._with_retries(quick._run))
        monkeypatch.setattr(quick, "RUN_ID", f"faults__{backup_id(self.run_after)}")

    def _hook(self, *, after: bool) -> Callable[..., None]:
        def hook(step: Any, *_: Any, **__: Any) -> None:
            if step.task_id == self.at and after == self.after and self.broke_at is None:
                self._break()

        return hook

    def _break(self) -> None:
        self.broke_at = time.time()
        self.breaks()

    def _with_retries(self, run: Callable[[Any, dict[str, Any]], str]) -> Callable[[Any, dict[str, Any]], str]:
        """Try a step again as Airflow would: the step's own policy decides."""

        def tried(operator: Any, context: dict[str, Any]) -> str:
            for number in range(1, operator.retries + 2):
                seen: list[Exception] = []
                state = run(_Noting(operator, seen), context)
                if any(isinstance(error, MarkedError) for error in seen):
                    return "success"
                self.errors += [f"{operator.task_id}: {error}" for error in seen]
                delay = delay_of(operator, seen[-1], number, context) if state == "failed" and seen else None
                if delay is None:
                    return state
                time.sleep(delay.total_seconds())
            return "failed"

        return tried


def delay_of(operator: Any, error: Exception, number: int, context: dict[str, Any]) -> dt.timedelta | None:
    """Return after which time Airflow tries a step again whose try of that number failed, ``None`` if it does not."""
    decision = operator.retry_policy.evaluate(error, number, operator.retries, context)
    if decision.action == RetryAction.FAIL or number > operator.retries:
        return None
    delay: dt.timedelta = decision.retry_delay or operator.retry_delay
    return delay


class _Noting:
    """An operator whose errors are noted on their way out."""

    def __init__(self, operator: Any, seen: list[Exception]) -> None:
        self._operator, self._seen = operator, seen

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._operator, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **more: Any) -> Any:
            try:
                return found(*arguments, **more)
            except Exception as error:
                self._seen.append(error)
                raise

        return call
