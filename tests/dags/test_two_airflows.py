"""
Two Airflows over one platform, and runs whose moment somebody chose: a run knows itself by more than its ``run_id``.

The kind of fault: what two runs have in common (the ``run_id`` of a schedule, a moment) is taken for what only one has.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.dags.half import HalfNight
from tests.dags.night import load_dag
from vitam_operators import messages
from vitam_operators import nights as records
from vitam_operators.errors import (
    GuardHeldError,
    LookFailedError,
    NotOwnRecordsError,
    NotProvedError,
    UnguardedError,
)
from vitam_operators.run_ids import run_in_words

LOOK = ["check_host", "check_cluster", "plan_night"]
OPENED = [*LOOK, "open_backup"]
FRONT = ["stop_ingest_internal", "stop_ingest_external", "stop_access_internal", "stop_access_external"]
Second = Callable[..., HalfNight]


@pytest.fixture
def second(look: HalfNight, tmp_path: Path) -> Second:
    """Give a run of another Airflow with the same schedule over the same platform; its records are its own, or not."""

    def other(*, shared: bool) -> HalfNight:
        dag: Any = look.dag
        if not shared:
            lines = Path(look.dag.default_args["platform_file"]).read_text(encoding="utf-8").splitlines()
            own = [f"records: file://{tmp_path}/records" if line.startswith("records:") else line for line in lines]
            path = tmp_path / "platform.yaml"
            path.write_text("\n".join(own), encoding="utf-8")
            dag = load_dag(path)
        return HalfNight(
            SimpleNamespace(fake=look.fake, dag=dag, run_after=look.run_after, before=look.fake.snapshot())
        )

    return other


def files_of(directory: Path) -> dict[Path, str]:
    """Return each record with its text."""
    return {path: path.read_text(encoding="utf-8") for path in directory.rglob("*.json")}


@pytest.mark.parametrize("shared", [False, True])
def test_the_second_airflow_is_refused_at_its_look(look, second, shared):
    """It would take what the first has stopped for what never ran, and its guards would forget it."""
    look.until(*OPENED, "arm_restart_guard", *FRONT)
    done, known = list(look.fake.changes), files_of(look.records.directory)
    other = second(shared=shared)
    with pytest.raises(
        LookFailedError, match=r"app: its restart guard is that of backup .* of installation [0-9a-f]{8}"
    ):
        other.run("check_host", host="app")
    for step in look.starts:
        if shared:
            with pytest.raises(NotOwnRecordsError, match="is the backup or restore of run manual__steps, "):
                other.run(step)
        else:
            other.run(step)
    assert (look.fake.changes, files_of(look.records.directory)) == (done, known)
    look.until(*look.starts)
    assert look.different == set()


def test_records_of_another_airflow_are_a_finding_of_the_plan(look, second):
    """They share the directory of the records, and the first has armed nothing yet."""
    look.until(*OPENED)
    with pytest.raises(LookFailedError, match="is the backup or restore of run manual__steps, "):
        second(shared=True).until(*LOOK)


@pytest.mark.parametrize("shared", [False, True])
def test_two_airflows_that_look_at_the_same_moment(look, second, shared):
    """Neither has armed when the other looks: the guards' plans, and the opened record, are for one of them."""
    other = second(shared=shared).until(*LOOK)
    look.until(*OPENED, "arm_restart_guard")
    plans = {name: host.guard.plan for name, host in look.fake.hosts.items()}
    with pytest.raises(NotOwnRecordsError if shared else GuardHeldError):
        other.until("open_backup", "arm_restart_guard")
    assert {name: host.guard.plan for name, host in look.fake.hosts.items()} == plans


def test_nothing_stops_on_a_host_whose_guard_an_airflow_with_the_same_run_id_has(look, second):
    """Each has armed some hosts: on the others it stops nothing and starts nothing."""
    other = second(shared=False).until(*OPENED)
    look.until(*OPENED)
    other.run("arm_restart_guard", host="worker-1")
    look.run("arm_restart_guard", host="worker-2")
    with pytest.raises(UnguardedError, match=r"worker-1: the restart guard is that of run manual__steps, \w+ of inst"):
        look.run("stop_worker", host="worker-1")
    look.run("stop_worker", host="worker-2")
    with pytest.raises(GuardHeldError, match="worker-2: its restart guard is that of backup"):
        other.run("start_worker", host="worker-2")
    assert not look.fake.unit("worker@worker-2").running


def test_a_run_with_the_moment_of_another_takes_nothing_of_it(look):
    """The API lets a caller choose ``run_after``: the other run's records have the same label."""
    look.until(*OPENED, "arm_restart_guard", "stop_worker")
    known = files_of(look.records.directory)
    other = HalfNight(look)
    other.run_id = "manual__chosen"
    for step in (*look.starts, "stop_worker", "open_backup", "seal_backup", "prune_backups"):
        with pytest.raises(NotOwnRecordsError, match="; this is manual__chosen, which has opened nothing"):
            other.run(step)
    assert files_of(look.records.directory) == known


def test_a_run_that_is_cleared_as_a_whole_is_the_same_run(half):
    """It is planned again, by a worker that knows only what Airflow and the records say; its second attempt as well."""
    half.run("arm_restart_guard")
    own = half.records.opened["run"]
    half.instances.xcoms = {key: told for key, told in half.instances.xcoms.items() if key[0] == "arm_restart_guard"}
    half.until(*OPENED, "arm_restart_guard", "end_copies", *OPENED, "arm_restart_guard")
    assert (half.records.opened["attempt"], half.records.opened["run"]) == (2, own)
    assert {host.guard.plan["run"] for host in half.fake.hosts.values()} == {own}


def test_a_night_that_an_earlier_release_opened_is_ended_by_this_one(cold):
    """It was installed while the night was on: records and guards have no id but ``run_id``."""
    cold.records.write(records.OPEN, {key: v for key, v in cold.records.opened.items() if key != "run"})
    for host in cold.fake.hosts.values():
        plan = {key: value for key, value in host.guard.plan.items() if key != "run"}
        host.guard.texts["/var/lib/vitam-restart-guard/plan.json"] = json.dumps(plan)
    cold.until(*cold.starts)
    assert cold.different == set()


@pytest.mark.parametrize("text", ["", '{"id": "1234', "[]", "{}"])
def test_an_installation_that_was_torn_is_made_anew(look, text):
    """A disk was full when it was written; what is compared is the run's own id."""
    look.until(*OPENED, "arm_restart_guard")
    path = Path(str(look.records.directory)).parent / "installation.json"
    path.write_text(text, encoding="utf-8")
    look.until(*OPENED, "arm_restart_guard", *look.starts)
    assert look.different == set()


@pytest.fixture
def subjects(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the subjects of the messages that are sent."""
    said: list[str] = []
    own = messages.subject

    def subject(end: messages.NightEnd) -> str:
        said.append(own(end))
        return said[-1]

    monkeypatch.setattr(messages, "subject", subject)
    return said


def test_what_another_run_has_stopped_is_not_told_as_down(look, second, subjects):
    """A verdict that is cleared during the next night: who is woken by "DOWN" starts what that night copies."""
    look.until(*OPENED, "arm_restart_guard", *FRONT, *look.starts)
    other = second(shared=False).until(*OPENED, "arm_restart_guard", *FRONT)
    changes = list(look.fake.changes)
    with pytest.raises(NotProvedError, match=r"run manual__steps, .* has it stopped"):
        look.run("conclude_night")
    by = run_in_words(look.fake.hosts["front"].guard.plan)
    assert f" - platform is STOPPED by {by}: vitam-access-" in subjects[-1]
    assert look.records.read(records.CONCLUSION)["platform_up"] is False
    assert look.fake.changes == changes
    other.until(*other.starts)
    with pytest.raises(NotProvedError):
        look.run("conclude_night")
    assert subjects[-1].endswith(" - platform is UP")


def test_what_is_down_beside_what_another_run_has_stopped_is_told_first(look, second, subjects):
    """That run did not find it running and will not start it: somebody has to."""
    look.until(*OPENED, "arm_restart_guard", *FRONT, *look.starts)
    look.fake.unit("metadata@app").end(1)
    second(shared=False).until(*OPENED, "arm_restart_guard", *FRONT)
    with pytest.raises(NotProvedError):
        look.run("conclude_night")
    assert " - platform is DOWN: vitam-metadata on app, vitam-" in subjects[-1]


@pytest.mark.parametrize("trouble", ["its guard is not armed", "a host is away"])
def test_what_nobody_starts_or_sees_is_not_called_stopped(look, second, subjects, trouble):
    """The word tells a person to do nothing: it is for what another run's guards are certain to start."""
    look.until(*OPENED, "arm_restart_guard", *FRONT, *look.starts)
    second(shared=False).until(*OPENED, "arm_restart_guard", *FRONT)
    if trouble == "a host is away":
        look.fake.hosts["app"].unreachable = True
    else:
        look.fake.hosts["front"].guard.armed = False
    with pytest.raises(NotProvedError):
        look.run("conclude_night")
    assert " - platform is DOWN: vitam-" in subjects[-1]


def test_a_run_does_not_take_its_own_stops_for_anothers(look, subjects):
    """Its own guards are on the hosts, and nobody has started what it stopped."""
    look.until(*OPENED, "arm_restart_guard", *FRONT)
    with pytest.raises(NotProvedError):
        look.run("conclude_night")
    assert " - platform is DOWN: vitam-" in subjects[-1]
