"""The one file that Airflow loads from this folder: it says what vitam_operators adds to Airflow."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from vitam_operators.timetables import NightWindowTimetable


class VitamPlugin(AirflowPlugin):
    """The timetable of the nights."""

    name = "vitam"
    timetables = [NightWindowTimetable]
