"""Nights of platforms that are not as the manual's: secondary sites, timers elsewhere than with the logbook."""

from __future__ import annotations

import pytest

from tests.fakes.units import FakeUnit
from vitam_operators import nights as records

SECURING = ("vitam-traceability-operations", "vitam-traceability-lfc-objectgroup", "vitam-traceability-lfc-unit")


@pytest.fixture
def secondary(nights):
    """A secondary site as Vitam leaves it: processing and its workers are there, and stay down."""
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
    """Vitam's timers are with the service that they call: the graph's store is with metadata."""
    add_timer(secondary, "meta", "vitam-metadata-store-graph")
    secondary.run()
    assert (secondary.state, secondary.different) == ("success", set())
    stopped = secondary.changes.index("stop vitam-metadata-store-graph.timer on meta")
    assert stopped < secondary.changes.index("stop vitam-metadata.service on meta")
    assert "start vitam-metadata-store-graph.timer on meta" in secondary.changes


def test_a_job_that_a_timer_started_ends_before_the_back_end_stops(secondary):
    """It writes through metadata: cut off, it would leave half of its work."""
    add_timer(secondary, "meta", "vitam-metadata-store-graph")
    job = secondary.fake.hosts["meta"].units["vitam-metadata-store-graph.service"]
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
