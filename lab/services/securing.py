"""
Stand-in of Vitam's oneshot securing units (<= 5): ``python3 -m lab.services.securing traceability-operations``.

It takes a few seconds and writes a securing operation into logbook.LogbookOperation. Left out: the securing itself
(Merkle trees, time stamps, the zip in the offer).
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from lab.host.sample_data import logbook_operation
from lab.services import switches
from lab.services.shards import Shards

SECURING_S = 2.5


def secure(name: str) -> int:
    """
    Run one securing and return the unit's exit status.

    :param name: the unit's name without vitam-.
    """
    settings = json.loads(Path("/vitam/conf/logbook/logbook.conf").read_text())
    time.sleep(switches.seconds(name, "securing_s", SECURING_S))
    while switches.is_set(name, "securing-never-ends"):
        time.sleep(0.5)
    if switches.is_set(name, "securing-fails"):
        print(f"{name}: securing failed: the time stamp authority does not answer", file=sys.stderr)
        return 1
    kind = f"STP_{name.upper().replace('-', '_')}"
    Shards(settings["mongo"]).insert("logbook.LogbookOperation", logbook_operation(256, kind))
    print(f"{name}: secured")
    return 0


if __name__ == "__main__":
    sys.exit(secure(sys.argv[1]))
