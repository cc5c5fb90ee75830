"""
A run on a real platform without Airflow's processes: ``python -m tests.lab.by_hand PLATFORM DAG``.

Hosts, ssh, sudo, systemd and MongoDB are the lab's; steps run one after the other, by Airflow's rules as
tests/dags/quick.py has them. It reads ``{"params", "failing"}`` and prints the states of all tasks. Approvals are
given; ``failing`` names steps that fail, ``before`` they do anything or ``after`` they did it all. Left out: retries,
parallel steps, the UI.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from tests import conftest  # its environment comes before anything of Airflow

RUN = conftest.ROOT / "lab" / "run"
ADA = {"id": "1", "name": "Ada"}


def connections(run: Path) -> dict[str, str]:
    """Return the platform's connections as environment variables."""
    known = json.loads((run / "connections.json").read_text(encoding="utf-8"))
    return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(connection) for name, connection in known.items()}


def prepare(failing: dict[str, str], rejected: list[str]) -> None:
    """Have approvals answered, and steps fail."""
    from airflow.providers.standard.operators.hitl import ApprovalOperator

    from vitam_operators.operators.base import NightOperator

    def answer(step: Any, context: Any) -> dict[str, Any]:
        chosen = ApprovalOperator.REJECT if step.task_id in rejected else ApprovalOperator.APPROVE
        return {"chosen_options": [chosen], "responded_by_user": ADA}

    def fails(when: str) -> Any:
        def hook(step: Any, *_: Any, **__: Any) -> None:
            if failing.get(step.task_id) == when:
                raise RuntimeError(f"{step.task_id} was made to fail")

        return hook

    for name, value in (("pre_execute", fails("before")), ("post_execute", fails("after"))):
        setattr(NightOperator, name, value)
    ApprovalOperator.execute = answer  # type: ignore[method-assign]


def main(platform: str, dag_id: str) -> None:
    """Run the DAG, and print what became of it."""
    asked = json.load(sys.stdin)
    run = RUN / platform
    os.environ.update(connections(run) | {"VITAM_BACKUP_PLATFORM": str(run / "platform.yaml")})
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("asyncssh").setLevel(logging.WARNING)
    from tests.dags.night import load_dag
    from tests.dags.quick import run_quickly

    prepare(asked.get("failing", {}), asked.get("rejected", []))
    now = dt.datetime.now(dt.UTC)
    state, states = run_quickly(load_dag(run / "platform.yaml", dag_id), now, asked["params"])
    print(json.dumps({"state": state, "states": states, "run_after": now.isoformat()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
