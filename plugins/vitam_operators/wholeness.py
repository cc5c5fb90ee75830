"""
What a backup holds: everything that its platform had when it was opened, or a part of that.

It is judged by the records of its own night, so an edit of the platform file changes nothing of an old backup.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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


def let_go(
    platform_parts: Collection[str], newest_first: Sequence[tuple[str, Collection[str]]], going: Collection[str]
) -> Iterator[str]:
    """
    Name the parts that kept backups have and the platform file has not: new backups are whole without them.

    :param platform_parts: all that the platform has tonight
    :param newest_first: labels of the restorable backups, and the names of their parts
    :param going: labels of those that this night removes
    """
    last: dict[str, list[str]] = {}
    for name in sorted({name for _, parts in newest_first for name in parts} - set(platform_parts)):
        holders = [label for label, parts in newest_first if name in parts]
        last.setdefault(next((label for label in holders if label not in going), ""), []).append(name)
    for label, names in sorted(last.items()):
        until = f"were last copied in backup {label}" if label else "go with the last backup that is pruned tonight"
        yield (
            f"not in the platform file any more: {', '.join(names)}; they {until}, and tonight's counts as whole "
            "without them: if one of them is still in use, put it back into the platform file; if its data is still "
            "wanted, carry that backup elsewhere or set copy.keep to null before copy.keep removes it"
        )
