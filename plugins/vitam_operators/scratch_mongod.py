"""
A mongod of our own that opens what was copied: in a drill, and in a restore before the platform stops.

The data is opened as what it is, that of a replica set's member, but without the set: ``--replSet`` would make it look
for its others, which run. It listens on the loopback only and lets in nobody but who has its key, which is made for
this one opening on the host and goes with the directory. The key stands for the account ``__system``: Vitam's own
account for members (``clusterAdmin``) may neither list, count nor validate collections.

Seen on MongoDB 4.2.6, 4.4.2, 5.0.32 and 6.0.27, see docs/decisions/0012-the-restore-drill.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vitam_operators.commands import Command, line
from vitam_operators.config_copies import DrillConfig
from vitam_operators.engines.base import Job

OPEN_FILES = 64_000
"""What MongoDB asks for: systemd's own limit is 1024, and each collection and index is a file."""

RECOVERING = ("recoverFromOplogAsStandalone=true",)
"""
Apply from the oplog what the last checkpoint lacks, as a member does when it starts; without it the last writes can be
missing. It also makes the mongod read-only, so that what is examined stays what was copied.
"""

ALWAYS = ("disableLogicalSessionCacheRefresh=true", "diagnosticDataCollectionEnabled=false")
"""
Sessions are not refreshed: that writes, and where nothing may be written 5.0.32 aborts of it (``Invariant failure
!storageGlobalParams.readOnly``).
"""

OPEN_SCRIPT = """
set -Eeuo pipefail
umask 077
copy=$1 passable=$2; shift 2
link=$(find "$copy" -type l -print -quit)
test -z "$link" || {
    printf '{"s": "F", "msg": "the copy holds the symbolic link %s, and not what is behind it"}\\n' "${link#"$copy"/}"
    exit 1
}
owner=$(stat --format=%u "$copy") group=$(stat --format=%g "$copy")
test -z "$passable" || chmod go+x "$passable"
head --bytes=48 /dev/urandom | base64 --wrap=0 > "$copy.key"
chown "$owner:$group" "$copy.key"
exec setpriv --reuid="$owner" --regid="$group" --clear-groups -- "$@"
"""
"""
Links are refused: an earlier version copied them, or another tool, and a mongod would open the files of the platform
behind them.
"""


def opening(
    directory: str,
    port: int,
    settings: DrillConfig,
    storage: Mapping[str, Any],
    parameters: tuple[str, ...],
    *,
    passable: str = "",
) -> Job:
    """
    Change: open data by a mongod that runs as the owner of its files.

    :param settings: the drill's: which mongod, how much memory
    :param storage: the options ``storage`` of the mongod that was copied: with others it would refuse
    :param parameters: such as :data:`RECOVERING`; :data:`ALWAYS` are added
    :param passable: a directory of root's above the data that the owner has to pass; empty: none
    """
    engine = storage.get("wiredTiger", {}).get("engineConfig", {})
    own = (word for parameter in (*parameters, *ALWAYS) for word in ("--setParameter", parameter))
    return Job(
        OPEN_SCRIPT,
        (
            *(directory, passable),
            *(settings.mongod, "--dbpath", directory, "--bind_ip", "127.0.0.1", "--port", str(port)),
            *("--nounixsocket", "--keyFile", f"{directory}.key", "--wiredTigerCacheSizeGB", f"{settings.cache_gb:g}"),
            *own,
            *(("--directoryperdb",) if storage.get("directoryPerDB", True) else ()),
            *(("--wiredTigerDirectoryForIndexes",) if engine.get("directoryForIndexes") else ()),
        ),
    )


def key(directory: str) -> Command[str]:
    """Fact: the password of the mongod that has opened a directory. It is kept nowhere."""
    return Command(line("cat", "--", f"{directory}.key", sudo=True), str.strip)


def mongod_version(program: str) -> Command[str]:
    """Fact: the version of a mongod, empty when there is none; 126 and 127 are the shell's that finds none."""
    return Command(line(program, "--version"), _version, ok=frozenset({0, 126, 127}))


def _version(output: str) -> str:
    found = re.search(r"db version v(\S+)", output)
    return found.group(1) if found else ""


def series(version: str) -> str:
    """Return what of a version has to be equal: files of another series open not at all, or are changed."""
    return ".".join(version.split(".")[:2])
