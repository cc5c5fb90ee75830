"""Whether there is room for what a night copies, and which directories it copies: said before anything stops."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import TESTS
from vitam_operators import night_plan
from vitam_operators.config import Platform
from vitam_operators.parts import planned_parts
from vitam_operators.platforms import check_platform, read_yaml

GIB = 2**30
DEFAULT_SIZES = {
    "data-1": {"mongo-data-shard0": 10, "mongo-data-configsvr": 1},
    "data-2": {"mongo-data-shard0": 10, "mongo-data-configsvr": 1},
    "offer-1": {"mongo-offer-shard0": 2, "mongo-offer-configsvr": 1, "offer-1-offer-data": 50},
    "offer-2": {"mongo-offer-shard0": 2},
    "front": {"front-conf": 1},
}
PRIMARIES = {
    "mongo-data": {"mongo-data-shard0": "data-1", "mongo-data-configsvr": "data-2", "mongo-data-shard1": "data-5"},
    "mongo-offer": {"mongo-offer-shard0": "offer-2", "mongo-offer-configsvr": "offer-1"},
}
CLUSTERS = {name: {"primaries": primaries} for name, primaries in PRIMARIES.items()}


def platform(**copies: Any) -> Platform:
    """Offers with a cluster of their own, file sets for two hosts and for an offer; no factor."""
    content = read_yaml((TESTS / "data" / "platforms" / "small.yaml").read_text(encoding="utf-8"))
    content["copy"] = content["copy"] | {"room_factor": 1} | copies
    return check_platform(content, source="a test")


def planned(of: Platform, free_gib: dict[str, int], sizes: Any = DEFAULT_SIZES, copies: str = "everything") -> Any:
    """Return what of a plan tells whether there is room."""
    return {
        "parts": list(planned_parts(of, copies)),
        "sizes": {host: {name: size * GIB for name, size in own.items()} for host, own in sizes.items()},
        "free_bytes": {host: free_gib.get(host, 1000) * GIB for host in sizes},
    }


def hosts(lines: Any) -> list[str]:
    """Return the hosts that are named first in some lines."""
    return [line.partition(" ")[0] for line in lines]


@pytest.mark.parametrize(
    ("free_gib", "certain", "perhaps"),
    [
        ({}, [], []),
        ({"data-1": 11}, [], []),
        ({"data-1": 10}, [], ["data-1"]),
        ({"data-1": 9}, ["data-1"], ["data-1"]),
        ({"data-2": 10}, [], ["data-2"]),
        ({"data-2": 0}, ["data-2"], ["data-2"]),
        ({"offer-1": 52}, [], ["offer-1"]),
        ({"offer-1": 50}, ["offer-1"], ["offer-1"]),
        ({"offer-2": 1}, ["offer-2"], []),
        ({"front": 0}, ["front"], []),
    ],
    ids=[
        *("room", "both", "primary_of_one_only", "primary_has_none", "secondary_of_the_shard", "primary_of_config"),
        *("objects_and_config", "objects_alone", "one_primary", "no_database"),
    ],
)
def test_room_for_what_is_certain_and_for_what_is_possible(free_gib, certain, perhaps):
    """
    All of a host's copies go to one directory, so their sizes add up.

    A directory is copied whoever is elected; a set only where its primary is: that a secondary lacks room is told,
    and costs no night.
    """
    of = platform()
    plan = planned(of, free_gib)
    assert hosts(night_plan.without_room(of, plan, CLUSTERS)) == certain
    assert hosts(night_plan.perhaps_without_room(of, plan, CLUSTERS)) == perhaps


def test_a_preferred_member_is_certain_and_the_primary_of_now_only_possible():
    """The preferred one becomes the primary first; another is copied only if that one is not fit."""
    of = platform()
    plan = planned(
        of, {"data-4": 0, "data-5": 0}, {"data-4": {"mongo-data-shard1": 5}, "data-5": {"mongo-data-shard1": 5}}
    )
    assert hosts(night_plan.without_room(of, plan, CLUSTERS)) == ["data-4"]
    assert hosts(night_plan.perhaps_without_room(of, plan, CLUSTERS)) == ["data-5"]


def test_what_is_not_asked_for_needs_no_room():
    of = platform()
    assert list(night_plan.without_room(of, planned(of, {"offer-1": 3}, copies="databases"), CLUSTERS)) == []
    assert hosts(night_plan.without_room(of, planned(of, {"offer-1": 3}, copies="files"), CLUSTERS)) == ["offer-1"]


def test_the_words_say_what_takes_the_room_and_what_to_do():
    of = platform(room_factor=2)
    assert list(night_plan.without_room(of, planned(of, {"offer-1": 50}), CLUSTERS)) == [
        "offer-1 has 50.0 GiB free in /vitam/backup, its copies need 102.0 GiB (2.0 times mongo-offer-configsvr "
        "1.0 GiB, offer-1-offer-data 50.0 GiB): free space there, set copy.directory to another disk, "
        "or leave a directory out of copy.file_sets"
    ]


def test_restic_needs_no_room_in_the_directory():
    restic = {"repository": "/srv/restic", "password_conn_id": "restic"}
    of = platform(engine="restic", restic=restic)
    assert list(night_plan.without_room(of, planned(of, {"offer-1": 0, "data-1": 0}), CLUSTERS)) == []


def test_the_plan_has_each_directory_with_its_size_and_how_to_leave_it_out():
    of = platform()
    assert list(night_plan.directories(of, planned(of, {}))) == [
        "front-conf: 1.0 GiB in /vitam/conf, copied while Vitam is down",
        "app-conf: 0 B in /vitam/conf, copied while Vitam is down",
        "offer-1-offer-data: 50.0 GiB in /vitam/data/offer, copied while Vitam is down",
        "to leave a directory out, write copy.file_sets into the platform file without it",
    ]
    assert list(night_plan.directories(of, planned(of, {}, copies="databases"))) == []
