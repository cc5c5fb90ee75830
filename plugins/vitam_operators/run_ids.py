"""
The id of a run: no other run has it, be it of another DAG, of another Airflow or of another platform file.

``run_id`` alone is none: a scheduled run's, ``scheduled__<moment>``, is the same in every Airflow. The id stands in
what a run was opened with, and in the plan of each restart guard that it arms: so a host says whose it is.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

RUN = "run"
"""Key of the id: in what a run was opened with, in a guard's plan, and in what a run's steps tell Airflow."""
SEPARATOR = "/"


def new_id(installation: str, dag_id: str, run_id: str) -> str:
    """Return an id for a run that is planned now; its last part is random."""
    return SEPARATOR.join([installation, dag_id, run_id, secrets.token_hex(6)])


def owner_of(record: Mapping[str, Any]) -> str:
    """
    Return the id of the run that a record is of; of one that an earlier release has written, its ``run_id``.

    :param record: what a run was opened with, or the plan of a guard
    """
    return str(record.get(RUN) or record.get("run_id"))


def run_in_words(record: Mapping[str, Any]) -> str:
    """Name a run for people, with the two parts of its id that ``run_id`` does not say: installation, random part."""
    words, parts = f"run {record.get('run_id')}", str(record.get(RUN, "")).split(SEPARATOR)
    return f"{words}, {parts[-1]} of installation {parts[0]}" if len(parts) > 1 else words
