"""
What a backup holds: everything that its platform had when it was opened, or a part of that.

It is judged by the records of its own night, so an edit of the platform file changes nothing of an old backup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

PLATFORM_PARTS = "platform_parts"
"""Of what a night was opened with, and of a manifest: the names of all parts that the platform had then."""
EVERYTHING, SOME = "everything", "some parts only"
PARTIAL = {"databases": "databases only", "files": "files only"}
"""What a run was asked to copy, and what its backup holds."""


def held(known: Mapping[str, Any], parts: Iterable[str]) -> str:
    """
    Return ``everything``, or a word for what a backup holds of it: those of one word replace each other.

    Records of before :data:`PLATFORM_PARTS` was noted say what was asked for, and which parts were planned.

    :param known: what the night was opened with, and its manifest
    :param parts: names of the parts that the backup has, or is to have
    """
    copies = str(known.get("copies") or EVERYTHING)
    needed = known.get(PLATFORM_PARTS) or (known.get("parts", ()) if copies == EVERYTHING else None)
    if needed is not None and set(needed) <= set(parts):
        return EVERYTHING
    return PARTIAL.get(copies, SOME)
