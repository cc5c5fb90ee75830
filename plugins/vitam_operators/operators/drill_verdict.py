"""The verdict of a drill on the backup, and who is told of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from vitam_operators import drill, messages, nights
from vitam_operators.conclusions import red_words
from vitam_operators.errors import DrillFailedError, DrillRefusedError, StepFailedError, VitamBackupError
from vitam_operators.nights import DRILL, DRILLING, Night, Record
from vitam_operators.operators.drills import NO_ROOM, DrillOperator, manifest_of, noted
from vitam_operators.operators.looks import answers_of
from vitam_operators.operators.telling import TellingOperator, task_states
from vitam_operators.words import duration_words

ENDED = ("passed", "failed")
MESSAGES = "drill_messages"
"""Record of what was told of a drill."""


class ConcludeDrillOperator(DrillOperator, TellingOperator):
    """
    Judge the drill. The only leaf of the graph: it runs whatever happened, and the run is green only if it says so.

    What it finds is noted with the backup, whose manifest stays as it was sealed.
    """

    async def act(self, context: Any) -> dict[str, Any]:
        """
        Return the summary.

        :raises DrillFailedError: something speaks against the backup
        :raises StepFailedError: nothing does, but a step failed
        :raises DrillRefusedError: the drill did not come to its end, and says nothing about the backup
        """
        night, red = self.latest_night(context), list(red_words(task_states(context)))
        if night is None:
            if red:
                raise DrillRefusedError(
                    f"no backup was drilled: {'; '.join(red)}", hint="read the log of choose_backup"
                )
            raise AirflowSkipException("there was no backup to drill")
        red = red or list(self._not_removed(context, night))
        sets = {name: noted(night, name) for name in manifest_of(night)["parts"]}
        findings = [f"{name}: {finding}" for name, part in sets.items() for finding in part.get("findings", ())]
        no_room = [name for name, part in sets.items() if part.get("state") == NO_ROOM]
        done = [name for name, part in sets.items() if part.get("state") in ENDED]
        undone = [f"{name} was not examined" for name in sets if name not in done and (name not in no_room or not done)]
        if undone and not findings:
            raise DrillRefusedError(
                f"the drill of backup {night.label} did not come to its end:\n" + _lines([*undone, *red]),
                hint="the first red task of this run says why; nothing speaks against the backup, clear this run",
            )
        summary = night.write(DRILL, self._summary(night, sets, [*findings, *undone]))
        self.log.info("backup %s: drill %s, %s", night.label, summary["state"], duration_words(summary["duration_s"]))
        left_out = [f"{name} was not examined: {'; '.join(sets[name].get('warnings', ()))}" for name in no_room]
        if (red or left_out) and not summary["findings"]:
            raise StepFailedError(
                f"backup {night.label} is proved, but: {'; '.join([*left_out, *red])}",
                hint="the first red task says what is left",
            )
        if summary["findings"]:
            raise DrillFailedError(
                f"the drill of backup {night.label} {summary['state']}:\n" + _lines([*summary["findings"], *red]),
                hint="the first red task of this run says why; docs/operate.md has each error",
            )
        return summary

    def _not_removed(self, context: Any, night: Night) -> Iterator[str]:
        """Name the parts of which nobody says that what was extracted is gone: the step was marked, or never ran."""
        removed = {answer["removed"] for answer in answers_of(context, "remove_scratch")}
        for name in manifest_of(night)["parts"]:
            scratch = drill.scratch_of(night.label, name, self.platform.drill)
            if scratch not in removed:
                yield f"remove_scratch {name} did not say that it removed {scratch}: it was marked by hand"

    def tell_people(self, context: Any, error: BaseException | None) -> None:
        """Tell of a drill that failed, or that could not be made: only what was drilled is a backup to rely on."""
        if not isinstance(error, VitamBackupError):
            return
        night = self.latest_night(context)
        subject = messages.drill_failed(self.platform.name, night.label if night else "", error)
        self.send(context, subject, error, record=MESSAGES)

    @staticmethod
    def _summary(night: Night, sets: dict[str, Record], findings: list[str]) -> Record:
        drilling = night.read(DRILLING) or {}
        began = dt.datetime.fromisoformat(drilling.get("began_at", nights.now_text()))
        return {
            "state": "failed" if findings else "passed",
            "at": nights.now_text(),
            "run_id": drilling.get("run_id"),
            "sets": {name: _short(part) for name, part in sets.items()},
            "findings": findings,
            "duration_s": (dt.datetime.now(dt.UTC) - began).total_seconds(),
        }


def _short(part: Record) -> Record:
    """Return what of a part's record belongs into the summary."""
    short: Record = {name: part[name] for name in ("host", "state", "files", "findings", "warnings") if name in part}
    if "collections" in part:
        documents = sum(part["collections"].values())
        short |= {"collections": len(part["collections"]), "documents": documents}
    return short


def _lines(findings: list[str]) -> str:
    return "\n".join(f"  {finding}" for finding in findings)
