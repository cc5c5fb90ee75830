"""
The engine ``restic`` (0.14 and later): encrypted, each piece of data stored once, on another machine if so wished.

Each part has a repository of its own below ``copy.restic.repository``, made by its first copy and by no later one: two
hosts that make one repository at the same moment damage it, and what needs a repository for itself alone (forget,
prune, check) never waits for another part. A copy is a snapshot with the tags ``vitam``, label and part, known by its
id, which is a SHA-256 over all that is in it. The list of its source (``.files``) and its facts are in
``copy.directory``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from vitam_operators import archive, on_host, secret_files
from vitam_operators.commands import Command, change, line
from vitam_operators.config_copies import ResticConfig
from vitam_operators.engines.base import Engine, Job, Pieces, Stored, strict
from vitam_operators.errors import ConfigError
from vitam_operators.secret_files import TAKE_SCRIPT, Secret

FILE_LIST = Path(on_host.__file__).with_name("file_list.py")
UNFINISHED = (".files.partial", ".excluded.partial", ".facts.partial")

NONE_KNOWN = "none"
"""In place of a backup that has a copy in the repository: it may be made."""
UNLOCKED_WITHIN_S = 2 * 3600
"""Seconds for which a drill and the removal of old copies wait for each other: both begin with a sealed night."""

BEGIN_SCRIPT = f"""
set -Eeuo pipefail
shopt -s inherit_errexit
{TAKE_SCRIPT}
export LC_ALL=C TZ=UTC RESTIC_PROGRESS_FPS=0.1
umask 077
options=$1 program=$2 label=$3; shift 3
run() {{ restic $options "$@" ; }}
files() {{ python3 -I -c "$program" "$@" ; }}
snapshots() {{
    local found
    found=$(run snapshots --json --tag "vitam,$label,$part")
    grep --only-matching '"id":"[0-9a-f]\\{{64\\}}"' <<< "$found" | cut -d '"' -f 4 || true
}}
patiently() {{
    local words until=$((SECONDS + {UNLOCKED_WITHIN_S}))
    until words=$(run "$@" 2>&1); do
        [[ $words == *"already locked"* ]] && test "$SECONDS" -lt "$until" || {{ echo "$words"; return 1; }}
        sleep 5
    done
    echo "$words"
}}
forget() {{
    local ids
    ids=$(snapshots)
    test -z "$ids" || run forget --quiet $ids
}}
"""

STORE_SCRIPT = f"""{BEGIN_SCRIPT}
source=$1 directory=$2 repository=$3 part=$4 known=$5; shift 5
export RESTIC_REPOSITORY=$repository/$part
place=$directory/$part
make_repository() {{
    test "$known" = {NONE_KNOWN} || {{
        echo "$RESTIC_REPOSITORY does not answer, backup $known has its copy there: no new repository is made"
        return 1
    }}
    run init --quiet
}}
undone() {{ trap - ERR; rm -f -- "$place.facts"; forget; }}
cd -P -- "$source"
source=$PWD
mkdir -p -- "$directory"
rm -f -- "$place.files" "$place.facts"
run unlock || make_repository
forget
files list "$source" "$place.excluded.partial" "$@" > "$place.files.partial"
mapfile -d '' -t excluded < "$place.excluded.partial"
trap undone ERR
cd -P ..
run backup --json --tag "vitam,$label,$part" "${{excluded[@]}}" -- "${{source##*/}}"
id=$(snapshots)
files list "$source" /dev/null "$@" | files same list "$place.files.partial" > /dev/null
totals=$(run ls --json "$id" | files same ls "$place.files.partial")
echo "${{totals% *}} $id ${{totals#* }}" > "$place.facts.partial"
rm -- "$place.excluded.partial"
sync "$place.files.partial" "$place.facts.partial"
mv -- "$place.files.partial" "$place.files"
mv -- "$place.facts.partial" "$place.facts"
sync "$directory"
"""

VERIFY_SCRIPT = f"""{BEGIN_SCRIPT}
directory=$1 repository=$2 part=$3 percent=$4
export RESTIC_REPOSITORY=$repository/$part
place=$directory/$part
read -r size id count rest < "$place.facts"
[[ $id =~ ^[0-9a-f]{{64}}$ && -z $rest ]] || {{ echo "$place.facts is not as it was written"; exit 1; }}
if test "$percent" = 100; then
    totals=$(run dump --archive tar "$id" / | files same tar "$place.files")
else
    totals=$(run ls --json "$id" | files same ls "$place.files")
    run unlock
    run check --read-data-subset="$percent%"
fi
test "$totals" = "$size $count" || {{ echo "$place.files has $totals, $place.facts $size $count"; exit 1; }}
echo "read back $count files"
"""

EXTRACT_SCRIPT = f"""{BEGIN_SCRIPT}
export RESTIC_REPOSITORY=$1
part=$2 target=$3
test ! -e "$target" || {{ echo "$target is there already"; exit 1; }}
patiently snapshots --quiet > /dev/null
id=$(snapshots)
[[ $id =~ ^[0-9a-f]{{64}}$ ]] || {{ echo "one snapshot expected of $label $part in $1, found: ${{id:-none}}"; exit 1; }}
rm -rf -- "$target.partial"
mkdir -p -- "$target.partial"
patiently restore "$id" --target "$target.partial"
shopt -s dotglob nullglob
found=("$target.partial"/*)
run ls --json "$id" | files same ls <(files list "${{found[0]}}" /dev/null)
mv -T -- "${{found[0]}}" "$target"
rmdir -- "$target.partial"
"""

REMOVE_SCRIPT = f"""{BEGIN_SCRIPT}
directory=$1 repository=$2; shift 2
for part in "$@"; do
    export RESTIC_REPOSITORY=$repository/$part
    run unlock
    ids=$(snapshots)
    test -z "$ids" || patiently forget --quiet --prune $ids
done
rm -rf -- "$directory"
"""


class ResticEngine(Engine):
    """
    One snapshot for each part, in the part's own repository.

    It asks for no room: what a copy takes depends on what is there already. A repository's disk that is full ends
    the copy.
    """

    name: ClassVar[str] = "restic"
    tools: ClassVar[tuple[str, ...]] = ("restic", "python3")
    needs_room: ClassVar[bool] = False

    @property
    def _settings(self) -> ResticConfig:
        if self.copies.restic is None:
            raise ConfigError(
                "the platform file has no copy.restic, which copies of the engine restic need",
                hint="config/platform.example.yaml explains it; put it back as long as there are such copies",
            )
        return self.copies.restic

    @property
    def secret(self) -> Secret:
        """The connection with the password of the repositories."""
        return Secret(self._settings.password_conn_id, "RESTIC_PASSWORD")

    @property
    def _repository(self) -> str:
        return self._settings.repository.rstrip("/")

    def _directory(self, label: str) -> str:
        return f"{self.copies.directory}/{label}"

    def _job(self, script: str, label: str, *arguments: str, cached: bool = False) -> Job:
        settings = self._settings
        cache = f"--cache-dir={settings.cache_directory}" if cached and settings.cache_directory else "--no-cache"
        limit = f" --limit-upload={settings.limit_upload_kib}" if settings.limit_upload_kib else ""
        common = (cache + limit, FILE_LIST.read_text(encoding="utf-8"), label)
        return Job(script, (*common, *arguments), self.secret)

    def repository(self, part: str) -> str:
        """Return the part's repository."""
        return f"{self._repository}/{part}"

    def place(self, label: str, part: str) -> str:
        """Return the part's repository, and behind ``#`` the label."""
        return f"{self.repository(part)}#{label}"

    def store(self, source: str, label: str, part: str, exclude: tuple[str, ...], known: str = "") -> Job:
        """Change: make a snapshot, of exactly what the source's list has before and after."""
        own = (source, self._directory(label), self._repository, part, known or NONE_KNOWN)
        return self._job(STORE_SCRIPT, label, *own, *exclude, cached=True)

    def stored(self, label: str, part: str) -> Command[Stored | None]:
        """Fact: the snapshot as its job noted it. Whether it is in the repository only :meth:`verify` can tell."""
        facts = f"{self._directory(label)}/{part}.facts"
        return Command(line("cat", "--", facts, sudo=True), _stored, ok=frozenset({0, 1}))

    def verify(self, label: str, part: str) -> Job:
        """Fact: all data of the snapshot and its list, or the list and some data of the repository; no cache helps."""
        percent = str(self._settings.read_data_percent)
        return self._job(VERIFY_SCRIPT, label, self._directory(label), self._repository, part, percent)

    def extract(self, place: str, target: str) -> Job:
        """Change: restore the snapshot, and compare the names, sizes, times, owners and modes with restic's list."""
        repository, _, label = place.rpartition("#")
        return self._job(EXTRACT_SCRIPT, label, repository, repository.rpartition("/")[2], target)

    def pieces(self, place: str) -> Pieces | None:
        """Return the part's repository, with all its copies, if it is a directory of the host; it stays encrypted."""
        repository, _, label = place.rpartition("#")
        directory, _, part = repository.rpartition("/")
        return Pieces(directory, (part,), f"#{label}", sized=False) if repository.startswith("/") else None

    def found_by(self, place: str, sha256: str) -> str | None:
        """
        Return the snapshot's own file, if the repository is a directory of the host.

        Its name is the snapshot's id (https://restic.readthedocs.io/en/v0.14.0/100_references.html#repository-layout).
        """
        repository = place.rpartition("#")[0]
        return f"{repository}/snapshots/{sha256}" if repository.startswith("/") else None

    def remove(self, label: str, parts: tuple[str, ...]) -> Job:
        """Change: forget the snapshots, and remove what no other one needs; then the lists on this host."""
        own = (self._directory(strict(label)), self._repository)
        return self._job(REMOVE_SCRIPT, label, *own, *parts, cached=True)

    def remove_unfinished(self, label: str, part: str) -> Command[None]:
        """Change: remove unfinished lists, and secrets nobody read; the repository's own are the next copy's task."""
        secrets = secret_files.path_of(archive.copy_unit(label, part))
        return change("rm", "-f", "--", secrets, *(f"{self._directory(label)}/{part}{end}" for end in UNFINISHED))

    def progress_bytes(self, words: str) -> int:
        """Return how many bytes restic says that it has read."""
        found = re.findall(r'"bytes_done":(\d+)', words)
        return int(found[-1]) if found else 0


def _stored(output: str) -> Stored | None:
    words = output.split()
    return Stored(int(words[0]), words[1], int(words[2])) if len(words) == 3 else None
