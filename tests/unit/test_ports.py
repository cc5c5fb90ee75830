"""Where components listen: as the inventory of their version of Vitam has it, unless the platform file differs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT, TESTS
from vitam_operators import versions
from vitam_operators.config import Platform
from vitam_operators.operators.guard import resume_url, status_url
from vitam_operators.operators.services import StartServiceOperator, StopServiceOperator
from vitam_operators.platforms import check_platform, read_yaml
from vitam_operators.port_checks import listening
from vitam_operators.procedure import SERVICES

TABLE = TESTS / "data" / "vitam" / "ports.txt"
DEPLOYMENTS = ROOT.parent / "shared" / "vitam" / "deployments"
TAGS = ("4.0.7", "5.3", "6.2", "7.0.1")


def golden(tag: str) -> dict[str, tuple[int, int]]:
    """The ports of all components of a version, as the table has them."""
    rows = [line.split() for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return {row[0]: (int(row[1]), int(row[2])) for row in rows if any(at.startswith(f"{tag}:") for at in row[3:])}


@pytest.mark.parametrize("tag", TAGS)
def test_each_component_listens_where_vitams_inventory_has_it(tag):
    """On a wrong port nobody answers, or another service does; and a port that is not looked at is free of course."""
    found = golden(tag)
    assert len(found) > 15
    assert {name: (SERVICES[name].port, SERVICES[name].admin_port) for name in found} == found


def test_the_table_has_every_component_of_vitam():
    """Those of each version that a profile knows."""
    vitams = {name for name, service in SERVICES.items() if service.is_vitams}
    assert set().union(*(golden(tag) for tag in TAGS)) == vitams
    assert {versions.series_of(tag) for tag in TAGS} == {profile.series for profile in versions.PROFILES}


@pytest.mark.parametrize("tag", TAGS)
def test_the_table_is_what_vitam_ships(tag):
    """The lines of the table are read again in Vitam's own files, where they are beside this project."""
    if not DEPLOYMENTS.is_dir():
        pytest.skip("Vitam's own group_vars are not beside this project")
    assert ports_in(DEPLOYMENTS / tag) == golden(tag)


def ports_in(folder: Path) -> dict[str, tuple[int, int]]:
    """What the group_vars of a version say, read without Ansible."""
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*_vars.yml") if path.stem[0] in "ve"]
    blocks = [block for text in texts for block in text.split("vitam_component:")[1:]]
    found = {}
    for block in blocks:
        ports = [re.search(rf"port_{kind}: (\d+)", block) for kind in ("service", "admin")]
        if all(ports):
            found[block.split()[0].strip('"')] = tuple(int(port[1]) for port in ports)
    return found


# --- a platform that differs -----------------------------------------------------------------------------------------


@pytest.fixture
def moved() -> Platform:
    """The quartz platform, with a scheduler and a processing that listen elsewhere."""
    text = (TESTS / "data" / "platforms" / "quartz.yaml").read_text(encoding="utf-8")
    ports = {"scheduler": {"service": 18799, "admin": 38799}, "processing": {"admin": 38203}}
    return check_platform(read_yaml(text) | {"ports": ports}, source="test")


def test_what_is_not_named_stays(moved):
    assert (moved.service("scheduler").port, moved.service("scheduler").admin_port) == (18799, 38799)
    assert (moved.service("processing").port, moved.service("processing").admin_port) == (8203, 38203)
    assert moved.service("logbook") == SERVICES["logbook"]


def test_the_guard_asks_there(moved):
    """It works when nobody else does: what it was told is all it has."""
    (host,) = moved.hosts_of("scheduler")
    assert status_url(moved, host, "vitam-scheduler.service").endswith(":38799/admin/v1/status")
    assert resume_url(moved, host).endswith(":38799/scheduler/v1/resume/ALL")


def test_a_stop_and_a_start_ask_there(moved, monkeypatch):
    """Free ports prove a stop: the ones that nobody uses are always free."""
    monkeypatch.setattr(StopServiceOperator, "platform", moved)
    monkeypatch.setattr(StartServiceOperator, "platform", moved)
    more = {"task_id": "t", "platform_file": "p", "host": "app", "service": "scheduler"}
    assert StopServiceOperator(**more).ports == [18799, 38799]
    assert StartServiceOperator(**more).admin_port == 38799


def test_the_checks_of_the_platform_file_know_them(moved):
    (host,) = moved.hosts_of("scheduler")
    assert listening(moved)[host][38799] == ["scheduler"]
    assert 28799 not in listening(moved)[host]


def test_nobody_else_knows_a_port_of_vitams():
    """Whoever reads the table of procedure.py instead of asking the platform is wrong on a site that differs."""
    package = ROOT / "plugins" / "vitam_operators"
    reading = re.compile(r"SERVICES\[[^]]+\]\.(admin_)?port\b")
    assert [path.name for path in package.rglob("*.py") if reading.search(path.read_text(encoding="utf-8"))] == []
