"""Which accounts the containers make, of names, roles and passwords."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from types import ModuleType

import pytest

from tests.conftest import ROOT

PASSWORDS = {"admin": "a", "alice": "b"}


@pytest.fixture(scope="module")
def accounts() -> ModuleType:
    """The script, which needs FAB only once it makes them."""
    module = ModuleType("accounts")
    SourceFileLoader("accounts", str(ROOT / "deploy" / "accounts")).exec_module(module)
    return module


@pytest.mark.parametrize(
    ("users", "made"),
    [
        ("admin:admin", [("admin", "Admin", "a")]),
        ("admin:admin, alice:OP,", [("admin", "Admin", "a"), ("alice", "Op", "b")]),
        ("alice:vitam-restore", [("alice", "vitam-restore", "b")]),
    ],
)
def test_roles_are_fabs_or_ones_own(accounts, users, made):
    """Written as SimpleAuthManager had them, FAB's are meant; any other name is that of a role for ``access``."""
    assert accounts.wanted(users, PASSWORDS) == made


@pytest.mark.parametrize(
    ("users", "says"),
    [
        ("", "it names nobody"),
        ("bob:op", "'bob' has no password"),
        ("alice", "'alice' has no role"),
        (":op", "'' has no role"),
        ("bob:op,alice", "'alice' has no role, expected name:role; 'bob' has no password in airflow_passwords"),
    ],
)
def test_an_account_that_cannot_be_made_ends_the_start(accounts, users, says):
    """An account without a password would be open, or closed for good; all mistakes are named."""
    with pytest.raises(SystemExit, match=says):
        accounts.wanted(users, PASSWORDS)
