"""What every step of a night shares: the platform, the night's records, the window, waiting, retries."""

from __future__ import annotations

import asyncio
import datetime as dt
import inspect
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Iterator, Sequence
from datetime import timedelta
from typing import Any

from airflow.sdk import BaseOperator

from vitam_operators import nights, phases
from vitam_operators.attempts import is_for, made_for
from vitam_operators.config import Platform
from vitam_operators.errors import (
    ConfigError,
    GivenUpError,
    NightClosedError,
    RecordsAwayError,
    StillStoppingError,
    VitamBackupError,
)
from vitam_operators.hooks import kept_platforms
from vitam_operators.hooks.records import nights_of
from vitam_operators.nights import Night, Nights, Record
from vitam_operators.operators import noting
from vitam_operators.operators.keeping import OPENING, kept_by_run
from vitam_operators.operators.ownership import PLANNING, own_run, require_own_records
from vitam_operators.operators.reopening import guards_of
from vitam_operators.reopened import reopened
from vitam_operators.run_ids import owner_of
from vitam_operators.triggers.base import Report, Wait, WaitTrigger, look_until, raised
from vitam_operators.window import Window

NEXT = "arm_restart_guard"
"""The task behind the opening: its answer outlives a clear until it begins again."""


PATIENCE_S = 8
"""Seconds for which a step looks on the worker before it defers: most stops and starts are over by then."""


class NightOperator(BaseOperator):
    """
    A step of a night.

    It may run twice at any moment: it looks before it acts, and what it did is in the night's records.

    :param platform_file: path of the platform file
    :param kept_in: directory of the records, below the platform's; none: that of its backups
    :param acts_on: names of the arguments that say what it acts on, of a mapped step
    """

    leaves_record = True
    """Whether it says in the run's records that it came to its end, and the verdict asks for that."""
    seal_needs_it = True
    """Whether a copy is worth nothing without it, if it stands before the copies."""

    def __init__(self, *, platform_file: str, kept_in: str = "", acts_on: Sequence[str] = (), **kwargs: Any) -> None:
        kwargs.setdefault("doc_md", inspect.getdoc(type(self)))
        kwargs.setdefault("task_display_name", kwargs["task_id"].replace("_", " "))
        super().__init__(**kwargs)
        self.own_platform_file = platform_file
        self.kept_platform = ""
        self.kept_in = kept_in
        self.acts_on = list(acts_on)
        self.stand_in: Record | None = None

    @property
    def platform_file(self) -> str:
        """Where the step's platform is read: what its run keeps of the platform file, else the file itself."""
        return self.kept_platform or self.own_platform_file

    @property
    def platform(self) -> Platform:
        """The platform; read once in a process."""
        return kept_platforms.platform_by(self.platform_file)

    @property
    def nights(self) -> Nights:
        """The records of all runs like this one."""
        directory = nights_of(self.platform).directory
        return Nights(directory / self.kept_in if self.kept_in else directory, may_fail=self.is_teardown)

    def latest_night(self, context: Any) -> Night | None:
        """
        Return the records of this run's last attempt, or ``None`` when nothing was opened.

        :raises RecordsAwayError: something was, and its records are not there
        :raises NotOwnRecordsError: those under its label are another run's
        """
        night = self.nights.latest(nights.backup_id(context["dag_run"].run_after))
        if night is None and _was_opened(context["ti"]):
            raise RecordsAwayError(
                f"this run has opened records, and {self.nights.directory}, as this worker sees it, has none of it",
                hint="mount the directory of the records on every worker, then clear the red tasks of this run; what "
                "they leave down is started by the hosts' restart guards at the end of the window",
            )
        if night is not None:
            night.stand_in = self.stand_in
            require_own_records(context, night)
        return night

    def attempt(self, context: Any) -> int:
        """Return the attempt of its run that a look or a plan is made for, see :mod:`vitam_operators.attempts`."""
        return made_for(self.nights, nights.backup_id(context["dag_run"].run_after))

    def cold_night(self, context: Any) -> Night:
        """
        Return the records of this run, for a step that stops or copies.

        :raises NightClosedError: nothing was opened, or the restart has begun
        :raises WindowError: it is not the time to stop or copy
        """
        night = self.latest_night(context)
        if night is None:
            raise NightClosedError(
                "this run opened no backup, so nothing says what ran before",
                hint="clear the task open_backup with its downstream tasks, or trigger a new run",
            )
        night.require_cold()
        window_of(night).require_open(dt.datetime.now(dt.UTC))
        return night

    async def reopen(self, context: Any) -> None:
        """Put together anew what this run was opened with, if that cannot be read any more; write it if that can be."""
        self.stand_in = None
        night = self.nights.latest(nights.backup_id(context["dag_run"].run_after))
        if night is None or night.read(nights.OPEN) is not None:
            return
        run_id = context["dag_run"].run_id
        plans = context["ti"].xcom_pull(task_ids=list(PLANNING)) or ()
        number = len(self.nights.attempts(nights.backup_id(context["dag_run"].run_after)))
        own_plans = (plan for plan in plans if plan and plan.get("run_id") == run_id)
        plan: Record = next((plan for plan in own_plans if is_for(plan, number)), {})
        if not plan and self.kept_in:
            return  # what is restored, and whether that stays, no guard knows
        own = own_run(context)
        found = await guards_of(self.platform, night.label)
        guards = {host: one for host, one in found.items() if own in ("", owner_of(one))}
        self.stand_in = reopened(self.platform, night, plan, guards)
        if self.stand_in is None:
            return
        self.log.warning("what %s was opened with is lost; put together anew of plan and guards", night.label)
        try:
            night.write(nights.OPEN, self.stand_in)
        except OSError as error:
            self.log.warning("it could not be noted: %s", error)

    def take_platform(self, context: Any) -> None:
        """Work by what this run keeps of its platform file, once it has opened records: it may be edited meanwhile."""
        self.kept_platform = ""
        for key in self.kept_platforms(context):
            try:
                kept_platforms.platform_by(key)
            except ConfigError as error:
                self.log.warning("%s", error)
            else:
                self.kept_platform = key
                return

    opens = False
    """Whether the step comes before the opening: then a run that is begun anew after its restart has a new look."""

    def kept_platforms(self, context: Any) -> Iterator[str]:
        """Yield where this run may keep its platform file, see :func:`.keeping.kept_by_run`."""
        return kept_by_run(self, context)

    def edits(self) -> str:
        """Say how the platform file differs by now from what this run keeps of it; nothing when it does not."""
        return kept_platforms.edits(self.own_platform_file, self.platform) if self.kept_platform else ""

    def unplanned(self) -> str:
        """Name what the step is for and the platform does not have: it is new to the platform file, or gone from it."""
        return ""

    def execute(self, context: Any) -> Any:
        """Run the step; tell when it began and ended, and note that it did."""
        context["ti"].xcom_push(phases.BEGAN, nights.now_text())
        self.take_platform(context)
        if unplanned := self.unplanned():
            self.log.warning("%s is not in the platform file that this run works by: it is left alone", unplanned)
            noting.own_record(self, context).end(skipped=f"{unplanned} is not in the platform file of this run")
            context["ti"].xcom_push(phases.ENDED, nights.now_text())
            return None
        return self._run_noted(context, self.act)

    def _run_noted(self, context: Any, act: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        result = asyncio.run(self._reopen_and_note(context, act))
        context["ti"].xcom_push(phases.ENDED, nights.now_text())
        return result

    async def _reopen_and_note(self, context: Any, act: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        await self.reopen(context)
        return await noting.noted(self, context, act)

    @abstractmethod
    async def act(self, context: Any) -> Any:
        """Do what the step does."""


class WaitingOperator(NightOperator):
    """
    A step that asks for something and waits until it is so: a few seconds here, then in the triggerer.

    Subclasses say what to ask for and wait for (:meth:`begin`), how long at most (:meth:`limit_s`) and what to note
    at the end (:meth:`finish`).
    """

    poll_interval_s = 10.0
    look_interval_s = 0.5
    """Seconds between two looks on the worker; ``poll_interval_s`` in the triggerer."""

    async def act(self, context: Any) -> Any:
        """Begin, look for a few seconds, then defer."""
        wait = await self.begin(context)
        if wait is None:
            return None
        until = self._until(context)
        event = await look_until(wait, min(until, _in_seconds(PATIENCE_S)), self.look_interval_s, self.log)
        if event["state"] == "late" and dt.datetime.now(dt.UTC) < until:
            grace = timedelta(minutes=5)
            self.defer(
                trigger=WaitTrigger.of(wait, until, self.poll_interval_s, instead=self.own_platform_file),
                method_name="resume",
                timeout=until - dt.datetime.now(dt.UTC) + grace,
            )
        return await self._conclude(context, event)

    def resume(self, context: Any, event: dict[str, Any]) -> Any:
        """Go on when the triggerer has waited."""
        self.take_platform(context)
        return self._run_noted(context, lambda known: self._conclude(known, event))

    async def _conclude(self, context: Any, event: dict[str, Any]) -> Any:
        if event["state"] == "failed":
            raise raised(event)
        if event["state"] == "late":
            raise self.late(context, event["words"])
        return await self.finish(context, Report(True, event["words"], event["value"]))

    def _until(self, context: Any) -> dt.datetime:
        own = _in_seconds(self.limit_s())
        night = self.latest_night(context)
        return min(own, window_of(night).give_up_at) if self.gives_up and night is not None else own

    gives_up = True
    """Whether the night's give-up time ends the wait; a restart goes on after it."""

    def late(self, context: Any, words: str) -> VitamBackupError:
        """Return the error of a wait that took too long."""
        night = self.latest_night(context)
        if self.gives_up and night is not None and dt.datetime.now(dt.UTC) >= window_of(night).give_up_at:
            return GivenUpError(
                f"the night is given up at {window_of(night).give_up_at:%H:%M:%S} UTC, {self.task_id} was still "
                f"waiting: {words}",
                hint="the platform is started again; find out why it took so long, or widen the window",
            )
        return self.too_slow(words)

    def too_slow(self, words: str) -> VitamBackupError:
        """Return the error of a wait that reached the step's own limit."""
        return StillStoppingError(
            f"after {self.limit_s()} s: {words}",
            hint="look at the journal of the unit on its host; raise the limit under timeouts in the platform file",
        )

    @abstractmethod
    def limit_s(self) -> int:
        """Return after how many seconds the wait is an error."""

    @abstractmethod
    async def begin(self, context: Any) -> Wait | None:
        """Look, then act; return what to wait for, ``None`` when nothing is to be done."""

    async def finish(self, context: Any, report: Report) -> Any:
        """Note what was done; return a small dict for the UI."""
        return {"state": report.words}


def _was_opened(ti: Any) -> bool:
    """Tell by the answers of a run's tasks whether it has records."""
    told = [ti.xcom_pull(task_ids=list(OPENING)), ti.xcom_pull(task_ids=[NEXT], key=phases.ENDED)]
    return any(answer for answers in told for answer in answers or ())


def window_of(night: Night) -> Window:
    """Return the window that a night was opened with."""
    return Window.of_record(night.opened["window"])


def _in_seconds(seconds: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) + timedelta(seconds=seconds)
