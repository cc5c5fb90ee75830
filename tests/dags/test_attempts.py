"""
A look or a plan that an earlier attempt of the run has left: a person marked its step as a success after a clear.

The kind of fault: an answer of hours ago is taken for one of now. Airflow keeps an XCom until its task begins again
(``apache/airflow@3.3.2 task-sdk/src/airflow/sdk/execution_time/task_runner.py``: what ``ti_run`` of the API answers as
``xcom_keys_to_clear`` goes at the start of a try).
"""

from __future__ import annotations

import pytest

from vitam_operators import nights as records
from vitam_operators.errors import LookFailedError, NightClosedError
from vitam_operators.hooks.records import nights_of

LOOKS = ("check_host", "check_cluster")


@pytest.fixture
def over(half):
    """Give a run whose first attempt has stopped something and is restarted; it is cleared as a whole."""
    return half.until("arm_restart_guard", "stop_worker", "end_copies", *half.starts)


def labels(night):
    """Return the names of the attempts, the first one first."""
    return [one.label for one in nights_of(night.fake.platform).attempts(records.backup_id(night.run_after))]


@pytest.mark.parametrize(("marked", "acted_on"), [("check_host", "app"), ("check_cluster", "mongo-data")])
def test_a_look_that_was_marked_is_no_look(over, marked, acted_on):
    """What ran then says nothing of now; each of them is named, with what to clear."""
    over.run(next(look for look in LOOKS if look != marked))
    with pytest.raises(
        LookFailedError, match=rf"{marked} {acted_on}: its answer is of attempt 1 of this run, and attempt 2 is planned"
    ) as refused:
        over.run("plan_night")
    assert f"clear {marked} with its downstream tasks" in str(refused.value)
    over.until(marked, "plan_night", "open_backup")
    assert over.records.opened["attempt"] == 2


def test_one_look_that_was_marked_is_named_alone(over):
    """Of a mapped step a person marks one instance."""
    answers = over.instances.xcoms["check_host", "return_value"]
    index, of_before = next((index, facts) for index, facts in answers.items() if facts["host"] == "app")
    over.until(*LOOKS)
    over.instances.xcoms["check_host", "return_value"][index] = of_before
    with pytest.raises(LookFailedError) as refused:
        over.run("plan_night")
    assert [line.strip().partition(":")[0] for line in str(refused.value).splitlines() if "attempt 2" in line] == [
        "check_host app"
    ]


def test_a_plan_that_was_marked_opens_nothing(over):
    """The looks are new, the plan is not: what it says of the platform is of the attempt before."""
    first = over.records.label
    over.until(*LOOKS)
    with pytest.raises(
        NightClosedError, match="the plan is of attempt 1 of this run, and the look was made for attempt 2"
    ):
        over.run("open_backup")
    assert labels(over) == [first]
    over.until("plan_night", "open_backup")
    assert labels(over) == [first, f"{first}-2"]


def test_a_plan_of_the_middle_of_a_night_opens_no_attempt(half):
    """Half of the platform was stopped when it was made: a second attempt would take that for usual."""
    first = half.records.label
    half.until("arm_restart_guard", "stop_worker", *LOOKS, "plan_night", "end_copies", *half.starts, "open_backup")
    assert labels(half) == [first]
    with pytest.raises(NightClosedError, match=f"the restart after backup {first} began at"):
        half.run("stop_worker")
    half.until(*LOOKS, "plan_night", "open_backup")
    assert labels(half) == [first, f"{first}-2"]


def test_a_look_of_the_middle_of_a_night_is_no_base_for_a_plan_after_it(half):
    """The restart began between the look and its plan: what the look found down runs by now."""
    half.until("arm_restart_guard", "stop_worker", *LOOKS, "end_copies", *half.starts)
    with pytest.raises(LookFailedError, match="and attempt 2 is planned"):
        half.run("plan_night")


def test_a_lost_opening_is_not_put_together_of_another_attempts_plan(over):
    """The second attempt's opening was torn, and Airflow has only the first one's plan: the guards say what ran."""
    plan = over.instances.xcoms["plan_night", "return_value"]
    over.until(*LOOKS)
    first = dict(plan)
    over.until("plan_night", "open_backup", "arm_restart_guard", "stop_worker")
    over.instances.xcoms["plan_night", "return_value"] = first
    (over.records.directory / "open.json").write_text("{", encoding="utf-8")
    over.until("end_copies", *over.starts)
    assert over.records.opened["parts"] == []
    assert over.different == set()


def test_a_run_that_an_earlier_release_has_planned_goes_on(half):
    """It was installed between the look and the plan, or between the plan and the opening: its answers say nothing."""
    for (_, key), answers in half.instances.xcoms.items():
        for answer in answers.values() if key == "return_value" else ():
            if isinstance(answer, dict):
                answer.pop("attempt", None)
                answer.pop("mounts_below", None)
    half.until("open_backup", "plan_night", "open_backup")
    assert half.records.opened["attempt"] == 1
