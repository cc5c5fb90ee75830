"""The link from a task of a night or a drill to the page of its backup."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import attrs
from airflow.sdk import BaseOperatorLink

PREFIX = "/vitam-backups"


@attrs.define()
class BackupPageLink(BaseOperatorLink):
    """
    A button "Vitam backup" at a task.

    The API server asks it for the address when somebody looks; nothing is stored with the task.
    """

    name = "Vitam backup"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return the page of the run's backup."""
        return f"{airflow_path()}{PREFIX}/runs/{quote(ti_key.run_id, safe='')}"


def airflow_path() -> str:
    """Return the path below which Airflow is served: empty, unless ``[api] base_url`` has one."""
    from airflow.configuration import conf

    return urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/")
