"""The backup as a whole: planned, opened, sealed, concluded."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

import vitam_operators
from vitam_operators import elastic, estimates, manifest, nights, notifications, phases, securing, versions
from vitam_operators.catalogue import Reader
from vitam_operators.engines.chosen import engine_of
from vitam_operators.errors import LookFailedError, NightClosedError, WindowError
from vitam_operators.hooks.records import nights_of
from vitam_operators.host_units import mongo_parts_of
from vitam_operators.left_out import left_out
from vitam_operators.messages import night_that_died
from vitam_operators.nights import Night, Record
from vitam_operators.operators.base import NightOperator
from vitam_operators.operators.looks import GUARD, Facts, answers_of, findings_of
from vitam_operators.operators.prune import KEPT_FOR_EVER, planned
from vitam_operators.operators.services import note
from vitam_operators.parts import config_parts, planned_parts, shard_parts
from vitam_operators.window import Window, manual_window, window_beginning
from vitam_operators.words import size_words

OUTSIDE = "open"
"""Phase of the steps that are in no group of the graph: the backup is opened, the guards are armed."""


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

    def execute(self, context: Any) -> Any:
        """Tell of nights that have died, and that this one begins; then plan."""
        try:
            self._tell_of_the_dead(context)
        except Exception:
            self.log.exception("whether a night before has died cannot be told")
        if not context["params"].get("plan_only"):
            notifications.tell_begin(self.platform, nights.backup_id(context["dag_run"].run_after))
        return asyncio.run(self.act(context))

    def _tell_of_the_dead(self, context: Any) -> None:
        """Tell of each run that died with the platform stopped, once: its own step that tells never ran."""
        found = [report for report in answers_of(context, "check_host", GUARD) if report]
        for backup in sorted({report["backup"] for report in found}):
            night = nights_of(self.platform).named(backup)
            reports = {report["host"]: report for report in found if report["backup"] == backup}
            if night.read(nights.OPEN) is not None and night.read(notifications.MESSAGES) is None:
                notifications.tell(self.platform, night, *night_that_died(self.platform.name, backup, reports))

    async def act(self, context: Any) -> Facts:
        """Return the plan."""
        expected = {"check_host": len(self.platform.hosts), "check_cluster": len(self.platform.mongodb)}
        findings = list(findings_of(context, expected))
        window = None
        try:
            window = night_window(context, self.platform)
            window.require_open(dt.datetime.now(dt.UTC))
            findings += self._securing_findings(context, window)
        except WindowError as error:
            findings.append(error.message)
        hosts, clusters = self._facts(context, "check_host", "host"), self._facts(context, "check_cluster", "cluster")
        plan = self._plan(context, window, hosts, clusters) if window else {}
        primaries = {host for facts in clusters.values() for host in facts["primaries"].values()}
        sets = [part.replica_set for part in (*config_parts(self.platform), *shard_parts(self.platform))]
        preferred = {one.preferred for one in sets if one.preferred}
        certain = primaries | preferred | {name for name in hosts if not mongo_parts_of(self.platform, name)}
        findings += self._without_room(plan, hosts, certain) if plan else []
        findings += self._balancers_left_off(context, clusters)
        if findings:
            raise LookFailedError(
                "the night cannot begin:\n" + "\n".join(f"  {finding}" for finding in findings),
                hint="nothing was touched; mend what is named, then trigger a new run",
            )
        plan["warnings"] = self._without_room(plan, hosts, set(hosts) - certain)
        plan["warnings"] += [warning for facts in hosts.values() for warning in facts["warnings"]]
        plan["warnings"] += self._too_short(context, window) if window else []
        plan["warnings"] += versions.doubts(self.platform.vitam_version, self.platform.services)
        plan["prune"] = planned(self.platform, plan["backup"])
        self._tell(plan)
        if context["params"].get("plan_only"):
            raise AirflowSkipException("plan only: nothing is stopped, nothing is copied")
        return plan

    def _securing_findings(self, context: Any, window: Window) -> Iterable[str]:
        if self._securing(context) == securing.MIDNIGHT:
            midnight = securing.midnight_of(window.start, self.platform.window.timezone)
            if midnight >= window.give_up_at:
                yield (
                    f"the securing at midnight ({midnight:%Y-%m-%d %H:%M} UTC) is not before the night is given up "
                    f"({window.give_up_at:%Y-%m-%d %H:%M} UTC); choose another 'securing' or a later 'until'"
                )

    def _balancers_left_off(self, context: Any, clusters: dict[str, Facts]) -> Iterable[str]:
        """Name the balancers that an earlier night left off: "off" must not become what it is put back to."""
        own, earlier = self.latest_night(context), nights_of(self.platform).newest_first()
        if own is not None and own.read(nights.RESTART) is None:
            return  # this very run is begun again while its platform is down
        for cluster, facts in clusters.items():
            night = nights.unpaid(earlier, cluster)
            if night is not None and facts["balancer"] != "off":
                note(night, f"balancer.{cluster}", {"put_back_at": nights.now_text(), "by": "somebody else"})
            elif night is not None:
                yield (
                    f"{cluster}: the balancer is off since backup {night.label}, whose restart did not switch it on; "
                    f"clear start_balancer of run {night.opened['run_id']}, or run sh.startBalancer() through a mongos"
                )

    def _too_short(self, context: Any, window: Window) -> list[str]:
        if self.platform.window.hold_until_window_end:
            return []  # the nights before took as long as their windows
        begins = max(window.start, dt.datetime.now(dt.UTC))
        if self._securing(context) == securing.MIDNIGHT:
            begins = max(begins, securing.midnight_of(window.start, self.platform.window.timezone))
        longest_s = estimates.longest_cold_s(nights_of(self.platform).newest_first())
        return list(filter(None, [estimates.warning(window, begins, longest_s)]))

    def _securing(self, context: Any) -> str:
        chosen = context["params"].get("securing") if self.platform.primary_site else None
        return str(chosen or self.platform.wait_for_securing)

    def _facts(self, context: Any, task: str, key: str) -> dict[str, Facts]:
        return {answer[key]: answer for answer in answers_of(context, task)}

    def _plan(self, context: Any, window: Window, hosts: dict[str, Facts], clusters: dict[str, Facts]) -> Facts:
        platform, run = self.platform, context["dag_run"]
        return {
            "backup": nights.backup_id(run.run_after),
            "run_id": run.run_id,
            "platform": platform.name,
            "vitam_version": platform.vitam_version,
            "window": {
                "start": window.start.isoformat(),
                "end": window.end.isoformat(),
                "give_up_at": window.give_up_at.isoformat(),
                "restart_reserve_s": window.restart_reserve_s,
            },
            "planned_at": nights.planned_at(),
            "securing": self._securing(context),
            "note": context["params"].get("note") or "",
            "copies": context["params"].get("copies") or "everything",
            "parts": list(planned_parts(platform, context["params"].get("copies") or "everything")),
            "units_before": {name: facts["running"] for name, facts in hosts.items()},
            "clusters": clusters,
            "sizes": {name: facts["sizes"] for name, facts in hosts.items()},
            "free_bytes": {name: facts["free_bytes"] for name, facts in hosts.items()},
            "versions": {name: facts["versions"] for name, facts in hosts.items()},
            "tools": {name: facts["tools"] for name, facts in hosts.items()},
            "methods": {name: facts["methods"] for name, facts in hosts.items() if facts["methods"]},
        }

    def _without_room(self, plan: Facts, hosts: dict[str, Facts], names: set[str]) -> list[str]:
        """Name the hosts that cannot hold the copies that would be made on them."""
        if not engine_of(self.platform.copies).needs_room:
            return []
        factor, found = self.platform.copies.room_factor, []
        for name in sorted(names & set(hosts)):
            facts = hosts[name]
            needed = sum(size for part, size in facts["sizes"].items() if part in plan["parts"]) * factor
            if needed > facts["free_bytes"]:
                found.append(
                    f"{name} has {size_words(facts['free_bytes'])} free in {self.platform.copies.directory}, "
                    f"its copies need {size_words(needed)}: free space there, or set copy.directory to another disk"
                )
        return found

    def _tell(self, plan: Facts) -> None:
        self.log.info("backup %s of %s, Vitam %s", plan["backup"], plan["platform"], plan["vitam_version"])
        self.log.info("window %s to %s, given up at %s", *(plan["window"][k] for k in ("start", "end", "give_up_at")))
        for host, units in plan["units_before"].items():
            self.log.info("%s runs %d units: %s", host, len(units), ", ".join(units))
        for cluster in plan["clusters"].values():
            self.log.info("%s: balancer %s, primaries %s", *(cluster[k] for k in ("cluster", "balancer", "primaries")))
        for host, methods in plan["methods"].items():
            self.log.info("%s: %s", host, ", ".join(f"{part} {method}" for part, method in methods.items()))
        self.log.info("%d parts to copy: %s", len(plan["parts"]), ", ".join(plan["parts"]))
        for going in plan["prune"]:
            self.log.info("would prune %s: %s", going["backup"], going["reason"])
        if self.platform.copies.keep is None:
            self.log.info(KEPT_FOR_EVER)
        for warning in plan["warnings"]:
            self.log.warning(warning)


class OpenBackupOperator(NightOperator):
    """
    Open the backup: write down, once, what runs now and what is planned. The setup task of every restart.

    Run again, it finds the open backup. After a restart it opens a new attempt if there is a new plan, so that two
    moments never mix; without one, as when a single step is cleared, nothing is opened and that step refuses.
    """

    async def act(self, context: Any) -> str:
        """Return the label of the backup."""
        plan = context["ti"].xcom_pull(task_ids="plan_night")
        if not plan:
            raise NightClosedError("there is no plan", hint="clear plan_night with its downstream tasks")
        record = {**plan, "opened_at": nights.now_text()}
        night = nights_of(self.platform).open(plan["backup"], record)
        self.log.info("backup %s is open: %s", night.label, night.directory)
        return night.label


class SealBackupOperator(NightOperator):
    """Seal the backup: write the manifest, if every part that was planned was copied and read back."""

    async def act(self, context: Any) -> Facts:
        """Return label, parts and size."""
        night = self.latest_night(context)
        if night is None:
            raise AirflowSkipException("nothing was opened")
        snapshots = [name for name, one in night.all("indexes").items() if one.get("state") == elastic.SUCCESS]
        members = {name: night.read(f"member.{name}") or {} for name in night.opened["parts"]}
        content = manifest.build(
            night,
            tool_version=vitam_operators.__version__,
            phases=dict(self._phases(context)),
            not_in_backup=list(left_out(self.platform, night.opened["parts"], members, snapshots)),
            same_base=manifest.same_base(night, self._earlier(night)),
        )
        night.write(nights.MANIFEST, content)
        for warning in content["warnings_of_night"]:
            self.log.warning(warning)
        size = content["size_bytes"]
        self.log.info("backup %s is sealed: %d parts, %s", night.label, len(content["parts"]), size_words(size))
        return {"backup": night.label, "parts": len(content["parts"]), "size_bytes": size}

    def _earlier(self, night: Night) -> Iterable[Record]:
        """Yield the manifests of earlier nights, the newest first; what cannot be read is none."""
        for other in nights_of(self.platform).newest_first():
            content = Reader(other.directory).read(nights.MANIFEST) if other.label < night.label else None
            if content:
                yield content

    def _phases(self, context: Any) -> Iterable[tuple[str, Facts]]:
        """Yield each phase that is over, or begun, with what its steps told of their times: the graph's groups."""
        tasks: dict[str, list[str]] = {}
        for task in self.dag.tasks:
            group = task.task_group.group_id if task.task_group else None
            tasks.setdefault(group or OUTSIDE, []).append(task.task_id)
        for name, ids in tasks.items():
            told = (context["ti"].xcom_pull(task_ids=ids, key=key) or () for key in (phases.BEGAN, phases.ENDED))
            found = phases.phase(*told)
            if found:
                yield name, found
