"""Waiting for Vitam to be quiet: workflows drained, logbooks secured."""

from __future__ import annotations

import datetime as dt
from typing import Any

from vitam_operators import nights, securing
from vitam_operators.operators.base import WaitingOperator, window_of
from vitam_operators.procedure import SERVICES
from vitam_operators.triggers.base import Report, Wait
from vitam_operators.triggers.quiet import LogbookSecured, WorkflowsDrained

ONE_DAY_S = 24 * 3600


class WorkflowsDrainedSensor(WaitingOperator):
    """
    Wait until processing runs no workflow any more.

    It does not touch a workflow: one in PAUSE is kept by Vitam on disk and only listed.
    """

    def limit_s(self) -> int:
        """Return a day: the night's give-up time is the limit."""
        return ONE_DAY_S

    async def begin(self, context: Any) -> Wait | None:
        """Wait, unless processing is stopped already."""
        night = self.cold_night(context)
        self.poll_interval_s = self.look_interval_s = self.platform.workflows.poll_interval_s
        unit, before = SERVICES["processing"].unit, night.opened["units_before"]
        hosts = [host for host in self.platform.hosts_of("processing") if unit in before.get(host, [])]
        if all(night.read(f"stop.{unit}@{host}") for host in hosts):
            self.log.info("processing does not run, or was stopped by an earlier try: no workflow can run")
            return None
        return WorkflowsDrained(self.platform_file, hosts)

    async def finish(self, context: Any, report: Report) -> dict[str, Any]:
        """Return how many workflows wait in PAUSE."""
        return {"state": report.words, **report.value}


class LogbookSecuredSensor(WaitingOperator):
    """
    Wait until the logbooks are secured: at midnight, at the next run, or only until none is running.

    A secondary site secures nothing: there is nothing to wait for.
    """

    def limit_s(self) -> int:
        """Return a day: the night's give-up time is the limit."""
        return ONE_DAY_S

    async def begin(self, context: Any) -> Wait | None:
        """Note when the wait began, once, and wait."""
        night, zone = self.cold_night(context), self.platform.window.timezone
        if not self.platform.primary_site:
            self.log.info("a secondary site: its logbooks are secured by the primary one")
            return None
        scheduler, before = SERVICES["scheduler"], night.opened["units_before"]
        ran = [host for host in self.platform.hosts_of("scheduler") if scheduler.unit in before.get(host, [])]
        if ran and all(night.read(f"stop.{scheduler.unit}@{host}") for host in ran):
            self.log.info("the scheduler was stopped by an earlier try, once the logbooks were secured")
            return None
        asked = night.write_once("securing", {"asked_at": nights.now_text()})["asked_at"]
        after = securing.has_to_begin_after(
            night.opened["securing"], dt.datetime.fromisoformat(asked), window_of(night).start, zone
        )
        words = f"after {after:%H:%M:%S} UTC" if after else "none running"
        self.log.info("securing %s: %s", night.opened["securing"], words)
        return LogbookSecured(self.platform_file, after.isoformat() if after else None)
