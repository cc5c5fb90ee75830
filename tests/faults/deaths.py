"""What dies of Airflow itself, for the table; the nights are those of tests/lab/test_airflow_dies*.py."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from tests.faults.rows import BY_THE_GUARD, RESTARTED, SEALED
from tests.faults.table import OUTCOMES, Outcome

PLATFORM = "solo2"
COPYING = "while it copies (Airflow)"
EVERYWHERE = "at six places of one night (Airflow)"

DEATHS = (
    Outcome(COPYING, "kill -9 of the task", SEALED, PLATFORM),
    Outcome(COPYING, "kill -9 of the triggerer", SEALED, PLATFORM),
    Outcome(COPYING, "kill -9 of the scheduler", SEALED, PLATFORM),
    Outcome(COPYING, "the run is marked failed", RESTARTED, PLATFORM),
    Outcome(COPYING, "kill -9 of all of Airflow", BY_THE_GUARD, PLATFORM),
    Outcome(EVERYWHERE, "kill -9 of the tasks at each place", SEALED, PLATFORM),
    Outcome(EVERYWHERE, "kill -9 of the triggerer at each place", SEALED, PLATFORM),
    Outcome(EVERYWHERE, "kill -9 of the scheduler at each place", SEALED, PLATFORM),
)
BY_FAULT = {death.fault: death for death in DEATHS}


def told(fault: str, up_after_s: float) -> None:
    """Put a death that came out as it has to into the table."""
    day = f"{dt.datetime.now(dt.UTC):%Y-%m-%d}"
    OUTCOMES.append(replace(BY_FAULT[fault], up_after_s=round(up_after_s), passed=True, seen=day))
