"""The way in: sshd with a host key known in advance, and the backup account with the rights of docs/hosts.md."""

from __future__ import annotations

from typing import Any

from lab.host.files import make_directory, write

SSHD = """\
# A lab host: keys only, one account.
HostKey /etc/ssh/ssh_host_ed25519_key
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
AllowUsers vitam-backup
UsePAM no
UseDNS no
AllowTcpForwarding local
PrintMotd no
MaxStartups 60:30:120
MaxSessions 60
Subsystem sftp /usr/lib/openssh/sftp-server
"""


def install(ssh: dict[str, Any]) -> None:
    """
    Write sshd's settings and keys, the backup account's key and its sudo rights.

    :param ssh: host_key and authorized_key, made by lab/up; sudoers, the rules of vitam_operators.privileges.
    """
    write("/etc/ssh/sshd_config", SSHD)
    write("/etc/ssh/ssh_host_ed25519_key", ssh["host_key"], mode=0o600)
    make_directory("/home/vitam-backup/.ssh", "vitam-backup", "vitam-backup", 0o700)
    write("/home/vitam-backup/.ssh/authorized_keys", ssh["authorized_key"], "vitam-backup", "vitam-backup", 0o600)
    write("/etc/sudoers.d/vitam-backup", ssh["sudoers"], mode=0o440)
    make_directory("/vitam/backup", "root", "vitam", 0o750)
