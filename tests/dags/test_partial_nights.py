"""Nights that copy only files, or only databases: they are worth what they hold, and no whole backup less."""

from __future__ import annotations

import pytest

from tests.dags.test_prune import NEWEST_FIRST, OLD, STAYS, left, night, states  # noqa: F401
from tests.fakes import backups
from vitam_operators import nights as records
from vitam_operators.hooks.records import nights_of
from vitam_operators.parts import CHOICES
from vitam_operators.wholeness import PARTIAL, PLATFORM_PARTS

PARTIAL_ONES = [f"20200{month}01T100000Z" for month in (2, 3, 4, 5)]


@pytest.mark.parametrize("copies", sorted(CHOICES.keys() - {"everything"}))
def test_a_night_of_a_part_pushes_no_whole_backup_out(night, copies):  # noqa: F811
    """Kind of fault: a part takes the place of the whole. The fifth such night in a row prunes only such nights."""
    kept = nights_of(night.fake.platform)
    for label in PARTIAL_ONES:
        backups.write(kept, label, hosts={"app-conf": "app"}, copies=copies)
        night.fake.hosts["app"].files[f"/vitam/backup/{label}/app-conf.tar.zst"] = 1000
    night.run(copies=copies)
    found, stays = states(night), {*STAYS, NEWEST_FIRST[0]}
    assert night.state == "success"
    assert {label for label in OLD if found[label] == "verified"} == stays
    assert {label for label in OLD if left(night, label) == {"app", "data"}} == stays
    assert {label for label in PARTIAL_ONES if found[label] == "pruned"} == set(PARTIAL_ONES[:2])
    reasons = {label: kept.named(label).read(records.PRUNED)["reason"] for label in PARTIAL_ONES[:2]}
    assert set(reasons.values()) == {f"not among the last 2 and 3 monthly of {PARTIAL[copies]}"}


def test_what_the_platform_had_is_noted(night):  # noqa: F811
    """Kind of fault: what a backup lacks is known only as long as the platform file stays as it is."""
    night.run(copies="files")
    whole = ["mongo-data-shard0", "mongo-data-configsvr", "app-conf"]
    assert night.records.opened[PLATFORM_PARTS] == whole
    assert night.records.read(records.MANIFEST)[PLATFORM_PARTS] == whole
    assert set(night.records.read(records.MANIFEST)["parts"]) == {"app-conf"}
