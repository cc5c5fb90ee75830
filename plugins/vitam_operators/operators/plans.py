"""The night planned: what the look has found is judged, all at once."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from vitam_operators import (
    accepted,
    attempts,
    estimates,
    left_down,
    mounts,
    night_plan,
    nights,
    notifications,
    securing,
    shrunk,
    versions,
)
from vitam_operators.catalogue import entries
from vitam_operators.engines.chosen import engine_of
from vitam_operators.errors import LookFailedError, NotOwnRecordsError, SecretMissingError, WindowError
from vitam_operators.hooks.connections import environment_of
from vitam_operators.hooks.kept_platforms import sha256_of
from vitam_operators.hooks.records import nights_of, restores_of
from vitam_operators.known_repositories import REPOSITORIES, known_repositories
from vitam_operators.operators.base import NightOperator
from vitam_operators.operators.looks import GUARD, Facts, answers_of, findings_of
from vitam_operators.operators.ownership import findings_of_records, identity
from vitam_operators.operators.prune import planned
from vitam_operators.operators.services import note
from vitam_operators.operators.telling import try_to_tell_of_the_dead
from vitam_operators.parts import planned_parts
from vitam_operators.prune import rules_in_words
from vitam_operators.wholeness import EVERYTHING, PLATFORM_PARTS, let_go
from vitam_operators.window import Window, manual_window, window_beginning


def night_window(context: Any, platform: Any) -> Window:
    """
    Return the window of a run: the data interval of a scheduled one, now to ``until`` of one triggered by hand.

    :raises WindowError: ``until`` is not a moment, or nothing of the window is left
    """
    run, rule = context["dag_run"], platform.window
    if str(run.run_type) == "scheduled":
        return window_beginning(run.data_interval_start or run.run_after, rule)
    until = context["params"].get("until")
    try:
        moment = dt.datetime.fromisoformat(until) if until else None
    except ValueError as error:
        raise WindowError(f"until is {until!r}, not a date and time", hint="choose it in the trigger form") from error
    if moment is not None and moment.tzinfo is None:
        raise WindowError(f"until is {until!r}, without a time zone", hint="write it as 2026-11-24T08:00:00+01:00")
    return manual_window(run.run_after, moment, rule)


class PlanNightOperator(NightOperator):
    """
    Judge the look, and make the plan of the night.

    It runs whatever the checks found, so that all findings are told at once. With ``plan only`` the run ends here.
    """

    opens = True

    def execute(self, context: Any) -> Any:
        """Tell of runs that have died, and that this night begins; then plan."""
        self.take_platform(context)
        try_to_tell_of_the_dead(self.platform, answers_of(context, "check_host", GUARD))
        if not context["params"].get("plan_only") and self._is_whole(context):
            notifications.tell_begin(self.platform, nights.backup_id(context["dag_run"].run_after))
        return asyncio.run(self.act(context))

    def _is_whole(self, context: Any) -> bool:
        """Tell whether the run was asked for every part: what outside waits for a night waits for a whole one."""
        copies = context["params"].get("copies") or EVERYTHING
        return planned_parts(self.platform, copies) == planned_parts(self.platform, EVERYTHING)

    async def act(self, context: Any) -> Facts:
        """
        Return the plan.

        :raises LookFailedError: the night cannot begin; all findings are in the message
        """
        expected = {"check_host": len(self.platform.hosts), "check_cluster": len(self.platform.mongodb)}
        hosts = {facts["host"]: facts for facts in answers_of(context, "check_host")}
        clusters = {facts["cluster"]: facts for facts in answers_of(context, "check_cluster")}
        findings = [*findings_of(context, expected), *night_plan.unknown(self.platform, hosts, clusters)]
        number = self.attempt(context)
        findings += attempts.of_another(attempts.looks_of(hosts, clusters), number)
        findings += findings_of_records(self, context)
        findings += self._balancers_left_off(context, clusters)
        findings += [finding async for finding in self._secrets()]
        findings += notifications.wrong_notifiers(self.platform)
        plan: Facts = {}
        try:
            window = night_window(context, self.platform)
            window.require_open(dt.datetime.now(dt.UTC))
            window.require_time(dt.datetime.now(dt.UTC), self.platform.window.least_s)
            plan = self._plan(context, window, hosts, clusters)
            findings += self._securing_findings(context, window, plan["units_before"])
            findings += self._paused(context, hosts)
            findings += self._left_down(context, plan)
            findings += night_plan.without_parts(plan)
            findings += night_plan.without_room(self.platform, plan, clusters)
            findings += self._compared(plan)
            findings += accepted.findings(plan, engine_of(self.platform.copies))
        except WindowError as error:
            findings.append(error.message)
        if findings:
            raise LookFailedError(
                "the night cannot begin:\n" + "\n".join(f"  {finding}" for finding in findings),
                hint="nothing was touched; mend what is named, then trigger a new run",
            )
        plan["prune"] = planned(self.platform, plan)
        plan["warnings"] = list(self._warnings(context, plan, window, hosts, clusters))
        self._tell(plan)
        if context["params"].get("plan_only"):
            raise AirflowSkipException("plan only: nothing is stopped, nothing is copied")
        return plan | identity(self.platform, context) | {nights.ATTEMPT: number}

    def _plan(self, context: Any, window: Window, hosts: dict[str, Facts], clusters: dict[str, Facts]) -> Facts:
        params = context["params"]
        asked = {
            "backup": nights.backup_id(context["dag_run"].run_after),
            "securing": self._securing(context),
            "note": params.get("note"),
            "copies": params.get("copies"),
            left_down.ACCEPTED: params.get(left_down.ACCEPTED),
        }
        plan = night_plan.plan(self.platform, window, hosts, clusters, asked)
        return {**plan, "platform_sha256": sha256_of(self.platform)}

    def _warnings(
        self, context: Any, plan: Facts, window: Window, hosts: dict[str, Facts], clusters: dict[str, Facts]
    ) -> Iterable[str]:
        yield from night_plan.perhaps_without_room(self.platform, plan, clusters)
        for facts in (*hosts.values(), *clusters.values()):
            yield from facts["warnings"]
        yield from notifications.missing_notifiers(self.platform)
        yield from self._too_short(context, window)
        yield from self._let_go(plan)
        yield from versions.doubts(self.platform.vitam_version, self.platform.services)

    def _securing_findings(self, context: Any, window: Window, running: Mapping[str, list[str]]) -> Iterable[str]:
        waits = self.platform.primary_site and self._securing(context) != securing.NONE_RUNNING
        if waits and not self._is_begun_again(context):
            yield from filter(None, [securing.nobody_starts(self.platform, running)])
        if self._securing(context) == securing.MIDNIGHT:
            midnight = securing.midnight_of(window.start, self.platform.window.timezone)
            if midnight >= window.give_up_at:
                yield (
                    f"the securing at midnight ({midnight:%Y-%m-%d %H:%M} UTC) is not before the night is given up "
                    f"({window.give_up_at:%Y-%m-%d %H:%M} UTC); choose another 'securing' or a later 'until'"
                )

    async def _secrets(self) -> AsyncIterator[str]:
        """Name what the copies will need and cannot take: they begin when the platform is down."""
        secret = engine_of(self.platform.copies).secret
        try:
            if secret is not None:
                await environment_of(secret)
        except SecretMissingError as error:
            yield error.finding

    def _is_begun_again(self, context: Any) -> bool:
        """Tell whether this very run has stopped its platform, and is begun again."""
        try:
            own = self.latest_night(context)
        except NotOwnRecordsError:
            return False
        return own is not None and not own.has(nights.RESTART)

    def _paused(self, context: Any, hosts: dict[str, Facts]) -> Iterable[str]:
        """Name the jobs of the scheduler that have to secure, and that nothing starts."""
        if self._securing(context) == securing.NONE_RUNNING or self._is_begun_again(context):
            return  # nobody waits for them, or this very run has paused them
        for host, facts in hosts.items():
            if facts["paused"]:
                yield (
                    f"{host}: nothing starts {', '.join(facts['paused'])}, they are paused or have no trigger, and the "
                    "night would wait for them; resume the scheduler (playbook start_vitam_scheduling.yml), or choose "
                    f"{securing.NONE_RUNNING} as securing"
                )

    def _balancers_left_off(self, context: Any, clusters: dict[str, Facts]) -> Iterable[str]:
        """Name the balancers that an earlier night left off: "off" must not become what it is put back to."""
        if self._is_begun_again(context):
            return
        earlier = nights_of(self.platform).newest_first()
        for cluster, facts in clusters.items():
            night = nights.unpaid(earlier, cluster)
            if night is not None and facts["balancer"] != "off":
                note(night, f"balancer.{cluster}", {"put_back_at": nights.now_text(), "by": "somebody else"})
            elif night is not None:
                run_id = (night.read(nights.OPEN) or {}).get("run_id", "that opened it")
                yield (
                    f"{cluster}: the balancer is off since backup {night.label}, whose restart did not switch it on; "
                    f"clear start_balancer of run {run_id}, or run sh.startBalancer() through a mongos"
                )

    def _left_down(self, context: Any, plan: Facts) -> Iterable[str]:
        """Name the units that an earlier run left down: "down" must not become what they are left as."""
        down, backups = left_down.down_units(plan[left_down.DOWN_BEFORE]), nights_of(self.platform)
        if not down:
            return []
        earlier = [*backups.newest_first(), *restores_of(self.platform).newest_first()]
        earlier.sort(key=lambda night: night.label, reverse=True)
        fired = answers_of(context, "check_host", GUARD)
        return left_down.findings(down, earlier, fired, plan[left_down.ACCEPTED], plan["backup"])

    def _compared(self, plan: Facts) -> list[str]:
        """Name what is less than at the last backup, disks and what lies on them; the copies ask for both once more."""
        earlier = [night for night in nights_of(self.platform).newest_first() if night.label != plan["backup"]]
        names, mounted = plan[left_down.ACCEPTED], plan[mounts.MOUNTS]
        known = shrunk.known_sizes(self.platform, plan["sizes"], earlier, names)
        plan[shrunk.COMPARED] = known
        plan[REPOSITORIES] = known_repositories(engine_of(self.platform.copies), plan["parts"], earlier, names)
        away = list(mounts.findings(mounted, mounts.known_mounts(mounted, earlier, names)))
        below = plan[mounts.MOUNTS_BELOW]
        plan[mounts.KNOWN_BELOW] = mounts.known_below(below, earlier)
        away = [*away, *mounts.findings_below(below, plan[mounts.KNOWN_BELOW], names)]
        return [*away, *shrunk.findings(self.platform, plan["sizes"], known)]

    def _let_go(self, plan: Facts) -> Iterable[str]:
        kept = [backup for backup in entries(nights_of(self.platform)) if backup.restorable]
        parts = [(backup.label, backup.parts) for backup in kept if backup.label != plan["backup"]]
        return let_go(plan[PLATFORM_PARTS], parts, {one["backup"] for one in plan["prune"]})

    def _too_short(self, context: Any, window: Window) -> Iterable[str]:
        if self.platform.window.hold_until_window_end:
            return  # the nights before took as long as their windows
        begins = max(window.start, dt.datetime.now(dt.UTC))
        if self._securing(context) == securing.MIDNIGHT:
            begins = max(begins, securing.midnight_of(window.start, self.platform.window.timezone))
        longest_s = estimates.longest_cold_s(nights_of(self.platform).newest_first())
        yield from filter(None, [estimates.warning(window, begins, longest_s)])

    def _securing(self, context: Any) -> str:
        chosen = context["params"].get("securing") if self.platform.primary_site else None
        return str(chosen or self.platform.wait_for_securing)

    def _tell(self, plan: Facts) -> None:
        for line in (*night_plan.lines(plan), *night_plan.directories(self.platform, plan)):
            self.log.info("%s", line)
        self.log.info(rules_in_words(self.platform.copies))
        for going in plan["prune"]:
            self.log.info("would prune %s: %s", going["backup"], going["reason"])
        for warning in plan["warnings"]:
            self.log.warning(warning)
