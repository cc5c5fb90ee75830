"""Cold backup of a Vitam platform: operators, sensors, triggers, hooks and a timetable for Apache Airflow."""

from __future__ import annotations

__version__ = "0.1.0"
