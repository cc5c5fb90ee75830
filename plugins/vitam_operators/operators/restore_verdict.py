"""How a restore ended: the platform looked at once more, what was kept removed, the verdict."""

from __future__ import annotations

from typing import Any

from vitam_operators import nights
from vitam_operators.errors import NotProvedError, RestoreFailedError, StepFailedError
from vitam_operators.operators.restore_deciding import balancer_wanted
from vitam_operators.operators.restores import (
    DECISION,
    REPORT,
    PlaceOperator,
    RestoreOperator,
    kept,
    require_approval,
)
from vitam_operators.operators.verdict import ConcludeNightOperator, Finding, red_words, task_states
from vitam_operators.restores import swapping


class ReportRestoreOperator(RestoreOperator, ConcludeNightOperator):
    """Look at the platform once more, and say whether it runs on the restored data. It runs whatever happened."""

    async def act(self, context: Any) -> dict[str, Any]:
        """
        Return ``{"restored", "platform_up", "keep", "findings"}``.

        :raises RestoreFailedError: the platform runs on what was there before, or does not run
        """
        night = self.restore(context)
        decision = night.read(DECISION) or {"keep": False, "against": ["nobody decided"]}
        down = [finding.words async for finding in self._platform_findings(night)]
        report = {
            "restored": night.opened["restored"],
            "keep": decision["keep"],
            "platform_up": not down,
            "findings": [*decision["against"], *down],
            "at": nights.now_text(),
        }
        night.write(REPORT, report)
        where = "the restored data" if report["keep"] else "what was there before"
        words = f"the platform is {'NOT ALL UP' if down else 'UP'}, on {where}"
        if down or not report["keep"]:
            lines = "\n".join(f"  {finding}" for finding in report["findings"])
            raise RestoreFailedError(
                f"backup {report['restored']}: {words}:\n{lines}",
                hint="the first red task of this run says why; docs/restore.md has each error",
            )
        self.log.info("backup %s is restored: %s", report["restored"], words)
        return report

    async def _balancer_finding(self, cluster: str, before: str) -> list[Finding]:
        night = self._of_run
        wanted = balancer_wanted(night, cluster) if night is not None else None
        return [] if wanted is None else await super()._balancer_finding(cluster, wanted)

    _of_run: Any = None

    async def _platform_findings(self, night: Any) -> Any:
        self._of_run = night
        async for finding in super()._platform_findings(night):
            yield finding


class RemoveKeptOperator(PlaceOperator):
    """Remove what was there before the restore, once a person has approved that, too."""

    async def act(self, context: Any) -> dict[str, Any]:
        """
        Remove the directory.

        :raises NotApprovedError: nobody approved it
        """
        night, place = self.restore(context), self.place
        who = require_approval(context, "approve_removal")
        if not kept(night):
            raise RestoreFailedError(f"{place.name}: the restored data does not stay", hint="nothing was removed")
        async with self.to_host().connect() as shell:
            await shell.run(swapping.remove(place.kept(night.label)))
        self.log.info("%s is removed, approved by %s", place.kept(night.label), who)
        return night.write(f"removed.{place.name}", {"at": nights.now_text(), "approved_by": who})


class ConcludeRestoreOperator(RestoreOperator):
    """Judge the restore. The only leaf of the graph: it runs whatever happened, and the run is as green as it says."""

    async def act(self, context: Any) -> dict[str, Any] | None:
        """
        Return how it ended.

        :raises NotProvedError: the platform does not run on the restored data
        :raises StepFailedError: it does, but a step failed
        """
        night, red = self.latest_night(context), list(red_words(task_states(context)))
        if night is None:
            if red:
                raise NotProvedError(f"nothing was touched; {'; '.join(red)}", hint="read the log of plan_restore")
            self.log.info("nothing was touched: the restore was not approved")
            return None
        report = night.read(REPORT) or {"keep": False, "platform_up": False, "findings": ["nobody looked"]}
        done = report["keep"] and report["platform_up"]
        words = f"restore {night.label} of backup {night.opened['restored']}"
        if not done:
            lines = "\n".join(f"  {finding}" for finding in [*report["findings"], *red])
            raise NotProvedError(f"{words} did not succeed:\n{lines}", hint="docs/restore.md says what to do")
        if red:
            raise StepFailedError(
                f"{words} is done, but: {'; '.join(red)}", hint="the first red task says what is left"
            )
        self.log.info("%s is done; %s", words, self._kept_words(night))
        return report

    @staticmethod
    def _kept_words(night: Any) -> str:
        return "what was there before is removed" if night.all("removed") else "what was there before is kept"
