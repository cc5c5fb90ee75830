"""The images, built once; and the lab's platform that the production's containers back up."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab.platform_file import write_platform_file
from tests.conftest import ROOT
from tests.deploy.containers import Production
from tests.lab.conftest import lab_verb

PLATFORM = "allinone"
SETTINGS = {
    "records": "file:///var/lib/vitam-backup",
    "window": {"start": "03:17", "end": "03:47", "restart_reserve_s": 20},  # no night begins by itself meanwhile
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These stories are left out of `make test`: images of 700 MB, and an hour."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.deploy)
            item.add_marker(pytest.mark.timeout(3600))


@pytest.fixture(scope="session")
def images() -> None:
    """The images of this checkout."""
    subprocess.run([ROOT / "tools" / "production", "images"], check=True)


@pytest.fixture
def production(images: None, tmp_path: Path) -> Iterator[Callable[[str], Production]]:
    """Bring up the services of a profile for a platform that is as new; they are removed at the end."""
    made: list[Production] = []

    def bring_up(profile: str, *more: str) -> Production:
        lab_verb("up", PLATFORM)
        lab_verb("reset", PLATFORM)
        made.append(Production(profile, tmp_path, write_platform_file(PLATFORM, SETTINGS).parent))
        made[0].up(*more)
        return made[0]

    yield bring_up
    for one in made:
        one.down()
