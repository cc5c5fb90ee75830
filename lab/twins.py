"""
Platforms that are another one under other names and addresses, so that two runs of stories do not share hosts.

A twin has no inventory of its own: its text is that of the other, with host names and addresses replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LAB = Path(__file__).resolve().parent
INVENTORIES = LAB / "inventories"
SETTINGS = LAB / "platforms"


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
    return sorted([*(path.name for path in INVENTORIES.iterdir()), *TWINS])


def inventory_text(platform: str) -> str:
    """Return a platform's Ansible inventory."""
    return _text(platform, lambda name: INVENTORIES / name)


def settings_text(platform: str) -> str:
    """Return what of a platform's file is not by default, as YAML."""
    return _text(platform, lambda name: SETTINGS / f"{name}.settings.yaml")


def _text(platform: str, place: Callable[[str], Path]) -> str:
    twin = TWINS.get(platform)
    if twin is None:
        return place(platform).read_text(encoding="utf-8")
    return twin.renamed(place(twin.of).read_text(encoding="utf-8"))
