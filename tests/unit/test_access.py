"""
Which role may see and trigger which DAG.

Resources and actions are those of apache-airflow-providers-fab 3.10.2, www/security/permissions.py:87
(``RESOURCE_DETAILS_MAP``): a DAG that names others is an import error.
"""

from __future__ import annotations

import pytest

from vitam_operators.config_access import AccessConfig

SEES = {"DAGs": {"can_read"}, "DAG Runs": {"can_read"}}
TRIGGERS = {"DAGs": {"can_read", "can_edit"}, "DAG Runs": {"can_read", "can_create"}}


def test_no_role_named_leaves_it_to_airflow():
    """An empty access_control would take rights away that somebody gave by hand."""
    assert AccessConfig().of_dag("trigger") is None


@pytest.mark.parametrize(
    ("triggered_by", "night", "restorer"), [("trigger", TRIGGERS, SEES), ("restore", SEES, TRIGGERS)]
)
def test_who_triggers_nights_does_not_restore(triggered_by, night, restorer):
    """Kind: who may trigger anything may trigger everything. Each sees all three DAGs; nobody deletes one."""
    access = AccessConfig(see=("auditors",), trigger=("night",), restore=("restorers",))
    control = access.of_dag(triggered_by)
    assert control == {"auditors": SEES, "night": night, "restorers": restorer}


def test_a_role_with_both_rights_triggers_all():
    """Also where it stands under see as well."""
    access = AccessConfig(see=("ops",), trigger=("ops",), restore=("ops",))
    assert [access.of_dag(key) for key in ("trigger", "restore")] == [{"ops": TRIGGERS}] * 2
