"""The verdict on a night: what was really done, and whether the platform runs."""

from __future__ import annotations

from typing import Any

from vitam_operators import left_down, manifest, messages, nights
from vitam_operators.catalogue import entries
from vitam_operators.conclusions import (
    backups_lines,
    down_time_s,
    first_failed,
    late_s,
    late_words,
    lost_words,
    red_words,
    summary_lines,
)
from vitam_operators.errors import NotProvedError, RecordsAwayError, StepFailedError, VitamBackupError
from vitam_operators.hooks.records import nights_of
from vitam_operators.nights import Night
from vitam_operators.operators import asked, platform_state
from vitam_operators.operators.looks import DOWN, answers_of
from vitam_operators.operators.telling import TellingOperator, task_states
from vitam_operators.run_ids import owner_of
from vitam_operators.wholeness import EVERYTHING, held

HINT = "the first red task of this run says what is left to do"
LATE_HINT = "look in its records for what took so long; begin earlier, or raise window.restart_reserve_s"


class ConcludeNightOperator(TellingOperator):
    """
    Judge the night. The only leaf of the graph: it runs whatever happened, and the run is green only if it says so.

    It looks at the states of all tasks, at what each step says of itself, at the other records, and at the platform
    itself once more.
    """

    leaves_record = False

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
        late, silent = late_words(night), self._silent(night, states)
        findings = [*red_words(states), *map(asked.words, silent), *not_sealed(night), *lost_words(night), *late]
        balancers = {cluster: facts["balancer"] for cluster, facts in night.opened["clusters"].items()}
        seen = await platform_state.look(self.platform, night.opened["units_before"], balancers, owner_of(night.opened))
        down = [finding.words for finding in seen]
        summary = night.write(nights.CONCLUSION, self._summary(night, findings + down, seen))
        if (night.read(nights.CONCLUSION) or {}).get("concluded_at") != summary["concluded_at"]:
            findings.append(f"nothing can be written in {night.directory}: what was started is noted nowhere")
        for line in summary["lines"]:
            self.log.info(line)
        for warning in summary["warnings"]:
            self.log.warning(warning)
        if findings or down:
            raise self._verdict(night, findings, down, LATE_HINT if findings == late else HINT)
        return summary

    def _silent(self, night: Night, states: dict[str, str]) -> list[asked.Step]:
        return asked.unproved(night, asked.steps_behind(self.dag, "open_backup"), states)

    def tell_people(self, context: Any, error: BaseException | None) -> None:
        """Tell how the night ended, unless nothing but a plan was asked for."""
        if context["params"].get("plan_only"):
            return
        night = self.night_seen(context)
        end = self._end(context, night)
        away = isinstance(error, RecordsAwayError)
        subject = messages.unseen(self.platform.name, "backup") if away else messages.subject(end)
        lines = (night.read(nights.CONCLUSION) or {}).get("lines", []) if night else []
        known = [] if away else backups_lines(entries(nights_of(self.platform)))
        proved = messages.SUCCESS if end.holds == EVERYTHING else None
        ping_what = proved if error is None else messages.FAIL
        self.send(context, subject, error, lines=[*lines, *known], ping_what=ping_what)

    def _end(self, context: Any, night: Night | None) -> messages.NightEnd:
        states = task_states(context)
        failed = first_failed(self.dag, states)
        if night is None:
            down = [name for names in answers_of(context, "check_host", DOWN) for name in names]
            return messages.NightEnd(self.platform.name, messages.UNTOUCHED, failed=failed, down_before=tuple(down))
        summary, silent = night.read(nights.CONCLUSION) or {}, self._silent(night, states)
        return messages.NightEnd(
            self.platform.name,
            platform_is=summary.get("platform_is", messages.NOT_PROVED),
            sealed=not not_sealed(night),
            holds=held(night.opened, night.opened["parts"]),
            failed=failed or (silent[0].label if silent else ""),
            size_bytes=summary.get("size_bytes", 0),
            down_s=summary.get("down_s", 0.0),
            late_s=late_s(night),
            down=tuple(summary.get(left_down.LEFT_DOWN, ())),
            stopped_by=tuple(summary.get(left_down.STOPPED_BY, ())),
            down_before=tuple(unit.name for unit in left_down.down_units(night.opened.get(left_down.DOWN_BEFORE, {}))),
        )

    def _verdict(self, night: Night, findings: list[str], down: list[str], hint: str) -> VitamBackupError:
        lines = "\n".join(f"  {finding}" for finding in down + findings)
        if not down and not not_sealed(night):
            return StepFailedError(
                f"backup {night.label} is sealed and the platform is UP, but:\n{lines}",
                hint=f"the backup can be restored; {hint}",
            )
        return NotProvedError(
            f"backup {night.label}: the platform is {'UP' if not down else 'NOT ALL UP'}; not proved:\n{lines}",
            hint="the first red task of this run says why, or a step that left no record: it was marked and did "
            "nothing; docs/operate.md has each error",
        )

    def _nothing_opened(self, context: Any, states: dict[str, str]) -> None:
        red = list(red_words(states))
        if red or not context["params"].get("plan_only"):
            raise NotProvedError(
                f"no backup was opened, nothing was stopped; {'; '.join(red) or 'no task is red'}",
                hint="read the log of plan_night: it has all findings",
            )
        self.log.info("plan only: nothing was stopped, nothing was copied")

    def _summary(self, night: Night, findings: list[str], seen: list[platform_state.Finding]) -> dict[str, Any]:
        parts, platform_is = night.all("part"), platform_state.platform_is(seen)
        summary: dict[str, Any] = {
            "backup": night.label,
            "platform": self.platform.name,
            "state": "sealed" if night.read(nights.MANIFEST) is not None else "incomplete",
            "platform_up": platform_is == messages.UP,
            "platform_is": platform_is,
            **platform_state.names(seen),
            "concluded_at": nights.now_text(),
            "parts": {name: {k: part[k] for k in ("size_bytes", "sha256", "host")} for name, part in parts.items()},
            "size_bytes": sum(part["size_bytes"] for part in parts.values()),
            "primaries_down_s": {n: s["down_s"] for n, s in night.all("start").items() if s.get("down_s") is not None},
            "units_stopped": len(night.all("stop")),
            "down_s": down_time_s(night),
            "findings": findings,
            "warnings": list(filter(None, [self.edits()])),
        }
        return {**summary, "lines": list(summary_lines(summary))}


def not_sealed(night: Night) -> list[str]:
    """Say what is missing for a sealed backup."""
    if night.read(nights.MANIFEST) is not None:
        return manifest.missing(night)
    return manifest.missing(night) or ["the backup is complete but not sealed"]
