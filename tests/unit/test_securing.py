"""The securing of the logbooks: after which moment it has to have begun, and when it is over."""

from __future__ import annotations

import datetime as dt
import shlex
import subprocess

import pytest

from tests.conftest import TESTS
from vitam_operators import securing
from vitam_operators.curl import UnansweredError
from vitam_operators.errors import OperatorNeededError, SecuringFailedError
from vitam_operators.platforms import load_platform
from vitam_operators.systemd import UnitState
from vitam_operators.versions import SECURING_TIMERS

PARIS = "Europe/Paris"


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


# --- when it has to have begun ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window_start", "zone", "midnight"),
    [
        ("2026-11-23 19:00", PARIS, "2026-11-23 23:00"),
        ("2026-07-14 18:00", PARIS, "2026-07-14 22:00"),
        # 29 March 2026: at 02:00 the clocks go to 03:00; 25 October: at 03:00 back to 02:00. Midnight comes before.
        ("2026-03-28 19:00", PARIS, "2026-03-28 23:00"),
        ("2026-10-24 18:00", PARIS, "2026-10-24 22:00"),
        # the night after: already the other time
        ("2026-03-29 18:00", PARIS, "2026-03-29 22:00"),
        ("2026-10-25 19:00", PARIS, "2026-10-25 23:00"),
        # a window that begins at midnight has it, one that begins after it waits for the next
        ("2026-11-23 23:00", PARIS, "2026-11-23 23:00"),
        ("2026-11-24 00:30", PARIS, "2026-11-24 23:00"),
        # a window that begins after midnight in the night of the change: the next day is 23 or 25 hours long
        ("2026-03-29 00:30", PARIS, "2026-03-29 22:00"),
        ("2026-10-25 00:30", PARIS, "2026-10-25 23:00"),
        ("2026-11-23 20:00", "Indian/Reunion", "2026-11-23 20:00"),
        ("2026-11-23 20:00", "America/Guadeloupe", "2026-11-24 04:00"),
    ],
)
def test_midnight_is_the_platforms_own(window_start, zone, midnight):
    found = securing.has_to_begin_after("midnight", utc("2026-01-01"), utc(window_start), zone)
    assert found == utc(midnight)
    assert found == securing.midnight_of(utc(window_start), zone)


def test_next_run_counts_from_the_question_and_none_running_from_nothing():
    asked, start = utc("2026-11-23 19:20"), utc("2026-11-23 19:00")
    assert securing.has_to_begin_after("next_run", asked, start, PARIS) == asked
    assert securing.has_to_begin_after("none_running", asked, start, PARIS) is None


# --- timers and oneshot units ----------------------------------------------------------------------------------------

MIDNIGHT = utc("2026-11-23 23:00")
LATER, EARLIER = MIDNIGHT + dt.timedelta(minutes=5), MIDNIGHT - dt.timedelta(minutes=55)


def job(active: str, started_at: dt.datetime | None, result: str = "success") -> UnitState:
    status = 0 if result == "success" else 1
    sub = "start" if active == "activating" else "dead"
    return UnitState("x.service", "loaded", active, sub, result, 0, 1, status, started_at, None, None)


AWAY = UnitState("x.service", "not-found", "inactive", "dead", "success", 0, 0, 0, None, None, None)
SINCE = "a.service has not begun since 2026-11-23 23:00:00 UTC on"


@pytest.mark.parametrize(
    ("states", "after", "unfinished"),
    [
        ([{"a.service": job("inactive", LATER)}], MIDNIGHT, None),
        ([{"a.service": job("inactive", MIDNIGHT)}], MIDNIGHT, None),
        ([{"a.service": job("activating", LATER)}], MIDNIGHT, "a.service on host0 is running"),
        ([{"a.service": job("inactive", EARLIER)}], MIDNIGHT, f"{SINCE} host0"),
        ([{"a.service": job("inactive", None)}], MIDNIGHT, f"{SINCE} host0"),
        (
            [{"a.service": job("inactive", LATER), "b.service": job("inactive", EARLIER)}],
            MIDNIGHT,
            "b.service has not begun since 2026-11-23 23:00:00 UTC on host0",
        ),
        # a failure of before midnight is not tonight's: the next run may heal it
        ([{"a.service": job("failed", EARLIER, "exit-code")}], MIDNIGHT, f"{SINCE} host0"),
        # none running: whatever was before, only what runs now is waited for
        ([{"a.service": job("activating", EARLIER)}], None, "a.service on host0 is running"),
        ([{"a.service": job("inactive", None)}], None, None),
        ([{"a.service": job("failed", EARLIER, "exit-code")}], None, None),
        # Vitam starts the timers on the last host of the group alone
        ([{"a.service": job("inactive", None)}, {"a.service": job("inactive", LATER)}], MIDNIGHT, None),
        ([{"a.service": job("inactive", LATER)}, {"a.service": job("inactive", None)}], MIDNIGHT, None),
        (
            [{"a.service": job("inactive", None)}, {"a.service": job("inactive", EARLIER)}],
            MIDNIGHT,
            f"{SINCE} host0, host1",
        ),
        (
            [{"a.service": job("inactive", LATER)}, {"a.service": job("activating", EARLIER)}],
            MIDNIGHT,
            "a.service on host1 is running",
        ),
        # a host that was the last one once: what failed there long ago is not what secures now
        ([{"a.service": job("failed", MIDNIGHT, "exit-code")}, {"a.service": job("inactive", LATER)}], MIDNIGHT, None),
        ([{"a.service": AWAY}, {"a.service": job("inactive", LATER)}], MIDNIGHT, None),
        ([{"a.service": AWAY}, {"a.service": AWAY}], None, "no host of logbook (host0, host1) has a.service"),
    ],
)
def test_which_securing_is_not_over(states, after, unfinished):
    assert securing.unfinished({f"host{at}": units for at, units in enumerate(states)}, after) == unfinished


def test_a_securing_that_failed_ends_the_night():
    """To stop and copy after it would save a logbook that was not secured, with a green run."""
    states = {"a.service": job("inactive", LATER), "b.service": job("failed", LATER, "exit-code")}
    idle = {"a.service": job("inactive", None), "b.service": job("inactive", None)}
    with pytest.raises(SecuringFailedError) as raised:
        securing.unfinished({"log1": idle, "log2": states}, MIDNIGHT)
    assert raised.value.message == (
        "b.service on log2 began at 2026-11-23 23:05:00 UTC and failed: failed (dead), result exit-code, "
        "exit status 1, pid 0"
    )
    assert raised.value.hint == (
        "read journalctl -u b.service on log2; mend it, run it by hand, then trigger a new run"
    )
    assert isinstance(raised.value, OperatorNeededError)


# --- who starts it ----------------------------------------------------------------------------------------------------


def platform_of(name):
    return load_platform(TESTS / "data" / "platforms" / f"{name}.yaml")


TIMERS = [f"{name}.timer" for name in SECURING_TIMERS]


@pytest.mark.parametrize(
    ("name", "running", "found"),
    [
        ("quartz", {"app": ["vitam-scheduler.service"]}, None),
        (
            "quartz",
            {"app": ["vitam-logbook.service"]},
            "nobody starts the securing of the logbooks (app): down are vitam-scheduler.service",
        ),
        ("tiny", {"app": TIMERS}, None),
        (
            "tiny",
            {"app": TIMERS[:2]},
            f"nobody starts the securing of the logbooks (app): down are {TIMERS[2]}",
        ),
        # of a host that the look could not ask nothing is known
        ("quartz", {"data": []}, None),
        ("tiny", {}, None),
        ("pair", {"one": [], "two": TIMERS}, None),
        ("pair", {"one": TIMERS, "two": []}, None),
        (
            "pair",
            {"one": TIMERS[1:], "two": []},
            f"nobody starts the securing of the logbooks (one, two): down are {TIMERS[0]}",
        ),
    ],
)
def test_a_securing_that_nobody_starts_is_named(name, running, found):
    """A wait for it would end with the night given up at four in the morning."""
    assert securing.nobody_starts(platform_of(name), running) == found


# --- Quartz ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "started", "counts"),
    [
        (None, [LATER], None),
        (MIDNIGHT, [EARLIER], MIDNIGHT),
        (MIDNIGHT, [None], MIDNIGHT),
        (MIDNIGHT, [LATER], LATER),
        # of two schedulers one ran all the time
        (MIDNIGHT, [LATER, EARLIER], MIDNIGHT),
    ],
)
def test_a_firing_while_no_scheduler_ran_does_not_count(after, started, counts):
    """The minutes pass also while it is down: they would be read as a securing that was made."""
    assert securing.quartz_starts_after(after, [job("active", moment) for moment in started]) == counts


@pytest.mark.parametrize(
    ("after", "minutes", "last"),
    [
        ("2026-11-23 23:00:00", (5, 15, 35), "2026-11-23 23:35"),
        ("2026-11-23 23:05:00", (5, 15, 35), "2026-11-23 23:35"),
        ("2026-11-23 23:05:01", (5, 15, 35), "2026-11-24 00:05"),
        ("2026-11-23 23:20:00", (5, 15, 35), "2026-11-24 00:15"),
        ("2026-11-23 23:36:00", (5, 15, 35), "2026-11-24 00:35"),
        ("2026-11-23 23:59:59", (0,), "2026-11-24 00:00"),
        ("2026-11-23 23:00:00", (0,), "2026-11-23 23:00"),
        ("2026-10-25 00:40:00", (5, 35), "2026-10-25 01:35"),
    ],
)
def test_each_minute_of_the_hour_fires_once_more(after, minutes, last):
    """After the last of them all three jobs have run since `after`."""
    assert securing.last_firing(utc(after), minutes) == utc(last)


def test_the_signature_against_another_sha256():
    """The known vector is not made with the code under test: sha256sum of the text that Vitam's URLCodec joins."""
    known = "0ec41594fdcf5dda6e86c0092a09546c0a59669b901dd3ca8de996dc2d7bad23"
    headers = securing.scheduler_signature("vitamsecret", 1700000000)
    assert headers == {"X-Timestamp": "1700000000", "X-Platform-Id": known}
    text = "GET;/scheduler/v1/current-jobs;1700000000;vitamsecret"
    done = subprocess.run(["sha256sum"], input=text, capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == known


def test_the_signature_depends_on_all_its_parts():
    signatures = {
        securing.scheduler_signature(*arguments)["X-Platform-Id"]
        for arguments in [("s", 1), ("t", 1), ("s", 2), ("s", 1, "/other")]
    }
    assert len(signatures) == 4


def test_the_signature_is_in_the_standard_input_only():
    """In the line it would stand in `ps` of the scheduler's host for all to see, and to replay."""
    command = securing.current_jobs("10.0.0.7", 8799, "vitamsecret", 1700000000)
    signature = securing.scheduler_signature("vitamsecret", 1700000000)["X-Platform-Id"]
    assert command.stdin == f'header = "X-Timestamp: 1700000000"\nheader = "X-Platform-Id: {signature}"\n'
    assert command.line.endswith(" --config - http://10.0.0.7:8799/scheduler/v1/current-jobs")
    for secret in ("vitamsecret", signature):
        assert secret not in command.line + repr(command)


def test_a_signature_that_is_refused_says_what_to_compare():
    """A wrong secret and a wrong clock look the same from outside."""
    command = securing.current_jobs("10.0.0.7", 8799, "vitamsecret", 1700000000)
    with pytest.raises(UnansweredError, match=r"401, .*secret is not .*, or the clocks .* 60 s apart") as no:
        command.read("<html><title>Error 401</title></html>\n401")
    assert "vault-vitam.yml" in no.value.hint
    assert "vitamsecret" not in str(no.value)


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (securing.pause_scheduler("10.0.0.7", 28799), "pause/ALL"),
        (securing.resume_scheduler("10.0.0.7", 28799), "resume/ALL"),
    ],
)
def test_pause_and_resume(command, path):
    words = shlex.split(command.line)
    assert words[-3:] == ["--request", "PUT", f"http://10.0.0.7:28799/scheduler/v1/{path}"]
    assert command.read("\n202") is None
    with pytest.raises(UnansweredError, match="500, job store"):
        command.read("job store\n500")
    assert command.timeout_s > int(words[words.index("--max-time") + 1])
