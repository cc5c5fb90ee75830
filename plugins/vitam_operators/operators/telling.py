"""Steps that tell people how something ended."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from vitam_operators import messages, nights, notifications
from vitam_operators.config import Platform
from vitam_operators.errors import NotOwnRecordsError, RecordsAwayError
from vitam_operators.hooks.records import nights_of, restores_of
from vitam_operators.nights import Night
from vitam_operators.operators.base import NightOperator
from vitam_operators.operators.retries import is_final
from vitam_operators.run_ids import RUN, owner_of

log = logging.getLogger(__name__)


class TellingOperator(NightOperator):
    """A step whose end people are told of: once, when it is not tried again. What cannot be told changes nothing."""

    def execute(self, context: Any) -> Any:
        """Run the step, then tell."""
        error: BaseException | None = None
        try:
            return super().execute(context)
        except BaseException as raised:  # Airflow's timeout and its end of a task are no Exception
            error = raised
            raise
        finally:
            if error is None or is_final(error, {**context, "task": self}):
                self._try_to_tell(context, error)

    def _try_to_tell(self, context: Any, error: BaseException | None) -> None:
        try:
            self.tell_people(context, error)
        except Exception:
            self.log.exception("how this ended could not be put in words, nobody is told")

    @abstractmethod
    def tell_people(self, context: Any, error: BaseException | None) -> None:
        """
        Tell.

        :param error: what the step raised
        """

    def night_seen(self, context: Any) -> Night | None:
        """Return the records of this run, ``None`` when it has none, or this worker does not see them."""
        try:
            return self.latest_night(context)
        except (RecordsAwayError, NotOwnRecordsError):
            return None

    def send(
        self,
        context: Any,
        subject: str,
        error: BaseException | None,
        *,
        lines: Iterable[str] = (),
        ping_what: str | None = None,
        record: str = notifications.MESSAGES,
    ) -> None:
        """
        Send a message on this run, every way that the platform file names.

        :param lines: what stands before the error
        :param ping_what: what the ping says; ``None``: no ping
        :param record: name of the night's record of what was sent
        """
        run = context["dag_run"]
        text = messages.text(lines, str(error or ""), notifications.run_link(run.dag_id, run.run_id))
        notifications.tell(self.platform, self.night_seen(context), subject, text, ping_what, record=record)


def try_to_tell_of_the_dead(platform: Platform, found: Iterable[Mapping[str, Any] | None]) -> None:
    """Tell as :func:`tell_of_the_dead` does; what cannot be told changes nothing."""
    try:
        tell_of_the_dead(platform, found)
    except Exception:
        log.exception("whether a run before has died cannot be told")


def tell_of_the_dead(platform: Platform, found: Iterable[Mapping[str, Any] | None]) -> None:
    """
    Tell of each run that died with the platform stopped, once: its own step that tells never ran.

    :param found: what the hosts' restart guards did, see :func:`vitam_operators.guard.report_of`
    """
    fired = [report for report in found if report]
    for run, backup in sorted({(report[RUN], report["backup"]) for report in fired}):
        reports = {report["host"]: report for report in fired if report[RUN] == run}
        night, restore = nights_of(platform).named(backup), restores_of(platform).named(backup)
        if _is_untold(night, run):
            notifications.tell(platform, night, *messages.night_that_died(platform.name, backup, reports))
        if _is_untold(restore, run):
            restored = restore.opened["restored"]
            notifications.tell(platform, restore, *messages.restore_that_died(platform.name, restored, reports))


def _is_untold(night: Night, run: str) -> bool:
    opened = night.read(nights.OPEN)
    return opened is not None and owner_of(opened) == run and night.read(notifications.MESSAGES) is None


def task_states(context: Any) -> dict[str, str]:
    """Return the state of each task of this run but this one; mapped ones as ``task[index]``."""
    run, own = context["dag_run"], context["ti"].task_id
    states = context["ti"].get_task_states(dag_id=run.dag_id, run_ids=[run.run_id])[run.run_id]
    return {task: str(state) for task, state in states.items() if task != own}
