"""
What makes of the inventories in lab/inventories the lab's platforms: another Vitam, or other names and addresses.

LAB_VITAM chooses the Vitam that a platform behaves as (``lab/inventories/7/allinone``). A twin is a platform under
other names and addresses, so that two runs of stories do not share hosts; it has no inventory of its own.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

LAB = Path(__file__).resolve().parent
INVENTORIES = LAB / "inventories"


class UnknownPlatform(ValueError):
    """LAB names a platform that has no inventory, or LAB_VITAM a Vitam that it cannot be."""


@dataclass(frozen=True)
class Twin:
    """
    A platform that is made of another one.

    :param of: the platform that it is like
    :param words: host names and addresses of that one, and what they are here
    """

    of: str
    words: dict[str, str]

    def renamed(self, text: str) -> str:
        """Return a text of the other platform with the names and addresses of this one."""
        pattern = "|".join(rf"(?<![\w.]){re.escape(word)}(?![\w.])" for word in self.words)
        return re.sub(pattern, lambda found: self.words[found.group()], text)


TWINS = {
    "solo": Twin("allinone", {"allinone": "solo", "172.31.77.31": "172.31.77.32"}),
    "solo2": Twin("allinone", {"allinone": "solo2", "172.31.77.31": "172.31.77.33"}),
}


def platforms() -> list[str]:
    """Return the names of all lab platforms."""
    return sorted([*(path.name for path in INVENTORIES.iterdir() if path.is_file()), *TWINS])


def inventory_text(platform: str) -> str:
    """
    Return a platform's Ansible inventory.

    :raises UnknownPlatform: when there is no such platform, or it cannot be the Vitam that LAB_VITAM names.
    """
    return _renamed(platform, _inventory(_model(platform)).read_text(encoding="utf-8"))


def settings_text(platform: str) -> str:
    """
    Return what of a platform's file is not by default, as YAML.

    :raises UnknownPlatform: when there is no such platform.
    """
    path = LAB / "platforms" / f"{_model(platform)}.settings.yaml"
    return _renamed(platform, path.read_text(encoding="utf-8"))


def _model(platform: str) -> str:
    if platform not in platforms():
        known = ", ".join(platforms())
        raise UnknownPlatform(f"LAB={platform}: there is no such lab platform\nhint: known are {known}")
    return TWINS[platform].of if platform in TWINS else platform


def _renamed(platform: str, text: str) -> str:
    return TWINS[platform].renamed(text) if platform in TWINS else text


def _inventory(model: str) -> Path:
    by_default = INVENTORIES / model
    others = {path.parent.name: path for path in INVENTORIES.glob(f"*/{model}")}
    choice = {_major_version(by_default): by_default} | others
    wanted = os.environ.get("LAB_VITAM")
    if wanted and wanted not in choice:
        raise UnknownPlatform(
            f"LAB_VITAM={wanted}: the lab platform {model} cannot be that Vitam\nhint: it can be {', '.join(choice)}"
        )
    return choice[wanted] if wanted else by_default


def _major_version(inventory: Path) -> str:
    found = re.search(r"^vitam_version=(\d+)", inventory.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""
