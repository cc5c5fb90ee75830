"""What the plugin adds to Airflow's API server, and to nothing else."""

from __future__ import annotations

import sys

import pytest

from vitam_plugin import API_SERVER, VitamPlugin


@pytest.fixture
def loaded(monkeypatch):
    """The plugin as a process of Airflow loads it."""

    def load(*words):
        monkeypatch.setattr(sys, "argv", ["airflow", *words])
        monkeypatch.delitem(sys.modules, API_SERVER, raising=False)
        plugin = type("Loaded", (VitamPlugin,), {})
        plugin.on_load()
        return plugin

    return load


@pytest.mark.parametrize("part", ["dag-processor", "triggerer", "tasks"])
def test_only_the_api_server_imports_the_page(loaded, part):
    """A page that does not import must never keep a night from running."""
    plugin = loaded(part)
    assert plugin.fastapi_apps == []
    assert plugin.operator_extra_links == []


def test_every_route_asks_who_is_there(loaded):
    """tests/ui tries these routes without login and without rights: a new one has to be tried there, too."""
    (mounted,) = loaded("api-server").fastapi_apps
    assert mounted["url_prefix"] == "/vitam-backups"
    routes = {route.path: route.methods for route in mounted["app"].routes}
    assert set(routes) == {"/", "/backups/{label}", "/runs/{run_id:path}", "/metrics", "/style.css"}
    assert set.union(*routes.values()) == {"GET"}
    for route in mounted["app"].routes:
        asked = [dependency.dependency.__qualname__ for dependency in route.dependencies]
        assert asked == ["get_user", "requires_access_dag.<locals>.inner"]


def test_every_step_has_the_link_to_its_backup(loaded):
    """Airflow matches a link by the very class of a task."""
    from vitam_operators.operators.drills import ChooseBackupOperator
    from vitam_operators.operators.services import StopServiceOperator
    from vitam_operators.sensors.quiet import WorkflowsDrainedSensor

    (link,) = loaded("api-server").operator_extra_links
    assert {ChooseBackupOperator, StopServiceOperator, WorkflowsDrainedSensor} <= set(link.operators)
