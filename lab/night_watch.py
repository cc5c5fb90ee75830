"""Watching a night through Airflow's public API: trigger it, say each step as it ends, read how it ended."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

from lab.airflow_stack import AirflowStack

DAG_ID = "vitam_backup"
DRILL_ID = "vitam_restore_drill"
RESTORE_ID = "vitam_restore"
TIME_FOR_A_NIGHT = dt.timedelta(hours=2)
LOOK_EVERY_S = 5.0
"""Seconds between two looks at a night: each asks for the states of some two hundred steps."""

WAITS_FOR_A_PERSON = ("awaiting_input", "deferred")
A_PERSON_TAKES_S = 10
"""Airflow 3.3.2 loses an answer within a second of the question: it takes the end of the process for a failure."""

ANSWERS_WITHIN_S = 120
"""A machine that starts several platforms at once lets the API server wait."""

ENDED = ("success", "failed", "skipped", "upstream_failed", "removed")


class NightWatch:
    """
    An operator at the API of an Airflow.

    :param stack: the Airflow
    :param dag_id: the DAG that is watched
    """

    def __init__(self, stack: AirflowStack, dag_id: str = DAG_ID) -> None:
        self.stack = stack
        self.dag_id = dag_id
        self._client = httpx.Client(base_url=stack.url, timeout=ANSWERS_WITHIN_S)
        self._log_in()

    def _log_in(self) -> None:
        answer = self._client.post("/auth/token", json={"username": "admin", "password": self.stack.password})
        answer.raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def get(self, path: str, **query: Any) -> Any:
        """Return what the API says of ``/api/v2`` + path."""
        answer = self._client.get(f"/api/v2{path}", params=query)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Ask the API for something and return its answer."""
        answer = self._client.post(f"/api/v2{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        """Change something through the API and return its answer."""
        answer = self._client.patch(f"/api/v2{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    def await_dag(self, within_s: float = 120) -> None:
        """Wait until the DAG is known; raise with the import errors if it does not come."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if any(dag["dag_id"] == self.dag_id for dag in self.get("/dags")["dags"]):
                return
            time.sleep(1)
        errors = [error["stack_trace"] for error in self.get("/importErrors")["import_errors"]]
        raise SystemExit(f"the DAG {self.dag_id} did not appear within {within_s:.0f} s\n" + "\n".join(errors))

    def trigger(self, *, window: dt.timedelta = TIME_FOR_A_NIGHT, **conf: Any) -> str:
        """Trigger a night by hand, as the form does, with two hours for it; return its run id."""
        self.await_dag()
        now = dt.datetime.now(dt.UTC)
        body = {"logical_date": now.isoformat(), "conf": {"until": (now + window).isoformat(), **conf}}
        return str(self.post(f"/dags/{self.dag_id}/dagRuns", body)["dag_run_id"])

    def steps(self, run_id: str) -> list[dict[str, Any]]:
        """Return all task instances of a run."""
        found: list[dict[str, Any]] = []
        path = f"/dags/{self.dag_id}/dagRuns/{run_id}/taskInstances"
        while True:
            page = self.get(path, limit=100, offset=len(found), order_by="start_date")
            found += page["task_instances"]
            if len(found) >= page["total_entries"] or not page["task_instances"]:
                return found

    def await_step(self, run_id: str, task_id: str, states: tuple[str, ...], within_s: float = 900) -> None:
        """Wait until an instance of a step is in one of these states."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if any(step["task_id"] == task_id and step["state"] in states for step in self.steps(run_id)):
                return
            if self.state(run_id) in ("success", "failed"):
                raise TimeoutError(f"{run_id} has ended, and no {task_id} is {' or '.join(states)}")
            time.sleep(1)
        raise TimeoutError(f"{task_id} of {run_id} was not {' or '.join(states)} within {within_s:.0f} s")

    def await_question(self, run_id: str, task_id: str, within_s: float = 900) -> None:
        """Wait until a step asks a person something, under "Required actions"."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            asked = self.get(f"/dags/{self.dag_id}/dagRuns/{run_id}/hitlDetails")["hitl_details"]
            steps = [one["task_instance"] for one in asked]
            if any(step["task_id"] == task_id and step["state"] in WAITS_FOR_A_PERSON for step in steps):
                return
            time.sleep(1)
        raise TimeoutError(f"{task_id} of {run_id} asked nothing within {within_s:.0f} s")

    def answer(self, run_id: str, task_id: str, option: str) -> None:
        """Answer what a step asks, as late as a person would."""
        self.await_question(run_id, task_id)
        time.sleep(A_PERSON_TAKES_S)
        path = f"/dags/{self.dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/-1/hitlDetails"
        self.patch(path, {"chosen_options": [option], "params_input": {}})

    def state(self, run_id: str) -> str:
        """Return the state of a run."""
        return str(self.get(f"/dags/{self.dag_id}/dagRuns/{run_id}")["state"])

    def end(self, run_id: str) -> None:
        """Mark a run as failed if it goes on, and wait until its restart is over: the next one begins only then."""
        if self.state(run_id) in ("success", "failed"):
            return
        self.patch(f"/dags/{self.dag_id}/dagRuns/{run_id}", {"state": "failed"})
        self.await_step(run_id, "conclude_night", ENDED, within_s=600)

    def log_of(self, run_id: str, step: dict[str, Any]) -> str:
        """Return the words of a step's last try."""
        path = f"/dags/{self.dag_id}/dagRuns/{run_id}/taskInstances/{step['task_id']}/logs/{step['try_number']}"
        lines = self.get(path, map_index=step["map_index"], full_content=True)["content"]
        return "\n".join(_words(line) for line in lines)

    def watch(self, run_id: str, tell: Callable[[str], None], within_s: float = 1800) -> str:
        """Tell each step that ran as it ends; return the state in which the run ended."""
        told: set[tuple[str, int]] = set()
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            state = self.state(run_id)
            for step in self._newly_ended(run_id, told):
                tell(said(step))
            if state in ("success", "failed"):
                return state
            time.sleep(LOOK_EVERY_S)
        raise TimeoutError(f"run {run_id} has not ended within {within_s:.0f} s")

    def _newly_ended(self, run_id: str, told: set[tuple[str, int]]) -> Iterator[dict[str, Any]]:
        steps = sorted(self.steps(run_id), key=lambda step: step["end_date"] or "")
        for step in steps:
            key = (step["task_id"], step["map_index"])
            if step["state"] in ENDED and step["start_date"] and key not in told:
                told.add(key)
                yield step


def _words(line: dict[str, Any]) -> str:
    errors = [f"{error['exc_type']}: {error['exc_value']}" for error in line.get("error_detail") or ()]
    return "\n".join([str(line.get("event", line)), *errors])


def said(step: dict[str, Any]) -> str:
    """Say a step that ended: time, task, what it acted on, state if not success, seconds."""
    ended = (step["end_date"] or "")[11:19] or "        "
    words = {"success": "", None: ""}.get(step["state"], step["state"].upper())
    label = step.get("rendered_map_index") or ""
    return f"{ended}  {step['task_id']:<32} {label:<28} {step['duration'] or 0:>6.1f} s  {words}".rstrip()
