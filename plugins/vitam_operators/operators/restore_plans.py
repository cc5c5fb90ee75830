"""A restore planned, shown, approved and opened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from vitam_operators import attempts, nights
from vitam_operators.catalogue import entry
from vitam_operators.errors import LookFailedError, WindowError
from vitam_operators.hooks.kept_platforms import sha256_of
from vitam_operators.operators.looks import GUARD, Facts, answers_of, findings_of
from vitam_operators.operators.opening import open_run
from vitam_operators.operators.ownership import findings_of_records, identity
from vitam_operators.operators.plans import night_window
from vitam_operators.operators.restore_approvals import APPROVE_RESTORE, approvals_in, plan_of, require_approval
from vitam_operators.operators.restores import CHOOSE, PLAN, RestoreOperator
from vitam_operators.operators.telling import try_to_tell_of_the_dead
from vitam_operators.procedure import SERVICES
from vitam_operators.restores import approvals, plans
from vitam_operators.window import Window
from vitam_operators.words import duration_words


class PlanRestoreOperator(RestoreOperator):
    """Judge the look, and say what would be replaced by what. Nothing was touched so far."""

    opens = True

    async def act(self, context: Any) -> Facts:
        """
        Return the plan; its ``words`` are what is approved.

        :raises LookFailedError: the restore cannot begin; all findings are in the message
        """
        try_to_tell_of_the_dead(self.platform, answers_of(context, "check_host", GUARD))
        label = context["ti"].xcom_pull(task_ids=CHOOSE)
        expected = {"check_host": len(self.platform.hosts), "check_cluster": len(self.platform.mongodb), CHOOSE: 1}
        findings = [*findings_of(context, expected), *findings_of_records(self, context)]
        number = self.attempt(context)
        hosts = {facts["host"]: facts for facts in answers_of(context, "check_host")}
        clusters = {facts["cluster"]: facts for facts in answers_of(context, "check_cluster")}
        findings += attempts.of_another(attempts.looks_of(hosts, clusters), number)
        window = None
        try:
            window = night_window(context, self.platform)
            window.require_open(dt.datetime.now(dt.UTC))
            window.require_time(dt.datetime.now(dt.UTC), self.platform.window.least_s)
        except WindowError as error:
            findings.append(error.message)
        findings += approvals.findings(self.platform.restore, context["dag_run"].triggering_user_name)
        if label:
            findings += plans.findings(self.platform, self.manifest(label))
        if findings or not label or window is None:
            raise LookFailedError(
                "the restore cannot begin:\n" + "\n".join(f"  {finding}" for finding in findings),
                hint="nothing was touched; mend what is named, then trigger a new run",
            )
        plan = self._plan(context, label, window) | {nights.ATTEMPT: number}
        self.log.info("%s", plan["words"])
        return approvals_in(self, context).write(PLAN, plan)

    def _plan(self, context: Any, label: str, window: Window) -> Facts:
        manifest = self.manifest(label)
        hosts = {facts["host"]: facts for facts in answers_of(context, "check_host")}
        clusters = {facts["cluster"]: facts for facts in answers_of(context, "check_cluster")}
        return {
            "restored": label,
            "planned_at": nights.planned_at(),
            **identity(self.platform, context),
            "platform": self.platform.name,
            "platform_sha256": sha256_of(self.platform),
            "window": window.record(),
            "note": context["params"].get("note") or "",
            "units_before": self._to_start(hosts),
            "clusters": {name: {"balancer": manifest["clusters"][name]["balancer"]} for name in clusters},
            "balancers_before": {name: facts["balancer"] for name, facts in clusters.items()},
            "words": "\n".join(self._words(label, hosts, window)),
        }

    def _to_start(self, hosts: dict[str, Facts]) -> dict[str, list[str]]:
        """
        Return what has to run once the restore is over, on each host, in the order in which it starts.

        What ran before, and all members and routers. Where no service of Vitam ran at all, the platform was down as a
        whole: all of it.
        """
        services = {service.unit for service in SERVICES.values()}
        down = not any(unit in services for facts in hosts.values() for unit in facts["running"])
        mongodb = {part.daemon.unit for part in plans.database_parts(self.platform)}
        mongodb |= {cluster.mongos.unit for cluster in self.platform.mongodb}
        return {
            name: [unit for unit in facts["units"] if down or unit in facts["running"] or unit in mongodb]
            for name, facts in hosts.items()
        }

    def _words(self, label: str, hosts: dict[str, Facts], window: Window) -> Iterator[str]:
        backup, manifest = entry(self.backup(label)), self.manifest(label)
        now = dt.datetime.now(dt.UTC)
        if backup is not None:
            age = duration_words((now - backup.opened_at).total_seconds())
            yield f"Backup {label} of {manifest['platform']}, {backup.state}, is put back onto {self.platform.name}."
            yield f"It is {age} old: **whatever was written since {backup.opened_at:%Y-%m-%d %H:%M} UTC is gone.**"
        yield f"Vitam is down until it is over, at {window.end:%Y-%m-%d %H:%M} UTC at the latest."
        yield "What is there now is kept beside it until somebody approves its removal."
        yield ""
        sizes = {name: facts["sizes"] for name, facts in hosts.items()}
        yield from (f"- {line}" for line in plans.in_words(self.platform, manifest, sizes))
        alone = plans.left_alone(manifest)
        if alone:
            yield f"- not put back, see docs/restore.md: {', '.join(alone)}"
        yield "- not put back: the indexes of Elasticsearch, which Vitam rebuilds"


class OpenRestoreOperator(RestoreOperator):
    """
    Open the restore, once a person has approved it: write down, once, what runs now. The setup task of every restart.

    An approval that was marked as a success by hand is none.
    """

    opens = True

    async def act(self, context: Any) -> str:
        """
        Return the label of the restore.

        :raises NotApprovedError: nobody approved it
        :raises RecordsAwayError: this run has opened one before, and its records are not there
        :raises NightClosedError: there is no plan, or the platform file was edited since it was approved
        :raises WindowError: it was approved so late that nothing of the window is left
        """
        plan = plan_of(self, context)
        who = require_approval(self, context, APPROVE_RESTORE, f"the plan of {plan['planned_at']}")
        if self.latest_night(context) is None:
            Window.of_record(plan["window"]).require_time(dt.datetime.now(dt.UTC), self.platform.window.least_s)
        record = {**plan, "opened_at": nights.now_text(), "approved_by": who}
        night = open_run(self, context, plan, record)
        self.log.info("restore %s of backup %s, approved by %s, is open", night.label, plan["restored"], who)
        return night.label
