"""
Bringing a copy to the hosts of a set's other members: its archive, with its checksum, to a directory for this restore.

The archive goes through the Airflow machine, from one ssh connection to the other; the hosts need no way to each other.
What arrives is proved by the archive's checksum when it is extracted.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from vitam_operators.commands import Command, change, line, nothing
from vitam_operators.config_copies import CopyConfig

A_DAY_S = 24 * 3600
SHA256 = ".sha256"


def extract_unit(label: str, part: str) -> str:
    """Return the name of the transient unit that extracts a part on a host."""
    return f"vitam-restore-bring-{label}-{part}.service"


def carried_directory(label: str, copies: CopyConfig) -> str:
    """Return the directory of a host for archives that come from other hosts."""
    return f"{copies.directory}/restore-{label}"


def carried(label: str, archive: str, copies: CopyConfig) -> str:
    """Return where an archive of another host is put."""
    return f"{carried_directory(label, copies)}/{PurePosixPath(archive).name}"


def size_of(path: str) -> Command[int | None]:
    """Fact: the bytes of an archive, ``None`` when it is not there."""
    words = line("stat", "--format=%s", "--", path, sudo=True)
    return Command(words, lambda output: int(output) if output.strip() else None, ok=frozenset({0, 1}))


def make_directory(label: str, copies: CopyConfig) -> Command[None]:
    """Change: have the directory for archives of other hosts."""
    return change("mkdir", "-p", "-m", "0700", "--", carried_directory(label, copies))


def send(path: str) -> Command[None]:
    """Fact: a file's bytes on the standard output."""
    return Command(line("cat", "--", path, sudo=True), nothing, timeout_s=A_DAY_S)


def receive(path: str) -> Command[None]:
    """Change: write what comes on the standard input beside ``path``; :func:`arrived` gives it the name."""
    return Command(f"{line('tee', '--', f'{path}.partial', sudo=True)} > /dev/null", nothing, timeout_s=A_DAY_S)


def arrived(path: str) -> Command[None]:
    """Change: a file has come whole."""
    return change("mv", "--", f"{path}.partial", path)


def forget(label: str, copies: CopyConfig) -> Command[None]:
    """Change: remove the archives that came from other hosts."""
    return change("rm", "-rf", "--", carried_directory(label, copies), timeout_s=600)
