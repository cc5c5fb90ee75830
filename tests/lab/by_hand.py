"""
A run on a real platform without Airflow's processes: ``python -m tests.lab.by_hand PLATFORM DAG``.

Hosts, ssh, sudo, systemd and MongoDB are the lab's; steps run one after the other, by Airflow's rules as
tests/dags/quick.py has them, each with as many tries as ``tries`` says, three by default. It reads
``{"params", "failing", "tries"}`` and prints the states of all tasks. Approvals are given; ``failing`` names steps that
fail, ``before`` they do anything or ``after`` they did it all. Left out: parallel steps, the UI.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any

from tests import conftest  # its environment comes before anything of Airflow

RUN = conftest.ROOT / "lab" / "run"
TRIES, TRIED_AGAIN_AFTER_S = 3, 10
BETWEEN_LOOKS_S = 2
"""Hosts are looked at one after the other here: ten seconds for each of twelve would be minutes."""


def connections(run: Path) -> dict[str, str]:
    """Return the platform's connections as environment variables."""
    known = json.loads((run / "connections.json").read_text(encoding="utf-8"))
    return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(connection) for name, connection in known.items()}


def prepare(failing: dict[str, str], rejected: list[str]) -> None:
    """Have approvals answered, and steps fail."""
    from airflow.providers.standard.operators.hitl import HITLOperator

    from tests.fakes.approvals import People
    from vitam_operators.operators.base import NightOperator

    people = People()
    people.answers.update(dict.fromkeys(rejected, "Reject"))

    def fails(when: str) -> Any:
        def hook(step: Any, *_: Any, **__: Any) -> None:
            if failing.get(step.task_id) == when:
                raise RuntimeError(f"{step.task_id} was made to fail")

        return hook

    for name, value in (("pre_execute", fails("before")), ("post_execute", fails("after"))):
        setattr(NightOperator, name, value)
    HITLOperator.execute = lambda step, context: people.answer(step, context)  # type: ignore[method-assign]


def try_again(failing: dict[str, str], tried: int) -> None:
    """Give steps so many tries: a service that has just started may not answer yet."""
    from tests.dags import quick

    once = quick._run

    def tries(step: Any, context: Any) -> str:
        for _ in range(tried - 1):
            state = once(step, context)
            if state != "failed" or step.task_id in failing:
                return state
            time.sleep(TRIED_AGAIN_AFTER_S)
        return once(step, context)

    quick._run = tries


def main(platform: str, dag_id: str) -> None:
    """Run the DAG, and print what became of it."""
    asked = json.load(sys.stdin)
    run = RUN / platform
    os.environ.update(connections(run) | {"VITAM_BACKUP_PLATFORM": str(run / "platform.yaml")})
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("asyncssh").setLevel(logging.WARNING)
    from tests.dags import quick
    from tests.dags.night import load_dag
    from vitam_operators import restless

    restless.BETWEEN_LOOKS_S = BETWEEN_LOOKS_S
    prepare(asked.get("failing", {}), asked.get("rejected", []))
    try_again(asked.get("failing", {}), asked.get("tries", TRIES))
    now = dt.datetime.now(dt.UTC)
    quick.RUN_ID = f"by_hand__{now.isoformat()}"
    state, states = quick.run_quickly(load_dag(run / "platform.yaml", dag_id), now, asked["params"])
    print(json.dumps({"state": state, "states": states, "run_after": now.isoformat()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
