"""Make this container a host of the platform: ``python3 -m lab.host.provision < plan.json``. It may run again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab.components import ELASTICSEARCH, SECURING
from lab.host import access, mongo_files, service_files, units
from lab.host.files import PLAN, make_directory, write

SYSTEMD = Path("/etc/systemd/system")


def units_of(plan: dict[str, Any]) -> dict[str, str]:
    """Return the texts of all units of this host, by file name."""
    texts: dict[str, str] = {}
    for member in plan["mongo"]:
        role = member["role"]
        texts[f"vitam-{role}.service"] = (
            units.mongos_unit() if role == "mongos" else units.mongo_unit(role, plan["restart"])
        )
    for name in plan["components"]:
        texts[f"vitam-{name}.service"] = units.elasticsearch_unit() if name == ELASTICSEARCH else units.java_unit(name)
    if plan["timers"] and "logbook" in plan["components"]:
        for name, (_, calendar, _) in SECURING.items():
            texts |= units.securing_units(name, calendar)
    return texts


def same_as_before(plan: dict[str, Any]) -> None:
    """
    Look whether this host is what it has been: data of one MongoDB are not another's.

    :raises SystemExit: it was made as another.
    """
    if not PLAN.exists():
        return
    was, wanted = [(p["version"], p.get("mongodb", "6.0.5")) for p in (json.loads(PLAN.read_text()), plan)]
    if was != wanted:
        raise SystemExit(
            "{}: it was made as Vitam {} on MongoDB {}, ".format(plan["host"], *was)
            + "and is asked to be Vitam {} on {}\nhint: lab/down, then lab/up; ".format(*wanted)
            + "LAB_VITAM and LAB_MONGODB stand before each verb"
        )


def install_mongod(version: str) -> None:
    """Make a version of the mongods in the image /usr/bin/mongod, where units, drills and restores look for it."""
    program = Path("/usr/bin/mongod")
    program.unlink(missing_ok=True)
    program.symlink_to(f"/opt/mongodb/{version}/mongod")


def provision(plan: dict[str, Any]) -> None:
    """Write all files and units, then start sshd and the MongoDB servers; their routers come after the set-up."""
    same_as_before(plan)
    make_directory(str(PLAN.parent), mode=0o711)
    write(PLAN, json.dumps(plan), mode=0o600)
    make_directory("/var/lib/vitam-lab/switches")
    access.install(plan["ssh"])
    service_files.install(plan)
    install_mongod(plan["mongodb"])
    for member in plan["mongo"]:
        mongo_files.install(plan["address"], plan["mongodb"], member, plan["clusters"][member["cluster"]])
    changed = [write(SYSTEMD / name, text) for name, text in units_of(plan).items()]
    if any(changed):
        systemctl("daemon-reload")
    servers = [f"vitam-{m['role']}.service" for m in plan["mongo"] if m["role"] != "mongos"]
    systemctl("enable", "--quiet", "ssh.service")  # a host that is booted again can be reached; Vitam's units stay down
    systemctl("start", "ssh.service", *servers)


def systemctl(*arguments: str) -> None:
    """Run systemctl and let its failure be ours."""
    subprocess.run(["systemctl", *arguments], check=True)


if __name__ == "__main__":
    provision(json.load(sys.stdin))
