"""The DAG file as Airflow meets it: it imports, quickly, and is what a night needs before any task runs."""

from __future__ import annotations

import copy
import time

import pytest
from airflow.sdk import TriggerRule

from tests.conftest import ROOT
from tests.dags.night import arguments_of, load_dag
from vitam_operators.operators.prune import LIMIT_S
from vitam_operators.operators.retries import RETRY_POLICY
from vitam_operators.platforms import platform_at

PLATFORMS = ["small", "quartz", "tiny"]
CHANGES_NOTHING = {"check_host", "check_cluster", "plan_night"}
JUDGE = "conclude_night"
RESTARTS_THAT_ARE_NO_STARTS = {"end_copies", "resume_scheduling"}


@pytest.fixture(params=PLATFORMS)
def dag(request, dags):
    """The DAG of each platform."""
    return dags(request.param)


def restarts(dag) -> list:
    """All tasks of the group start."""
    return [task for task in dag.tasks if task.task_group.group_id == "start"]


def test_no_import_errors(airflow_database, platform_files, monkeypatch):
    """A file that does not import is a night that does not begin, and a started night that is never ended."""
    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setenv("VITAM_BACKUP_PLATFORM", str(platform_files("small")))
    bag = DagBag(ROOT / "dags")
    assert bag.import_errors == {}
    assert "vitam_backup" in bag.dags


def test_the_file_imports_within_a_second(platform_files):
    """Airflow imports it again and again, and once more for each task."""

    def seconds() -> float:
        began = time.process_time()
        load_dag(platform_files("small"))
        return time.process_time() - began

    assert min(seconds() for _ in range(3)) < 1


def test_it_serialises(dag):
    """What does not survive serialisation does not exist for the scheduler: rules, setups, teardowns."""
    from airflow.serialization.serialized_objects import DagSerialization

    known = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    for task in dag.tasks:
        seen = known.get_task(task.task_id)
        for what in ("is_setup", "is_teardown", "on_failure_fail_dagrun", "upstream_task_ids"):
            assert getattr(seen, what) == getattr(task, what), (task.task_id, what)
        assert TriggerRule(seen.trigger_rule) == TriggerRule(task.trigger_rule)
    assert known.timetable.summary == dag.timetable.summary


def test_a_run_that_never_ends_does_not_hold_the_next_night(dag):
    """It is apart from it by the guards of the hosts; a night that was missed is over all the same."""
    assert (dag.catchup, dag.max_active_runs) == (False, 2)


def test_no_step_holds_its_worker_without_an_end(dag):
    """The last bound, of what hangs although nothing may; no wait that the platform file grants is cut by it."""
    for task in dag.tasks:
        operator = task.unmap(task.expand_input.value[0]) if task.is_mapped else task
        limit_s = arguments_of(task)["execution_timeout"].total_seconds()
        longest_s = max(platform_at(operator.own_platform_file).timeouts.model_dump().values())
        assert longest_s + 3600 <= limit_s <= 24 * 3600, task.task_id


def test_old_backups_may_take_long_to_go(dag):
    """Kind: a bound that cuts what is at work. The removal of one backup from a repository may take LIMIT_S."""
    assert dag.get_task("prune_backups").execution_timeout.total_seconds() >= 2 * LIMIT_S


def test_no_timeout_of_the_run(dag):
    """Airflow's dagrun_timeout skips the restart."""
    assert dag.dagrun_timeout is None


def test_the_trigger_form(dag):
    """What a person can choose, and that nothing need be chosen."""
    assert set(dag.params) == {"plan_only", "until", "securing", "copies", "accepted", "note"}
    assert dag.params["plan_only"] is False
    dag.params.validate()


@pytest.mark.parametrize(
    "wrong",
    [
        {"securing": "never"},
        {"copies": "some"},
        {"plan_only": "yes"},
        {"note": "x" * 501},
        {"until": 7},
        {"accepted": [7]},
    ],
)
def test_the_trigger_form_refuses(dag, wrong):
    """A mistake in the form is told when it is sent, not at midnight."""
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        copy.deepcopy(dag.params).update(wrong)


def test_each_task_is_tried_again_unless_a_person_is_needed(dag):
    """After an outage of Airflow's API a task fails that never ran: without retries the restart would not happen."""
    for task in dag.tasks:
        assert arguments_of(task)["retries"] > 0 or task.task_id == JUDGE, task.task_id
        assert arguments_of(task)["retry_policy"] is RETRY_POLICY


def test_each_task_says_what_it_does(dag):
    """The UI is where the person on duty reads at night."""
    for task in dag.tasks:
        assert task.doc_md, task.task_id
        assert task.task_display_name == task.task_id.replace("_", " ")
    assert dag.doc_md
    assert dag.description


def test_each_instance_has_a_name(dag):
    """``stop_worker [3]`` helps nobody, ``stop_worker [worker-2]`` does."""
    for task in (task for task in dag.tasks if task.is_mapped):
        for target in task.expand_input.value:
            assert [f"task.{key}" in arguments_of(task)["map_index_template"] for key in target] == [True] * len(target)


def test_the_judge_is_the_only_leaf(dag):
    """Airflow judges a run by its leaves alone: a red restart in front of a green leaf is a green run."""
    assert [task.task_id for task in dag.tasks if not task.downstream_task_ids] == [JUDGE]
    judge = dag.get_task(JUDGE)
    assert judge.is_teardown
    assert judge.on_failure_fail_dagrun
    assert judge.trigger_rule == TriggerRule.ALL_DONE


def test_restarts_run_whatever_happened(dag):
    """As teardowns they survive "mark failed"; with the stock rule they would not survive it during a stop."""
    open_backup = dag.get_task("open_backup")
    assert open_backup.is_setup
    assert restarts(dag)
    for task in restarts(dag):
        assert task.is_teardown, task.task_id
        assert TriggerRule(task.trigger_rule) == TriggerRule.ALL_DONE, task.task_id
        assert task.task_id in open_backup.downstream_task_ids, task.task_id


def test_restarts_do_not_depend_on_the_output_of_a_step(dag):
    """A restart that is mapped over what a stop returned does not run for the stop that failed."""
    for task in (task for task in restarts(dag) if task.is_mapped):
        assert isinstance(task.expand_input.value, list), task.task_id
        assert task.expand_input.value, task.task_id


def targets_of(dag, prefix: str) -> dict[str, list]:
    """What the mapped tasks of a prefix act on, by the rest of their names."""
    mapped = {task.task_id: task.expand_input.value for task in dag.tasks if task.is_mapped}
    return {name.removeprefix(prefix): found for name, found in mapped.items() if name.startswith(prefix)}


def test_every_stop_has_its_start(dag):
    """What stops has to come back, on each host on which it stops; a router that no night stops can be lost too."""
    stops, starts = targets_of(dag, "stop_"), targets_of(dag, "start_")
    assert len(stops) > 12
    assert "router" not in stops
    assert starts.pop("router")
    assert starts == stops


def test_every_guard_that_is_armed_is_disarmed(dag, platform_files, request):
    """On every host, for a host can die that has nothing to stop: its routers, its other members."""
    platform = platform_at(str(platform_files(request.node.callspec.params["dag"])))
    armed, disarmed = targets_of(dag, "arm_"), targets_of(dag, "disarm_")
    assert armed == disarmed == {"restart_guard": [{"host": host.name} for host in platform.hosts]}
    for stop in (task for task in dag.tasks if task.task_id.startswith(("stop_", "hold_"))):
        assert "arm_restart_guard" in stop.get_flat_relative_ids(upstream=True), stop.task_id
    for start in (task for task in restarts(dag) if task.task_id != "disarm_restart_guard"):
        assert "disarm_restart_guard" in start.get_flat_relative_ids(upstream=False), start.task_id


def test_nothing_in_front_of_open_backup_changes_anything(dag):
    """Before the backup is open nobody has written down what ran, and nothing would start it again."""
    assert dag.get_task("open_backup").get_flat_relative_ids(upstream=True) == CHANGES_NOTHING
    for task in dag.tasks:
        if task.task_id not in {*CHANGES_NOTHING, "open_backup"}:
            assert "open_backup" in task.get_flat_relative_ids(upstream=True), task.task_id


def test_platforms_have_the_same_shape(dags):
    """The graph is the manual's; hosts and shards are only what it is mapped over."""
    small, tiny = dags("small"), dags("tiny")
    of_services = {f"{verb}_security_internal" for verb in ("stop", "start")}
    assert set(small.task_ids) - set(tiny.task_ids) == of_services


def test_the_example_platform_has_a_dag_too():
    """The reference is what people copy."""
    assert load_dag(ROOT / "config" / "platform.example.yaml").dag_id == "vitam_backup"
