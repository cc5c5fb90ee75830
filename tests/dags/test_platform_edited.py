"""
Nights whose platform file is edited in the middle: Airflow reads it anew for each task.

Kind of fault: a run that works by a file which is no longer that of its plan. What was stopped under one name is not
found under another, and stays down.
"""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from tests.dags.half import HalfNight
from tests.dags.night import load_dag
from vitam_operators import nights as records
from vitam_operators.errors import NightClosedError, NotProvedError
from vitam_operators.hooks.records import nights_of
from vitam_operators.nights import CONCLUSION, OPEN, PLATFORM, RESTART, Night
from vitam_operators.operators.plans import PlanNightOperator
from vitam_operators.platforms import platform_at
from vitam_operators.run_ids import RUN

OPENED = ("check_host", "check_cluster", "plan_night", "open_backup", "arm_restart_guard")
EDITS = {
    "renamed": lambda text: text.replace("name: worker-2,", "name: worker-two,"),
    "gone": lambda text: re.sub(r".*name: worker-2,.*\n", "", text),
    "new": lambda text: re.sub(
        r"^hosts:.*\n",
        lambda line: line[0] + "- {name: newcomer, address: 10.0.0.99}\n",
        text,
        count=1,
        flags=re.MULTILINE,
    ),
    "a timeout": lambda text: text + "timeouts: {service_start_s: 1, mongod_start_s: 1}\n",
    "no YAML": lambda text: text + "hosts: [\n",
    "another platform": lambda text: text.replace("name: small\n", "name: other\n"),
    "other records": lambda text: re.sub(r"records: .*", "records: file:///nowhere/at/all", text),
}


@pytest.fixture
def file(nights, tmp_path):
    """Give a platform file of this test alone."""
    text = nights("small").dag.default_args["platform_file"]
    path = tmp_path / "platform.yaml"
    with open(text, encoding="utf-8") as source:
        path.write_text(re.sub(r"records: .*", f"records: file://{tmp_path}/records", source.read()), encoding="utf-8")
    return path


@pytest.fixture
def half(nights, file):
    """Give a night on it of which nothing was run yet."""
    night = nights("small")
    night.fake.platform = platform_at(str(file))
    return HalfNight(
        SimpleNamespace(fake=night.fake, dag=load_dag(file), run_after=night.run_after, before=night.before)
    )


def edit(file, how) -> None:
    text = file.read_text(encoding="utf-8")
    assert EDITS[how](text) != text
    file.write_text(EDITS[how](text), encoding="utf-8")


def loaded_anew(half, file) -> HalfNight:
    """Go on as Airflow does: the DAG's file is read again, and the platform file with it."""
    half.dag = load_dag(file)
    return half


@pytest.mark.parametrize("how", ["renamed", "gone", "new", "a timeout", "no YAML"])
def test_what_was_stopped_is_started_and_the_verdict_warns(half, file, how):
    half.until(*OPENED, "stop_worker", "stop_processing")
    edit(file, how)
    loaded_anew(half, file).until(*half.starts)
    assert half.different == set()
    with pytest.raises(NotProvedError):
        half.run("conclude_night")
    (warning,) = half.records.read(CONCLUSION)["warnings"]
    assert "the platform file" in warning


@pytest.mark.parametrize("how", ["another platform", "other records"])
def test_records_are_found_where_the_run_was_opened(half, file, how):
    """The file names other records by now: the run's own are where its opening told Airflow that they are."""
    half.until(*OPENED, "stop_worker")
    edit(file, how)
    loaded_anew(half, file).until(*half.starts)
    assert half.different == set()


@pytest.mark.parametrize("told", ["another run's", "no text"])
def test_no_answer_leads_a_run_to_the_platform_of_another(half, file, tmp_path, told):
    """Kind: a start on the wrong host. Whoever may write XComs must not choose the platform that it acts on."""
    half.until(*OPENED, "stop_worker")
    other = Night(tmp_path / half.records.label)
    other.write(OPEN, {"run_id": "another", RUN: "x/d/another/y"})
    other.write(PLATFORM, {**half.records.read(PLATFORM), "hosts": [{"name": "theirs", "address": "10.0.0.98"}]})
    key = {"another run's": f"{other.directory}/{PLATFORM}.json", "no text": {"a": 1}}[told]
    half.instances.of("open_backup", -1).xcom_push(PLATFORM, key)
    step = half.dag.get_task("end_copies")
    context = {"dag_run": SimpleNamespace(run_id=half.run_id, run_after=half.run_after)}
    context["ti"] = half.instances.of("end_copies", -1)
    step.take_platform(context)
    assert step.kept_platform == f"{half.records.directory}/{PLATFORM}.json"
    half.until(*half.starts)
    assert half.different == set()
    edit(file, "other records")
    step.take_platform(context)
    assert step.kept_platform == ""


@pytest.mark.parametrize("how", ["no YAML", "renamed"])
def test_the_opening_is_cleared_and_the_file_is_wrong(half, file, how):
    """Airflow forgets what the opening told as soon as it begins again: the records say it, too."""
    half.until(*OPENED, "stop_worker")
    edit(file, how)
    del half.instances.xcoms["open_backup", PLATFORM]
    loaded_anew(half, file).until("open_backup", *half.starts)
    assert half.different == set()


def test_a_dag_that_has_the_new_host_already_does_nothing_there(half, file):
    """Kept elsewhere than in a directory, the copy is not asked when the DAG is read: its steps are those of today."""
    half.until(*OPENED, "stop_worker")
    edit(file, "new")
    half.records.write(CONCLUSION, {})
    loaded_anew(half, file)
    assert {"host": "newcomer"} in half.dag.get_task("disarm_restart_guard").expand_input.value
    half.until(*half.starts)
    assert half.different == set()


def test_what_was_edited_since_the_look_is_not_opened(half, file):
    """Nothing was touched so far, and the plan is of another platform: a refusal is cheap."""
    half.until("check_host", "check_cluster", "plan_night")
    edit(file, "a timeout")
    with pytest.raises(NightClosedError, match="edited since the look"):
        half.run("open_backup")
    assert nights_of(platform_at(str(file))).latest(records.backup_id(half.run_after)) is None


def test_a_run_that_is_begun_anew_after_its_restart_takes_the_edited_file(half, file):
    """It has a new look and a new plan: what was mended in the file meanwhile is what it was begun anew for."""
    half.until(*OPENED, *half.starts)
    half.records.write(CONCLUSION, {"platform_up": True})
    edit(file, "a timeout")
    loaded_anew(half, file).until(*OPENED)
    assert half.records.label.endswith("-2")
    assert half.records.read(PLATFORM)["timeouts"] == {"service_start_s": 1, "mongod_start_s": 1}


def test_what_a_cold_run_looks_at_again_is_what_it_was_opened_with(half, file):
    """Cleared as a whole before its restart it is the same attempt, of the same plan."""
    half.until(*OPENED)
    assert not half.records.has(RESTART)
    edit(file, "renamed")
    loaded_anew(half, file).until(*OPENED)
    assert isinstance(half.dag.get_task("plan_night"), PlanNightOperator)
    assert half.records.label == records.backup_id(half.run_after)


def test_a_step_that_is_cleared_days_later_finds_its_run_open(half, file):
    """Airflow clears the opening along with it: the file was edited since, and nothing new is opened."""
    half.until(*OPENED, *half.starts)
    half.records.write(CONCLUSION, {"platform_up": True})
    edit(file, "a timeout")
    assert loaded_anew(half, file).run("open_backup") == records.backup_id(half.run_after)
