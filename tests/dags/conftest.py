"""Nights on fake platforms: the DAG of a platform file, loaded, run, looked at afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import TESTS
from tests.dags.half import HalfNight
from tests.dags.night import NightRun, be_quick, load_dag
from tests.fakes.platform import FakePlatform
from vitam_operators.operators.drill_verdict import ConcludeDrillOperator
from vitam_operators.operators.restore_verdict import ReportRestoreOperator
from vitam_operators.operators.telling import TellingOperator
from vitam_operators.operators.verdict import ConcludeNightOperator
from vitam_operators.platforms import platform_at

TELLING = (ConcludeNightOperator, ReportRestoreOperator, ConcludeDrillOperator)


@pytest.fixture(scope="session")
def platform_files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give a platform file of tests/data whose records go to a directory of this test run."""
    written: dict[str, Path] = {}

    def write(name: str) -> Path:
        if name not in written:
            home = tmp_path_factory.mktemp(name)
            text = (TESTS / "data" / "platforms" / f"{name}.yaml").read_text(encoding="utf-8")
            written[name] = home / "platform.yaml"
            written[name].write_text(text.replace("/RECORDS", str(home / "records")), encoding="utf-8")
        return written[name]

    return write


@pytest.fixture(scope="session")
def dags(platform_files: Callable[[str], Path]) -> Callable[[str], Any]:
    """Give the DAG of a platform, loaded once."""
    loaded: dict[str, Any] = {}

    def load(name: str) -> Any:
        if name not in loaded:
            loaded[name] = load_dag(platform_files(name))
        return loaded[name]

    return load


@pytest.fixture
def swallowed(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Keep what a step that tells swallows: on a platform it changes no night, here it fails the story."""
    found: list[str] = []

    def noting(tell: Callable[..., None]) -> Callable[..., None]:
        def told(*words: Any) -> None:
            try:
                tell(*words)
            except Exception as error:
                found.append(repr(error))
                raise

        return told

    assert set(TellingOperator.__subclasses__()) == set(TELLING)
    for kind in TELLING:
        monkeypatch.setattr(kind, "tell_people", noting(kind.tell_people))
    yield found
    found += [record.getMessage() for record in caplog.get_records("call") if record.exc_info]
    assert found == []


@pytest.fixture
def nights(
    platform_files: Callable[[str], Path],
    dags: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
    swallowed: list[str],
) -> Iterator[Callable[..., NightRun]]:
    """Give a fake platform on which everything runs, and its DAG; a night there takes a second."""
    made: list[FakePlatform] = []

    def make(name: str, **failing: str) -> NightRun:
        path = platform_files(name)
        monkeypatch.setenv("VITAM_BACKUP_PLATFORM", str(path))
        fake = FakePlatform(platform_at(str(path)))
        fake.install(monkeypatch)
        be_quick(monkeypatch)
        made.append(fake)
        night = NightRun(dags(name), fake, failing)
        night.fail_at(monkeypatch)
        return night

    yield make
    assert [mistake for fake in made for mistake in fake.mistakes] == [], "the package did what no host understands"


@pytest.fixture
def shares_blocks() -> bool:
    """Say whether the file systems of the databases can; a module of stories may say otherwise."""
    return True


@pytest.fixture
def look(nights: Callable[..., NightRun], shares_blocks: bool) -> HalfNight:
    """Give a night on the small platform of which nothing was run yet."""
    night = nights("small")
    night.clean()
    for host in night.fake.hosts.values():
        host.shares_blocks = shares_blocks
    return HalfNight(night)


@pytest.fixture
def half(look: HalfNight) -> HalfNight:
    """Give a night on the small platform that has been opened."""
    return look.until("check_host", "check_cluster", "plan_night", "open_backup")


@pytest.fixture
def cold(half: HalfNight) -> HalfNight:
    """Give a night in which everything that is copied has stopped, in the graph's order."""
    kinds = ("arm_", "stop_", "hold_", "await_balancer_idle", "await_nobody_writes")
    return half.until(*(task for task in half.steps if task.startswith(kinds)))
