"""
The disks of platform ``medium``: one XFS in a file, which can share blocks, with a directory for each host.

The other platform is on Docker's own volumes. Where no XFS can be mounted (not root, no loop device), the directories
are ordinary ones: everything works, but snapshots.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from lab.containers import LAB

ON_XFS = ("medium",)
SIZE_BYTES = 60 * 2**30
"""Of a sparse file: it takes what is written."""


def prepare(platform: str, hosts: Sequence[str]) -> str:
    """Mount what is not mounted, make a directory for each host, and say in a few words what it is."""
    if platform not in ON_XFS:
        return "disks: Docker volumes"
    place, image = _places(LAB)
    place.mkdir(parents=True, exist_ok=True)
    hindrance = None if os.path.ismount(place) else _mount(image, place)
    for host in hosts:
        (place / host).mkdir(exist_ok=True)
    return f"disks: directories, no snapshots ({hindrance})" if hindrance else f"disks: XFS in {image.name}"


def remove(platform: str, lab: Path = LAB) -> None:
    """Unmount the disks and remove them with all data; those of another checkout, too."""
    place, image = _places(lab)
    if platform not in ON_XFS or not place.exists():
        return
    if os.path.ismount(place):
        subprocess.run(["umount", str(place)], check=True)
    shutil.rmtree(place)
    image.unlink(missing_ok=True)


def _places(lab: Path) -> tuple[Path, Path]:
    return lab / "run" / "disks", lab / "run" / "disks.xfs"


def _mount(image: Path, place: Path) -> str | None:
    """Make the file system if there is none yet, and mount it; return why it could not be."""
    steps = [["mount", "-o", "loop", str(image), str(place)]]
    if not image.exists():
        with image.open("wb") as file:
            file.truncate(SIZE_BYTES)
        steps.insert(0, ["mkfs.xfs", "-q", "-m", "reflink=1", str(image)])
    for words in steps:
        try:
            done = subprocess.run(words, capture_output=True, text=True, check=False)
        except OSError as error:
            return f"{words[0]}: {error.strerror}"
        if done.returncode:
            return done.stderr.strip().splitlines()[-1]
    return None
