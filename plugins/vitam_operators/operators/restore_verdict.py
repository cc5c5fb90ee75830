"""How a restore ended: the platform looked at once more, what was kept removed, the verdict."""

from __future__ import annotations

from typing import Any, NoReturn

from vitam_operators import messages, nights
from vitam_operators.conclusions import red_words
from vitam_operators.errors import (
    NotApprovedError,
    NotProvedError,
    RecordsAwayError,
    RestoreFailedError,
    StepFailedError,
)
from vitam_operators.operators import asked, platform_state
from vitam_operators.operators.ownership import require_own
from vitam_operators.operators.restore_approvals import (
    APPROVE_REMOVAL,
    APPROVE_RESTORE,
    approvals_in,
    require_approval,
)
from vitam_operators.operators.restore_deciding import balancer_wanted
from vitam_operators.operators.restore_starting import not_put_back
from vitam_operators.operators.restores import (
    DECISION,
    REPORT,
    PlaceOperator,
    RestoreOperator,
    kept,
)
from vitam_operators.operators.telling import TellingOperator, task_states
from vitam_operators.restores import approvals, plans, swapping
from vitam_operators.run_ids import owner_of


class ReportRestoreOperator(RestoreOperator, TellingOperator):
    """Look at the platform once more, and say whether it runs on the restored data. It runs whatever happened."""

    async def act(self, context: Any) -> dict[str, Any]:
        """
        Return ``{"restored", "platform_is", "platform_up", "left_down", "keep", "put_back", "findings", …}``.

        :raises RestoreFailedError: the platform runs on what was there before, or does not run
        """
        night = self.restore(context)
        decision = night.read(DECISION) or {"keep": False, "against": ["nobody decided"]}
        wanted = {cluster: balancer_wanted(night, cluster) for cluster in night.opened["clusters"]}
        balancers = {cluster: mode for cluster, mode in wanted.items() if mode is not None}
        seen = await platform_state.look(self.platform, night.opened["units_before"], balancers, owner_of(night.opened))
        left = await not_put_back(self, night, list(plans.places(self.platform)))
        seen += [platform_state.Finding(f"{name}: what was there before is not put back", True, name) for name in left]
        report = {
            "restored": night.opened["restored"],
            "keep": decision["keep"],
            "put_back": not decision["keep"] and not left,
            "platform_is": platform_state.platform_is(seen),
            "platform_up": not seen,
            **platform_state.names(seen),
            "findings": [*decision["against"], *(finding.words for finding in seen)],
            "at": nights.now_text(),
        }
        night.write(REPORT, report)
        if edits := self.edits():
            self.log.warning(edits)
        words = messages.restore_ended(self.platform.name, report)
        if seen or not report["keep"]:
            lines = "\n".join(f"  {finding}" for finding in report["findings"])
            raise RestoreFailedError(
                f"{words}:\n{lines}", hint="the first red task of this run says why; docs/restore.md has each error"
            )
        self.log.info(words)
        return report

    def tell_people(self, context: Any, error: BaseException | None) -> None:
        """Tell how it ended; who did not approve it knows that it touched nothing. No ping: it is no night."""
        night = self.night_seen(context)
        report = night.read(REPORT) if night else None
        if report is not None:
            self.send(context, messages.restore_ended(self.platform.name, report), error)
        elif isinstance(error, RecordsAwayError):
            self.send(context, messages.unseen(self.platform.name, "restore"), error)


class RemoveKeptOperator(PlaceOperator):
    """Remove what was there before the restore, once a person has approved that, too."""

    async def act(self, context: Any) -> dict[str, Any]:
        """
        Remove the directory.

        :raises NotApprovedError: nobody approved it
        """
        night, place = self.restore(context), self.place
        who = require_approval(self, context, APPROVE_REMOVAL, f"restore {night.label}")
        if not kept(night):
            raise RestoreFailedError(f"{place.name}: the restored data does not stay", hint="nothing was removed")
        async with self.to_host().connect() as shell:
            await require_own(shell, night)
            await shell.run(swapping.remove(place.kept(night.label)))
        self.log.info("%s is removed, approved by %s", place.kept(night.label), who)
        return night.write(f"removed.{place.name}", {"at": nights.now_text(), "approved_by": who})


class ConcludeRestoreOperator(RestoreOperator):
    """Judge the restore. The only leaf of the graph: it runs whatever happened, and the run is as green as it says."""

    leaves_record = False

    async def act(self, context: Any) -> dict[str, Any]:
        """
        Return how it ended.

        :raises NotApprovedError: a person rejected it, nothing was touched
        :raises NotProvedError: the platform does not run on the restored data
        :raises StepFailedError: it does, but a step failed, or did not say that it happened
        """
        night, states = self.latest_night(context), task_states(context)
        red = list(red_words(states))
        if night is None:
            self._nothing_touched(context, red)
        red += map(asked.words, asked.unproved(night, asked.steps_behind(self.dag, "open_restore"), states))
        report = night.read(REPORT) or {"keep": False, "platform_up": False, "findings": ["nobody looked"]}
        done = report["keep"] and report["platform_up"]
        words = f"restore {night.label} of backup {night.opened['restored']}"
        if not done:
            lines = "\n".join(f"  {finding}" for finding in dict.fromkeys([*report["findings"], *red]))
            raise NotProvedError(f"{words} did not succeed:\n{lines}", hint="docs/restore.md says what to do")
        if red:
            raise StepFailedError(
                f"{words} is done, but: {'; '.join(red)}", hint="the first red task says what is left"
            )
        self.log.info("%s is done; %s", words, self._kept_words(night))
        return report

    def _nothing_touched(self, context: Any, red: list[str]) -> NoReturn:
        who = approvals.rejected_by(approvals_in(self, context).read(APPROVE_RESTORE))
        if who is not None:
            raise NotApprovedError(f"nothing was touched: the restore was rejected by {who}", hint="ask why")
        words = "; ".join(red) or "open_restore did not run"
        raise NotProvedError(f"nothing was touched; {words}", hint="read the logs of plan_restore and approve_restore")

    @staticmethod
    def _kept_words(night: Any) -> str:
        return "what was there before is removed" if night.all("removed") else "what was there before is kept"
