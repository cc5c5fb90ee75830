"""Which answer allows a step of a restore: a table of people, plans and rules."""

from __future__ import annotations

import datetime as dt

import pytest

from vitam_operators.config_copies import RestoreConfig
from vitam_operators.errors import NotApprovedError
from vitam_operators.restores import approvals

AT = dt.datetime(2026, 11, 30, 3, 0, tzinfo=dt.UTC)
ASKED = approvals.question("manual__1", "the plan of noon", "All is replaced.")
ADA = {"id": "7", "name": "ada"}


def asked(chosen: str = "Approve", who: dict[str, str] | None = ADA, **others: str) -> dict:
    """The record of a question that was answered."""
    event = {"chosen_options": [chosen], "responded_by_user": who, "responded_at": AT}
    return {**ASKED, **others, "answer": approvals.answer(event)}


def judged(record: dict | None, triggered_by: str | None = "grace", **rule: object) -> str:
    return approvals.require("approve_restore", record, ASKED, RestoreConfig(**rule), triggered_by)


@pytest.mark.parametrize(
    ("rule", "triggered_by"),
    [
        ({}, "grace"),
        ({"approvers": ["7"]}, "grace"),
        ({"approvers": ["eve", {"id": "7", "name": "ada"}]}, "grace"),
        ({"one_person": True}, "ada"),
        ({"one_person": True}, None),
    ],
)
def test_an_answer_that_counts_names_who_gave_it(rule, triggered_by):
    """One of the approvers, by the id that Airflow compares, and not who triggered, unless one person may."""
    assert judged(asked(), triggered_by, **rule) == "ada"


@pytest.mark.parametrize(
    ("record", "rule", "triggered_by", "says"),
    [
        (None, {}, "grace", "no answer of a person"),
        (ASKED, {}, "grace", "no answer of a person"),
        (asked(who=None), {}, "grace", "no answer of a person"),
        (asked("Reject"), {}, "grace", "rejected by ada at 2026-11-30T03:00:00"),
        (asked("Reject", who=None), {}, "grace", "no answer of a person"),
        (asked(about="the plan of ten"), {}, "grace", "is about the plan of ten of run manual__1"),
        (asked(run_id="manual__0"), {}, "grace", "of run manual__0"),
        (asked(), {}, "ada", "somebody else"),
        (asked(), {}, "ADA", "somebody else"),
        (asked(), {}, "7", "somebody else"),
        (asked(), {}, None, "nobody is known to have triggered"),
        (asked(), {"approvers": ["ada"]}, "grace", "the id of ada is '7'"),
        (asked(), {"approvers": ["ada"], "one_person": True}, "ada", "the id of ada is '7'"),
    ],
)
def test_an_answer_that_does_not_count(record, rule, triggered_by, says):
    """Kind: who may trigger may also approve, by whichever way; the error says why, the hint what to do."""
    with pytest.raises(NotApprovedError) as refused:
        judged(record, triggered_by, **rule)
    assert says in refused.value.message
    assert refused.value.hint


def test_airflow_shows_a_question_as_it_was_first_asked():
    """Of the same run, and other words; those of another run it never saw."""
    assert approvals.is_stale({**ASKED, "words": "Nothing is replaced."}, ASKED)
    assert not approvals.is_stale({**ASKED, "about": "the plan of ten"}, ASKED)
    assert not approvals.is_stale({**ASKED, "run_id": "manual__0", "words": "Nothing is replaced."}, ASKED)


@pytest.mark.parametrize(
    ("rule", "triggered_by", "number"),
    [
        ({}, "grace", 0),
        ({}, None, 1),
        ({"one_person": True}, None, 0),
        ({"approvers": ["ada"]}, "ada", 1),
        ({"approvers": [{"id": "7", "name": "ada"}]}, "ada", 1),
        ({"approvers": ["ada", "eve"]}, "ada", 0),
    ],
)
def test_who_will_be_able_to_approve_is_known_at_the_look(rule, triggered_by, number):
    """A question that nobody can answer is not asked."""
    assert len(approvals.findings(RestoreConfig(**rule), triggered_by)) == number
