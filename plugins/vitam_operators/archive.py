"""
The copies: what a night copies, and the scripts that copy and read back on the host that has the data.

A copy is one archive (tar, zstd): written as ``.partial``, hashed in the same stream, synced to disk, then renamed.
The scripts are constants; what differs from copy to copy are their arguments. ``LC_ALL=C`` keeps the list of files
the same text whatever the locale of the day: tar writes letters beyond ASCII as such in one, as numbers in another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vitam_operators.commands import Command, change, line
from vitam_operators.config_copies import CopyConfig

RECORD_BYTES = 10_240
EXCLUDED_OF_MONGODB = ("./diagnostic.data", "./rollback", "./*.log", "./*.sock")

COPY_SCRIPT = """
set -Eeuo pipefail
export LC_ALL=C
umask 077
source=$1 directory=$2 archive=$3 compress=$4; shift 4
mkdir -p "$directory"
cd "$directory"
rm -f "$archive" "$archive.partial" "$archive.sha256" "$archive.files" "$archive.facts"
hash=$(tar --create --directory="$source" --numeric-owner --acls --xattrs --sort=name --verbose \
    --index-file="$archive.files" --checkpoint=2000 --checkpoint-action='echo=copied %u' "$@" . \
  | $compress | tee --output-error=exit "$archive.partial" | sha256sum | cut -d ' ' -f 1)
printf '%s  %s\\n' "$hash" "$archive" > "$archive.sha256"
echo "$(stat --format=%s "$archive.partial") $hash $(wc -l < "$archive.files")" > "$archive.facts"
sync "$archive.partial" "$archive.sha256" "$archive.files" "$archive.facts"
mv "$archive.partial" "$archive"
sync .
"""

VERIFY_SCRIPT = """
set -Eeuo pipefail
export LC_ALL=C
directory=$1 archive=$2 expand=$3
cd "$directory"
printf '%s  %s\\n' "$(cut -d ' ' -f 2 "$archive.facts")" "$archive" | cmp - "$archive.sha256"
sha256sum --check --strict "$archive.sha256"
$expand < "$archive" | tar --list | cmp - "$archive.files"
echo "read back $(wc -l < "$archive.files") files"
"""

ROOM_SCRIPT = 'place=$1; while ! test -e "$place"; do place=$(dirname "$place"); done; df --output=avail -B1 "$place"'


@dataclass(frozen=True)
class Copied:
    """An archive on its host, as it stands on disk."""

    size_bytes: int
    sha256: str
    files: int


@dataclass(frozen=True)
class MongodLock:
    """
    The file that tells whether a mongod closed its data, and when.

    :param size_bytes: 0 when mongod closed its files, else its process id is in it
    :param changed_s: when, in seconds since 1970; a mongod that ran meanwhile has changed it
    """

    size_bytes: int
    changed_s: int


def archive_name(part: str, copies: CopyConfig) -> str:
    """Return the file name of a part's archive."""
    return f"{part}.tar.zst" if copies.compression == "zstd" else f"{part}.tar"


def copy_directory(label: str, copies: CopyConfig) -> str:
    """Return the directory of a backup on each host that has a part of it."""
    return f"{copies.directory}/{label}"


def copy_unit(label: str, part: str) -> str:
    """Return the name of the transient unit that makes a copy."""
    return f"vitam-copy-{label}-{part}.service"


def verify_unit(label: str, part: str) -> str:
    """Return the name of the transient unit that reads a copy back."""
    return f"vitam-verify-{label}-{part}.service"


def copy_arguments(source: str, label: str, part: str, copies: CopyConfig, exclude: tuple[str, ...]) -> list[str]:
    """Return the arguments of :data:`COPY_SCRIPT`."""
    compress = f"zstd --quiet -{copies.level} -T{copies.threads}" if copies.compression == "zstd" else "cat"
    excluded = [f"--exclude={pattern}" for pattern in exclude]
    anchored = ["--anchored", *excluded] if excluded else []
    return [source, copy_directory(label, copies), archive_name(part, copies), compress, *anchored]


def verify_arguments(label: str, part: str, copies: CopyConfig) -> list[str]:
    """Return the arguments of :data:`VERIFY_SCRIPT`."""
    expand = "zstd --quiet --decompress --stdout" if copies.compression == "zstd" else "cat"
    return [copy_directory(label, copies), archive_name(part, copies), expand]


def copied(label: str, part: str, copies: CopyConfig) -> Command[Copied | None]:
    """Fact: the finished archive of a part as its copy noted it, ``None`` when it is not there, or not as noted."""
    path = f"{copy_directory(label, copies)}/{archive_name(part, copies)}"
    size = line("stat", "--format=%s", "--", path, sudo=True)
    return Command(f"{size} && {line('cat', '--', f'{path}.facts', sudo=True)}", _read_copied, ok=frozenset({0, 1}))


def _read_copied(output: str) -> Copied | None:
    words = output.split()
    if len(words) != 4 or words[0] != words[1]:
        return None
    return Copied(size_bytes=int(words[1]), sha256=words[2], files=int(words[3]))


def size_of(path: str) -> Command[int]:
    """Fact: how many bytes the files below a directory hold; 1 is the status of du when one vanished meanwhile."""
    ok = frozenset({0, 1})
    return Command(line("du", "--summarize", "--bytes", "--", path, sudo=True), _first_number, timeout_s=600, ok=ok)


def room_at(directory: str) -> Command[int]:
    """Fact: free bytes on the file system of a directory, or of the nearest one above it that exists."""
    return Command(line("bash", "-c", ROOM_SCRIPT, "bash", directory), _last_number)


def mongod_lock(db_path: str) -> Command[MongodLock]:
    """Fact: the state of ``mongod.lock``."""
    words = line("stat", "--format=%s:%Y", f"{db_path}/mongod.lock", sudo=True)
    return Command(words, lambda output: MongodLock(*(int(number) for number in output.split(":"))))


def remove_part(label: str, part: str, copies: CopyConfig) -> Command[None]:
    """Change: remove what an unfinished copy left."""
    path = f"{copy_directory(label, copies)}/{archive_name(part, copies)}"
    return change("rm", "-f", "--", f"{path}.partial")


def _first_number(output: str) -> int:
    return int(output.split()[0])


def _last_number(output: str) -> int:
    return int(output.split()[-1])


def bytes_read(words: str) -> int:
    """Return how many bytes tar says that it has put into the archive, from its last checkpoint; 0 before the first."""
    found = re.findall(r"copied (\d+)", words)
    return int(found[-1]) * RECORD_BYTES if found else 0
