"""
What makes of the inventories in lab/inventories the lab's platforms: another Vitam, or other names and addresses.

LAB_VITAM chooses the Vitam that a platform behaves as: an inventory of ``lab/inventories`` or ``lab/inventories/7``, or
one of these without what another series has not (:data:`RELEASES`). A twin is a platform under other names and
addresses, so that two runs of stories do not share hosts; it has no inventory of its own.
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
    "solo3": Twin("allinone", {"allinone": "solo3", "172.31.77.31": "172.31.77.34"}),
}


@dataclass(frozen=True)
class Release:
    """
    A Vitam that has no inventory of its own: that of a neighbour tells who runs what.

    :param of: the series whose inventory it is
    :param version: what this one is
    :param without: groups that came later
    """

    of: str
    version: str
    without: tuple[str, ...] = ()

    def told(self, text: str) -> str:
        """Return the neighbour's inventory as one of this release."""
        blocks = re.split(r"(?m)^(?=\[)", text)
        left = "".join(block for block in blocks if block.partition("]")[0].lstrip("[") not in self.without)
        lines = (line for line in left.splitlines() if line.strip() not in self.without)
        return re.sub(r"(?m)^force_vitam_version=.*", f"force_vitam_version={self.version}", "\n".join(lines)) + "\n"


RELEASES = {
    "4": Release("5", "4.0.7", without=("hosts_collect", "hosts_metadata_collect", "hosts_workspace_collect")),
    "6": Release("7", "6.2"),
}
"""After ProgrammeVitam/vitam@4.0.7 and 6.2, deployment/environments/hosts.example: collect came with 5."""

SERIES_WITH_TIMERS = ("4", "5")
"""No scheduler secures there, and the platform file refuses what only that one is asked."""


def platforms() -> list[str]:
    """Return the names of all lab platforms."""
    return sorted([*(path.name for path in INVENTORIES.iterdir() if path.is_file()), *TWINS])


def inventory_text(platform: str) -> str:
    """
    Return a platform's Ansible inventory.

    :raises UnknownPlatform: when there is no such platform, or it cannot be the Vitam that LAB_VITAM names.
    """
    return _renamed(platform, _inventory(_model(platform)))


def settings_text(platform: str) -> str:
    """
    Return what of a platform's file is not by default, as YAML.

    :raises UnknownPlatform: when there is no such platform.
    """
    model = _model(platform)
    text = (LAB / "platforms" / f"{model}.settings.yaml").read_text(encoding="utf-8")
    if _series(_inventory(model)) in SERIES_WITH_TIMERS:
        text = re.sub(r"(?m)^  settle_s:.*\n", "", text)
    return _renamed(platform, text)


def _model(platform: str) -> str:
    if platform not in platforms():
        known = ", ".join(platforms())
        raise UnknownPlatform(f"LAB={platform}: there is no such lab platform\nhint: known are {known}")
    return TWINS[platform].of if platform in TWINS else platform


def _renamed(platform: str, text: str) -> str:
    return TWINS[platform].renamed(text) if platform in TWINS else text


def _inventory(model: str) -> str:
    by_default = (INVENTORIES / model).read_text(encoding="utf-8")
    others = [path.read_text(encoding="utf-8") for path in sorted(INVENTORIES.glob(f"*/{model}"))]
    choice = {_series(text): text for text in (*others, by_default)}
    choice |= {series: release.told(choice[release.of]) for series, release in RELEASES.items() if release.of in choice}
    wanted = os.environ.get("LAB_VITAM")
    if wanted and wanted not in choice:
        known = ", ".join(sorted(choice))
        raise UnknownPlatform(
            f"LAB_VITAM={wanted}: the lab platform {model} cannot be that Vitam\nhint: it can be {known}"
        )
    return choice[wanted] if wanted else by_default


def _series(inventory: str) -> str:
    found = re.search(r"^force_vitam_version=(\d+)", inventory, re.MULTILINE)
    return found[1] if found else ""
