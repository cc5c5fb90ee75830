"""A snapshot of the indexes before Elasticsearch stops: in the manifest when it is whole, a warning when it is not."""

from __future__ import annotations

import pytest

from vitam_operators import nights as records

CLUSTER = "elasticsearch-data"
INDEXES = f"the indexes of {CLUSTER}: Vitam makes them again from MongoDB"


@pytest.fixture
def night(nights):
    return nights("indexed")


def sealed(night):
    night.run()
    assert (night.state, night.different) == ("success", set())
    return night.records.read(records.MANIFEST)


def test_a_whole_snapshot_stands_in_the_manifest(night):
    """Taken once nobody writes to it any more, and before its nodes stop."""
    manifest = sealed(night)
    found = manifest["indexes"][CLUSTER]
    name = f"vitam-{night.records.label.lower()}"
    assert (found["repository"], found["name"], found["state"], found["indices"]) == ("vitam", name, "SUCCESS", 2)
    assert (INDEXES in manifest["not_in_backup"], manifest["warnings_of_night"]) == (False, [])
    taken, stopped = (
        night.changes.index(f"snapshot {name} on data"),
        [
            night.changes.index(change)
            for change in ("stop vitam-offer.service on app", f"stop vitam-{CLUSTER}.service on data")
        ],
    )
    assert stopped[0] < taken < stopped[1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends_as": "PARTIAL"}, "it is PARTIAL: unit: node left"),
        ({"ends_as": "FAILED"}, "it is FAILED: None"),
        ({"repository": "another"}, "it is MISSING: "),
        ({"ends_as": "IN_PROGRESS"}, "it is MISSING: after 3600 s: snapshot vitam-"),
    ],
    ids=["partial", "failed", "no repository", "too slow"],
)
def test_a_snapshot_that_is_not_whole_costs_no_night(night, changes, words):
    """Vitam can make indexes again; the databases are what a backup is for."""
    for name, value in changes.items():
        setattr(night.fake.elastics[CLUSTER], name, value)
    manifest = sealed(night)
    (warning,) = manifest["warnings_of_night"]
    assert warning.startswith(f"there is no whole snapshot of {CLUSTER}: {words}")
    assert INDEXES in manifest["not_in_backup"]


def test_one_that_is_too_slow_is_ended(night):
    """Its nodes stop now: half a snapshot would be in the way of the next night's."""
    night.fake.elastics[CLUSTER].ends_as = "IN_PROGRESS"
    sealed(night)
    assert night.fake.elastics[CLUSTER].snapshots == {}


def test_no_snapshot_where_no_repository_is_named(nights):
    night = nights("tiny")
    manifest = sealed(night)
    assert manifest["indexes"] == {}
    assert INDEXES in manifest["not_in_backup"]
    assert night.fake.elastics[CLUSTER].snapshots == {}
