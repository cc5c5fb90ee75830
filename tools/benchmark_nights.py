"""
Compare the methods of copy on the lab: how long each primary is down when it is copied, and when it is snapshotted.

``LAB=medium LAB_DATA_MB=4500 lab/up``, then ``benchmark_nights.py``: a night with ``direct``, one with ``reflink``,
each with its restore drill, then a restore of the last one, in one run. Steps run one after the other and without
Airflow's processes (tests/lab/by_hand.py): a primary is down for the work itself, not for the starts of tasks.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "plugins")]

from lab.platform_file import write_platform_file  # noqa: E402
from tests.lab.restoring import by_hand  # noqa: E402
from tests.lab.stories import window_far_away  # noqa: E402
from vitam_operators.hooks.records import nights_of  # noqa: E402
from vitam_operators.nights import CONCLUSION, MANIFEST, Night  # noqa: E402
from vitam_operators.parts import SHARD  # noqa: E402
from vitam_operators.platforms import platform_at  # noqa: E402
from vitam_operators.words import size_words  # noqa: E402

PLATFORM = os.environ.get("LAB", "medium")
METHODS = ("direct", "reflink")


def main() -> None:
    """Print a block of lines for each method, then the restore."""
    for method in METHODS:
        path = write_platform_file(PLATFORM, {"window": window_far_away()}, {"copy": {"method": method}})
        night_s = timed("vitam_backup", securing="none_running", copies="databases")
        print(f"{method}: the night took {night_s:.0f} s", flush=True)
        tell(nights_of(platform_at(str(path))).newest_first()[0])
        print(f"  drill {timed('vitam_restore_drill'):.0f} s", flush=True)
    print(f"restore of the last one, with Vitam's stop and start: {timed('vitam_restore'):.0f} s")


def timed(dag_id: str, **params: Any) -> float:
    """
    Run a DAG to its end and return the seconds.

    :raises SystemExit: it failed
    """
    began = time.monotonic()
    ended = by_hand(PLATFORM, dag_id, **params)
    if ended["state"] != "success":
        sys.exit(f"{dag_id} failed:\n{ended['log'][-3000:]}")
    return time.monotonic() - began


def tell(night: Night) -> None:
    """Print what a night notes of each shard, and how long its phases took."""
    manifest, conclusion = night.read(MANIFEST) or {}, night.read(CONCLUSION) or {}
    for name, part in manifest["parts"].items():
        if part["kind"] == SHARD:
            source = size_words(night.opened["sizes"][part["host"]][name])
            down_s = conclusion["primaries_down_s"][name]
            print(f"  {name}: {source}, copy of {size_words(part['size_bytes'])}, primary down for {down_s:.0f} s")
    for phase in ("copy", "after"):
        print(f"  phase {phase} {manifest['phases'][phase]['duration_s']:.0f} s")


if __name__ == "__main__":
    main()
