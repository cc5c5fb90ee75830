"""The platforms that are broken here, each brought up once; and the table of what came of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.platform_file import write_platform_file
from tests.faults import table
from tests.faults.table import OUTCOMES, SEEN, Outcome, as_text
from tests.lab.conftest import lab_verb

ROOT = Path(__file__).parents[2]
WINDOW = {"restart_reserve_s": 20, "least_s": 1, "start": "03:17", "end": "03:47"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each row needs the lab; all but the quick ones run only when asked for."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.lab)
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session")
def lab_up() -> Callable[[str], Path]:
    """Bring a platform up once, and put it right only where a row before has left something."""
    up: set[str] = set()

    def bring_up(platform: str) -> Path:
        if platform not in up:
            lab_verb("up", platform)
            lab_verb("reset", platform)
            up.add(platform)
        return ROOT / "lab" / "run" / platform

    return bring_up


@pytest.fixture
def platform(lab_up: Callable[[str], Path]) -> Callable[[str, dict[str, Any]], Path]:
    """Give a healthy platform that no night before has left anything down on, with settings over its platform file."""

    def give(name: str, settings: dict[str, Any]) -> Path:
        run = lab_up(name)
        shutil.rmtree(run / "records" / name, ignore_errors=True)
        write_platform_file(name, {"window": WINDOW}, settings)
        return run

    return give


@pytest.fixture
def note_outcome() -> Callable[[Outcome], None]:
    """Note what came of a row."""
    return OUTCOMES.append


def pytest_sessionfinish() -> None:
    """Keep what was seen; rows that did not run keep what was seen last."""
    for platform in {outcome.platform for outcome in OUTCOMES}:
        file = SEEN / f"{platform}.json"
        before = table.read(file)
        seen = {outcome.key: outcome for outcome in (*before, *OUTCOMES) if outcome.platform == platform}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps([vars(outcome) for outcome in seen.values()], indent=1))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table."""
    if OUTCOMES:
        terminalreporter.section("faults")
        terminalreporter.write_line(as_text(OUTCOMES))
