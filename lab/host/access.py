"""The way in: sshd with a host key known in advance, and the backup account's exact sudo rights."""

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
PrintMotd no
MaxStartups 60:30:120
MaxSessions 60
Subsystem sftp /usr/lib/openssh/sftp-server
"""

# What the backup may do as root, argument by argument. `systemctl show` needs no right at all.
# A transient unit runs as root what it is told to: the rule bounds its name, not its script.
UNIT = r"vitam-[A-Za-z0-9@._-]+"
BACKUP_UNIT = r"vitam-(copy|ship|verify|drill|prune|restore)-[A-Za-z0-9@._-]+\.service"
BACKUP_PATH = r"/vitam/backup(/[A-Za-z0-9@_-][A-Za-z0-9@._-]*)+"
BACKUP = r"/vitam/backup/[0-9]{8}T[0-9]{6}Z(-[0-9]+)?"
VITAM_PATH = r"/vitam(/[A-Za-z0-9@_-][A-Za-z0-9@._-]*)+"
DB_PATH = r"/vitam/data/mongo[cd]/db"
SNAPSHOT = rf"{DB_PATH}\.vitam-backup-[0-9A-Za-z-]+(\.(partial|facts|files|written))?"
DRILL = r"/vitam/drill/[0-9]{8}T[0-9]{6}Z-[A-Za-z0-9@._-]+"
RESTORE_LABEL = r"[0-9]{8}T[0-9]{6}Z(-[0-9]+)?"
BROUGHT = rf"{DB_PATH}\.vitam-restore-{RESTORE_LABEL}"
KEPT = rf"{DB_PATH}\.vitam-before-{RESTORE_LABEL}"
CARRIED = rf"/vitam/backup/restore-{RESTORE_LABEL}"
CARRIED_FILE = rf"{CARRIED}/[A-Za-z0-9@_-][A-Za-z0-9@._-]*"
GUARD_FILE = r"/var/lib/vitam-restart-guard/(plan\.json|report\.json|restart_guard\.py)(\.partial)?"
GUARD_UNIT = r"/etc/systemd/system/vitam-restart-guard\.(service|timer)"
DROP_IN = rf"/run/systemd/system/{UNIT}\.d/90-vitam-backup\.conf"
SECRET = rf"/run/vitam-backup-secrets/{BACKUP_UNIT}"
GUARDED = rf"({GUARD_FILE}|{GUARD_UNIT}|{DROP_IN})"
HOLD = rf"/run/vitam-backup(/{UNIT})?"
COMMANDS = {
    "systemctl": [
        rf"(start|stop) --no-block --( {UNIT})+",
        rf"(stop|reset-failed) -- {BACKUP_UNIT}",
        r"(enable --quiet|disable --quiet --now|restart) vitam-restart-guard\.timer",
        "daemon-reload",
    ],
    "mkdir": [
        rf"-p --( (/var/lib/vitam-restart-guard|{HOLD}|/run/systemd/system/{UNIT}\.d))+",
        "-p -m 0700 -- /run/vitam-backup-secrets",
        rf"-p -m 0700 -- {CARRIED}",
    ],
    "tee": [
        rf"--( {GUARDED})+",
        rf"-- {BACKUP}/manifest\.json\.partial",
        rf"-- {SECRET}",
        rf"-- {CARRIED_FILE}\.partial",
    ],
    "mv": [
        rf"-- {GUARD_FILE} {GUARD_FILE}",
        rf"-- {BACKUP}/manifest\.json\.partial {BACKUP}/manifest\.json",
        rf"-- {CARRIED_FILE}\.partial {CARRIED_FILE}",
        rf"-T -- {DB_PATH} ({KEPT}|{BROUGHT})",
        rf"-T -- ({KEPT}|{BROUGHT}) {DB_PATH}",
    ],
    "systemd-run": [rf"--unit={BACKUP_UNIT} .*"],
    "journalctl": [rf"--unit={BACKUP_UNIT} --lines=[0-9]+ --output=cat --no-pager --quiet"],
    "stat": [
        rf"--format=%s:%Y ({DB_PATH}|{BROUGHT})/mongod\.lock",
        rf"--format=%s -- {BACKUP_PATH}",
        rf"--format=%F -- {SNAPSHOT}",
        rf"--format=%n --( {DRILL})+",
        rf"--format=%n -- ({DB_PATH}|{CARRIED})",
        rf"--format=%n -- {DB_PATH} {BROUGHT} {KEPT}",
        rf"--format=%d -- {DB_PATH} /vitam/data/mongo[cd]",
        rf"--format=%d -- {DB_PATH} {DB_PATH}/journal",
        rf"--file-system --format=%a:%S -- {DB_PATH}",
    ],
    "cp": [rf"--reflink=always -- {DB_PATH}/mongod\.lock {SNAPSHOT}"],
    "du": [rf"--summarize --bytes -- {VITAM_PATH}"],
    "cat": [rf"-- ({BACKUP_PATH}|{SNAPSHOT}|({DRILL}|{BROUGHT})\.key)"],
    "find": [rf"{DRILL} -printf \."],
    "rm": [
        rf"-f --( ({BACKUP_PATH}|{GUARDED}|{SECRET}))+",
        rf"-rf --( {HOLD})+",
        rf"-rf --( {SNAPSHOT})+",
        rf"-rf -- {BACKUP}",
        rf"-rf --( {DRILL})+",
        rf"-rf --( ({BROUGHT}|{KEPT})(\.partial|\.key)?)+",
        rf"-rf -- {CARRIED}",
    ],
}


def sudoers() -> str:
    """Return the text of /etc/sudoers.d/vitam-backup (sudo >= 1.9.10: arguments as regular expressions)."""
    lines = ["# The cold backup's rights on this host.", "Defaults:vitam-backup !requiretty, !use_pty"]
    for program, patterns in COMMANDS.items():
        lines += [f"vitam-backup ALL=(root) NOPASSWD: /usr/bin/{program} {_escape(pattern)}" for pattern in patterns]
    return "\n".join(lines) + "\n"


def _escape(pattern: str) -> str:
    """Write a pattern as sudoers wants it: anchored, its separators escaped."""
    for character in (",", ":", "="):
        pattern = pattern.replace(character, f"\\{character}")
    return f"^{pattern}$"


def install(ssh: dict[str, Any]) -> None:
    """
    Write sshd's settings and keys, the backup account's key and its sudo rights.

    :param ssh: host_key and authorized_key, made by lab/up.
    """
    write("/etc/ssh/sshd_config", SSHD)
    write("/etc/ssh/ssh_host_ed25519_key", ssh["host_key"], mode=0o600)
    make_directory("/home/vitam-backup/.ssh", "vitam-backup", "vitam-backup", 0o700)
    write("/home/vitam-backup/.ssh/authorized_keys", ssh["authorized_key"], "vitam-backup", "vitam-backup", 0o600)
    write("/etc/sudoers.d/vitam-backup", sudoers(), mode=0o440)
    make_directory("/vitam/backup", "root", "vitam", 0o750)
