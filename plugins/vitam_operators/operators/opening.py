"""Opening a run's records: once, with the plan and with the platform file that the plan was made by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitam_operators import happened, nights
from vitam_operators.errors import NightClosedError
from vitam_operators.hooks import kept_platforms
from vitam_operators.nights import Night, Record
from vitam_operators.operators.base import NightOperator
from vitam_operators.run_ids import RUN, owner_of


def open_run(step: NightOperator, context: Any, plan: Mapping[str, Any], record: Record) -> Night:
    """
    Return the open attempt of a run, opened with ``record`` if there was none; tell its id and its platform file.

    :param plan: what was looked at and, for a restore, approved
    :raises NightClosedError: the platform file is no longer the one that a plan not opened yet was made by
    """
    platform, standing = step.platform, step.latest_night(context)
    is_open = standing is not None and standing.opened.get("planned_at") == plan["planned_at"]
    if not is_open and plan.get("platform_sha256") != kept_platforms.sha256_of(platform):
        raise NightClosedError(
            f"{step.platform_file} was edited since the look: the plan is of another platform",
            hint="nothing was touched; trigger a new run",
        )
    identifier = nights.backup_id(context["dag_run"].run_after)
    night = step.nights.open(identifier, {**record, happened.ASKED_FOR: True}, kept_platforms.kept(platform))
    context["ti"].xcom_push(RUN, owner_of(night.opened))
    context["ti"].xcom_push(nights.PLATFORM, kept_platforms.key_of(platform, step.kept_in, night.label))
    return night
