"""
A restore drill on a host: where a copy is extracted, how a mongod of its own opens it, what that mongod said.

The copy is opened as what it is, the data of a replica set's member, but without the set: ``--replSet`` would make it
look for its others, which run. ``recoverFromOplogAsStandalone`` applies from the oplog what the last checkpoint
lacks, as a member does when it starts; without it the last writes can be missing. It also makes the mongod read-only,
so that what is examined stays what was copied. Seen on MongoDB 6.0.5, see docs/decisions/0012-the-restore-drill.md.

It listens on the loopback only and lets in nobody but who has its key, which is made for this one drill on the host
and goes with the directory. The key stands for the account ``__system``: Vitam's own account for members
(``clusterAdmin``) may neither list, count nor validate collections.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from vitam_operators.commands import Command, change, line
from vitam_operators.config_copies import DrillConfig
from vitam_operators.engines.base import Job

LINES_OF_JOURNAL = 400
SEVERE = ("E", "F")
OPEN_FILES = 64_000
"""What MongoDB asks for: systemd's own limit is 1024, and each collection and index is a file."""

REFUSE_LINKS = """
link=$(find "$copy" -type l -print -quit)
test -z "$link" || {
    printf '{"s": "F", "msg": "the copy holds the symbolic link %s, and not what is behind it"}\\n' "${link#"$copy"/}"
    exit 1
}
"""
"""Of what an earlier version copied, or another tool: a mongod would open the files of the platform behind the link."""

OPEN_SCRIPT = f"""
set -Eeuo pipefail
umask 077
copy=$1; shift
{REFUSE_LINKS}
owner=$(stat --format=%u "$copy") group=$(stat --format=%g "$copy")
chmod go+x "$(dirname "$copy")"
head --bytes=48 /dev/urandom | base64 --wrap=0 > "$copy.key"
chown "$owner:$group" "$copy.key"
exec setpriv --reuid="$owner" --regid="$group" --clear-groups -- "$@"
"""


def scratch_of(label: str, part: str, drill: DrillConfig) -> str:
    """Return the directory into which a part is extracted; beside it, with other ends, what belongs to it."""
    return f"{drill.directory}/{label}-{part}"


def extract_unit(label: str, part: str) -> str:
    """Return the name of the transient unit that extracts a part."""
    return f"vitam-drill-extract-{label}-{part}.service"


def mongod_unit(label: str, part: str) -> str:
    """Return the name of the transient unit that is the mongod of a part."""
    return f"vitam-drill-{label}-{part}.service"


def limits(drill: DrillConfig) -> tuple[str, ...]:
    """Return systemd's properties that keep a drill from the platform's processors."""
    return (f"CPUQuota={drill.cpu_percent}%", f"LimitNOFILE={OPEN_FILES}")


def opening(scratch: str, port: int, drill: DrillConfig, storage: Mapping[str, Any]) -> Job:
    """
    Change: open a copy by a mongod that runs as the owner of its files.

    :param storage: the options ``storage`` of the mongod that was copied: with others it would refuse
    """
    engine = storage.get("wiredTiger", {}).get("engineConfig", {})
    return Job(
        OPEN_SCRIPT,
        (
            *(scratch, drill.mongod, "--dbpath", scratch, "--bind_ip", "127.0.0.1", "--port", str(port)),
            *("--nounixsocket", "--keyFile", f"{scratch}.key", "--wiredTigerCacheSizeGB", f"{drill.cache_gb:g}"),
            *("--setParameter", "recoverFromOplogAsStandalone=true"),
            *("--setParameter", "disableLogicalSessionCacheRefresh=true"),  # it writes, and 5.0 aborts where it may not
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            *(("--directoryperdb",) if storage.get("directoryPerDB", True) else ()),
            *(("--wiredTigerDirectoryForIndexes",) if engine.get("directoryForIndexes") else ()),
        ),
    )


def begun(scratch: str) -> tuple[str, str]:
    """Return the paths of which one exists once a part's extraction has begun."""
    return scratch, f"{scratch}.partial"


def mongod_version(program: str) -> Command[str]:
    """Fact: the version of a mongod, empty when there is none; 126 and 127 are the shell's that finds none."""
    return Command(line(program, "--version"), _version, ok=frozenset({0, 126, 127}))


def _version(output: str) -> str:
    found = re.search(r"db version v(\S+)", output)
    return found.group(1) if found else ""


def series(version: str) -> str:
    """Return what of a version has to be equal: files of another series open not at all, or are changed."""
    return ".".join(version.split(".")[:2])


def key(scratch: str) -> Command[str]:
    """Fact: the password of a drill's mongod. It is kept nowhere."""
    return Command(line("cat", "--", f"{scratch}.key", sudo=True), str.strip)


def files_in(scratch: str) -> Command[int]:
    """Fact: how many files and directories were extracted, the directory itself included."""
    return Command(f"{line('find', scratch, '-printf', '.', sudo=True)} | wc --bytes", int, timeout_s=600)


def remove(scratch: str) -> Command[None]:
    """Change: remove what was extracted, whole or not, and the key."""
    return change("rm", "-rf", "--", scratch, f"{scratch}.partial", f"{scratch}.key", timeout_s=600)


def complaint(unit: str) -> Command[str]:
    """Fact: the first error in the last lines of a mongod's journal, which is the cause of the others."""
    lines = f"--lines={LINES_OF_JOURNAL}"
    words = line("journalctl", f"--unit={unit}", lines, "--output=cat", "--no-pager", "--quiet", sudo=True)
    return Command(words, first_complaint)


def first_complaint(output: str) -> str:
    """
    Read a mongod's log (4.4 and later: a JSON document a line) for its first error, or else its last words.

    WiredTiger's errors are documents inside, with the file that was read.
    """
    entries = [entry for entry in map(_entry, output.splitlines()) if entry.get("s") in SEVERE]
    if not entries:
        return (output.strip().splitlines() or ["it said nothing"])[-1][:300]
    attributes = entries[0].get("attr") or {}
    inner = attributes.get("message")
    if isinstance(inner, dict):
        told = ("session_dhandle_name", *(("error_str",) if inner.get("error_code") else ()), "msg")
        return ": ".join(str(inner[name]) for name in told if name in inner)[:300]
    words = inner or attributes.get("error") or ""
    return f"{entries[0].get('msg')} {json.dumps(words) if words else ''}".strip()[:300]


def _entry(text: str) -> dict[str, Any]:
    try:
        entry = json.loads(text)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}
