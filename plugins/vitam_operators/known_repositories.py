"""Repositories in which earlier backups have copies: where one of them is away, no new one is made in its place."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import islice

from vitam_operators.catalogue import Reader
from vitam_operators.engines.base import Engine
from vitam_operators.last_noted import BACKUPS_BACK
from vitam_operators.nights import Night

REPOSITORIES = "repositories"
"""Key of what a night was opened with: by part the newest earlier backup with a copy in the part's repository."""


def known_repositories(
    engine: Engine, parts: Iterable[str], newest_first: Iterable[Night], accepted: Collection[str]
) -> dict[str, str]:
    """
    Return the label of the newest backup whose copy lies in a part's repository of today, by part.

    :param accepted: names of repositories that a person wants to be made anew
    """
    waiting = {part: engine.repository(part) for part in parts}
    waiting = {part: place for part, place in waiting.items() if place is not None and place not in accepted}
    found: dict[str, str] = {}
    for night in islice(newest_first, BACKUPS_BACK if waiting else 0):
        reader = Reader(night.directory)
        for part, place in list(waiting.items()):
            if str(reader.read(f"part.{part}").get("archive", "")).startswith(f"{place}#"):
                found[part] = night.label
                del waiting[part]
    return found
