"""The page docs/hosts.md: what an administrator has to give the backup's accounts, and what that is worth."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from vitam_operators import flows, supported
from vitam_operators.config import Platform
from vitam_operators.mongo_rights import MEMBERS, RESTORED_MEMBERS, ROUTERS, Asked, in_words, role
from vitam_operators.rights import WIDE_UNIT
from vitam_operators.sudo_rules import LONGEST_PATTERN, sudoers_name

HEAD = """\
# Rights on the hosts

Written by `python -m vitam_operators.privileges {source}` (with `plugins` on `PYTHONPATH`) from the commands that
the backup sends. Print the page of your own platform file, and print it anew when that file changes or the package
is updated. `--host NAME` prints one sudoers file alone, `--account` and `--from` fill in your account and your
Airflow's addresses.

## What these rights are worth

- **Whoever has the account's ssh key can become root on every host.** `systemd-run` runs as root what it is told
  to, and so does the restart guard, whose program goes through `tee`. sudo bounds the names of units, the paths and
  the properties, not a script of several thousand characters. The rules keep mistakes within bounds (no other unit
  is stopped, nothing is removed but a backup, a snapshot, a drill, and what a restore has put aside, which may be a
  whole database) and make sudo's log worth reading. They do not make the key harmless.
- So the key is kept in Airflow's connection alone (encrypted by its fernet key), `from=` binds it to Airflow's
  machines, and `restrict` leaves it no terminal and no agent. Whoever may edit Airflow's connections or DAGs has
  the key.
- sudo logs each command line in full, scripts of jobs too (with restic, the program that lists files: 8 KB a job).
  There are no secrets in them: those go through the standard input.
- sudo 1.9.10 or later (Debian 12, Ubuntu 22.10, RHEL 10). Earlier ones, and sudo-rs, know no such regular
  expressions and refuse everything. There, install a newer sudo, or give the account `ALL=(root) NOPASSWD: ALL`: as
  said above, that is not more than it has here.
- sudo never matches a pattern longer than {longest} characters, and says nothing. Where a host has so many units
  that a rule would be, it has `{wide}` in their place: {fallen_back}.
"""

VERSIONS = """
## Supported versions

"seen" is what was at work, "read" what its documents or its source say, "assumed" neither. sudo 1.9.10 is not in the
CentOS 7 and Debian 10 that Vitam's manual names.

{rows}
"""

FLOWS = """
## Flows

What firewalls have to let through. MongoDB listens on `ip_service`, not on the loopback, so Airflow has to reach that
address of each member; nothing but ssh, MongoDB and what is named here leaves or reaches Airflow. Hosts need no way to
each other's ssh: a restore carries copies through Airflow's machine.

{rows}
"""

ACCOUNTS = """
## The account on each host

    useradd --create-home --shell /bin/bash {account}
    usermod --password '*' {account}          # no password, and no lock either: sshd refuses locked accounts

It is in no group of Vitam's. What it reads without sudo (`systemctl show`, `ss`, `df`, `curl` to the services)
anybody may. Its key, in `/home/{account}/.ssh/authorized_keys`, has these options (the ports are those of a drill's
mongod, which is reached through ssh):

{keys}

`port-forwarding` would also let the key listen on the host: `AllowTcpForwarding local` in sshd_config takes that
away. The sudoers file goes to `/etc/sudoers.d/{file}`, mode 0440, checked by `visudo -c`.
"""

MONGODB = """
## Accounts in MongoDB

Vitam's `vitamdb-admin` and `vitamdb-localadmin` will do. With less: a role and an account for each of the two
connections. What is made through mongos is known to the config set, not to the shards: there the second role and
its account are made on the primary of **each shard** too, in the database `admin`. Vitam's data can be neither read
nor written; but the oplog can be read, and it has what was written last. MongoDB 4.2, 4.4, 5.0 and 6.0 know all of
the actions: each question was asked of a mongod of each, those of mongos alone were read in its source.
"""


def page(platform: Platform, source: str, account: str, files: Mapping[str, str], keys: Mapping[str, str]) -> str:
    """
    Return the page.

    :param source: the platform file's name
    :param files: the sudoers file of each host
    :param keys: the key's options on each host
    """
    wide = [host for host, text in files.items() if WIDE_UNIT in text]
    fallen_back = f"here on {', '.join(wide)}" if wide else "here on no host"
    parts = [
        HEAD.format(source=source, longest=LONGEST_PATTERN, wide=WIDE_UNIT, fallen_back=fallen_back),
        VERSIONS.format(rows="\n".join(supported.table())),
        FLOWS.format(rows="\n".join(flows.table(platform))),
        ACCOUNTS.format(
            account=account,
            file=sudoers_name(account),
            keys="\n".join(_grouped(keys, "    {text} ssh-ed25519 AAAA...   # {hosts}")),
        ),
        MONGODB,
        *_mongodb("Through mongos: `admin_conn_id`", "vitamBackupRouter", ROUTERS),
        *_mongodb("On each member: `localadmin_conn_id`", "vitamBackupMember", (*MEMBERS, *RESTORED_MEMBERS)),
        "\n## The sudoers file of each host\n",
        *_grouped(files, "\n### {hosts}\n\n```\n{text}```\n"),
    ]
    return "".join(parts)


def _mongodb(title: str, name: str, asked: tuple[Asked, ...]) -> Iterator[str]:
    yield f"\n### {title}\n\n" + "\n".join(in_words(asked)) + "\n\n"
    yield f"```\ndb.getSiblingDB('admin').runCommand({json.dumps(role(name, asked), indent=1)})\n```\n"


def _grouped(texts: Mapping[str, str], form: str) -> Iterator[str]:
    """Yield each text once, with all the hosts that have it."""
    for text in dict.fromkeys(texts.values()):
        yield form.format(text=text, hosts=", ".join(host for host, own in texts.items() if own == text))
