"""The three trigger forms before anything runs: what Airflow's UI would hold back, and which names they take."""

from __future__ import annotations

import copy

import pytest

from tests.dags.night import DRILL, NIGHT, load_dag

RESTORE = "vitam_restore"


@pytest.fixture(scope="module")
def params_of(platform_files):
    return lambda dag_id: load_dag(platform_files("tiny"), dag_id).params


@pytest.mark.parametrize("dag_id", [NIGHT, DRILL, RESTORE])
def test_a_form_opens_ready_to_trigger(params_of, dag_id):
    """
    Kind: a form that nobody can send as it opens.

    Airflow's form holds *Trigger* back for each required field that is empty: a text without null that is "", a
    number or a list without a default.
    """
    params = params_of(dag_id)
    for name, param in ((name, params.get_param(name)) for name in params):
        kinds = param.schema["type"]
        assert "null" in kinds or param.value not in ("", None, [], {}), name
    params.validate()


@pytest.mark.parametrize(
    "wrong", ["20261124T190000Z\n", "20261124T190000Z ", "x/20261124T190000Z", "2026112\u0664T190000Z"]
)
@pytest.mark.parametrize("dag_id", [DRILL, RESTORE])
def test_a_backup_is_named_whole(params_of, dag_id, wrong):
    """Kind: a pattern that is not matched to its end. ``$`` of Python lets a newline behind, ``\\d`` other digits."""
    from airflow.sdk.exceptions import ParamValidationError

    params = params_of(dag_id)
    copy.deepcopy(params).update({"backup": "20261124T190000Z-2"})
    with pytest.raises(ParamValidationError):
        copy.deepcopy(params).update({"backup": wrong})
