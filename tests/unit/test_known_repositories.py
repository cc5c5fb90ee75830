"""Repositories whose disk is away. The kind of fault: what is missing is made anew, and what was there is forgotten."""

from __future__ import annotations

import pytest

from tests.fakes import backups
from vitam_operators.config_copies import CopyConfig
from vitam_operators.engines.chosen import engine_of
from vitam_operators.known_repositories import known_repositories
from vitam_operators.nights import Nights

VAULT = "/srv/restic"
OLD, NEW = "20261121T190000Z", "20261122T190000Z"
PARTS = ["app-conf", "mongo-data-shard0"]


@pytest.fixture
def nights(tmp_path):
    """Give the records of a backup whose copies lie in the vault."""
    made = Nights(tmp_path)
    backups.write(made, OLD, "incomplete")
    for name in PARTS:
        place = f"{VAULT}/{name}#{OLD}"
        made.named(OLD).write(f"part.{name}", backups.part(OLD, name, "app", engine="restic", archive=place))
    return made


def known(nights, repository=VAULT, accepted=()):
    """Return what is known of the parts' repositories."""
    copies = {"engine": "restic", "restic": {"repository": repository, "password_conn_id": "x"}}
    engine = engine_of(CopyConfig.model_validate(copies))
    return known_repositories(engine, PARTS, nights.newest_first(), accepted)


def test_a_backup_that_has_a_copy_there_is_known(nights):
    """Sealed or not: its copy was made, so the repository was."""
    assert known(nights) == dict.fromkeys(PARTS, OLD)


def test_the_newest_backup_that_has_one_is_named(nights):
    """A night between them copied the files alone."""
    backups.write(nights, NEW, "open")
    place = f"{VAULT}/app-conf#{NEW}"
    nights.named(NEW).write("part.app-conf", backups.part(NEW, "app-conf", "app", archive=place))
    assert known(nights) == {"app-conf": NEW, "mongo-data-shard0": OLD}


def test_another_repository_is_made_by_its_first_copy(nights):
    """The platform file names another one since yesterday; one name may begin as the other."""
    assert known(nights, "/srv/rest") == known(nights, f"{VAULT}2") == known(nights, "sftp:vault:/srv/restic") == {}


def test_a_person_wants_it_anew(nights):
    """The disk is lost: the copies of before are, too."""
    assert known(nights, accepted=[f"{VAULT}/app-conf"]) == {"mongo-data-shard0": OLD}


def test_archives_lie_each_by_itself(nights):
    """Tar has no repository."""
    assert known_repositories(engine_of(CopyConfig()), PARTS, nights.newest_first(), ()) == {}


def test_the_first_night_knows_none(tmp_path):
    """Its copies make them."""
    assert known(Nights(tmp_path)) == {}
