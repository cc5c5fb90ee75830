"""The restart guard of a host: written whole, read back, taken away; and the hold that goes with it."""

from __future__ import annotations

import datetime as dt
import json
import shlex

import pytest

from tests.fakes.guarded import END, PLAN, REPORT
from tests.fakes.sandbox import Sandbox
from vitam_operators import guard
from vitam_operators.guard import GuardState

UNITS = [*PLAN["databases"], *(service["unit"] for service in PLAN["services"])]


@pytest.fixture
def host(tmp_path):
    """A host that has never had a guard."""
    return Sandbox(tmp_path)


def arm(host, **changes):
    """Arm the guard as the operator does."""
    for command in guard.arm(PLAN | changes, stop_s=3600):
        host.run(command)


def disarm(host):
    """Disarm it as the operator does."""
    for command in guard.disarm(UNITS):
        host.run(command)


# --- the state -------------------------------------------------------------------------------------------------------

NEXT = "ActiveState=active\nNextElapseUSecRealtime=Tue 2026-11-24 07:00:00 UTC\n"


@pytest.mark.parametrize(
    ("plan", "report", "properties", "state"),
    [
        ("", "", "ActiveState=inactive\nNextElapseUSecRealtime=\n", GuardState(None, None, False, None)),
        ("", "", "ActiveState=inactive\n", GuardState(None, None, False, None)),
        pytest.param(
            *("", "", "ActiveState=inactive\nNextElapseUSecRealtime=n/a\n", GuardState(None, None, False, None)),
        ),
        pytest.param(
            *(json.dumps(PLAN), "", "ActiveState=active\nNextElapseUSecRealtime=56y 10month 3w 1d 22h\n"),
            GuardState(PLAN, None, True, None),
        ),
        (json.dumps(PLAN), "", NEXT, GuardState(PLAN, None, True, END)),
        (json.dumps(PLAN) + "\n", "", NEXT, GuardState(PLAN, None, True, END)),
        (
            *(json.dumps(PLAN), json.dumps(REPORT), "ActiveState=active\nNextElapseUSecRealtime=\n"),
            GuardState(PLAN, REPORT, True, None),
        ),
        (json.dumps(PLAN), "", "ActiveState=inactive\n", GuardState(PLAN, None, False, None)),
        (json.dumps(PLAN), "", "ActiveState=failed\n", GuardState(PLAN, None, False, None)),
    ],
    ids=[
        *("none", "without_a_line", "systemd_239", "systemd_237", "armed", "a_newline_more", "fired"),
        *("plan_without_timer", "failed"),
    ],
)
def test_what_is_read(plan, report, properties, state):
    """Each answer of a host has its meaning; a plan without a timer is a guard that will not fire."""
    assert guard.state().read(f"{plan}\n{guard.MARK}\n{report}\n{guard.MARK}\n{properties}") == state


@pytest.mark.parametrize("text", ['{"backup": "20261', "no plan"])
def test_half_a_plan_is_not_no_plan(text):
    """A power cut left half a file: taken for none at the look, the host would be given to two nights."""
    found = guard.state().read(f"{text}\n{guard.MARK}\n\n{guard.MARK}\n{NEXT}")
    (said,) = guard.findings(found, "data-1", "a run")
    assert said.startswith("data-1: a restart guard fires at 2026-11-24 07:00:00 UTC, and its plan cannot be read: ")
    assert guard.finding(found, "data-1", "a run") is None, "what that night stopped may be started by its own steps"


def test_the_state_needs_no_root():
    """A look changes nothing; where sudo does not work it says so, and does not fail here."""
    assert "sudo" not in guard.state().line


# --- arming ----------------------------------------------------------------------------------------------------------


def test_armed_and_read_back(host):
    """What the host says is what was meant, down to the second; arming again changes nothing."""
    assert host.run(guard.state()) == GuardState(None, None, False, None)
    arm(host)
    assert host.run(guard.state()) == GuardState(PLAN, None, True, END)
    before = {name: host.at(name).read_bytes() for name in host.files}
    arm(host)
    assert {name: host.at(name).read_bytes() for name in host.files} == before


def test_a_guard_that_fired_is_armed_anew(host):
    """The second attempt of a run: the report of the first must not make its guard look as if it had fired."""
    arm(host)
    host.at(f"{guard.HOME}/report.json").write_text(json.dumps(REPORT), encoding="utf-8")
    assert host.run(guard.state()).report == REPORT
    arm(host, fires_at="2026-11-25T07:00:00+00:00")
    assert host.run(guard.state()).report is None
    assert host.run(guard.state()).fires_at == END + dt.timedelta(days=1)


def test_the_program_is_the_one_of_the_package(host):
    """A host has nothing of ours until the night comes; what it gets needs nothing but Python."""
    arm(host)
    installed = host.at(f"{guard.HOME}/restart_guard.py").read_text(encoding="utf-8")
    assert installed == guard.PROGRAM.read_text(encoding="utf-8")
    assert f"ExecStart=/usr/bin/python3 {guard.HOME}/restart_guard.py\n" in guard.SERVICE_TEXT


@pytest.mark.parametrize("word", ["it's", 'say "hi"', "$(reboot)", "`reboot`", "$HOME", "new\nline", "é", "%n", "\\"])
def test_whatever_a_plan_holds_reaches_the_host_as_it_is(host, word):
    """A note in a run's id must not be obeyed by a shell that is root."""
    arm(host, run_id=word)
    assert host.run(guard.state()).plan["run_id"] == word


@pytest.mark.parametrize("command", guard.arm(PLAN, stop_s=3600), ids=lambda command: command.line.split()[2])
def test_contents_are_not_in_the_lines(command):
    """Lines stand in sudo's log and in ps; they are short, and what they name is what the sudoers file allows."""
    words = shlex.split(command.line)
    assert words[:2] == ["sudo", "-n"]
    assert words[2] in ("mkdir", "tee", "mv", "rm", "systemctl")
    assert PLAN["run_id"] not in command.line
    assert (command.stdin is not None) is (words[2] == "tee")
    if words[2] == "tee":
        assert words[-2:] == [">", "/dev/null"]


@pytest.mark.parametrize(
    ("fires_at", "moment"),
    [
        ("2026-11-24T07:00:00+00:00", "2026-11-24 07:00:00 UTC"),
        ("2026-11-24T08:00:00+01:00", "2026-11-24 07:00:00 UTC"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25 01:30:00 UTC"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25 00:30:00 UTC"),
        ("2027-01-01T00:59:59+01:00", "2026-12-31 23:59:59 UTC"),
    ],
)
def test_the_timer_has_one_moment_in_utc(host, fires_at, moment):
    """The host's time zone is nobody's business, and an hour that comes twice in autumn is one moment here."""
    arm(host, fires_at=fires_at)
    lines = host.at(f"{guard.UNITS}/{guard.TIMER}").read_text(encoding="utf-8").splitlines()
    assert f"OnCalendar={moment}" in lines
    assert "Persistent=true" in lines
    assert host.run(guard.state()).fires_at == dt.datetime.fromisoformat(fires_at)


# --- the hold --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", UNITS)
def test_drop_ins(host, unit):
    """A mongod gets the time to close its files (Vitam's units have 90 s, then SIGKILL); a service stops as ever."""
    arm(host)
    text = host.at(f"/run/systemd/system/{unit}.d/90-vitam-backup.conf").read_text(encoding="utf-8")
    assert "[Unit]\nAssertPathExists=!/run/vitam-backup/%n\n" in text
    assert ("[Service]\nTimeoutStopSec=3600\n" in text) is (unit in PLAN["databases"])


def test_a_host_without_databases_or_without_services(host):
    """Half of the hosts have the one or the other alone."""
    arm(host, databases=[])
    arm(host, services=[])
    assert {guard.drop_in(unit) for unit in UNITS} < host.files


def test_held_and_released(host):
    """While the night has a unit stopped nobody starts it; it is one path, and no reload between stop and start."""
    arm(host)
    for unit in UNITS:
        host.unit(unit, "inactive", started=("active",))
    start = guard.change("systemctl", "start", "--no-block", *UNITS)
    host.run(guard.hold(UNITS[0]))
    host.run(guard.hold(UNITS[2]))
    host.run(start)
    assert [host.active(unit) for unit in UNITS] == ["inactive", "active", "inactive", "active"]
    host.run(guard.release([UNITS[0], UNITS[3]]))
    host.run(start)
    assert [host.active(unit) for unit in UNITS] == ["active", "active", "inactive", "active"]
    assert host.calls.count("daemon-reload") == 1


def test_a_hold_without_a_guard_holds_nothing(host):
    """A host that was booted has forgotten the drop-ins: a unit that nobody would start again must not be held."""
    host.unit(UNITS[0], "inactive", started=("active",))
    host.run(guard.hold(UNITS[0]))
    host.run(guard.change("systemctl", "start", "--no-block", UNITS[0]))
    assert host.active(UNITS[0]) == "active"


@pytest.mark.parametrize("unit", ["vitam-mongod.service", "vitam-a b$(reboot).service", "-rf.service"])
def test_a_units_name_stays_one_word(unit):
    """Names come from a file that people write."""
    assert shlex.split(guard.hold(unit).line)[2:] == ["mkdir", "-p", "--", f"/run/vitam-backup/{unit}"]
    assert shlex.split(guard.release([unit]).line)[2:] == ["rm", "-rf", "--", f"/run/vitam-backup/{unit}"]


# --- disarming -------------------------------------------------------------------------------------------------------


def test_disarmed_nothing_is_left(host):
    """The host is as it was: no timer, no file, no hold; and systemd has read it."""
    host.run(guard.hold(UNITS[0]))
    arm(host)
    host.at(f"{guard.HOME}/report.json").write_text(json.dumps(REPORT), encoding="utf-8")
    disarm(host)
    assert host.files == set()
    assert not host.at(guard.HOLD).exists()
    assert host.run(guard.state()) == GuardState(None, None, False, None)
    assert list((host.state / "loaded").iterdir()) == []


def test_disarmed_twice(host):
    """The second try of a task whose answer was lost, and a night that never armed."""
    disarm(host)
    arm(host)
    disarm(host)
    disarm(host)
    assert host.run(guard.state()) == GuardState(None, None, False, None)


def test_a_disarming_that_is_cut_off_leaves_a_plan_to_the_last(host):
    """The plan says whose guard it was: as long as anything is left, the next night does not take the host."""
    arm(host)
    for command in guard.disarm(UNITS)[:-1]:
        host.run(command)
        assert host.run(guard.state()).plan == PLAN
    assert not host.run(guard.state()).armed


def test_the_words_have_a_command_that_clears_the_guard(host):
    """The Airflow that could clear the task may be gone: the line works on the host alone."""
    arm(host)
    host.run(guard.hold(UNITS[0]))
    told = str(guard.finding(host.run(guard.state()), "data-1", "another run")).rpartition("Vitam runs there: ")[2]
    for part in told.split(" && "):
        host.run(guard.Command(part.replace("sudo", "sudo -n", 1).replace("--now", "--quiet --now"), str))
    assert host.run(guard.state()) == GuardState(None, None, False, None)
    assert host.files == {guard.drop_in(unit) for unit in UNITS}, "under /run, and without a hold they hold nothing"
    assert not host.at(guard.HOLD).exists()
