"""The program that a host runs when nobody has disarmed its guard: run for real, but for systemctl."""

from __future__ import annotations

import ast
import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.guarded import FAILED_BY_SIGTERM, LOGBOOK, MONGOD, MONGOS, OFFER, STORAGE, Mongod, Vitam
from vitam_operators import guard
from vitam_operators.on_host import restart_guard

SOURCE = Path(restart_guard.__file__)


# --- everything comes up ---------------------------------------------------------------------------------------------


def test_everything_comes_up(guarded, serve, capsys):
    """Airflow died after the copies: at eight the platform runs all the same, databases first, services in order."""
    primary, secondary = serve(Mongod([False, False, True])), serve(Mongod([False]))
    logbook = serve(Vitam([503, 200]))
    guarded.armed(sets=[[secondary.address, primary.address]], logbook=logbook.url(), primary_s=20)
    assert restart_guard.main(guarded.home) == 0
    assert guarded.started == [MONGOD, OFFER, STORAGE, LOGBOOK]
    assert [guarded.active(unit) for unit in guarded.started] == ["active"] * 4
    assert primary.asked == [{"isMaster": 1, "$db": "admin"}] * 3
    assert logbook.asked == ["GET /admin/v1/status"] * 2
    assert (guarded.report["without_primary"], guarded.report["left_down"]) == ([], [])
    assert capsys.readouterr().out.splitlines()[-2:] == ["done; left down: none", "a boot starts nothing any more"]


def test_as_systemd_runs_it(guarded):
    """No package, no Airflow, another directory: the file that was written to the host, by the line in its unit."""
    for unit in (MONGOD, OFFER, STORAGE, LOGBOOK):
        guarded.unit(unit, FAILED_BY_SIGTERM, started=("active",))
    guarded.armed()
    (program,) = [line.split()[-1] for line in guard.SERVICE_TEXT.splitlines() if line.startswith("ExecStart=")]
    done = subprocess.run([sys.executable, "-I", str(guarded.at(program))], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "nobody disarmed the guard of backup 20261123T190000Z" in done.stdout
    assert guarded.started == [MONGOD, OFFER, STORAGE, LOGBOOK]


def test_the_report_is_what_the_next_night_reads(guarded):
    """The guard has fired: the host is free for the next night, which tells what happened."""
    plan = guarded.armed()
    restart_guard.main(guarded.home)
    found = guarded.run(guard.state())
    assert guard.finding(found, "data-1", "another run") is None
    assert "fired at" in str(guard.warning(found, "data-1"))
    moments = [dt.datetime.fromisoformat(found.report[key]) for key in ("fired_at", "ended_at")]
    assert moments[0] <= moments[1] <= dt.datetime.now(dt.UTC)
    assert dt.datetime.now(dt.UTC) - moments[0] < dt.timedelta(minutes=1)
    assert found.report["backup"] == plan["backup"]
    assert not list(guarded.at(guard.HOME).glob("*.partial"))


def test_the_report_says_so_while_the_guard_works(guarded, monkeypatch):
    """A host that dies in the middle of it has a guard that fired, not one that still waits."""
    guarded.armed()
    with monkeypatch.context() as while_at_work:
        while_at_work.setattr(restart_guard, "start", lambda units: sys.exit("the power went off"))
        with pytest.raises(SystemExit, match="the power went off"):
            restart_guard.main(guarded.home)
    assert guarded.report["fired_at"]
    assert "ended_at" not in guarded.report
    assert guarded.begins_at_boot, "its timer's moment is over: nothing else would let it go on"
    restart_guard.main(guarded.home)
    assert "ended_at" in guarded.report


@pytest.mark.parametrize("ends", ["armed anew", "disarmed"])
def test_a_guard_that_was_killed_at_work_starts_nothing_in_the_next_night(guarded, monkeypatch, ends):
    """A host that is booted while it copies would start Vitam under the copies."""
    guarded.armed()
    with monkeypatch.context() as while_at_work:
        while_at_work.setattr(restart_guard, "start", lambda units: sys.exit("killed"))
        with pytest.raises(SystemExit, match="killed"):
            restart_guard.main(guarded.home)
    if ends == "disarmed":
        for command in guard.disarm([MONGOD, MONGOS]):
            guarded.run(command)
    else:
        guarded.armed()
    assert not guarded.begins_at_boot


def test_a_host_that_can_enable_nothing_starts_all_the_same(guarded, monkeypatch):
    """It has no process left to give for a moment: of all moments at eight."""
    systemctl, refusals = restart_guard.systemctl, iter([OSError(11, "Resource temporarily unavailable")])

    def busy(*words: str, **more: int) -> str:
        for error in refusals:
            raise error
        return systemctl(*words, **more)

    guarded.armed()
    monkeypatch.setattr(restart_guard, "systemctl", busy)
    assert restart_guard.main(guarded.home) == 0
    assert guarded.active(LOGBOOK) == "active"


def test_a_boot_after_it_has_done_all_starts_nothing(guarded):
    """Vitam's units do not start at boot: who boots the host the next day would not expect them."""
    guarded.armed()
    restart_guard.main(guarded.home)
    assert not guarded.begins_at_boot


def test_fired_twice_starts_what_is_down(guarded):
    """Somebody starts its unit by hand the next day: what runs is left alone by systemd, and the report is new."""
    guarded.armed()
    restart_guard.main(guarded.home)
    guarded.unit(LOGBOOK, "failed", started=("active",))
    assert restart_guard.main(guarded.home) == 0
    assert guarded.active(LOGBOOK) == "active"


# --- before the first start ------------------------------------------------------------------------------------------


def test_nothing_starts_that_is_still_held(guarded):
    """A unit that asserts that the night has not stopped it would refuse, in silence, and stay down."""
    guarded.armed()
    restart_guard.main(guarded.home)
    first = next(number for number, call in enumerate(guarded.calls) if call.startswith("start"))
    ended = [f"{verb} vitam-copy-* vitam-verify-* vitam-restore-*" for verb in ("stop", "reset-failed")]
    assert guarded.calls[: first - 1] == [f"enable --quiet {guard.SERVICE}", *ended, "daemon-reload"]
    assert not guarded.at(guard.HOLD).exists()
    assert not [name for name in guarded.files if name.endswith(guard.DROP_IN)]
    assert guarded.active(MONGOD) == "active"


def test_a_copy_that_still_runs_is_ended_and_what_it_left_is_removed(guarded):
    """A mongod must not start while tar reads its files; archives that are whole are a backup for all that is known."""
    for name in ("shard0.tar.zst", "shard0.tar.zst.facts", "conf.tar.zst.partial", "shard1.tar.zst.partial"):
        (guarded.copies / name).write_text("x", encoding="utf-8")
    guarded.unit("vitam-copy-20261123T190000Z-conf.service", "active")
    guarded.armed()
    restart_guard.main(guarded.home)
    assert {path.name for path in guarded.copies.iterdir()} == {"shard0.tar.zst", "shard0.tar.zst.facts"}
    assert not (guarded.state / "units" / "vitam-copy-20261123T190000Z-conf.service").exists()


def test_a_host_without_copies(guarded):
    """Most hosts have no part, and no directory for one."""
    guarded.copies.rmdir()
    guarded.armed()
    assert restart_guard.main(guarded.home) == 0


# --- the file itself -------------------------------------------------------------------------------------------------


def test_the_python_of_an_old_host_understands_it():
    """RHEL 8 has Python 3.6, and nobody upgrades it for a backup."""
    ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_it_needs_the_standard_library_alone():
    """A host has neither our package nor Airflow; what came with Python 3.7 or later it does not have either."""
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
    assert not imported & {"__future__", "contextvars", "dataclasses", "graphlib", "tomllib", "zoneinfo"}


@pytest.mark.parametrize("argument", ["capture_output", "text"])
def test_it_calls_nothing_younger_than_python_3_6(argument):
    """They parse in 3.6 and fail when they run: at eight in the morning, on the host."""
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"))
    keywords = {keyword.arg for node in ast.walk(tree) if isinstance(node, ast.Call) for keyword in node.keywords}
    assert argument not in keywords
