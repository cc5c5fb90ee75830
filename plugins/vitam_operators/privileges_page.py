"""The page docs/hosts.md: what an administrator has to give the backup's accounts, and what that is worth."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from vitam_operators.config import Platform
from vitam_operators.mongo_rights import MEMBERS, ROUTERS, Asked, in_words, role
from vitam_operators.rights import WIDE_UNIT

HEAD = """\
# Rights on the hosts

Written by `python -m vitam_operators.privileges {source}` (with `plugins` on `PYTHONPATH`) from the commands that the backup
sends; print the page of your own platform file, and print it anew when that file changes or the package is updated.
`--host NAME` prints one sudoers file alone, `--account` and `--from` fill in your account and your Airflow's addresses.

## What these rights are worth

- **Whoever has the account's ssh key can become root on every host.** `systemd-run` runs as root what it is told to, and so does
  the restart guard, whose program goes through `tee`. sudo bounds the names of units, the paths and the properties, not a
  script of several thousand characters. The rules keep mistakes within bounds (no other unit is stopped, nothing but a backup, a snapshot
  or a drill is removed) and make sudo's log worth reading. They do not make the key harmless.
- So the key is kept in Airflow's connection alone (encrypted by its fernet key), `from=` binds it to Airflow's machines, and
  `restrict` leaves it no terminal, no agent and no X11. Whoever may edit Airflow's connections or DAGs has the key.
- sudo logs each command line, in full: scripts of jobs too (with restic, the program that lists files: 8 KB a job). There are no
  secrets in them: those go through the standard input.
- sudo 1.9.10 or later (Debian 12, Ubuntu 22.10, RHEL 10): earlier ones take no regular expressions, read these rules as plain words, and refuse
  everything. There, install a newer sudo, or give the account `ALL=(root) NOPASSWD: ALL`, which, see above, is not more than it has here.
- sudo never matches a pattern longer than 1024 characters, and says nothing. Where a host has so many units that a rule would be, it
  has `{wide}` in their place: {fallen_back}.
"""

ACCOUNTS = """
## The account on each host

    useradd --create-home --shell /bin/bash {account} && passwd --lock {account}    # where sshd has UsePAM no: usermod -p '*'

It is in no group of Vitam's. What it reads without sudo (`systemctl show`, `ss`, `df`, `curl` to the services) anybody may.
Its key, in `/home/{account}/.ssh/authorized_keys`, with these options (ports: a drill's mongod, reached through ssh):

{keys}

`port-forwarding` would also let the key listen on the host: `AllowTcpForwarding local` in sshd_config, for this account, takes
that away. The sudoers file goes to `/etc/sudoers.d/{account}`, mode 0440, checked by `visudo -c`.
"""

MONGODB = """
## Accounts in MongoDB

Vitam's `vitamdb-admin` and `vitamdb-localadmin` will do. With less: a role and an account in each cluster, made through mongos, and
the same on **each shard** directly (its primary; in the database `admin`), as a member knows nothing of the cluster's accounts;
members of the config set know those made through mongos, so the role there has both lists. Nothing of Vitam's data can be read or written,
but the oplog can, which has what was last written.
"""


def page(platform: Platform, source: str, account: str, files: Mapping[str, str], keys: Mapping[str, str]) -> str:
    """
    Return the page.

    :param source: the platform file's name
    :param files: the sudoers file of each host
    :param keys: the key's options on each host
    """
    wide = [host for host, text in files.items() if WIDE_UNIT in text.replace("\\", "")]
    fallen_back = f"here on {', '.join(wide)}" if wide else "here on no host"
    parts = [
        HEAD.format(source=source, wide=WIDE_UNIT, fallen_back=fallen_back),
        ACCOUNTS.format(account=account, keys="\n".join(_grouped(keys, "    {text} ssh-ed25519 AAAA...   # {hosts}"))),
        MONGODB,
        *_mongodb("Through mongos: `admin_conn_id`", "vitamBackupRouter", ROUTERS),
        *_mongodb("On each member: `localadmin_conn_id`", "vitamBackupMember", MEMBERS),
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
