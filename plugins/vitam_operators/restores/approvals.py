"""
Whether a step of a restore that only a person may allow was allowed: by whom, about what, and does it count.

Airflow's own record of an answer can be read by the step that asked, and by no later one (its execution API gives
``/hitlDetails/{id}`` to that task instance alone). The step that is handed the answer keeps it here; an XCom would not
do, since whoever may trigger may also write one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitam_operators.config_copies import RestoreConfig
from vitam_operators.errors import NotApprovedError
from vitam_operators.nights import Record

APPROVE, REJECT = "Approve", "Reject"
ANSWER = "answer"


def question(run_id: str, about: str, words: str = "") -> Record:
    """
    Return what a step asks, as its record holds it before anybody has answered.

    :param about: what the answer is about: another one has another plan, or is another attempt
    :param words: what the person sees
    """
    return {"run_id": run_id, "about": about, "words": words}


def is_stale(earlier: Record, asked: Record) -> bool:
    """
    Tell whether Airflow would show the words of an earlier question in place of these.

    A step that is cleared keeps the words that it first asked with (Airflow 3.3.2,
    api_fastapi/execution_api/routes/hitl.py, ``upsert_hitl_detail``, cases 2 and 3).
    """
    return bool(earlier["run_id"] == asked["run_id"] and earlier["words"] != asked["words"])


def answer(event: Mapping[str, Any]) -> Record:
    """Return an answer as the record holds it, from what Airflow hands to the step that asked."""
    who = event["responded_by_user"]
    by = {"id": str(who["id"]), "name": str(who["name"])} if who else None
    return {"chosen": list(event["chosen_options"]), "by": by, "at": event["responded_at"].isoformat()}


def rejected_by(asked: Record | None) -> str | None:
    """Return who has rejected, ``None`` when nobody has."""
    found = (asked or {}).get(ANSWER)
    return name_of(found) if found and found["chosen"] == [REJECT] and found["by"] else None


def name_of(found: Record) -> str:
    """Return the name of who has answered."""
    return str(found["by"]["name"] or found["by"]["id"]) if found["by"] else "nobody"


def require(step: str, asked: Record | None, expected: Record, rule: RestoreConfig, triggered_by: str | None) -> str:
    """
    Return who has approved.

    :param step: the task that asked
    :param asked: its record, with or without an answer
    :param expected: what it had to ask, see :func:`question`
    :param triggered_by: who triggered the run
    :raises NotApprovedError: nobody did whose answer counts
    """
    again = f"clear {step} and answer it under 'Required actions'"
    found = (asked or {}).get(ANSWER)
    if asked is None or found is None or not found["by"]:
        raise NotApprovedError(
            f"{step} holds no answer of a person: marking it as a success is no approval, nor is an XCom", hint=again
        )
    who = name_of(found)
    if (asked["run_id"], asked["about"]) != (expected["run_id"], expected["about"]):
        raise NotApprovedError(
            f"what {who} answered in {step} is about {asked['about']} of run {asked['run_id']}, this is "
            f"{expected['about']} of run {expected['run_id']}",
            hint="trigger a new run, so that what is approved is what is done",
        )
    if found["chosen"] != [APPROVE]:
        raise NotApprovedError(f"{step} was rejected by {who} at {found['at']}", hint=again)
    reason = _not_entitled(found["by"], rule, triggered_by)
    if reason:
        raise NotApprovedError(f"the answer of {who} in {step} does not count: {reason}", hint=again)
    return who


def _not_entitled(by: Mapping[str, str], rule: RestoreConfig, triggered_by: str | None) -> str:
    known = {approver.id: approver.shown for approver in rule.approvers}
    if known and by["id"] not in known:
        return f"restore.approvers are {', '.join(known.values())}; the id of {by['name']} is {by['id']!r}"
    if rule.one_person:
        return ""
    if not triggered_by:
        return "nobody is known to have triggered this run, and it has to be somebody else"
    if triggered_by.casefold() in {name.casefold() for name in by.values()}:
        return "it has to be somebody else than who triggered this run"
    return ""


def findings(rule: RestoreConfig, triggered_by: str | None) -> list[str]:
    """Return why nobody will be able to approve a run, so that the look says so before anybody is asked."""
    if rule.one_person:
        return []
    if not triggered_by:
        return [
            "nobody is known to have triggered this run, so nobody else can approve it: trigger it in the UI or by the "
            "API, or set restore.one_person in the platform file"
        ]
    others = [approver for approver in rule.approvers if triggered_by not in (approver.id, approver.name)]
    if rule.approvers and not others:
        return [f"{triggered_by} triggered this run and is the only one of restore.approvers: somebody else has to"]
    return []
