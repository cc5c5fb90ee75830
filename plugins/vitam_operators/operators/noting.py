"""What a step does around its own work: it says in the records of the run that it came to its end."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from vitam_operators.errors import NightClosedError, VitamBackupError, WindowError
from vitam_operators.happened import OwnRecord, name_of


async def noted(step: Any, context: Any, act: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
    """
    Do a step's work and note its end; a step that skips itself notes why.

    :param step: a :class:`~.base.NightOperator`
    :return: what the work answers
    """
    own = own_record(step, context)
    own.begin()
    try:
        result = await act(context)
    except AirflowSkipException as skipped:
        own.end(skipped=str(skipped) or "nothing was to be done")
        raise
    except (NightClosedError, WindowError):
        own.stand()
        raise
    own.end(result)
    return result


def own_record(step: Any, context: Any) -> OwnRecord:
    """Return what a step says of itself; where there are no records, the step's own work says what is wrong."""
    try:
        night = step.latest_night(context) if step.leaves_record and not step.opens else None
    except (VitamBackupError, OSError, ValueError):
        night = None
    return OwnRecord(night, name_of(step.task_id, [str(getattr(step, key)) for key in step.acts_on]), step.log)
