"""What a person accepts. The kind of fault: what is accepted and then does nothing, in silence."""

from __future__ import annotations

import pytest

from vitam_operators import accepted
from vitam_operators.config_copies import CopyConfig
from vitam_operators.engines.chosen import engine_of

PLAN = {
    "units_before": {"app": ["vitam-logbook.service"]},
    "down_before": {"app": {"vitam-storage.service": None}},
    "sizes": {"data": {"mongo-data-shard0": 1}},
    "mounts": {"data": {"/vitam/backup": "/"}},
    "known_mounts_below": {"data": {"/vitam/data/offer/vol2": ["20261121T190000Z", "/vitam/data/offer"]}},
    "parts": ["mongo-data-shard0"],
}
RESTIC = {"engine": "restic", "restic": {"repository": "sftp:vault:/srv", "password_conn_id": "x"}}


def found(*names, **copies):
    return list(accepted.findings({**PLAN, "accepted": list(names)}, engine_of(CopyConfig.model_validate(copies))))


@pytest.mark.parametrize(
    "name",
    [
        "vitam-storage.service@app",
        "vitam-logbook.service@app",
        "mongo-data-shard0@data",
        "/vitam/backup@data",
        "/vitam/data/offer/vol2@data",
        "sftp:vault:/srv/mongo-data-shard0",
    ],
)
def test_what_a_finding_can_be_about(name):
    """A unit that runs again meanwhile is no mistake."""
    assert found(name, **RESTIC) == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("vitam-storage@app", ", did you mean 'vitam-storage.service@app'?"),
        ("vitam-storage.service@data", ", did you mean 'vitam-storage.service@app'?"),
        ("x", ""),
        ("sftp:vault:/srv/mongo-data-shard0", ", did you mean 'mongo-data-shard0@data'?"),
    ],
)
def test_a_slip_of_the_pen_is_said(name, hint):
    """Its finding stands, and whoever wrote it sees why."""
    assert found(name) == [f"the field 'Accepted' has {name!r}, of which no finding can be{hint}"]
