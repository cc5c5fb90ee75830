"""
The least rights that the backup needs on a platform, written from the commands that it sends.

``python -m vitam_operators.privileges PLATFORM`` prints the page of all hosts (docs/hosts.md is that of
config/platform.example.yaml); with ``--host NAME`` the sudoers file of one host alone. To be done again when the
platform file changes: the look of each night finds units that a host's file does not have.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from vitam_operators.config import Platform
from vitam_operators.errors import VitamBackupError
from vitam_operators.platforms import load_platform
from vitam_operators.privileges_page import page
from vitam_operators.rights import TOPICS, Rights
from vitam_operators.sudo_rules import rules_of, sudoers_user

ACCOUNT = "vitam-backup"
LOOPBACK = "127.0.0.1"


def sudoers(platform: Platform, host: str, account: str = ACCOUNT) -> str:
    """
    Return the text of the account's file in ``/etc/sudoers.d`` of a host (:func:`.sudoers_name`).

    :raises ConfigError: a rule is too long for sudo, or the account is none
    """
    return "\n".join(_lines(Rights(platform, host), sudoers_user(account))) + "\n"


def _lines(own: Rights, account: str) -> Iterator[str]:
    yield f"Defaults:{account} !requiretty, !use_pty"
    written: set[str] = set()
    for topic in TOPICS:
        rules = [rule for command in topic(own) for rule in rules_of(command.line, own.holes)]
        new = [rule for rule in dict.fromkeys(rules) if rule not in written]
        written.update(new)
        if new:
            yield f"# {(topic.__doc__ or '').strip()}"
            yield from (f"{account} ALL=(root) NOPASSWD: {rule}" for rule in new)


def key_options(platform: Platform, host: str, addresses: str) -> str:
    """
    Return the options of the account's key in ``authorized_keys`` of a host (OpenSSH 7.8 and later).

    :param addresses: of Airflow's workers and triggerers, as sshd has them for ``from=``
    """
    firsts, databases = (platform.drill.port, platform.restore.port), Rights(platform, host).databases
    ports = [first + number for first in firsts for number, _ in enumerate(databases)]
    forwarded = ["port-forwarding", *(f'permitopen="{LOOPBACK}:{port}"' for port in ports)] if ports else []
    return ",".join([f'from="{addresses}"', "restrict", *forwarded])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the rights that a platform's hosts have to give; the exit status is 1 when the file is wrong."""
    parser = argparse.ArgumentParser("python -m vitam_operators.privileges", description=main.__doc__)
    parser.add_argument("platform", type=Path, help="the platform file (YAML)")
    parser.add_argument("--host", help="print the sudoers file of this host alone")
    parser.add_argument("--account", default=ACCOUNT, help="account of the ssh connection (default: %(default)s)")
    parser.add_argument(
        "--from", dest="addresses", default="ADDRESSES-OF-AIRFLOW", help="addresses that ssh comes from"
    )
    options = parser.parse_args(arguments)
    try:
        platform = load_platform(options.platform)
        if options.host:
            if options.host not in {host.name for host in platform.hosts}:
                parser.error(f"no host {options.host!r}, there are {', '.join(host.name for host in platform.hosts)}")
            print(sudoers(platform, options.host, options.account), end="")
        else:
            files = {host.name: sudoers(platform, host.name, options.account) for host in platform.hosts}
            keys = {host.name: key_options(platform, host.name, options.addresses) for host in platform.hosts}
            print(page(platform, str(options.platform), options.account, files, keys), end="")
    except VitamBackupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
