"""Whole nights and drills under the rights of docs/hosts.md: every command line, and every question to MongoDB."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.dags.half import HalfNight
from tests.dags.night import BEFORE, DRILL, NightRun, load_dag
from tests.dags.quick import run_quickly
from tests.fakes import backups
from vitam_operators.errors import GuardNotArmedError
from vitam_operators.hooks.records import nights_of
from vitam_operators.mongo_rights import MEMBERS, ROUTERS, Asked
from vitam_operators.privileges import sudoers
from vitam_operators.sudo_rules import calls_of, is_allowed

OLD = [f"{day}T190000Z" for day in ("20191230", "20200110", "20200111", "20200112", "20200113")]
NAMES_A_COLLECTION = ("find", "count")


class Listening:
    """What a platform's hosts are told to run, and what its MongoDB is asked."""

    def __init__(self, night: NightRun, monkeypatch: pytest.MonkeyPatch) -> None:
        self.night, self.lines, self.asked = night, list[tuple[str, str]](), set[tuple[str, str, str]]()
        for name, host in night.fake.hosts.items():
            monkeypatch.setattr(host, "answer", self._noting(name, host.answer))
        own = night.fake.driver_answers
        monkeypatch.setattr(night.fake, "driver_answers", lambda hook: self._listening(hook, own(hook)))

    def _noting(self, name: str, own: Callable[[str, str], tuple[int, str]]) -> Any:
        def answer(line: str, stdin: str) -> tuple[int, str]:
            self.lines.append((name, line))
            return own(line, stdin)

        return answer

    def _listening(self, hook: Any, answers: Any) -> Any:
        def answer(command: str, value: Any, database: str, more: dict[str, Any]) -> Any:
            on = f"{database}.{value}" if command in NAMES_A_COLLECTION else ""
            self.asked.add((getattr(hook, "conn_id", ""), command, on))
            return answers(command, value, database, more)

        return answers and answer

    @property
    def refused(self) -> list[tuple[str, str]]:
        """The lines that the host's sudoers file would not let through."""
        files = {host.name: sudoers(self.night.fake.platform, host.name) for host in self.night.fake.platform.hosts}
        return [(host, line) for host, line in self.lines if not is_allowed(line, files[host])]

    @property
    def programs(self) -> set[str]:
        """What was run as root."""
        return {call[0] for _, line in self.lines for call in calls_of(line)}


@pytest.fixture
def listening(nights: Callable[..., NightRun], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Listening]:
    return lambda name, **failing: Listening(nights(name, **failing), monkeypatch)


@pytest.mark.parametrize("shares_blocks", [True, False])
@pytest.mark.parametrize("name", ["small", "quartz", "vaulted"])
def test_a_night_needs_no_other_right(listening, monkeypatch, name, shares_blocks):
    """Timers or Quartz, tar or restic, snapshots or copies: what a night runs as root, the page lets it."""
    connection = {"conn_type": "generic", "password": "hush"}
    monkeypatch.setenv("AIRFLOW_CONN_TEST_RESTIC", json.dumps(connection))
    heard = listening(name)
    for host in heard.night.fake.hosts.values():
        host.shares_blocks = shares_blocks
    assert heard.night.run(securing="none_running").state == "success"
    assert heard.refused == []
    assert heard.programs >= {"systemctl", "systemd-run", "mkdir", "tee", "mv", "rm", "du", "stat", "cat"}


@pytest.mark.parametrize("step", ["copy_shard", "start_worker", "verify_copy", "arm_restart_guard"])
def test_nor_does_a_night_that_fails(listening, step):
    """What is swept up and started after a failure is under the same rules."""
    heard = listening("small", **{step: BEFORE}) if step != "copy_shard" else listening("small")
    if step == "copy_shard":
        for host in heard.night.fake.hosts.values():
            host.copy_fails = True
    assert heard.night.run(securing="none_running").state == "failed"
    assert {"systemd-run", "systemctl"} <= heard.programs or step == "arm_restart_guard"
    assert heard.refused == []


def test_nor_does_pruning(listening):
    """Old backups go from the hosts."""
    heard = listening("keeping")
    night = heard.night
    night.clean()
    night.clean = lambda: None
    for label in OLD:
        backups.write(nights_of(night.fake.platform), label)
        for name, host in backups.HOSTS.items():
            night.fake.hosts[host].files[f"/vitam/backup/{label}/{name}.tar.zst"] = 1000
    assert night.run().state == "success"
    assert [line for _, line in heard.lines if f"rm -rf -- /vitam/backup/{OLD[1]}" in line]
    assert heard.refused == []


def test_nor_does_a_drill(listening, platform_files: Callable[[str], Path]):
    """A drill extracts, opens, reads and removes."""
    heard = listening("tiny")
    assert heard.night.run().state == "success"
    heard.lines.clear()
    state, _ = run_quickly(load_dag(platform_files("tiny"), DRILL), dt.datetime.now(dt.UTC), {})
    assert state == "success"
    assert heard.programs >= {"systemd-run", "stat", "find", "cat", "rm"}
    assert heard.refused == []


def asked_of(told: tuple[Asked, ...]) -> set[tuple[str, str]]:
    return {(one.command, one.resource if one.command in NAMES_A_COLLECTION else "") for one in told}


def test_what_a_night_asks_mongodb(listening):
    """The roles of the page allow these commands, and were made for no others; a preferred member is not primary."""
    heard = listening("small")
    heard.night.fake.replica_set("mongo-data", "shard1")._primary = "data-5"
    assert heard.night.run(securing="none_running").state == "success"
    of = {
        conn_id: {(command, on) for conn, command, on in heard.asked if conn == conn_id}
        for conn_id, _, _ in heard.asked
    }
    assert of["test_mongo_admin"] | of["test_offer_admin"] == asked_of(ROUTERS)
    assert of["test_mongo_localadmin"] | of["test_offer_localadmin"] == asked_of(MEMBERS)


def test_a_guard_whose_plan_the_account_may_not_read_is_none(half: HalfNight, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Kind: written, and read by nobody. With a umask of 027 the account sees no plan: no step could tell whose it is.

    pam_umask sets it (Kicksecure/security-misc#185), and sudo joins it with its own (sudoers(5), ``umask``).
    """
    host = half.fake.hosts["data-4"]
    own = host.answer

    def answer(line: str, stdin: str) -> tuple[int, str]:
        status, output = own(line, stdin)
        asked = "for file in plan report" in line
        return status, "\n---\n" + output.partition("---\n")[2] if asked else output

    monkeypatch.setattr(host, "answer", answer)
    with pytest.raises(GuardNotArmedError, match="its plan was read back otherwise than it was written, or not at all"):
        half.run("arm_restart_guard", host="data-4")
