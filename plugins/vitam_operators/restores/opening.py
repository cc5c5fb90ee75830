"""
Opening data that was brought to a host, before the platform stops: by a mongod of its own, outside its replica set.

Twice. First to apply from the oplog what the last checkpoint lacks, as a member does when it starts; that mongod is
read-only, and writes all of it down at its end (``takeUnstableCheckpointOnShutdown``). Then to rewrite what says who
the others are: a mongod that writes has to come after, or what it wrote would be undone by that recovery. No session is
refreshed and nothing expires meanwhile: each member of the set gets the same data. Seen on MongoDB 6.0.5.

As in a drill it listens on the loopback only, for who has its key, which goes with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitam_operators import drill
from vitam_operators.config_copies import DrillConfig
from vitam_operators.engines.base import Job

OPEN_SCRIPT = f"""
set -Eeuo pipefail
umask 077
copy=$1; shift
{drill.REFUSE_LINKS}
owner=$(stat --format=%u "$copy") group=$(stat --format=%g "$copy")
head --bytes=48 /dev/urandom | base64 --wrap=0 > "$copy.key"
chown "$owner:$group" "$copy.key"
exec setpriv --reuid="$owner" --regid="$group" --clear-groups -- "$@"
"""
RECOVERING = ("recoverFromOplogAsStandalone=true", "takeUnstableCheckpointOnShutdown=true")
REWRITING = ("ttlMonitorEnabled=false",)
ALWAYS = ("disableLogicalSessionCacheRefresh=true", "diagnosticDataCollectionEnabled=false")


def recover_unit(label: str, part: str) -> str:
    """Return the name of the transient unit that recovers a part."""
    return f"vitam-restore-recover-{label}-{part}.service"


def rewrite_unit(label: str, part: str) -> str:
    """Return the name of the transient unit in which a part is rewritten."""
    return f"vitam-restore-rewrite-{label}-{part}.service"


def opening(
    directory: str, port: int, settings: DrillConfig, storage: Mapping[str, Any], parameters: tuple[str, ...]
) -> Job:
    """
    Change: open data by a mongod that runs as the owner of its files.

    :param settings: the drill's: which mongod, how much memory
    :param storage: the options ``storage`` of the mongod that was copied
    :param parameters: :data:`RECOVERING` or :data:`REWRITING`
    """
    engine = storage.get("wiredTiger", {}).get("engineConfig", {})
    own = (word for parameter in (*parameters, *ALWAYS) for word in ("--setParameter", parameter))
    return Job(
        OPEN_SCRIPT,
        (
            *(directory, settings.mongod, "--dbpath", directory, "--bind_ip", "127.0.0.1", "--port", str(port)),
            *("--nounixsocket", "--keyFile", f"{directory}.key", "--wiredTigerCacheSizeGB", f"{settings.cache_gb:g}"),
            *own,
            *(("--directoryperdb",) if storage.get("directoryPerDB", True) else ()),
            *(("--wiredTigerDirectoryForIndexes",) if engine.get("directoryForIndexes") else ()),
        ),
    )


def properties(stop_s: int) -> tuple[str, ...]:
    """Return systemd's properties of such a mongod: files as MongoDB asks for, and time to write everything down."""
    return (f"LimitNOFILE={drill.OPEN_FILES}", f"TimeoutStopSec={stop_s}")
