"""
What all tests share: an Airflow home of their own, set before anything imports Airflow.

The home is thrown away at the end. It is for tests in this process only: the lab's tests start a real Airflow in
processes of their own, and these must not inherit it, so while one of them runs the variables are taken back.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROOT = TESTS.parent
HOME = Path(tempfile.mkdtemp(prefix="vitam-backup-tests-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)

ENVIRONMENT = {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__UNIT_TEST_MODE": "True",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME}/airflow.db",
    "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(HOME / "logs"),
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    "AIRFLOW_CONN_TEST_SSH": '{"conn_type": "ssh", "login": "vitam-backup"}',
    "AIRFLOW_CONN_TEST_SECRET": '{"conn_type": "generic", "password": "platform-secret"}',
    "VITAM_BACKUP_PLATFORM": str(TESTS / "data" / "platforms" / "small.yaml"),
}
OUTSIDE = {name: os.environ.get(name) for name in ENVIRONMENT}
os.environ.update(ENVIRONMENT)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Give the tests that start a real Airflow the environment from outside."""
    if not {"lab", "ui"} & set(item.path.relative_to(TESTS).parts[:-1]):
        return (yield)
    _set(OUTSIDE)
    try:
        return (yield)
    finally:
        _set(ENVIRONMENT)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With LAB_ONLY, leave out the stories of the lab's other platforms: ``tools/nights`` runs these beside."""
    only = os.environ.get("LAB_ONLY")
    if only is None:
        return
    others = [item for item in items if _platform_of(item) != only]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


def _platform_of(item: pytest.Item) -> str:
    """Return the platform of a story: that of its row, else that of its module."""
    callspec = getattr(item, "callspec", None)
    row = callspec.params.get("row") if callspec else None
    return row.platform if row is not None else item.module.PLATFORM


def _set(variables: dict[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@pytest.fixture(scope="session")
def airflow_database() -> None:
    """An Airflow database of today's schema, for the tests that run a DAG."""
    from airflow.utils.db import initdb

    initdb()
