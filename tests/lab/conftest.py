"""
Real nights on the lab: real systemd, sshd, mongod and Airflow.

Each platform and each Airflow is brought up once and shared; between stories the platform is put right again, not
built again. What a story needs is set up here by the same commands that an operator types.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.airflow_stack import AirflowStack
from lab.night_watch import NightWatch
from lab.platform_file import write_platform_file
from tests.lab import stories

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".airflow"
PORTS = {"allinone": 8085, "medium": 8185, "solo2": 8385}
"""Of each platform's Airflow: they run side by side."""

Lab = Callable[[str, str], str]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every story here needs the lab, and minutes."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)
            item.add_marker(pytest.mark.timeout(3600))


def lab_verb(verb: str, platform: str) -> str:
    """Run ``lab/<verb>`` for a platform; its words are in the error if it fails."""
    done = subprocess.run(
        [ROOT / "lab" / verb], env={**os.environ, "LAB": platform}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"lab/{verb} of {platform} failed:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def platform_up() -> Callable[..., Path]:
    """Bring a platform up, healthy and as new; return the directory with its connections and platform file."""

    def bring_up(platform: str, **settings: Any) -> Path:
        lab_verb("up", platform)
        lab_verb("reset", platform)
        return write_platform_file(platform, settings).parent

    return bring_up


@pytest.fixture(scope="module")
def airflow() -> Iterator[Callable[[Path], NightWatch]]:
    """Start an Airflow for the platform of a directory; it is stopped when the module's stories are told."""
    stacks: list[AirflowStack] = []

    def start(run: Path) -> NightWatch:
        stack = AirflowStack(HOME / run.name, run / "platform.yaml", run / "connections.json", port=PORTS[run.name])
        stacks.append(stack)
        stack.up()
        return NightWatch(stack)

    yield start
    for stack in stacks:
        stack.down()


@pytest.fixture(scope="module")
def airflow_of_solo2(
    platform_up: Callable[..., Path], airflow: Callable[[Path], NightWatch]
) -> tuple[NightWatch, Path]:
    """An Airflow for the platform whose Airflow dies and whose steps are cleared; shared by a module's stories."""
    run = platform_up("solo2", window={**stories.window_far_away(), "restart_reserve_s": 20})
    return airflow(run), run
