"""When a step that failed is tried again: what needs an operator never, what is only away for as long as it may be."""

from __future__ import annotations

import datetime as dt
import re
from datetime import timedelta
from typing import Any

from airflow.sdk import RetryAction, RetryPolicy
from airflow.sdk.definitions.retry_policy import RetryDecision

from vitam_operators import nights
from vitam_operators.config import Platform
from vitam_operators.errors import OperatorNeededError
from vitam_operators.nights import Night
from vitam_operators.operators.base import window_of

RETRIES, RETRY_DELAY_S, LONGEST_DELAY_S = 3, 10, 60
"""Of what failed for a reason that may pass; a host that is away is asked after 10, 20, 40, then each 60 s."""
LONG_DELAYS = 15
"""So many of the longest delays are all of ``timeouts.host_away_s``, if that is more than so many minutes."""
MOST_RETRIES = RETRIES + LONG_DELAYS + 2
"""What Airflow has to allow: a policy may end retries before, never go on after."""
AWAY = "away"
"""Record of what could not be reached: ``away.HOST``, with the begin of its absence and the last try."""


class StepRetryPolicy(RetryPolicy):
    """
    The one place where errors meet Airflow's retries.

    A step of an open night whose host is only away is tried until ``timeouts.host_away_s`` are over, counted for each
    host from the first try of any step: steps that come later do not wait for the same absence again. What stops or
    copies does not wait beyond the night's give-up time, nor what starts beyond half of the time for the restart: other
    hosts wait behind it. All else that may pass is tried :data:`RETRIES` times more, and so is each start.

    Airflow does not ask it where a process was killed: that is tried again whatever stands here.
    """

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Any | None = None
    ) -> RetryDecision:
        """Decide; a step that was cleared counts its tries anew."""
        if isinstance(exception, OperatorNeededError):
            return RetryDecision.fail("it takes a person")
        task = (context or {}).get("task")
        number = try_number - max(0, max_tries - getattr(task, "retries", max_tries))
        wait_s = _seconds_to_wait(task, context, getattr(exception, "away", ""), number)
        if wait_s is not None:
            return RetryDecision.retry(timedelta(seconds=wait_s), f"{exception.away} is away")  # type: ignore[attr-defined]
        return RetryDecision.default() if number <= RETRIES else RetryDecision.fail("it was tried often enough")


RETRY_POLICY = StepRetryPolicy()


def is_final(error: BaseException, context: Any) -> bool:
    """Tell whether a step that failed so is not tried again."""
    ti = context["ti"]
    decision = RETRY_POLICY.evaluate(error, ti.try_number, ti.max_tries, context)
    return decision.action == RetryAction.FAIL or ti.try_number > ti.max_tries


def _seconds_to_wait(task: Any, context: Any, away: str, number: int) -> float | None:
    """Return after how many seconds what is away is asked again, ``None`` if it is not waited for."""
    if not away or task is None:
        return None
    try:
        night = task.latest_night(context)
        if night is None:
            return None
        now = dt.datetime.now(dt.UTC)
        limit_s = task.platform.timeouts.host_away_s
        until = _away_since(night, away, now, limit_s) + timedelta(seconds=limit_s)
        window = window_of(night)
        if task.is_teardown:
            until = min(until, window.give_up_at + (window.end - window.give_up_at) / 2)
        elif not night.has(nights.RESTART):
            until = min(until, window.give_up_at)
    except Exception as error:
        task.log.warning("how long %s has been away is not known: %s", away, error)
        return None
    delay_s = min(RETRY_DELAY_S * 2 ** (number - 1), longest_delay_s(task.platform))
    return delay_s if now + timedelta(seconds=delay_s) <= until else None


def longest_delay_s(platform: Platform) -> float:
    """Return the longest pause between two tries: so long that :data:`MOST_RETRIES` suffice."""
    return max(LONGEST_DELAY_S, platform.timeouts.host_away_s / LONG_DELAYS)


def _away_since(night: Night, away: str, now: dt.datetime, limit_s: int) -> dt.datetime:
    """Return when an absence began, and note that it goes on; one that ended long ago was another one."""
    name = f"{AWAY}.{re.sub(r'[^A-Za-z0-9.-]+', '_', away)[:100]}"
    record = night.read(name)
    known = {key: dt.datetime.fromisoformat(moment) for key, moment in (record or {}).items()}
    goes_on = known and now - known["last_at"] <= timedelta(seconds=limit_s)
    since = known["since"] if goes_on else now
    night.write(name, {"since": since.isoformat(), "last_at": now.isoformat()})
    return since
