"""The drill's DAG as Airflow meets it: it imports, it is begun by a backup that was sealed, one leaf judges it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import Asset, TriggerRule

from tests.conftest import ROOT
from tests.dags.night import AFTER, DRILL, NightRun, arguments_of, load_dag
from vitam_operators.graph import sealed_backups
from vitam_operators.operators.retries import RETRY_POLICY
from vitam_operators.platforms import platform_at


@pytest.fixture
def dag(platform_files: Callable[[str], Path]) -> Any:
    return load_dag(platform_files("small"), DRILL)


def test_it_imports_and_survives_serialisation(airflow_database, dag):
    """What does not survive serialisation does not exist for the scheduler."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization

    bag = DagBag(ROOT / "dags")
    assert bag.import_errors == {}
    assert DRILL in bag.dags
    known = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    for task in dag.tasks:
        seen = known.get_task(task.task_id)
        assert (seen.is_teardown, seen.is_setup) == (task.is_teardown, task.is_setup)
        assert TriggerRule(seen.trigger_rule) == TriggerRule(task.trigger_rule)


def test_one_drill_at_a_time_without_a_timeout_of_the_run(dag):
    """Two would extract into the same room; Airflow's dagrun_timeout would leave it there."""
    assert (dag.catchup, dag.max_active_runs, dag.dagrun_timeout) == (False, 1, None)


def test_one_leaf_judges_and_what_was_extracted_goes_whatever_happened(dag):
    """Airflow judges a run by its leaves alone."""
    assert [task.task_id for task in dag.tasks if not task.downstream_task_ids] == ["conclude_drill"]
    assert dag.get_task("conclude_drill").on_failure_fail_dagrun
    assert dag.get_task("choose_backup").is_setup
    for name in ("remove_scratch", "conclude_drill"):
        assert dag.get_task(name).is_teardown
        assert TriggerRule(dag.get_task(name).trigger_rule) == TriggerRule.ALL_DONE


def test_what_is_extracted_is_removed(dag):
    """Each part that a night can copy has its instance of both; each database is opened and read."""
    targets = {task.task_id: task.expand_input.value for task in dag.tasks if task.is_mapped}
    assert targets["extract_copy"] == targets["open_copy"] == targets["examine_copy"]
    assert targets["extract_files"] == targets["examine_files"]
    assert sorted(map(str, targets["extract_copy"] + targets["extract_files"])) == sorted(
        map(str, targets["remove_scratch"])
    )


def test_each_task_says_what_it_does_and_is_tried_again(dag):
    """The UI is where the person on duty reads."""
    for task in dag.tasks:
        assert task.doc_md, task.task_id
        assert arguments_of(task)["retry_policy"] is RETRY_POLICY
        assert arguments_of(task)["retries"] > 0


@pytest.mark.parametrize(
    ("when", "summary"),
    [("each_backup", "Asset"), ("weekly", "0 12 * * 6"), ("by_hand", "Never, external triggers only")],
)
def test_what_begins_a_drill(platform_files, tmp_path, when, summary):
    """A backup that is sealed, Saturday noon, or only a person."""
    path = tmp_path / "platform.yaml"
    path.write_text(platform_files("tiny").read_text(encoding="utf-8") + f"drill: {{when: {when}}}\n", encoding="utf-8")
    timetable = load_dag(path, DRILL).timetable
    from airflow.serialization.serialized_objects import DagSerialization

    known = DagSerialization.from_dict(DagSerialization.to_dict(load_dag(path, DRILL))).timetable
    assert timetable is not None
    assert known.summary == summary or known.description == summary


@pytest.mark.parametrize("wrong", [{"backup": "../x"}, {"backup": "20261124"}, {"backup": 7}])
def test_the_trigger_form_refuses(dag, wrong):
    """A path in place of a name would be a way out of the records."""
    import copy

    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        copy.deepcopy(dag.params).update(wrong)


def events(asset: Asset) -> int:
    """Count how often an asset was brought up to date."""
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    with create_session() as session:
        joined = select(func.count(AssetEvent.id)).join(AssetModel, AssetModel.id == AssetEvent.asset_id)
        return int(session.scalar(joined.where(AssetModel.uri == asset.uri)) or 0)


@pytest.mark.parametrize(("failing", "more"), [({}, 1), ({"seal_backup": AFTER}, 0)], ids=str)
def test_only_a_sealed_backup_begins_a_drill(airflow_database, nights: Callable[..., NightRun], failing, more):
    """A night that seals nothing, or whose seal fails, has nothing to drill."""
    night = nights("tiny", **failing)
    asset = sealed_backups(night.fake.platform)
    before = events(asset)
    night.run(airflow=True)
    assert events(asset) - before == more


def test_a_plan_brings_up_to_date_nothing(airflow_database, nights: Callable[..., NightRun]):
    """Its seal is skipped."""
    night = nights("tiny")
    before = events(sealed_backups(night.fake.platform))
    assert night.run(airflow=True, plan_only=True).states["seal_backup"] == ["skipped"]
    assert events(sealed_backups(night.fake.platform)) == before


def test_airflow_runs_a_drill_as_the_quick_tests_do(airflow_database, nights, platform_files):
    """The quick way to run a drill is only worth something as long as Airflow decides the same."""
    night = nights("tiny").run()
    dag = load_dag(platform_files("tiny"), DRILL)
    for task in dag.tasks:
        arguments_of(task)["retries"] = 0
    run = dag.test(logical_date=None, run_conf={"backup": night.records.label})
    states = {one.task_id: str(one.state) for one in run.get_task_instances()}
    assert set(states.values()) == {"success"}
    assert str(run.state) == "success"
    assert (night.records.read("drill") or {})["state"] == "passed"
    assert not [path for host in night.fake.hosts.values() for path in host.drills.extracted]


def test_both_dags_mean_the_same_asset(platform_files):
    """A name that differs by a letter is a drill that never begins."""
    path = platform_files("small")
    (outlet,) = load_dag(path).get_task("seal_backup").outlets
    assert outlet == sealed_backups(platform_at(str(path)))
