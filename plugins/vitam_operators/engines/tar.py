"""
The engine ``tar``: one archive for each part (tar, zstd), on the host that has the data.

An archive is written as ``.partial``, hashed in the same stream, synced to disk, then renamed. The list of its source
(``.files``: type, mode, owner, size, time, name) is taken before, without reading the files; the archive has to have
the same list, when it is written and when it is read back. ``LC_ALL=C`` keeps a list the same text whatever the
locale of the day: tar writes letters beyond ASCII as such in one, as numbers in another.
"""

from __future__ import annotations

import re
from typing import ClassVar

from vitam_operators.commands import Command, change, line
from vitam_operators.engines.base import Engine, Job, Pieces, Stored, strict

RECORD_BYTES = 10_240
SUFFIX = {"zstd": ".tar.zst", "none": ".tar"}

STORE_SCRIPT = """
set -Eeuo pipefail
export LC_ALL=C
umask 077
source=$1 directory=$2 archive=$3 compress=$4; shift 4
listed() { tar --create --directory="$source" --numeric-owner --acls --xattrs --sort=name --full-time -vv "$@" . ; }
mkdir -p "$directory"
cd "$directory"
rm -f "$archive" "$archive.partial" "$archive.sha256" "$archive.files" "$archive.facts" "$archive.written"
listed --file=/dev/null --index-file="$archive.files" "$@"
hash=$(listed --index-file="$archive.written" --checkpoint=2000 --checkpoint-action='echo=copied %u' "$@" \
  | $compress | tee --output-error=exit "$archive.partial" | sha256sum | cut -d ' ' -f 1)
cmp "$archive.files" "$archive.written"
rm "$archive.written"
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
$expand < "$archive" | tar --list --numeric-owner --acls --xattrs --full-time --verbose | cmp - "$archive.files"
echo "read back $(wc -l < "$archive.files") files"
"""

EXTRACT_SCRIPT = """
set -Eeuo pipefail
export LC_ALL=C
umask 077
archive=$1 expand=$2 target=$3
test ! -e "$target" || { echo "$target is there already"; exit 1; }
cd "$(dirname "$archive")"
sha256sum --check --strict --quiet "$archive.sha256"
rm -rf "$target.partial"
mkdir -p "$target.partial"
$expand < "$archive" | tar --extract --directory="$target.partial" --numeric-owner --same-owner --preserve-permissions \
  --acls --xattrs --xattrs-include='*' --delay-directory-restore --checkpoint=2000 --checkpoint-action='echo=copied %u'
mv "$target.partial" "$target"
"""

REMOVE_SCRIPT = """
set -Eeuo pipefail
rm -rf -- "$1"
"""


class TarEngine(Engine):
    """One archive for each part, in the directory of its backup. It keeps nothing twice, and leaves nothing out."""

    name: ClassVar[str] = "tar"
    tools: ClassVar[tuple[str, ...]] = ("tar", "zstd", "sha256sum")
    needs_room: ClassVar[bool] = True

    def _archive(self, part: str) -> str:
        return part + SUFFIX[self.copies.compression]

    def _directory(self, label: str) -> str:
        return f"{self.copies.directory}/{label}"

    def place(self, label: str, part: str) -> str:
        """Return the path of the archive."""
        return f"{self._directory(label)}/{self._archive(part)}"

    def store(self, source: str, label: str, part: str, exclude: tuple[str, ...], known: str = "") -> Job:
        """Change: write the archive with its list and its checksum."""
        zstd = f"zstd --quiet -{self.copies.level} -T{self.copies.threads}"
        compress = zstd if self.copies.compression == "zstd" else "cat"
        excluded = [f"--exclude={pattern}" for pattern in exclude]
        anchored = ["--anchored", *excluded] if excluded else []
        return Job(STORE_SCRIPT, (source, self._directory(label), self._archive(part), compress, *anchored))

    def stored(self, label: str, part: str) -> Command[Stored | None]:
        """Fact: the finished archive, if it is as large as its job noted."""
        path = self.place(label, part)
        size = line("stat", "--format=%s", "--", path, sudo=True)
        return Command(f"{size} && {line('cat', '--', f'{path}.facts', sudo=True)}", _stored, ok=frozenset({0, 1}))

    def verify(self, label: str, part: str) -> Job:
        """Fact: the archive's checksum, and its list against that of its source."""
        return Job(VERIFY_SCRIPT, (self._directory(label), self._archive(part), _expand(self._archive(part))))

    def extract(self, place: str, target: str) -> Job:
        """Change: check the archive's checksum, then extract it with owners, modes and attributes."""
        return Job(EXTRACT_SCRIPT, (place, _expand(place), target))

    def pieces(self, place: str) -> Pieces:
        """Return the archive, and its checksum, which the extraction proves."""
        directory, _, archive = place.rpartition("/")
        return Pieces(directory, (archive, f"{archive}.sha256"))

    def found_by(self, place: str, sha256: str) -> str:
        """Return the archive."""
        return place

    def remove(self, label: str, parts: tuple[str, ...]) -> Job:
        """Change: remove the directory of the backup, whatever parts are in it."""
        return Job(REMOVE_SCRIPT, (self._directory(strict(label)),))

    def remove_unfinished(self, label: str, part: str) -> Command[None]:
        """Change: remove the ``.partial``."""
        return change("rm", "-f", "--", f"{self.place(label, part)}.partial")

    def progress_bytes(self, words: str) -> int:
        """Return how many bytes tar says that it has read, from its last checkpoint."""
        found = re.findall(r"copied (\d+)", words)
        return int(found[-1]) * RECORD_BYTES if found else 0


def _expand(archive: str) -> str:
    return "zstd --quiet --decompress --stdout" if archive.endswith(SUFFIX["zstd"]) else "cat"


def _stored(output: str) -> Stored | None:
    words = output.split()
    if len(words) != 4 or words[0] != words[1]:
        return None
    return Stored(size_bytes=int(words[1]), sha256=words[2], files=int(words[3]))
