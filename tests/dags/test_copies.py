"""Copies are of what is cold, once, and whole: everything else is refused, or done again."""

from __future__ import annotations

import shlex

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from tests.dags.half import HalfNight
from vitam_operators import nights as records
from vitam_operators.engines.chosen import engine_of
from vitam_operators.errors import CopyFailedError, CopyRefusedError, NightClosedError, StopNotProvedError
from vitam_operators.operators.copies import CopyFilesOperator


@pytest.fixture
def shares_blocks() -> bool:
    """They cannot: what is cold is copied at once."""
    return False


SHARD0 = {"cluster": "mongo-data", "replica_set": "shard0"}
SHARD1 = {"cluster": "mongo-data", "replica_set": "shard1"}


def test_a_mongod_that_was_killed_is_not_copied(half):
    """After SIGKILL its files are those of a crash."""
    half.run("arm_restart_guard")
    half.fake.unit("mongod@data-1").ends_with = 9
    with pytest.raises(StopNotProvedError, match=r"did not end in order"):
        half.run("stop_shard_primary", **SHARD0)
    with pytest.raises(CopyRefusedError, match=r"no primary of it was stopped in this night"):
        half.run("copy_shard", **SHARD0)


def test_a_mongod_that_left_its_lock_is_not_copied(cold):
    """A lock that holds a process id says that the files were not closed."""
    cold.fake.hosts["data-1"].files["/vitam/data/mongod/db/mongod.lock"] = 4
    with pytest.raises(CopyRefusedError, match=r"mongod.lock holds 4 bytes"):
        cold.run("copy_shard", **SHARD0)


def test_a_mongod_that_ran_meanwhile_is_not_copied(cold):
    """Its data are younger than those of the other shards: no backup at all."""
    unit = cold.fake.unit("mongod@data-1")
    unit.run()
    with pytest.raises(CopyRefusedError, match=r"is not cold: vitam-mongod.service is active"):
        cold.run("copy_shard", **SHARD0)
    unit.end(0)
    with pytest.raises(CopyRefusedError, match=r"has run again since this night stopped it"):
        cold.run("copy_shard", **SHARD0)


def test_data_behind_a_link_that_was_made_since_the_look_is_not_copied(cold):
    """Somebody moved the journal to another disk in the evening."""
    cold.fake.hosts["data-1"].links.append("/vitam/data/mongod/db/journal")
    with pytest.raises(CopyRefusedError, match=r"behind the symbolic link /vitam/data/mongod/db/journal"):
        cold.run("copy_shard", **SHARD0)


def test_files_of_a_host_whose_service_runs_are_not_copied(cold):
    """Somebody started it by hand; what it writes would be half in the copy."""
    cold.fake.unit("logbook@app").run()
    with pytest.raises(CopyRefusedError, match=r"app-conf is not cold: on app vitam-logbook.service runs"):
        cold.run("copy_files", host="app", file_set="conf")


def test_a_copy_says_what_is_not_in_it(cold):
    """Kind: what is left out in silence. The manifest has it of each copy."""
    assert "./rollback/*/removed.*.bson" in cold.run("copy_shard", **SHARD0)["left_out"]
    assert cold.run("copy_files", host="app", file_set="conf")["left_out"] == []


def test_a_copy_again_copies_once(cold):
    """The archive is there and noted: a second tar would only take the night's time."""
    cold.until("copy_shard", "copy_shard")
    runs = [what for _, verb, what in cold.fake.changes if verb == "run"]
    assert len(runs) == len(set(runs)) == 3


def test_a_copy_finds_the_unit_that_an_earlier_try_started(cold, monkeypatch):
    """Airflow was killed between the start of the copy and its end; the unit on the host was not."""
    cold.run("copy_shard", **SHARD1)
    label = cold.records.label
    (cold.records.directory / "part.mongo-data-shard1.json").unlink()
    unit = f"vitam-copy-{label}-mongo-data-shard1.service"
    host = cold.fake.hosts["data-4"]
    host.answer(f"sudo -n systemd-run --unit={unit} {_copy_words(cold)}", "")
    before = list(cold.fake.changes)
    assert cold.run("copy_shard", **SHARD1)["host"] == "data-4"
    assert cold.fake.changes[len(before) :] == [("data-4", "end", unit)]


def _copy_words(cold: HalfNight) -> str:
    copies = cold.fake.platform.copies
    job = engine_of(copies).store("/vitam/data/mongod/db", cold.records.label, "mongo-data-shard1", ())
    return shlex.join(["--remain-after-exit", "/bin/bash", "-c", job.script, "unit", *job.arguments])


def test_a_copy_that_fails_is_tried_again(cold):
    """The failed unit's name is free again, and what it left is replaced."""
    host = cold.fake.hosts["data-4"]
    host.copy_fails = True
    with pytest.raises(CopyFailedError, match=r"tar: no space left on device"):
        cold.run("copy_shard", **SHARD1)
    host.copy_fails = False
    assert cold.run("copy_shard", **SHARD1)["size_bytes"] > 0


def test_a_copy_that_does_not_fit_is_not_begun(cold):
    """A full disk would also stop the mongod that has to start on it."""
    cold.fake.hosts["data-4"].free_bytes = 100_000
    with pytest.raises(CopyRefusedError, match=r"data-4 has 97.7 KiB free in /vitam/backup, .* needs 1.1 MiB"):
        cold.run("copy_shard", **SHARD1)
    assert not [change for change in cold.fake.changes if change[1] == "run"]


def test_end_copies_ends_what_still_copies(cold):
    """A restart must not start a mongod whose files tar is reading, nor leave half an archive."""
    unit = f"vitam-copy-{cold.records.label}-mongo-data-shard1.service"
    cold.records.write("copy.mongo-data-shard1", {"host": "data-4", "began_at": records.now_text()})
    host = cold.fake.hosts["data-4"]
    host.answer(f"sudo -n systemd-run --unit={unit} {_copy_words(cold)}", "")
    host.units[unit].looks_to_end, host.units[unit]._looks_left = 100, 100
    assert cold.run("end_copies") == {"ended": ["mongo-data-shard1"]}
    assert cold.fake.changes[-2:] == [
        ("data-4", "end", unit),
        ("data-4", "remove", f"/vitam/backup/{cold.records.label}/mongo-data-shard1.tar.zst.partial"),
    ]


CONF = {"host": "app", "file_set": "conf"}


def test_a_copy_that_begins_as_the_restart_does_is_ended_again(cold, monkeypatch):
    """The run was marked as failed: when the restart looked for copies, this one was not there yet."""

    async def meanwhile(step, night, shell):
        night.write(records.RESTART, {"began_at": records.now_text(), "by": "end_copies"})

    monkeypatch.setattr(CopyFilesOperator, "require_source", meanwhile)
    with pytest.raises(NightClosedError):
        cold.run("copy_files", **CONF)
    unit = f"vitam-copy-{cold.records.label}-app-conf.service"
    assert [verb for _, verb, what in cold.fake.changes if what == unit] == ["run", "end"]


def test_a_copy_whose_step_was_killed_as_the_restart_began_ends_with_its_guard(cold):
    """Nobody waits for it any more, and a directory's copy is of what Vitam writes to again."""
    unit = f"vitam-copy-{cold.records.label}-app-conf.service"
    cold.until("end_copies")
    cold.records.write("copy.app-conf", {"host": "app", "began_at": records.now_text()})
    host = cold.fake.hosts["app"]
    job = engine_of(cold.fake.platform.copies).store("/vitam/conf", cold.records.label, "app-conf", ())
    words = shlex.join(["--remain-after-exit", "/bin/bash", "-c", job.script, "unit", *job.arguments])
    host.answer(f"sudo -n systemd-run --unit={unit} {words}", "")
    host.units[unit].looks_to_end, host.units[unit]._looks_left = 100, 100
    cold.until(*(step for step in cold.starts if step != "end_copies"))
    assert unit not in host.units
    assert cold.different == set()


def test_a_part_that_was_not_copied_is_not_read_back(half):
    """Skipped, not red: the copy's own task is."""
    with pytest.raises(AirflowSkipException):
        half.run("verify_copy", part="mongo-data-shard0")
