"""Command lines on both sides of what a host's rights allow, for the rules' own matching and for a real sudo."""

from __future__ import annotations

from collections.abc import Iterator

from vitam_operators import archive, systemd
from vitam_operators import rights as samples
from vitam_operators.rights import TOPICS, Rights
from vitam_operators.sudo_rules import calls_of

LABEL, PART = "20261123T190000Z", "mongo-data-shard0"
BACKUP, DB = f"/vitam/backup/{LABEL}", "/vitam/data/mongod/db"
UNIT = archive.copy_unit(LABEL, PART)


def runs(unit: str = UNIT, *, seconds: int = 60, words: str = "Vitam backup x: copy of y", **more: object) -> str:
    return systemd.run_transient(
        *(unit, "true\nfalse", "/vitam/a b"), runtime_max_s=seconds, description=words, **more
    ).line


def needed(own: Rights) -> Iterator[list[str]]:
    """Yield what each rule of a host is there for, word by word: its commands as a night of this host has them."""
    for command in (command for topic in TOPICS for command in topic(own)):
        for words in calls_of(command.line):
            yield [real for word in words for real in _real(word, own)]


def _real(word: str, own: Rights) -> list[str]:
    job = archive.copy_unit(LABEL, own.parts[0]) if own.parts else ""
    one = {
        samples.JOB: job,
        samples.UNIT: own.units[-1] if own.units else "",
        samples.PART: own.parts[-1] if own.parts else "",
    }
    one |= {samples.LABEL.sample: LABEL, samples.NUMBER.sample: "60"}
    one |= {samples.COPY.sample: "app-old.tar", samples.SHA256.sample: "a" * 64}
    one |= {
        samples.DESCRIPTION.sample: f"Vitam backup {LABEL}: part of x",
        samples.SCRIPT.sample: "if true; then\n x=$1; fi",
    }
    several = {samples.EACH_UNIT: own.units, samples.EACH_PART: own.parts}
    for sample, real in one.items():
        word = word.replace(sample, real)
    for sample, reals in several.items():
        if sample in word:
            return [word.replace(sample, real) for real in reals]
    return [word]


REFUSED = [
    ("rm", "-rf", "--", "/vitam/backup"),
    ("rm", "-rf", "--", "/vitam/backup/"),
    ("rm", "-rf", "--", "/vitam/backup/.."),
    ("rm", "-rf", "--", f"{BACKUP}/../../data"),
    ("rm", "-rf", "--", f"{BACKUP}/mongo-data-shard0.tar.zst"),
    ("rm", "-rf", "--", BACKUP, "/vitam/data"),
    ("rm", "-rf", "--", f"{BACKUP} /vitam/data"),
    ("rm", "-rf", "--", DB),
    ("rm", "-rf", "--", "/"),
    ("rm", "-rf", "--", "/vitam/drill"),
    ("rm", "-rf", "--", "/vitam/drill/"),
    ("rm", "-rf", "--", "/vitam/drill/../data"),
    ("rm", "-rf", BACKUP),
    ("tee", "--", f"{BACKUP}/conf.tar.zst"),
    ("tee", "--", f"{BACKUP}/manifest.json.partial", "/etc/passwd"),
    ("tee", "--", "/etc/sudoers.d/vitam-backup"),
    ("tee", "--", "/root/.ssh/authorized_keys"),
    ("mv", "--", f"{BACKUP}/manifest.json.partial", "/etc/passwd"),
    ("mv", "--", "/etc/shadow", f"{BACKUP}/manifest.json"),
    ("cat", "/etc/shadow"),
    ("cat", "--", "/etc/shadow"),
    ("cat", "--", f"/vitam/drill/{LABEL}-{PART}.key", "/etc/shadow"),
    ("cp", "--reflink=always", "--", f"{DB}/mongod.lock", "/etc/passwd"),
    ("find", "/", "-printf", "."),
    ("find", f"/vitam/drill/{LABEL}-{PART}", "-delete"),
    ("du", "--summarize", "--bytes", "--", "/root"),
    ("systemctl", "stop", "sshd"),
    ("systemctl", "stop", "--no-block", "--", "sshd.service"),
    ("systemctl", "stop", "--no-block", "--", "vitam-mongod.service", "sshd.service"),
    ("systemctl", "stop", "--no-block", "--", "vitam-worker.service"),  # of another host
    ("systemctl", "start", "--no-block", "--", "vitam-elasticsearch-log.service"),
    ("systemctl", "disable", "--quiet", "--now", "vitam-mongod.service"),
    ("systemctl", "kill", "--", "vitam-mongod.service"),
    ("systemctl", "reboot"),
    ("systemctl", "edit", "vitam-mongod.service"),
    ("journalctl", "--unit=sshd.service", "--since=@0", "--output=cat", "--no-pager", "--quiet"),
    ("journalctl", "--vacuum-time=1s"),
    ("systemd-run", "/bin/bash", "-c", "id"),
    ("systemd-run", "--pty", f"--unit={UNIT}", "/bin/bash"),
    ("systemd-run", f"--unit={UNIT}", "/bin/bash", "-c", "id"),
    ("mkdir", "-p", "--", "/run/vitam-backup/vitam-worker.service"),
    ("bash",),
    ("env", "bash"),
    ("sh", "-c", "id"),
    ("mongod", "--version"),
]
"""Of a host with MongoDB and Elasticsearch."""

REFUSED_JOBS = [
    runs(archive.copy_unit(LABEL, "mongo-data-shard1")),  # of another host
    runs("vitam-mongod.service"),
    runs("sshd.service"),
    runs("vitam-copy-everything.service"),
    runs(properties=("User=root",)),
    runs(properties=("ExecStartPre=/bin/id",)),
    runs(words="x --property=ExecStop=/bin/id"),
]
"""What systemd-run may not."""
