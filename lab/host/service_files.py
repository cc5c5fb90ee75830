"""Configuration and sample files of the Vitam components of a host."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

from lab.components import BY_NAME, ELASTICSEARCH
from lab.host.files import make_directory, write

SAMPLE_FILES = {"offer": 12, "workspace": 4, "storage": 2, "logbook": 2, "metadata": 2, "processing": 2}
SAMPLE_BYTES = 192 * 1024


def install(plan: dict[str, Any]) -> None:
    """
    Write /vitam/conf/<component> and some files below /vitam/data for each component of this host.

    /vitam and the directories in it are root's, and nobody writes there; each component has its own below them
    (ProgrammeVitam/vitam@7.0.1 deployment/ansible-vitam/roles/normalize-host/tasks/main.yml:13,
    deployment/ansible-vitam/roles/vitam/tasks/main.yml:84).
    """
    for top in ("", "conf", "data", "log", "tmp"):
        make_directory(f"/vitam/{top}", mode=0o555)
    for name in plan["components"]:
        owner = "vitamdb" if name == ELASTICSEARCH else "vitam"
        for top in ("conf", "log"):
            make_directory(f"/vitam/{top}/{name}", owner, "vitam", 0o750)
        data = "elasticsearch" if name == ELASTICSEARCH else name
        make_directory(f"/vitam/data/{data}", owner, "vitam", 0o750)
        write(
            f"/vitam/conf/{name}/{name}.conf",
            json.dumps(_configuration(plan, name), indent=2) + "\n",
            owner,
            "vitam",
            0o640,
        )
        write(f"/vitam/conf/{name}/version.conf", f"package_version: {plan['version']}\n", owner, "vitam", 0o640)
        _sample_files(f"/vitam/data/{data}", SAMPLE_FILES.get(name, 0))
    write(
        "/vitam/conf/platform_secret.conf",
        json.dumps({"platformSecret": plan["secret"]}) + "\n",
        "root",
        "vitam",
        0o640,
    )


def _configuration(plan: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what a component's stand-in reads at its start."""
    settings: dict[str, Any] = {"component": name, "address": plan["address"], "version": plan["version"]}
    settings["ingest_internal"] = plan["addresses"].get("ingest-internal")
    component = BY_NAME.get(name)
    if component is not None:
        settings |= {"service_port": component.service_port, "admin_port": component.admin_port}
    if component is not None and component.database:
        cluster = plan["clusters"][plan["cluster_of"][name]]
        account = {"user": name, "password": cluster["accounts"][name]}
        settings["mongo"] = {
            "mongos": cluster["mongos"],
            "shards": cluster["shards"],
            "database": component.database,
            **account,
        }
    return settings


def _sample_files(directory: str, count: int) -> None:
    """Make files that do not compress away, in a tree as Vitam's storage has it."""
    for number in range(count):
        path = Path(directory) / f"{number % 4}_default" / f"object-{number:04d}.json"
        if path.exists():
            continue
        make_directory(str(path.parent), "vitam", "vitam", 0o750)
        content = {"_id": path.stem, "data": base64.b64encode(os.urandom(SAMPLE_BYTES)).decode()}
        write(path, json.dumps(content), "vitam", "vitam", 0o640)
