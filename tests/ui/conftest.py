"""
The page in a real browser, from a real Airflow: one start of both for all stories.

Only the parts of Airflow that a page needs run, and its DAGs are paused: nothing is ever asked of a host. What the
page shows are records in a directory, which each story writes as it needs them.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.airflow_stack import AirflowStack
from lab.night_watch import NightWatch
from tests.ui.browser import Browser
from tests.ui.page import SECRETS, Page
from vitam_operators.platforms import load_platform

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".airflow" / "page"
PORT = 8097


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first story waits for Airflow's start."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session")
def page() -> Iterator[Page]:
    """Airflow with the page, its connections full of secrets, and no records."""
    run = HOME.parent / "page-run"
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir(parents=True)
    text = (ROOT / "config" / "platform.example.yaml").read_text(encoding="utf-8")
    (run / "platform.yaml").write_text(text.replace("file:///var/lib/vitam-backup", f"file://{run}/records"))
    connections = {name: {"conn_type": "generic", "password": word} for name, word in SECRETS.items()}
    (run / "connections.json").write_text(json.dumps(connections))
    settings = {
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,viewer:viewer,nobody:",
    }
    parts = ("api-server", "dag-processor")
    stack = AirflowStack(HOME, run / "platform.yaml", run / "connections.json", PORT, settings, parts)
    try:
        stack.up()
        NightWatch(stack).await_dag()
        yield Page(stack, run, load_platform(run / "platform.yaml"))
    finally:
        stack.down()


@pytest.fixture(scope="session")
def browser(page: Page, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, logged in as admin by the form."""
    with Browser(tmp_path_factory.mktemp("chromium")) as chromium:
        chromium.log_in(page.stack.url, "admin", page.stack.password)
        yield chromium


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return where a picture goes: docs/img when it is asked for (make screenshots)."""
    directory = Path(os.environ.get("SCREENSHOTS") or tmp_path_factory.mktemp("pictures"))
    directory.mkdir(parents=True, exist_ok=True)
    return lambda name: directory / f"{name}.png"
