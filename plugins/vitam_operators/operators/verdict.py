"""The verdict on a night: what was really done, and whether the platform runs."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vitam_operators import manifest, messages, mongo, nights, notifications, systemd
from vitam_operators.errors import NotProvedError, OperatorNeededError, StepFailedError, VitamBackupError
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.hooks.hosts import HostHook, target
from vitam_operators.nights import Night
from vitam_operators.operators.base import NightOperator, window_of
from vitam_operators.parts import MongoPart, config_parts, shard_parts
from vitam_operators.words import duration_words, size_words


@dataclass(frozen=True)
class Finding:
    """
    What speaks against a platform that runs.

    :param down: it was seen to be down; otherwise it could not be seen, or is up otherwise than before
    """

    words: str
    down: bool


IN_WORDS = {
    "prune_backups": "old backups that were to go are still there, the next night goes on with them",
    "leave_manifest": "the manifest is not beside the copies there, only in the records",
}
"""What it means when a step fails that no backup needs."""


class ConcludeNightOperator(NightOperator):
    """
    Judge the night. The only leaf of the graph: it runs whatever happened, and the run is green only if it says so.

    It looks at the states of all tasks, at the records, and at the platform itself once more.
    """

    def execute(self, context: Any) -> Any:
        """Judge, then tell people, unless nothing but a plan was asked for or the step is tried again."""
        error: Exception | None = None
        try:
            return asyncio.run(self.act(context))
        except Exception as raised:
            error = raised
            raise
        finally:
            if not context["params"].get("plan_only") and is_final(error, context["ti"]):
                self._tell_people(context, error)

    def _tell_people(self, context: Any, error: Exception | None) -> None:
        try:
            night = self.latest_night(context)
            end = self._end(night, first_failed(self.dag, task_states(context)))
            lines = (night.read(nights.CONCLUSION) or {}).get("lines", []) if night else []
            link = notifications.run_link(context["dag_run"].dag_id, context["dag_run"].run_id)
            body = messages.text(lines, str(error or ""), link)
        except Exception:
            self.log.exception("the night could not be put in words, nobody is told")
            return
        told = messages.SUCCESS if error is None else messages.FAIL
        notifications.tell(self.platform, night, messages.subject(end), body, told)

    def _end(self, night: Night | None, failed: str) -> messages.NightEnd:
        if night is None:
            return messages.NightEnd(self.platform.name, messages.UNTOUCHED, failed=failed)
        summary = night.read(nights.CONCLUSION) or {}
        return messages.NightEnd(
            self.platform.name,
            platform_is=summary.get("platform_is", messages.NOT_PROVED),
            sealed=not self._not_sealed(night),
            failed=failed,
            size_bytes=summary.get("size_bytes", 0),
            down_s=summary.get("down_s", 0.0),
            late_s=late_s(night),
        )

    async def act(self, context: Any) -> dict[str, Any] | None:
        """
        Return the summary.

        :raises NotProvedError: the night is not proved; the message has all that speaks against it
        :raises StepFailedError: it is, but a step of it failed
        """
        night, states = self.latest_night(context), task_states(context)
        if night is None:
            self._nothing_opened(context, states)
            return None
        findings = [*red_words(states), *self._not_sealed(night)]
        seen = [finding async for finding in self._platform_findings(night)]
        down = [finding.words for finding in seen]
        summary = night.write(nights.CONCLUSION, self._summary(night, findings + down, platform_is(seen)))
        self._tell(summary)
        if findings or down:
            raise self._verdict(night, findings, down)
        return summary

    def _verdict(self, night: Night, findings: list[str], down: list[str]) -> VitamBackupError:
        lines = "\n".join(f"  {finding}" for finding in down + findings)
        if not down and not self._not_sealed(night):
            return StepFailedError(
                f"backup {night.label} is sealed and the platform is UP, but:\n{lines}",
                hint="the backup can be restored; the first red task of this run says what is left to do",
            )
        return NotProvedError(
            f"backup {night.label}: the platform is {'UP' if not down else 'NOT ALL UP'}; not proved:\n{lines}",
            hint="the first red task of this run says why; docs/operate.md has each error",
        )

    def _nothing_opened(self, context: Any, states: dict[str, str]) -> None:
        red = list(red_words(states))
        if red or not context["params"].get("plan_only"):
            raise NotProvedError(
                f"no backup was opened, nothing was stopped; {'; '.join(red) or 'no task is red'}",
                hint="read the log of plan_night: it has all findings",
            )
        self.log.info("plan only: nothing was stopped, nothing was copied")

    def _not_sealed(self, night: Night) -> list[str]:
        if night.read(nights.MANIFEST) is not None:
            return manifest.missing(night)
        return manifest.missing(night) or ["the backup is complete but not sealed"]

    async def _platform_findings(self, night: Night) -> Any:
        before = night.opened["units_before"]
        answers = await asyncio.gather(*(self._down_units(host, units) for host, units in before.items() if units))
        for found in answers:
            for finding in found:
                yield finding
        for part in (*config_parts(self.platform), *shard_parts(self.platform)):
            for finding in await self._primary_finding(part):
                yield finding
        for cluster, facts in night.opened["clusters"].items():
            for finding in await self._balancer_finding(cluster, facts["balancer"]):
                yield finding

    async def _down_units(self, host: str, units: list[str]) -> list[Finding]:
        try:
            async with HostHook(target(self.platform, host)).connect() as shell:
                states = await shell.run(systemd.unit_states(units))
        except VitamBackupError as error:
            return [Finding(error.message, down=False)]
        down = {unit: state.words for unit, state in states.items() if state.active != "active"}
        return [Finding(f"{unit} on {host} is {words}, it ran before", down=True) for unit, words in down.items()]

    async def _primary_finding(self, part: MongoPart) -> list[Finding]:
        hosts = part.replica_set.data_hosts
        hellos = await mongo_hooks.hellos(self.platform, part.cluster, hosts, part.daemon.port)
        try:
            mongo.primary_of(part.replica_set.name, hellos)
        except VitamBackupError as error:
            return [Finding(error.message, down=any(hellos.values()))]
        return []

    async def _balancer_finding(self, cluster: str, before: str) -> list[Finding]:
        try:
            async with mongo_hooks.routers(self.platform, self.platform.cluster(cluster)).connect() as client:
                mode = (await client.command("balancerStatus"))["mode"]
        except VitamBackupError as error:
            return [Finding(error.message, down=False)]
        words = f"{cluster}: the balancer is {mode}, before the night it was {before}"
        return [] if mode == before else [Finding(words, down=False)]

    def _summary(self, night: Night, findings: list[str], platform_is: str) -> dict[str, Any]:
        parts = night.all("part")
        summary: dict[str, Any] = {
            "backup": night.label,
            "platform": self.platform.name,
            "state": "sealed" if night.read(nights.MANIFEST) is not None else "incomplete",
            "platform_up": platform_is == messages.UP,
            "platform_is": platform_is,
            "concluded_at": nights.now_text(),
            "parts": {name: {k: part[k] for k in ("size_bytes", "sha256", "host")} for name, part in parts.items()},
            "size_bytes": sum(part["size_bytes"] for part in parts.values()),
            "primaries_down_s": {n: s["down_s"] for n, s in night.all("start").items() if s.get("down_s") is not None},
            "units_stopped": len(night.all("stop")),
            "down_s": down_time_s(night),
            "findings": findings,
        }
        return {**summary, "lines": list(summary_lines(summary))}

    def _tell(self, summary: dict[str, Any]) -> None:
        for line in summary["lines"]:
            self.log.info(line)


def summary_lines(summary: dict[str, Any]) -> Iterator[str]:
    """Say a summary as an operator would tell another, the state first."""
    up = "UP" if summary["platform_up"] else "NOT ALL UP"
    size = size_words(summary["size_bytes"])
    yield f"{summary['platform']}: backup {summary['backup']} {summary['state']}, {size}, platform is {up}"
    yield f"{summary['units_stopped']} units were stopped, Vitam was down for {duration_words(summary['down_s'])}"
    for name, down_s in summary["primaries_down_s"].items():
        yield f"primary of {name} was down for {duration_words(down_s)}"
    for name, part in summary["parts"].items():
        yield f"{name} on {part['host']}: {size_words(part['size_bytes'])}, sha256 {part['sha256']}"


def red_words(states: dict[str, str]) -> Iterator[str]:
    """Name the tasks that failed, and count those behind them that could not run."""
    for task in sorted(task for task, state in states.items() if state == "failed"):
        yield f"task {task} failed" + next((f": {w}" for name, w in IN_WORDS.items() if task.startswith(name)), "")
    behind = sum(state == "upstream_failed" for state in states.values())
    if behind:
        yield f"{behind} tasks behind them did not run"


def platform_is(findings: list[Finding]) -> str:
    """Say what a look at the whole platform has shown."""
    if not findings:
        return messages.UP
    return messages.DOWN if any(finding.down for finding in findings) else messages.NOT_PROVED


def is_final(error: Exception | None, ti: Any) -> bool:
    """Tell whether a step that ended so is not tried again."""
    return error is None or isinstance(error, OperatorNeededError) or ti.try_number > ti.max_tries


def first_failed(dag: Any, states: dict[str, str]) -> str:
    """
    Name the first step of the graph that failed, with what it acted on: ``copy_shard mongo-data shard1``.

    :param states: of all tasks, mapped ones as ``task_index``
    """
    for task in dag.topological_sort():
        if states.get(task.task_id) == "failed":
            return str(task.task_id)
        for index, acted_on in enumerate(task.expand_input.value if task.is_mapped else []):
            if states.get(f"{task.task_id}_{index}") == "failed":
                return " ".join([task.task_id, *acted_on.values()])
    return ""


def late_s(night: Night) -> float:
    """Return the seconds from the window's end to the last unit that was healthy again; 0 when that was in time."""
    healthy = [record["healthy_at"] for record in night.all("start").values() if "healthy_at" in record]
    if not healthy:
        return 0.0
    return max(0.0, (dt.datetime.fromisoformat(max(healthy)) - window_of(night).end).total_seconds())


def down_time_s(night: Night) -> float:
    """Return the seconds from the first stop that was asked for to the last unit that was healthy again."""
    stopped = [record["asked_at"] for record in night.all("stop").values() if "asked_at" in record]
    healthy = [record["healthy_at"] for record in night.all("start").values()]
    if not stopped or not healthy:
        return 0.0
    return (dt.datetime.fromisoformat(max(healthy)) - dt.datetime.fromisoformat(min(stopped))).total_seconds()


def task_states(context: Any) -> dict[str, str]:
    """Return the state of each task of this run but this one; mapped ones as ``task[index]``."""
    run, own = context["dag_run"], context["ti"].task_id
    states = context["ti"].get_task_states(dag_id=run.dag_id, run_ids=[run.run_id])[run.run_id]
    return {task: str(state) for task, state in states.items() if task != own}
