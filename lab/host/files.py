"""Write the files of a host: owner and mode first, and only when something changes."""

from __future__ import annotations

import grp
import json
import os
import pwd
from pathlib import Path
from typing import Any

PLAN = Path("/etc/vitam-lab/plan.json")


def read_plan() -> dict[str, Any]:
    """Return what this host has to be, as lab/up wrote it."""
    plan: dict[str, Any] = json.loads(PLAN.read_text())
    return plan


def make_directory(path: str, owner: str = "root", group: str = "root", mode: int = 0o755) -> Path:
    """Make a directory with its parents, and set owner and mode of the last one."""
    directory = Path(path)
    directory.mkdir(parents=True, exist_ok=True)
    _own(directory, owner, group, mode)
    return directory


def write(path: str | Path, text: str, owner: str = "root", group: str = "root", mode: int = 0o644) -> bool:
    """
    Write a file through a temporary one beside it, so that a reader never sees half of it.

    :return: whether its text changed.
    """
    target = Path(path)
    changed = not target.exists() or target.read_text() != text
    if changed:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(target.name + ".new")
        partial.touch(mode=0o600)
        partial.write_text(text)
        _own(partial, owner, group, mode)
        partial.rename(target)
    _own(target, owner, group, mode)
    return changed


def _own(path: Path, owner: str, group: str, mode: int) -> None:
    os.chown(path, pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid)
    path.chmod(mode)
