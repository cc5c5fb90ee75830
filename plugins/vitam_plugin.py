"""The one file that Airflow loads from this folder: it says what vitam_operators adds to Airflow."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from vitam_operators.timetables import NightWindowTimetable

SERVES_PAGES = {"api-server", "standalone"}
API_SERVER = "airflow.api_fastapi.app"
STEPS = ("vitam_operators.operators", "vitam_operators.sensors")
FORKS_TASKS = {"scheduler", "standalone", "celery"}
SLOW_TO_IMPORT = ("asyncssh", "pymongo", "airflow.providers.ssh.hooks.ssh")


class VitamPlugin(AirflowPlugin):
    """The timetable of the nights; in the API server the page of the backups and the links to it."""

    name = "vitam"
    timetables = [NightWindowTimetable]
    external_views = [
        {"name": "Vitam backups", "href": "/vitam-backups/", "destination": "nav", "category": "browse"},
        {
            "name": "Vitam backup",
            "href": "/vitam-backups/runs/{RUN_ID}",
            "destination": "dag_run",
            "url_route": "vitam-backup",
        },
    ]

    @classmethod
    def on_load(cls, *_: Any, **__: Any) -> None:
        """Import once, where tasks are forked from, what nearly every task needs: it costs each of them a second."""
        if FORKS_TASKS & set(sys.argv):
            for module in SLOW_TO_IMPORT:
                import_module(module)
        if SERVES_PAGES & set(sys.argv) or API_SERVER in sys.modules:
            cls._serve()

    @classmethod
    def _serve(cls) -> None:
        """Add the page; the link is matched by the class of a task, so all of them are named to it."""
        page, links = import_module("vitam_operators.ui.app"), import_module("vitam_operators.ui.links")
        links.BackupPageLink.operators = list(steps())
        cls.operator_extra_links = [links.BackupPageLink()]
        cls.fastapi_apps = [{"app": page.app, "url_prefix": links.PREFIX, "name": "Vitam backups"}]


def steps() -> Iterator[type]:
    """Return the classes of all steps of nights and drills."""
    for package in map(import_module, STEPS):
        for module in iter_modules(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    waiting = [import_module("vitam_operators.operators.base").NightOperator]
    while waiting:
        waiting += (step := waiting.pop()).__subclasses__()
        yield step
