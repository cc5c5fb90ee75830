"""Secrets of jobs: out of a connection, onto a host, and gone again."""

from __future__ import annotations

import subprocess

import pytest

from tests.fakes.sandbox import Sandbox
from vitam_operators import secret_files
from vitam_operators.errors import SecretMissingError
from vitam_operators.secret_files import Account, Secret

UNIT = "vitam-copy-L-p.service"
SECRET = Secret("vault_password", "RESTIC_PASSWORD")
NASTY = 'it\'s "$(x)" `y` \\ \n$HOME é #'


@pytest.fixture
def host(tmp_path):
    made = Sandbox(tmp_path)
    made.at("/run").mkdir()
    return made


def test_a_connection_becomes_an_environment():
    account = Account("hush", {"environment": {"AWS_ACCESS_KEY_ID": "k"}, "other": 1})
    assert secret_files.environment(SECRET, account) == {"AWS_ACCESS_KEY_ID": "k", "RESTIC_PASSWORD": "hush"}


@pytest.mark.parametrize(
    ("password", "extra", "words"),
    [
        (None, {}, "vault_password has no password"),
        ("", {"environment": {"RESTIC_PASSWORD": "x"}}, "vault_password has no password"),
        ("hush", {"environment": ["hush"]}, "is no set of texts by name"),
        ("hush", {"environment": {"A": 1}}, "is no set of texts by name"),
        ("hush", {"environment": {"A;reboot": "x"}}, "that no variable can have: 'A;reboot'"),
        ("hush\n", {}, "vault_password has a password that begins or ends with a blank or a line's end, take that out"),
        (" hush", {}, "vault_password has a password that begins or ends with a blank or a line's end, take that out"),
        (
            "hush",
            {"environment": {"A": "hush\n"}},
            "a blank or a line's end, take that out: that of A",
        ),
    ],
)
def test_connections_that_hold_no_environment(password, extra, words):
    """
    The message names the connection, never what is in it.

    Kind: a secret with what nobody sees. A repository of restic made with a line's end opens for no person who types
    its password (emuell/restic-browser#107).
    """
    with pytest.raises(SecretMissingError, match=words) as error:
        secret_files.environment(SECRET, Account(password, extra))
    assert "hush" not in str(error.value)


def test_an_account_does_not_show_itself():
    """Where a traceback shows values, it shows this."""
    assert "hush" not in repr(Account("hush", {"environment": {"A": "hush"}}))


def test_no_command_line_has_a_secret():
    """Lines are in `ps`, in sudo's log and in Airflow's; the name of the file says nothing."""
    commands = [*secret_files.write(UNIT, {"A": "hush"}), secret_files.remove(UNIT)]
    assert not [command for command in commands if "hush" in command.line + repr(command)]


def test_what_is_written_the_job_takes(host):
    """Whatever is in it: the job has it in its environment, root alone could read it, and it is gone."""
    for command in secret_files.write(UNIT, {"A": NASTY, "RESTIC_PASSWORD": "hush"}):
        host.run(command)
    file = host.at(secret_files.path_of(UNIT))
    assert oct(file.stat().st_mode & 0o777) == "0o600"
    assert oct(file.parent.stat().st_mode & 0o777) == "0o700"
    script = secret_files.TAKE_SCRIPT.replace(secret_files.HOME, str(file.parent))
    words = ["bash", "-c", f'{script}test ! -e "$secrets"; printenv -0 A RESTIC_PASSWORD', UNIT]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == f"{NASTY}\0hush\0"
    assert not file.exists()


def test_secrets_of_a_unit_that_did_not_start_are_removed(host):
    """Removing what is gone already is no failure."""
    for command in (*secret_files.write(UNIT, {"A": "b"}), secret_files.remove(UNIT), secret_files.remove(UNIT)):
        host.run(command)
    assert not list(host.at(secret_files.HOME).iterdir())
