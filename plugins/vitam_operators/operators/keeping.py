"""Where a run keeps the platform file that it was opened with: its records say it, else the answer of its opening."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vitam_operators import nights
from vitam_operators.hooks.kept_platforms import KEPT, records_at
from vitam_operators.hooks.records import directory_at
from vitam_operators.nights import LABEL, Night, Nights
from vitam_operators.operators.ownership import is_own

OPENING = ("open_backup", "open_restore")
"""The tasks that open records."""


def kept_by_run(step: Any, context: Any) -> Iterator[str]:
    """
    Yield the paths or URLs under which a run may keep its platform file, the surest one first.

    The answer of its opening counts only where it names records of this very run: whoever may write an XCom would else
    choose the platform that a start acts on. It is what finds them when the file names other records by now.

    :param step: a :class:`~.base.NightOperator`; one before the opening of a run that is begun anew has a new look
    """
    identifier = nights.backup_id(context["dag_run"].run_after)
    where = records_at(step.own_platform_file, step.kept_in)
    night = Nights(directory_at(where)).latest(identifier) if where else None
    if night is not None and _keeps(night, context) and not (step.opens and night.has(nights.RESTART)):
        yield f"{where}/{night.label}{KEPT}"
    if step.opens:
        return
    for told in context["ti"].xcom_pull(task_ids=list(OPENING), key=nights.PLATFORM) or ():
        if isinstance(told, str) and told.endswith(KEPT):
            night = Night(directory_at(told.removesuffix(KEPT)))
            label = LABEL.fullmatch(night.label)
            if label and label[1] == identifier and _keeps(night, context):
                yield told


def _keeps(night: Night, context: Any) -> bool:
    return night.has(nights.PLATFORM) and is_own(context, night)
