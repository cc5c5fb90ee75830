"""The one file that Airflow loads from this folder: it says what vitam_operators adds to Airflow."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from airflow.plugins_manager import AirflowPlugin

from vitam_operators.timetables import NightWindowTimetable

FORKS_TASKS = {"scheduler", "standalone", "celery"}
SLOW_TO_IMPORT = ("asyncssh", "pymongo", "airflow.providers.ssh.hooks.ssh")


class VitamPlugin(AirflowPlugin):
    """The timetable of the nights."""

    name = "vitam"
    timetables = [NightWindowTimetable]

    @classmethod
    def on_load(cls, *_: Any, **__: Any) -> None:
        """Import once, where tasks are forked from, what nearly every task needs: it costs each of them a second."""
        if FORKS_TASKS & set(sys.argv):
            for module in SLOW_TO_IMPORT:
                import_module(module)
