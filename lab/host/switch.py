"""Set or take back switches on this host: ``python3 -m lab.host.switch set UNIT SWITCH VALUE`` or ``clear [UNIT]``."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from lab.host.files import make_directory, write
from lab.services.switches import DIRECTORY, read_switches

SYSTEMD = Path("/etc/systemd/system")
EACH_MINUTE = "[Timer]\nOnCalendar=\nOnCalendar=*-*-* *:*:00\n"


def set_switch(unit: str, switch: str, value: str) -> None:
    """
    Set a switch; a timer's ``every-minute`` is a drop-in of its unit.

    :param unit: the unit's name without vitam- and suffix.
    """
    make_directory(str(DIRECTORY))
    switches = {**read_switches(unit), switch: {"value": value, "at": time.time()}}
    write(DIRECTORY / f"{unit}.json", json.dumps(switches))
    if switch == "every-minute" and unit.startswith("traceability-"):
        write(_drop_in(unit) / "lab.conf", EACH_MINUTE)
        _reload(unit)


def clear(unit: str | None) -> None:
    """Take back the switches of one unit, or of all."""
    files = [DIRECTORY / f"{unit}.json"] if unit else sorted(DIRECTORY.glob("*.json"))
    for file in files:
        file.unlink(missing_ok=True)
        if _drop_in(file.stem).exists():
            shutil.rmtree(_drop_in(file.stem))
            _reload(file.stem)


def _drop_in(unit: str) -> Path:
    return SYSTEMD / f"vitam-{unit}.timer.d"


def _reload(unit: str) -> None:
    subprocess.run(["systemctl", "daemon-reload"], check=True)
    subprocess.run(["systemctl", "try-restart", f"vitam-{unit}.timer"], check=True)


if __name__ == "__main__":
    if sys.argv[1] == "set":
        set_switch(*sys.argv[2:5])
    else:
        clear(sys.argv[2] if len(sys.argv) > 2 else None)
