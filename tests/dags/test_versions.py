"""Nights of platforms that are not as the manual's: secondary sites, timers elsewhere than with the logbook."""

from __future__ import annotations

import datetime as dt
import logging

import pytest

from tests.fakes.units import FakeUnit
from vitam_operators import nights as records
from vitam_operators.errors import ServiceAnswerError
from vitam_operators.triggers.base import look_until
from vitam_operators.triggers.quiet import LogbookSecured

SECURING = ("vitam-traceability-operations", "vitam-traceability-lfc-objectgroup", "vitam-traceability-lfc-unit")


@pytest.fixture
def secondary(nights):
    """
    A secondary site as Vitam leaves it: processing and its workers are there, and stay down, as tests/data/platforms/
    secondary.yaml says with its source; timers of securing are not started (roles/start_vitam_timers/tasks/main.yml).
    """
    night = nights("secondary")
    for where in ("processing@app", "worker@app", "workspace@app"):
        night.fake.unit(where).boot()
    for name in SECURING:
        del night.fake.hosts["app"].units[f"{name}.timer"], night.fake.hosts["app"].units[f"{name}.service"]
    return night


def add_timer(night, host, name):
    """Give a host a timer that runs, and what it starts."""
    for unit in (FakeUnit(f"{name}.service"), FakeUnit(f"{name}.timer")):
        night.fake.hosts[host].units[unit.name] = unit
    night.fake.hosts[host].units[f"{name}.timer"].run()
    night.before = night.fake.snapshot()


def test_a_secondary_site_waits_for_no_securing(secondary):
    """Its logbooks are secured elsewhere: a night that waited for midnight's securing would be given up."""
    secondary.before = secondary.fake.snapshot()
    secondary.run(securing="midnight")
    assert (secondary.state, secondary.different) == ("success", set())
    assert secondary.records.opened["securing"] == "none_running"
    assert not [change for change in secondary.changes if "processing" in change or "worker" in change]


def test_timers_of_other_hosts_are_held_and_go_on(secondary):
    """
    Vitam's timers are with the service that they call: on a secondary site metadata rebuilds itself from the offers.

    After ``ProgrammeVitam/vitam@5.3 deployment/ansible-vitam/internal_start_vitam_timers.yml:24``.
    """
    add_timer(secondary, "meta", "vitam-metadata-reconstruction")
    secondary.run()
    assert (secondary.state, secondary.different) == ("success", set())
    stopped = secondary.changes.index("stop vitam-metadata-reconstruction.timer on meta")
    assert stopped < secondary.changes.index("stop vitam-metadata.service on meta")
    assert "start vitam-metadata-reconstruction.timer on meta" in secondary.changes


def test_a_job_that_a_timer_started_ends_before_the_back_end_stops(secondary):
    """It writes through metadata: cut off, it would leave half of its work."""
    add_timer(secondary, "meta", "vitam-metadata-reconstruction")
    job = secondary.fake.hosts["meta"].units["vitam-metadata-reconstruction.service"]
    job.looks_to_end = 3
    job.begin()
    secondary.before = secondary.fake.snapshot() | {f"{job.name}@meta": False}
    secondary.run()
    assert secondary.state == "success"
    assert job.inactive_since is not None


def test_a_primary_site_has_what_secures_it(nights):
    """Without the timers nothing would ever be secured: found by the look, before anything stops."""
    night = nights("tiny")
    del night.fake.hosts["app"].units["vitam-traceability-lfc-unit.timer"]
    night.run()
    assert night.state == "failed"
    assert night.fake.changes == []


def test_a_version_that_nobody_knows_yet_is_told_and_does_not_stop_the_night(nights, platform_files):
    """A new Vitam is as the one before it until somebody finds otherwise: a person should know, at each night."""
    path = platform_files("quartz")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"7.0.1"', '"8.0"'), encoding="utf-8")
    try:
        night = nights("quartz").run()
        doubt = "Vitam 8.0 is not known here, it is treated as Vitam 7: look at its release notes first"
        assert night.records.opened["warnings"] == [doubt]
        assert night.records.read(records.MANIFEST)["state"] == "sealed"
    finally:
        path.write_text(text, encoding="utf-8")


def test_a_night_with_two_hosts_of_logbook_ends(nights, monkeypatch):
    """Both have the units, the timers run on the last one alone: a wait for both would never end."""
    night = nights("pair")
    looks = iter(range(100))
    own = night.fake.hosts["two"].answer

    def answer(line, stdin):
        if "vitam-traceability-operations.service" in line and next(looks) == 2:
            night.fake.secure_logbooks()
        return own(line, stdin)

    monkeypatch.setattr(night.fake.hosts["two"], "answer", answer)
    night.run(securing="next_run")
    assert next(looks) > 2
    assert (night.state, night.different) == ("success", set())
    assert night.fake.hosts["one"].units["vitam-traceability-operations.service"].started_at is None
    held = night.changes.index("stop vitam-offer-log-compaction.timer on offer")
    assert held < night.changes.index("stop vitam-offer.service on offer")


def test_offer_logs_are_not_compacted_while_the_offer_stops(nights):
    """The compaction rewrites the offer's log in its database: cut off there, it would be copied half done."""
    night = nights("pair")
    job = night.fake.hosts["offer"].units["vitam-offer-log-compaction.service"]
    job.looks_to_end = 4
    job.begin()
    seen = []
    night.fake.unit("offer@offer").on_stop = lambda: seen.append((job.running, job.inactive_since is not None))
    night.run(securing="none_running")
    assert (night.state, seen) == ("success", [(False, True)])


@pytest.mark.parametrize(
    ("name", "starting", "words"),
    [
        ("quartz", ["vitam-scheduler.service@app"], "(app): down are vitam-scheduler.service"),
        (
            "pair",
            [f"{name}.timer@two" for name in SECURING],
            "(one, two): down are vitam-traceability-operations.timer, vitam-trace",
        ),
    ],
)
def test_a_securing_that_nobody_starts_is_found_by_the_look(nights, capsys, name, starting, words):
    """The night would wait for it until it is given up; one that waits for none may begin."""
    for securing, state in [("next_run", "failed"), ("none_running", "success")]:
        night = nights(name)
        for unit in starting:
            unit_name, _, host = unit.partition("@")
            night.fake.hosts[host].units[unit_name].boot()
        night.before = night.fake.snapshot()
        night.run(securing=securing)
        assert (night.state, night.different) == (state, set())
        if state == "failed":
            assert night.fake.changes == []
    assert f"nobody starts the securing of the logbooks {words}" in capsys.readouterr().out


@pytest.fixture
def waiting(nights, platform_files):
    """A wait for the securing that begins after a minute ago, on a platform of Vitam 7 whose scheduler is idle."""
    night = nights("quartz")
    night.fake.vitam.jobs_left = 0
    after = dt.datetime.now(dt.UTC) - dt.timedelta(hours=2)
    night.fake.unit("scheduler@app").started_at = after - dt.timedelta(hours=1)
    return night.fake, LogbookSecured(str(platform_files("quartz")), after.isoformat())


async def test_a_scheduler_that_is_down_is_not_secured(waiting):
    """It runs no job, and it starts none."""
    fake, wait = waiting
    fake.unit("scheduler@app").boot()
    for _ in range(3):
        report = await wait.look()
        assert (report.done, report.words) == (False, "no scheduler runs on app: nobody starts the securing")


async def test_a_scheduler_that_came_back_has_to_start_the_securing_anew(waiting):
    """The firings of the time in which it was down were not made."""
    fake, wait = waiting
    wait.quiet_since = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=10)
    assert (await wait.look()).done
    fake.unit("scheduler@app").run()
    report = await wait.look()
    assert not report.done
    assert report.words.startswith("the last securing job begins at ")


async def test_a_securing_job_that_runs_is_waited_for_by_its_name(waiting):
    """Its group is what stands before the dot of its key."""
    fake, wait = waiting
    wait.quiet_since = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=10)
    fake.vitam.jobs_left = 1
    report = await wait.look()
    assert (report.done, report.words) == (False, "securing jobs are running: Logbook.TraceabilityLFCUnitJob")
    assert wait.quiet_since is None


async def test_an_answer_that_is_not_understood_is_not_secured(waiting, monkeypatch):
    """A key that is missing, or a page in HTML: nothing is known of what runs."""
    fake, wait = waiting
    monkeypatch.setattr(fake.vitam, "_jobs", lambda: (200, '{"$results": {}}'))
    with pytest.raises(ServiceAnswerError, match=r"the list \$results of the jobs is missing"):
        await wait.look()


async def test_a_secret_that_stays_wrong_ends_the_wait(waiting):
    """It would be refused until the night is given up: the platform would be down for nothing."""
    fake, wait = waiting
    fake.vitam.secret = "another"
    until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
    event = await look_until(wait, until, 1, logging.getLogger("wait"))
    assert (event["state"], event["error"]) == ("failed", "ServiceAnswerError")
    assert "401" in event["message"]
