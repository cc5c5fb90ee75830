"""
People who answer what a restore asks.

What a step is handed follows Airflow 3.3.2, airflow/models/hitl.py:184 (``as_resume_event_payload``), and, where nobody
answers in time, airflow/jobs/scheduler_job_runner.py:3479; notifiers are called as by the provider standard 1.21.0,
operators/hitl.py:236.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator

ADA = {"id": "ada", "name": "Ada"}
FORGED = {"chosen_options": ["Approve"], "responded_by_user": ADA}
"""What whoever may write an XCom can leave there."""
NOBODY = "nobody"


class People:
    """
    Answer each question as soon as it is asked.

    :ivar answers: by task: ``Approve`` unless it is named; :data:`NOBODY`: not in time; ``None``: nobody answers, the
        step is marked as a success and its XCom is written by hand
    :ivar who: who answers
    :ivar asked: by task: what was shown, and to whom Airflow would let answer
    """

    def __init__(self) -> None:
        self.answers: dict[str, str | None] = {}
        self.who: dict[str, str] | None = ADA
        self.asked: dict[str, tuple[str, list[str]]] = {}

    def answer(self, step: Any, context: Any) -> Any:
        """Stand for what Airflow does between the question and the answer."""
        self.asked[step.task_id] = (step.body, [user["id"] for user in step.assigned_users or ()])
        for notifier in step.notifiers:
            notifier(context)
        given = self.answers.get(step.task_id, "Approve")
        if given is None:
            return FORGED
        if given == NOBODY:
            return step.execute_complete(context, {"error": "timed out", "error_type": "timeout"})
        event = {"chosen_options": [given], "params_input": {}, "responded_by_user": self.who, "timedout": False}
        return step.execute_complete(context, {**event, "responded_at": dt.datetime.now(dt.UTC)})

    def install(self, monkeypatch: Any) -> People:
        """Have every question answered here."""
        monkeypatch.setattr(HITLOperator, "execute", lambda step, context: self.answer(step, context))
        return self
