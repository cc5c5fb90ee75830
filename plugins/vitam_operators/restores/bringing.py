"""
Bringing a copy to the hosts of a set's other members: all that it consists of, to a directory for this restore.

It goes through the Airflow machine as a tar stream, from one ssh connection to the other; the hosts need no way to each
other. What arrives is proved when it is extracted: by the archive's checksum, by restic itself.
"""

from __future__ import annotations

from vitam_operators.commands import Command, change, line, nothing
from vitam_operators.config_copies import CopyConfig
from vitam_operators.engines.base import Pieces

A_DAY_S = 24 * 3600


def extract_unit(label: str, part: str) -> str:
    """Return the name of the transient unit that extracts a part on a host."""
    return f"vitam-restore-bring-{label}-{part}.service"


def carried_directory(label: str, copies: CopyConfig) -> str:
    """Return the directory of a host for copies that come from other hosts."""
    return f"{copies.directory}/restore-{label}"


def carried(label: str, part: str, copies: CopyConfig) -> str:
    """Return the directory for what a copy of another host consists of; it is there once all of it is."""
    return f"{carried_directory(label, copies)}/{part}"


def size_of(path: str) -> Command[int | None]:
    """Fact: the bytes of a file, ``None`` when it is not there."""
    words = line("stat", "--format=%s", "--", path, sudo=True)
    return Command(words, lambda output: int(output) if output.strip() else None, ok=frozenset({0, 1}))


def make_directory(directory: str) -> Command[None]:
    """Change: have a directory for what has not come whole yet."""
    return change("mkdir", "-p", "-m", "0700", "--", f"{directory}.partial")


def send(pieces: Pieces) -> Command[None]:
    """Fact: what a copy consists of, as a tar stream on the standard output."""
    words = line("tar", "--create", "--file=-", f"--directory={pieces.directory}", "--", *pieces.names, sudo=True)
    return Command(words, nothing, timeout_s=A_DAY_S)


def receive(directory: str) -> Command[None]:
    """Change: put what comes on the standard input beside a directory; :func:`arrived` gives it the name."""
    words = line("tar", "--extract", "--file=-", f"--directory={directory}.partial", sudo=True)
    return Command(words, nothing, timeout_s=A_DAY_S)


def arrived(directory: str) -> Command[None]:
    """Change: all has come."""
    return change("mv", "-T", "--", f"{directory}.partial", directory)


def forget(label: str, copies: CopyConfig) -> Command[None]:
    """Change: remove what came from other hosts."""
    return change("rm", "-rf", "--", carried_directory(label, copies), timeout_s=600)
