"""
The order of each version's night, as text that a person can read and compare: tests/data/golden.

``make golden`` writes the files anew; the difference belongs into the commit that makes it.
"""

from __future__ import annotations

import os

import pytest
import yaml
from airflow.sdk import TriggerRule

from tests.conftest import TESTS
from tests.dags.night import arguments_of, load_dag

GOLDEN = TESTS / "data" / "golden"
GROUPS = ("front", "drain", "securing", "back", "elasticsearch", "mongodb", "copy", "start")
FRONT = ["ingest-internal", "ingest-external", "access-internal", "access-external", "ihm-demo", "ihm-recette"]
BACK = ["security-internal", "batch-report", "functional-administration", "logbook", "metadata", "storage", "offer"]
DRAIN = ["processing", "worker", "workspace"]
ASIDE = ["siegfried", "kibana", "elastic-kibana-interceptor", "logstash"]
COLLECT = ["collect-internal", "collect-external", "metadata-collect", "workspace-collect", "scheduler"]
SECONDARY = ["functional-administration", "logbook", "metadata", "storage", "offer", "scheduler"]
NIGHTS = {
    "vitam-4": ("4.0.7", True, [*FRONT, *DRAIN, *BACK]),
    "vitam-5": ("5.1", True, [*FRONT, *DRAIN, *BACK, "collect", "metadata-collect", "workspace-collect"]),
    "vitam-6": ("6.2", True, [*FRONT, *DRAIN, *BACK, *COLLECT]),
    "vitam-7": ("7.0.1", True, [*FRONT, *DRAIN, *BACK, *COLLECT, *ASIDE, "library"]),
    "vitam-7-secondary": ("7.0.1", False, SECONDARY),
}


@pytest.fixture(params=NIGHTS)
def name(request):
    """One of the nights."""
    return request.param


def platform_of(name, records):
    """Return the content of a platform file: all services on one host, all databases on another."""
    version, primary, services = NIGHTS[name]
    timers = version < "6"
    securing = {"by": "timers"} if timers else {"by": "quartz", "platform_secret_conn_id": "test_secret"}
    replica_set = {"members": [{"host": "data"}]}
    return {
        **{"name": name, "vitam_version": version, "primary_site": primary, "ssh_conn_id": "test_ssh"},
        "records": f"file://{records}",
        "hosts": [
            {"name": "app", "address": "10.1.0.1", "services": services},
            {"name": "data", "address": "10.1.0.2"},
        ],
        "mongodb": [
            {
                **{"name": "mongo-data", "admin_conn_id": "test_admin", "localadmin_conn_id": "test_localadmin"},
                "routers": ["data"],
                "config_set": {"name": "configsvr", **replica_set},
                "shards": [{"name": "shard0", **replica_set}],
            }
        ],
        "elasticsearch": [{"name": "elasticsearch-data", "hosts": ["data"]}],
        "securing": securing,
    }


def order_of(dag):
    """Return a line for each step that stops, waits, copies or starts: its group, its name, what it waits for."""
    lines = []
    for task in dag.topological_sort():
        group = task.task_group.group_id
        if group in GROUPS:
            whatever = " (whatever failed)" if arguments_of(task)["trigger_rule"] == TriggerRule.ALL_DONE else ""
            above = sorted(task.upstream_task_ids - {"open_backup"})
            lines.append(f"{group:<13} {task.task_id}{whatever} < {', '.join(above)}")
    return "\n".join(lines) + "\n"


def test_the_order_is_that_of_the_file(name, tmp_path):
    """An order that changes is seen by a person, version by version, before it is released."""
    path = tmp_path / "platform.yaml"
    path.write_text(yaml.safe_dump(platform_of(name, tmp_path)), encoding="utf-8")
    order = order_of(load_dag(path))
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(order, encoding="utf-8")
    assert order == golden.read_text(encoding="utf-8"), "make golden writes it anew; read the difference"


def test_every_component_has_its_step(name):
    """A component that has none would run while the copies are made, or would not start again."""
    text = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    for service in NIGHTS[name][2]:
        word = service.replace("-", "_")
        assert f" stop_{word} < " in text
        assert f" start_{word} (whatever failed) < " in text


@pytest.mark.parametrize("name", ["vitam-4", "vitam-5", "vitam-6", "vitam-7"])
def test_processing_waits_for_the_securing_that_is_a_workflow(name):
    """From Vitam 4 on the life cycles are secured by workflows: without processing the securing would fail."""
    assert "await_workflows_drained < hold_scheduling" in (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
