"""Errors say what happened and what to do; Airflow tries again only where that can help."""

from __future__ import annotations

import inspect

import pytest

from vitam_operators import errors
from vitam_operators.errors import OperatorNeededError, RetryableError, VitamBackupError

ALL = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, VitamBackupError)]
FAMILIES = (RetryableError, OperatorNeededError)
KINDS = [kind for kind in ALL if kind not in (VitamBackupError, *FAMILIES)]


def test_there_are_kinds_of_both_families():
    for family in FAMILIES:
        assert len([kind for kind in KINDS if issubclass(kind, family)]) > 5


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_each_class_says_which_mistake_it_is(kind):
    assert kind.__name__.endswith("Error")
    assert "__doc__" in vars(kind)
    assert len(inspect.cleandoc(kind.__doc__).split()) > 4


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_is_of_one_family(kind):
    """Of none, Airflow's policy would not know it; of both, the answer would depend on the order of questions."""
    assert [issubclass(kind, family) for family in FAMILIES].count(True) == 1


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_what_the_log_shows_holds_the_hint(kind):
    error = kind("vitam-worker on app1 is active", hint="look at its journal")
    assert str(error) == "vitam-worker on app1 is active\nHINT: look at its journal"
    assert (error.message, error.hint) == ("vitam-worker on app1 is active", "look at its journal")


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_no_error_without_a_hint(kind):
    with pytest.raises(TypeError, match="hint"):
        kind("something happened")


@pytest.mark.parametrize(
    ("kind", "family"),
    [
        (errors.HostUnreachableError, RetryableError),
        (errors.StillStoppingError, OperatorNeededError),
        (errors.CopyFailedError, RetryableError),
        (errors.PrimaryError, RetryableError),
        (errors.StopNotProvedError, OperatorNeededError),
        (errors.CopyRefusedError, OperatorNeededError),
        (errors.GivenUpError, OperatorNeededError),
        (errors.NightClosedError, OperatorNeededError),
        (errors.NotProvedError, OperatorNeededError),
        (errors.StepFailedError, OperatorNeededError),
        (errors.PruneFailedError, RetryableError),
    ],
)
def test_the_family_of_those_on_which_the_night_rests(kind, family):
    """A lost connection heals by itself; a mongod that was killed is not made clean by another look."""
    assert issubclass(kind, family)
