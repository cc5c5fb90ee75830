"""Secrets of a lab platform: made once at lab-up, kept below lab/run, readable by nobody else, in no repository."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lab.components import COMPONENTS
from lab.containers import LAB, run
from lab.topology import Platform

RUN = LAB / "run"
SAME_VAULT = {"spare": "allinone"}
"""A platform onto which another's backups are restored has the accounts that are in the data."""
ACCOUNTS = ("vitamdb-admin", "vitamdb-localadmin", *(c.name for c in COMPONENTS if c.database))


def directory(platform: str) -> Path:
    """Return where a platform's files are."""
    return RUN / platform


def _file(platform: str) -> Path:
    return directory(platform) / "secrets.json"


def forget(platform: str) -> None:
    """Remove a platform's secrets."""
    shutil.rmtree(directory(platform), ignore_errors=True)


def made(platform: str) -> bool:
    """Tell whether this checkout has a platform's secrets."""
    return _file(platform).exists()


def load_or_make(platform: Platform) -> dict[str, Any]:
    """Return the platform's secrets, making them at the first time."""
    file = _file(platform.name)
    if file.exists():
        found: dict[str, Any] = json.loads(file.read_text())
        return found
    fresh = _make(platform)
    write_private(file, fresh)
    return fresh


def write_private(file: Path, content: Any) -> None:
    """Write a file as JSON that only its owner may read."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = file.with_name(file.name + ".new")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        json.dump(content, stream, indent=2)
    partial.rename(file)


def _make(platform: Platform) -> dict[str, Any]:
    accounts = _accounts_of(SAME_VAULT.get(platform.name, ""))
    clusters = {
        name: {
            "keyfile": base64.b64encode(os.urandom(96)).decode(),
            "accounts": accounts.get(name) or {account: secrets.token_urlsafe(24) for account in ACCOUNTS},
        }
        for name in platform.clusters
    }
    keys = _ssh_keys(["backup", *platform.hosts])
    return {"platform_secret": secrets.token_hex(24), "clusters": clusters, "ssh": keys}


def _accounts_of(platform: str) -> dict[str, dict[str, str]]:
    """Return the accounts of each cluster of a platform, if it was made."""
    file = _file(platform)
    clusters = json.loads(file.read_text())["clusters"] if platform and file.exists() else {}
    return {name: cluster["accounts"] for name, cluster in clusters.items()}


def _ssh_keys(names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Make one ed25519 key pair for the backup account and one for each host."""
    keys: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory() as place:
        for name in names:
            file = Path(place) / name
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"vitam-lab {name}", "-f", str(file)]
            run(command, where="ssh keys", hint="install openssh-client")
            public = " ".join(file.with_suffix(".pub").read_text().split()[:2])
            keys[name] = {"private": file.read_text(), "public": public}
    return keys


def write_for_airflow(platform: Platform, made: dict[str, Any]) -> None:
    """
    Write the connections for ``airflow connections import`` and the hosts' public keys.

    Connection ids: vitam_<platform>_ssh, vitam_<platform>_<cluster>_admin and _localadmin, vitam_<platform>_secret.
    """
    prefix = f"vitam_{platform.name}"
    extra = json.dumps({"private_key": made["ssh"]["backup"]["private"]})
    connections: dict[str, Any] = {
        f"{prefix}_ssh": {"conn_type": "ssh", "login": "vitam-backup", "extra": extra},
        f"{prefix}_secret": {"conn_type": "generic", "password": made["platform_secret"]},
    }
    for cluster, secret in made["clusters"].items():
        for role in ("admin", "localadmin"):
            login = f"vitamdb-{role}"
            entry = {"conn_type": "mongo", "login": login, "password": secret["accounts"][login]}
            connections[f"{prefix}_{cluster.replace('-', '_')}_{role}"] = entry
    write_private(directory(platform.name) / "connections.json", connections)
    host_keys = {host: made["ssh"][host]["public"] for host in platform.hosts}
    write_private(directory(platform.name) / "host_keys.json", host_keys)
