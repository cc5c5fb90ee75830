"""A part of a backup is no backup: what a backup holds, and which one may take whose place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes import backups
from tests.unit.test_prune import A_DAY, FIRST, PARIS, backup, gone, kept, nightly
from vitam_operators import catalogue
from vitam_operators.config_copies import KeepConfig
from vitam_operators.nights import Nights
from vitam_operators.prune import decide
from vitam_operators.rebuild import rebuild
from vitam_operators.wholeness import EVERYTHING, PARTIAL, PLATFORM_PARTS, SOME, held, let_go

LABEL = "20261123T190000Z"
DATABASES, FILES = PARTIAL["databases"], PARTIAL["files"]
ALL = ["mongo-data-shard0", "app-conf"]
LONG_AFTER = FIRST + A_DAY * 400


# --- what a backup holds ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("known", "parts", "holds"),
    [
        ({"copies": "everything", PLATFORM_PARTS: ALL}, ALL, EVERYTHING),
        ({"copies": "files", PLATFORM_PARTS: ALL}, ALL[1:], FILES),
        ({"copies": "databases", PLATFORM_PARTS: ALL}, ALL[:1], DATABASES),
        ({"copies": "databases", PLATFORM_PARTS: ALL[:1]}, ALL[:1], EVERYTHING),
        ({"copies": "everything", PLATFORM_PARTS: ALL}, ALL[1:], SOME),
        ({"copies": "everything", "parts": ALL}, ALL, EVERYTHING),
        ({"copies": "everything", "parts": ALL}, ALL[1:], SOME),
        ({"copies": "databases", "parts": ALL[:1]}, ALL[:1], DATABASES),
        ({"copies": "files", "parts": ALL[1:]}, ALL[1:], FILES),
        ({"parts": ALL}, ALL, EVERYTHING),
    ],
)
def test_what_a_backup_holds(known, parts, holds):
    """
    Kind of fault: a part is taken for the whole.

    Records of before the platform's parts were noted are judged by what was asked for.
    """
    assert held(known, parts) == holds


@pytest.mark.parametrize("state", ["open", "incomplete", "sealed"])
@pytest.mark.parametrize(("copies", "whole"), [("everything", True), ("files", False), ("databases", False)])
def test_the_catalogue_tells_a_part_from_the_whole(tmp_path, state, copies, whole):
    """Kind of fault: a part is taken for the whole; also of one that is not sealed, which a better one will replace."""
    names = {"everything": ALL, "databases": ALL[:1], "files": ALL[1:]}[copies]
    hosts = {name: backups.HOSTS[name] for name in names}
    backups.write(Nights(tmp_path), LABEL, state, hosts=hosts, copies=copies, **{PLATFORM_PARTS: ALL})
    (found,) = catalogue.entries(Nights(tmp_path))
    assert (found.whole, found.restorable) == (whole, state == "sealed")
    assert found.holds == (EVERYTHING if whole else PARTIAL[copies])


def test_an_edited_platform_file_changes_no_old_backup(tmp_path):
    """Kind of fault: judged by the platform of today. One part more tomorrow, and those of before are whole as ever."""
    nights = Nights(tmp_path)
    backups.write(nights, LABEL, **{PLATFORM_PARTS: ALL})
    later = {**backups.HOSTS, "mongo-data-shard1": "data"}
    backups.write(nights, "20261124T190000Z", hosts=later, parts=list(later), **{PLATFORM_PARTS: list(later)})
    assert [found.whole for found in catalogue.entries(nights)] == [True, True]


def test_records_written_anew_hold_the_same(tmp_path):
    """Kind of fault: what a backup holds is lost with its records, and a part becomes the whole."""
    hosts = {"app-conf": "app"}
    written = backups.write(Nights(tmp_path / "lost"), LABEL, hosts=hosts, copies="files", **{PLATFORM_PARTS: ALL})
    rebuild(Nights(tmp_path / "anew"), "tiny", [written.directory / "manifest.json"])
    (found,) = catalogue.entries(Nights(tmp_path / "anew"))
    assert (found.state, found.holds) == ("verified", FILES)
    assert Nights(tmp_path / "anew").named(LABEL).opened[PLATFORM_PARTS] == ALL


# --- which one takes whose place -------------------------------------------------------------------------------------


@pytest.mark.parametrize("holds", [FILES, DATABASES, SOME])
@pytest.mark.parametrize(
    "keep", [KeepConfig(last=2), KeepConfig(last=0, daily=2), KeepConfig(last=1, weekly=1, monthly=1)]
)
def test_partial_ones_push_no_whole_one_out(holds, keep):
    """Kind of fault: a part takes the place of the whole. A hundred nights of parts cost no whole backup."""
    whole = nightly(9)
    partial = [replace(one, holds=holds) for one in nightly(120)[:100]]
    alone = set(gone(whole, keep, LONG_AFTER))
    assert {one.label for one in whole} & set(gone([*partial, *whole], keep, LONG_AFTER)) == alone


def test_partial_ones_replace_only_those_of_their_kind():
    """Kind of fault: a part takes the place of another part. Each kind has the rules for itself."""
    files = [replace(one, holds=FILES) for one in nightly(40)[:10]]
    databases = [replace(one, holds=DATABASES) for one in nightly(30)[:10]]
    found = kept([*files, *databases, *nightly(5)], KeepConfig(last=1, min_verified=1), LONG_AFTER)
    assert found == {
        "20251109": f"last 1 of 1, verified 1 of 1 of {FILES}",
        "20251030": f"last 1 of 1, verified 1 of 1 of {DATABASES}",
        "20251005": "last 1 of 1, verified 1 of 1",
    }
    (_, goes, *_) = decide(files, KeepConfig(last=1, min_verified=1), LONG_AFTER, PARIS)
    assert goes.reason == f"not among the last 1 of {FILES}"


@pytest.mark.parametrize("state", ["incomplete", "damaged"])
@pytest.mark.parametrize(
    ("bad", "newer", "goes"),
    [
        (EVERYTHING, EVERYTHING, True),
        (EVERYTHING, FILES, False),
        (EVERYTHING, DATABASES, False),
        (FILES, DATABASES, False),
        (FILES, FILES, True),
        (FILES, EVERYTHING, True),
    ],
)
def test_a_bad_one_goes_only_for_one_that_holds_as_much(state, bad, newer, goes):
    """Kind of fault: a part makes the whole superfluous. A bad one may be all there is of a set."""
    one, other = backup(FIRST, state, holds=bad), backup(FIRST + A_DAY, holds=newer)
    assert (one.label in gone([other, one], KeepConfig(), LONG_AFTER)) is goes


def test_the_newest_drilled_one_stays():
    """Kind of fault: what was proved goes for what was only read back. The last one drilled outlives every rule."""
    old = replace(backup(FIRST), state="drilled")
    older = replace(backup(FIRST - A_DAY), state="drilled")
    found = kept([*nightly(30)[:20], old, older], KeepConfig(last=1, min_verified=1), LONG_AFTER)
    assert set(found) == {"20251030", "20251001"}
    assert found["20251001"] == "drilled 1 of 1"


def test_a_drilled_part_is_no_reason_for_a_drilled_whole_to_go():
    """Kind of fault: a part takes the place of the whole."""
    part = replace(backup(FIRST + A_DAY * 9), state="drilled", holds=FILES)
    old = replace(backup(FIRST), state="drilled")
    backups_ = [part, *nightly(9)[:8], old]
    assert old.label not in gone(backups_, KeepConfig(last=1, min_verified=1), LONG_AFTER)


# --- what the platform file has no more ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("newest_first", "going", "says"),
    [
        ([], (), []),
        (
            [("c", ALL), ("b", [*ALL, "x"]), ("a", [*ALL, "x", "y"])],
            (),
            ["x; they were last copied in backup b", "y; they were last copied in backup a"],
        ),
        ([("b", [*ALL, "x"]), ("a", [*ALL, "x"])], ("b",), ["x; they were last copied in backup a"]),
        ([("b", ["x", "y"]), ("a", ["x"])], ("a", "b"), ["x, y; they go with the last backup"]),
    ],
    ids=["no_backup", "each_by_its_newest", "an_older_one_stays", "all_of_them_go"],
)
def test_parts_that_only_old_backups_have(newest_first, going, says):
    """The newest one that stays is named; it need not be the newest of all."""
    found = sorted(let_go(ALL, newest_first, going), key=lambda words: words.partition(": ")[2])
    assert [words.partition(": ")[2].startswith(start) for words, start in zip(found, says, strict=True)] == [
        True
    ] * len(says)
