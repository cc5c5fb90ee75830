"""Nights whose copies restic makes: the password goes to the hosts, and nowhere else."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from tests.dags.half import HalfNight
from tests.dags.night import NightRun
from vitam_operators import archive, catalogue, secret_files
from vitam_operators import nights as records
from vitam_operators.engines import restic
from vitam_operators.errors import CommandFailedError, CopyFailedError, LookFailedError, SecretMissingError
from vitam_operators.hooks.records import nights_of
from vitam_operators.operators.prune import Going

PASSWORD, KEY = "hush-of-restic", "hush-of-the-cloud"
CONNECTION = {"conn_type": "generic", "password": PASSWORD, "extra": {"environment": {"AWS_SECRET_ACCESS_KEY": KEY}}}
FILES = {"host": "app", "file_set": "conf"}
PART = "app-conf"


@pytest.fixture(autouse=True)
def connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_TEST_RESTIC", json.dumps(CONNECTION))


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Callable[[NightRun], SimpleNamespace]:
    """Note every command line and every standard input of a platform."""

    def listen(night: NightRun) -> SimpleNamespace:
        noted = SimpleNamespace(lines=[], inputs=[])
        for host in night.fake.hosts.values():

            def answer(line: str, stdin: str, own: Callable[[str, str], tuple[int, str]] = host.answer):
                noted.lines.append(line)
                noted.inputs.append(stdin)
                return own(line, stdin)

            monkeypatch.setattr(host, "answer", answer)
        return noted

    return listen


@pytest.fixture
def cold(nights: Callable[..., NightRun]) -> HalfNight:
    """A night on a platform of restic in which everything that is copied has stopped."""
    night = nights("vaulted")
    night.clean()
    for host in night.fake.hosts.values():
        host.shares_blocks = False
    half = HalfNight(night).until("check_host", "check_cluster", "plan_night", "open_backup")
    kinds = ("arm_", "stop_", "hold_", "await_balancer_idle", "await_nobody_writes")
    return half.until(*(task for task in half.steps if task.startswith(kinds)))


def test_a_whole_night(nights, said, caplog):
    """Green and sealed; what the manifest names as the checksum is the snapshot's id."""
    night = nights("vaulted")
    noted = said(night)
    night.run()
    assert (night.state, night.different) == ("success", set())
    parts = night.records.read(records.MANIFEST)["parts"]
    assert set(parts) == {"mongo-data-configsvr", "mongo-data-shard0", PART}
    for name, part in parts.items():
        assert part["archive"] == f"sftp:me@vault:/srv/restic/{name}#{night.records.label}"
        assert len(part["sha256"]) == 64
        assert part["proof"]["sha256"] == part["sha256"]
    told = [text for text in noted.inputs if f"export RESTIC_PASSWORD={PASSWORD}\n" in text]
    assert len(told) == 2 * len(parts), "once to copy and once to read back"
    texts = [path.read_text(encoding="utf-8") for path in night.records.directory.rglob("*.json")]
    assert not [text for text in (*noted.lines, *texts, caplog.text) if PASSWORD in text or KEY in text]
    assert not [secret for host in night.fake.hosts.values() for secret in host.secrets]
    assert not [line for line in noted.lines if "setenv" in line or "Environment=" in line]


def test_no_step_answers_with_a_secret(cold):
    """XComs are in clear in Airflow's database."""
    cold.until("copy_shard", "copy_config", "copy_files", *cold.starts, "verify_copy")
    answers = json.dumps([*cold.instances.xcoms.values()], default=str)
    assert "sftp:me@vault:/srv/restic/app-conf" in answers
    assert PASSWORD not in answers
    assert KEY not in answers


def test_a_job_at_work_gets_no_second_secret(cold):
    """Nobody would take it away."""
    cold.run("copy_files", **FILES)
    (cold.records.directory / f"part.{PART}.json").unlink()
    host, unit = cold.fake.hosts["app"], archive.copy_unit(cold.records.label, PART)
    host.secrets[secret_files.path_of(unit)] = "export RESTIC_PASSWORD=x\n"
    host.answer(f"sudo -n systemd-run --unit={unit} -- bash -c {_words(cold)}", "")
    cold.run("copy_files", **FILES)
    assert host.secrets == {}


def test_a_copy_is_told_of_the_backup_before(nights):
    """From the plan on: no repository is made where that one has its copy."""
    night = nights("vaulted")
    night.clean()
    half = HalfNight(night)
    engine = restic.ResticEngine(half.fake.platform.copies)
    earlier = nights_of(half.fake.platform).named("20200101T200000Z")
    earlier.write(records.OPEN, {"run_id": "x"})
    earlier.write(f"part.{PART}", {"archive": engine.place(earlier.label, PART)})
    half.until("check_host", "check_cluster", "plan_night", "open_backup")
    assert half.records.opened["repositories"] == {PART: earlier.label}
    copy = half.dag.get_task("copy_files").unmap(FILES)
    assert earlier.label in copy.making(half.records).job.arguments


def _words(cold: HalfNight) -> str:
    job = restic.ResticEngine(cold.fake.platform.copies).store("/vitam/conf", cold.records.label, PART, ())
    return shlex.join([job.script, "unit", *job.arguments])


def test_a_job_that_does_not_start_leaves_no_secret(cold, monkeypatch):
    host = cold.fake.hosts["app"]
    own = host.answer
    refused = (1, "Failed to start transient service unit")
    monkeypatch.setattr(host, "answer", lambda line, stdin: refused if "systemd-run" in line else own(line, stdin))
    with pytest.raises(CommandFailedError, match=r"exit status 1 of: sudo -n systemd-run"):
        cold.run("copy_files", **FILES)
    assert host.secrets == {}


def test_a_connection_without_a_password(cold, monkeypatch):
    """Found before anything is written to the host."""
    monkeypatch.setenv("AIRFLOW_CONN_TEST_RESTIC", '{"conn_type": "generic"}')
    with pytest.raises(SecretMissingError, match=r"the Airflow connection test_restic has no password"):
        cold.run("copy_files", **FILES)
    assert not [change for change in cold.fake.changes if change[1] == "run"]


@pytest.mark.parametrize("password", ["", "hush\n"])
def test_the_look_finds_a_password_that_no_copy_could_take(nights, monkeypatch, password):
    """Kind: what only a step of the night would ask for. Nothing has stopped yet, and the connection is named."""
    monkeypatch.setenv("AIRFLOW_CONN_TEST_RESTIC", json.dumps(CONNECTION | {"password": password}))
    night = nights("vaulted")
    night.clean()
    half = HalfNight(night).until("check_host", "check_cluster")
    with pytest.raises(LookFailedError, match=r"the Airflow connection test_restic has (no|a) password"):
        half.run("plan_night")


def test_a_copy_that_fails_is_tried_again(cold):
    """It gets its secrets again."""
    host = cold.fake.hosts["app"]
    host.copy_fails = True
    with pytest.raises(CopyFailedError, match=r"no space left on device"):
        cold.run("copy_files", **FILES)
    host.copy_fails = False
    assert cold.run("copy_files", **FILES)["size_bytes"] == 1000


def test_it_needs_no_room_on_the_host(cold):
    """The copies are elsewhere: a full disk of the host is no reason to refuse them."""
    cold.fake.hosts["app"].free_bytes = 10
    assert cold.run("copy_files", **FILES)["files"] == 3


def test_a_host_without_restic_is_found_by_the_look(nights):
    night = nights("vaulted")
    night.fake.hosts["data"].missing_tools = ("restic",)
    night.run()
    assert (night.state, night.different, night.changes) == ("failed", set(), [])


def test_a_backup_of_restic_is_pruned_where_restic_keeps_it(nights):
    """Its lists lie on the host, its data in repositories: both go, and the catalogue knows it until then."""
    night = nights("vaulted")
    night.fake.secure_logbooks()
    night.run(securing="none_running")
    backup = catalogue.entry(night.records)
    assert backup is not None
    assert backup.state == catalogue.VERIFIED
    step = night.dag.get_task("prune_backups")
    going = Going(backup, night.records, {"freed": {}, "began_at": records.now_text()})
    made = (night.records.read(records.MANIFEST) or {})["parts"]
    for host in backup.places:
        assert asyncio.run(step._free(host, [going], night.records)) == []
    forgotten = {
        (where, what.rpartition("/")[2]) for where, verb, what in night.fake.changes if verb == "forget snapshot"
    }
    assert forgotten == {(part["host"], name) for name, part in made.items()}
    assert not [path for host in night.fake.hosts.values() for path in host.files if f"/{backup.label}/" in path]
