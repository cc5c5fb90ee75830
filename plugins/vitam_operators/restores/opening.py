"""
Opening data that was brought to a host, before the platform stops: by a mongod of its own, outside its replica set.

Twice. First to apply from the oplog what the last checkpoint lacks, as a member does when it starts; that mongod is
read-only, and writes all of it down at its end (``takeUnstableCheckpointOnShutdown``). Then to rewrite what says who
the others are: a mongod that writes has to come after, or what it wrote would be undone by that recovery. No session is
refreshed and nothing expires meanwhile: each member of the set gets the same data. Seen on MongoDB 4.2.6, 4.4.2, 5.0.32
and 6.0.27.
"""

from __future__ import annotations

from vitam_operators import scratch_mongod

RECOVERING = (*scratch_mongod.RECOVERING, "takeUnstableCheckpointOnShutdown=true")
REWRITING = ("ttlMonitorEnabled=false",)


def recover_unit(label: str, part: str) -> str:
    """Return the name of the transient unit that recovers a part."""
    return f"vitam-restore-recover-{label}-{part}.service"


def rewrite_unit(label: str, part: str) -> str:
    """Return the name of the transient unit in which a part is rewritten."""
    return f"vitam-restore-rewrite-{label}-{part}.service"


def properties(stop_s: int) -> tuple[str, ...]:
    """Return systemd's properties of such a mongod: files as MongoDB asks for, and time to write everything down."""
    return (f"LimitNOFILE={scratch_mongod.OPEN_FILES}", f"TimeoutStopSec={stop_s}")
