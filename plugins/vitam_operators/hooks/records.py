"""Where the records of the nights live."""

from __future__ import annotations

from pathlib import Path

from vitam_operators.config import Platform
from vitam_operators.installation import installation_of
from vitam_operators.nights import Night, Nights
from vitam_operators.record_files import Directory

LOCAL = "file://"
RESTORES = "restores"
"""Directory, beside the backups' records, for those of restores."""
APPROVALS = "approvals"
"""Likewise: what restores were planned to do, and who has approved it. Before that no restore has records."""


def nights_of(platform: Platform) -> Nights:
    """
    Return the records of a platform.

    A ``file://`` URL is a directory that every worker shares; any other goes through Airflow's object storage.
    """
    return Nights(directory_at(platform.records) / platform.name)


def restores_of(platform: Platform) -> Nights:
    """Return the records of the restores onto a platform."""
    return Nights(nights_of(platform).directory / RESTORES)


def approvals_of(platform: Platform) -> Nights:
    """Return the records of what was asked before restores onto a platform, by run."""
    return Nights(nights_of(platform).directory / APPROVALS)


def installation_id(platform: Platform) -> str:
    """Return the id of the installation whose records of a platform these are; it is made when there is none."""
    return installation_of(Night(nights_of(platform).directory))


def backups_for(platform: Platform) -> Nights:
    """Return the records of the backups that are restored onto a platform: its own, or another's."""
    return Nights(directory_at(platform.restore.records)) if platform.restore.records else nights_of(platform)


def directory_at(url: str) -> Directory:
    """Return the directory or file of a path or URL."""
    if url.startswith((LOCAL, "/")):
        return Path(url.removeprefix(LOCAL))
    from airflow.sdk import ObjectStoragePath

    path: Directory = ObjectStoragePath(url)
    return path
