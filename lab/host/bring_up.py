"""Start what has to run on this host: ``python3 -m lab.host.bring_up servers|rest [--clean]``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from lab.host import switch
from lab.host.files import read_plan
from lab.host.probe import unit_names, unit_states

SERVERS = ("vitam-mongoc.service", "vitam-mongod.service")
GUARD = ("vitam-restart-guard.timer", "vitam-restart-guard.service")
# What may run or have failed by itself: copies of a backup, and securing that was told to fail or to go on.
OWN = "vitam-copy-* vitam-verify-* vitam-ship-* vitam-prune-* vitam-restore-* vitam-traceability-*.service".split()


def systemctl(*arguments: str, check: bool = True) -> None:
    """Run systemctl."""
    subprocess.run(["systemctl", *arguments], check=check, stderr=None if check else subprocess.DEVNULL)


def clean() -> None:
    """Take away what a backup or a test has left: switches, guard, transient units, drop-ins, copies."""
    switch.clear(None)
    kill_what_hangs(unit_names(read_plan()))
    systemctl("stop", *OWN, *GUARD, check=False)
    systemctl("disable", "--quiet", *GUARD, check=False)
    for file in (Path("/etc/systemd/system") / name for name in GUARD):
        file.unlink(missing_ok=True)
    for left in ("/var/lib/vitam-restart-guard", "/run/vitam-backup"):
        shutil.rmtree(left, ignore_errors=True)
    for drop_in in Path("/run/systemd/system").glob("vitam-*"):
        shutil.rmtree(drop_in) if drop_in.is_dir() else drop_in.unlink()
    for entry in Path("/vitam/backup").iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    sweep_restores()
    systemctl("daemon-reload")
    systemctl("reset-failed")


def sweep_restores() -> None:
    """Remove what a restore has left beside the data; where that is missing, what was kept is put back."""
    for left in Path("/vitam/data").glob("mongo?/db.vitam-*"):
        own = left.with_name("db")
        if left.name.startswith("db.vitam-before-") and not own.exists():
            left.rename(own)
        elif left.is_dir():
            shutil.rmtree(left)
        else:
            left.unlink()


def kill_what_hangs(names: list[str]) -> None:
    """End at once what has ignored a stop: it would hold its start back until systemd's own time-out."""
    for name, unit in unit_states(names).items():
        if unit["ActiveState"] == "deactivating":
            systemctl("kill", "--signal=KILL", name, check=False)


def start(part: str) -> None:
    """Start the MongoDB servers, or the rest (without waiting for it)."""
    names = unit_names(read_plan())
    wanted = [name for name in names if (name in SERVERS) == (part == "servers")]
    if wanted:
        systemctl("reset-failed", *wanted, check=False)
        systemctl("start", *([] if part == "servers" else ["--no-block"]), *wanted)


if __name__ == "__main__":
    if "--clean" in sys.argv:
        clean()
    start(sys.argv[1])
