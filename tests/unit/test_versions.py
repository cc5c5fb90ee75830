"""What differs from one Vitam to the next."""

from __future__ import annotations

import json

import pytest
import yaml

from tests.conftest import TESTS
from vitam_operators import versions
from vitam_operators.platforms import check_platform
from vitam_operators.procedure import SERVICES


@pytest.mark.parametrize(
    ("version", "series", "by"),
    [
        ("4.0.7", 4, "timers"),
        ("5.1", 5, "timers"),
        ("6.rc.0", 6, "quartz"),
        ("6.2", 6, "quartz"),
        ("7.0.1", 7, "quartz"),
        ("8.0", 7, "quartz"),
        ("2.15.3", 4, "timers"),
    ],
)
def test_each_version_has_the_profile_of_its_series_or_of_the_nearest(version, series, by):
    """Quartz came with 6.rc.0; of what is not known the nearest is taken."""
    profile = versions.profile_of(version)
    assert (profile.series, profile.securing_by, profile.securing_is_workflow) == (series, by, True)


@pytest.mark.parametrize(
    ("version", "component", "doubt"),
    [
        ("4.0.7", "collect", "collect came with Vitam 5, vitam_version is 4.0.7: is that right?"),
        ("5.1", "scheduler", "scheduler came with Vitam 6, vitam_version is 5.1: is that right?"),
        ("7.0.1", "collect", "collect is no part of Vitam since 6, vitam_version is 7.0.1: is that right?"),
        ("8.0", "logbook", "Vitam 8.0 is not known here, it is treated as Vitam 7: look at its release notes first"),
    ],
)
def test_what_does_not_fit_a_version_is_doubted(version, component, doubt):
    """A wrong version waits for the wrong securing: what runs on the hosts tells it."""
    assert list(versions.doubts(version, [component])) == [doubt]


@pytest.mark.parametrize(
    ("version", "components"),
    [
        ("4.0.7", ["batch-report", "security-internal", "ihm-demo"]),
        ("5.1", ["collect", "metadata-collect", "workspace-collect"]),
        ("6.2", ["scheduler", "collect-internal", "collect-external", "metadata-collect"]),
        ("7.0.1", ["scheduler", "collect-internal", "siegfried", "kibana"]),
    ],
)
def test_what_fits_is_not_doubted(version, components):
    """No word of warning on a platform that is as it should be."""
    assert list(versions.doubts(version, components)) == []


def test_profiles_speak_of_services_that_there_are():
    """A misspelt component would never be doubted."""
    assert {name for profile in versions.PROFILES for name in (*profile.new, *profile.gone)} <= set(SERVICES)
    assert [profile.series for profile in versions.PROFILES] == sorted(p.series for p in versions.PROFILES)


@pytest.mark.parametrize("tag", ["4.0.7", "5.3"])
def test_all_nineteen_timers_are_held(tag):
    """One that is not held starts a job in the middle of the stop."""
    golden = json.loads((TESTS / "data" / "vitam" / tag / "timers.json").read_text(encoding="utf-8"))
    assert {component: set(names) for component, names in versions.TIMERS.items()} == {
        component: set(names) for component, names in golden.items()
    }
    held = (*versions.SECURING_TIMERS, *versions.OTHER_TIMERS)
    assert sorted(held) == sorted(name for names in golden.values() for name in names)
    assert len(set(held)) == 19


def platform_with(services, **securing):
    """A platform of Vitam 5 whose first hosts have these components."""
    content = yaml.safe_load((TESTS / "data" / "platforms" / "tiny.yaml").read_text(encoding="utf-8"))
    data = content["hosts"][1]
    hosts = [{"name": f"h{at}", "address": f"10.1.1.{at}", "services": own} for at, own in enumerate(services)]
    return check_platform(
        {**content, "hosts": [*hosts, data], "securing": {"by": "timers", **securing}, "copy": {}}, source="test"
    )


def test_a_host_has_the_timers_of_its_components():
    """A pure offer host has one; what calls no timer has none, and its sudoers file names none."""
    platform = platform_with([["logbook", "metadata"], ["logbook"], ["offer"], ["worker"]])
    logbook, metadata = versions.TIMERS["logbook"], versions.TIMERS["metadata"]
    assert platform.timers_on("h0")[:3] == versions.SECURING_TIMERS
    assert set(platform.timers_on("h0")) == {*logbook, *metadata}
    assert set(platform.timers_on("h1")) == set(logbook)
    assert platform.timers_on("h2") == ("vitam-offer-log-compaction",)
    assert platform.timers_on("h3") == platform.timers_on("data") == ()
    assert platform.hosts_with_timers == ("h0", "h1", "h2")


def test_a_timer_that_is_not_vitams_may_be_wherever_vitams_are():
    platform = platform_with(
        [["logbook"], ["offer"], ["worker"]], other_timers=["site-export"], timers=["own-securing"]
    )
    assert platform.timers_on("h0") == ("own-securing", "site-export")
    assert platform.timers_on("h1") == ("site-export",)
    assert platform.timers_on("h2") == ()
