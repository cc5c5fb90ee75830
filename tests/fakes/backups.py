"""Backups of earlier nights, as their records stand once the night is over."""

from __future__ import annotations

import datetime as dt
from typing import Any

from vitam_operators import nights as records
from vitam_operators.nights import Night, Nights, Record, moment_of

SHA = "a" * 64
HOSTS = {"mongo-data-shard0": "data", "app-conf": "app"}
DIRECTORY = "/vitam/backup"


def label_of(moment: dt.datetime) -> str:
    """Return the label of a backup whose run was planned for a moment."""
    return records.backup_id(moment)


def opened(label: str, **more: Any) -> Record:
    """Return what a night was opened with."""
    moment = moment_of(label)
    assert moment is not None
    return {
        **{"backup": label[:16], "label": label, "attempt": moment[1], "platform": "tiny", "vitam_version": "5.0.1"},
        **{"run_id": f"scheduled__{label}", "opened_at": moment[0].isoformat(), "note": "", "parts": list(HOSTS)},
        **{"window": {}, "securing": "midnight", "units_before": {}, "clusters": {}, "versions": {}, "warnings": []},
        "methods": {},
        **{"copies": "everything", **more},
    }


def part(label: str, name: str, host: str, **more: Any) -> Record:
    """Return the record of a part."""
    archive = f"{DIRECTORY}/{label}/{name}.tar.zst"
    known = {"kind": "files", "host": host, "archive": archive, "size_bytes": 1000, "sha256": SHA, "files": 3}
    return known | more


def manifest(label: str, *, hosts: dict[str, str] | None = None, **more: Any) -> Record:
    """Return the manifest of a backup."""
    proof = {"read_back_at": "2026-11-24T03:00:00+00:00", "sha256": SHA}
    parts = {name: part(label, name, host, proof=proof) for name, host in (hosts or HOSTS).items()}
    return {
        **{"schema_version": 1, "backup": label, "state": "sealed", "sealed_at": opened(label)["opened_at"]},
        **{"tool": {"name": "vitam-backup", "version": "0.1.0"}, "parts": parts, "size_bytes": 1000 * len(parts)},
        **{key: value for key, value in opened(label, **more).items() if key not in ("backup", "parts", "label")},
        **more,
    }


def write(
    nights: Nights,
    label: str,
    state: str = "sealed",
    *,
    hosts: dict[str, str] | None = None,
    copies: str = "everything",
    **more: Any,
) -> Night:
    """
    Write the records of a backup.

    :param state: ``open``, ``incomplete`` (one of its parts was copied) or ``sealed``
    :param hosts: where each part was copied
    :param copies: what the run was asked for
    :param more: what else it was opened with
    """
    night, hosts = nights.named(label), hosts or HOSTS
    asked = {"copies": copies, **({} if copies == "everything" else {"parts": list(hosts)}), **more}
    night.write(records.OPEN, opened(label, **asked))
    if state == "open":
        return night
    for name, host in list(hosts.items())[: 1 if state == "incomplete" else None]:
        night.write(f"copy.{name}", {"began_at": opened(label)["opened_at"], "host": host, "source": "/data"})
        night.write(f"part.{name}", part(label, name, host))
    night.write(records.RESTART, {"began_at": opened(label)["opened_at"], "by": "end_copies"})
    if state == "sealed":
        night.write(records.MANIFEST, manifest(label, hosts=hosts, copies=copies, **more))
    night.write(records.CONCLUSION, {"backup": label, "state": state, "platform_up": True})
    return night
