"""
What a job on a host has to be told and nobody else: its secrets, in a file that it removes as its first act.

A command line is in ``ps``, in sudo's log and in the unit; a unit's ``Environment=`` is shown to anyone by
``systemctl show``. The file is root's, below ``/run``, which is memory; its content goes through the standard input.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vitam_operators.commands import Command, change, line, nothing
from vitam_operators.errors import SecretMissingError

HOME = "/run/vitam-backup-secrets"
ODD_ENDS = "begins or ends with a blank or a line's end, take that out"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

TAKE_SCRIPT = f"""
secrets={HOME}/$0
trap 'rm -f -- "$secrets"' EXIT
. "$secrets"
rm -f -- "$secrets"
"""
"""For the begin of a job's script, whose ``$0`` is its unit: the secrets become its environment, the file goes."""


@dataclass(frozen=True)
class Secret:
    """
    Where the secrets of a job are; they are not in it.

    :param conn_id: Airflow connection with a password and, in ``extra``, more variables under ``environment``
    :param password_as: environment variable for the password
    """

    conn_id: str
    password_as: str


@dataclass(frozen=True)
class Account:
    """
    What the connection holds.

    :param password: its password
    :param extra: its ``extra``
    """

    password: str | None = field(repr=False)
    extra: Mapping[str, Any] = field(repr=False)


def environment(secret: Secret, account: Account) -> dict[str, str]:
    """
    Return a job's secrets as environment variables.

    :raises SecretMissingError: the connection has no password, or what it has cannot be an environment
    """
    found = account.extra.get("environment", {})
    if not account.password:
        raise _missing(secret, "has no password")
    if has_odd_ends(account.password):
        raise _missing(secret, f"has a password that {ODD_ENDS}")
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise _missing(secret, 'has an "environment" in its extra that is no set of texts by name')
    strange = [name for name in found if not NAME.fullmatch(name)]
    if strange:
        raise _missing(secret, f'has a name in its extra\'s "environment" that no variable can have: {strange[0]!r}')
    if odd := [name for name, value in found.items() if has_odd_ends(value)]:
        raise _missing(secret, f'has a value in its extra\'s "environment" that {ODD_ENDS}: that of {odd[0]}')
    return {**found, secret.password_as: account.password}


def has_odd_ends(text: str) -> bool:
    """
    Tell whether a secret begins or ends with what nobody sees.

    It came with the file that it was read from. Whoever types it later leaves it out: to a person who opens a
    repository of restic by hand, it is the wrong password.
    """
    return text != text.strip()


def _missing(secret: Secret, what: str) -> SecretMissingError:
    return SecretMissingError(
        f"the Airflow connection {secret.conn_id} {what}",
        hint='its password is that of the repository; its extra may hold {"environment": {"NAME": "value"}}; what a '
        "repository was made with, restic key passwd changes",
    )


def path_of(unit: str) -> str:
    """Return where a unit's secrets lie until it has read them."""
    return f"{HOME}/{unit}"


def write(unit: str, variables: Mapping[str, str]) -> list[Command[None]]:
    """Change: write a unit's secrets, to be read by root alone."""
    text = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    tee = f"umask 077 && {line('tee', '--', path_of(unit), sudo=True)} > /dev/null"
    return [change("mkdir", "-p", "-m", "0700", "--", HOME), Command(tee, nothing, stdin=text)]


def remove(unit: str) -> Command[None]:
    """Change: remove the secrets of a unit that may not have started."""
    return change("rm", "-f", "--", path_of(unit))
