"""Directories that hold next to nothing of what the last backup found there: emptied, or their disk is not mounted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from vitam_operators.config import Platform
from vitam_operators.last_noted import last_noted
from vitam_operators.nights import Night
from vitam_operators.parts import FilesPart, all_parts, files_parts
from vitam_operators.words import size_words

COMPARED = "compared"
"""Key of what a night was opened with: by host and part ``{"backup", "size_bytes"}`` of the last backup that has it."""
EMPTY_BYTES = 4096
"""What an empty directory takes at most (ext4; others less)."""
LEAST_SHARE = 0.1

Sizes = Mapping[str, Mapping[str, int]]
Known = dict[str, dict[str, dict[str, Any]]]


def name_of(part: str, host: str) -> str:
    """Return how a part on a host is named in findings and in the trigger form: ``mongo-data-shard0@data1``."""
    return f"{part}@{host}"


def is_shrunk(size_bytes: int, before_bytes: int) -> bool:
    """Tell whether a directory holds nothing, or less than a tenth of what it held."""
    return size_bytes < before_bytes * LEAST_SHARE or size_bytes <= EMPTY_BYTES < before_bytes


def known_sizes(platform: Platform, sizes: Sizes, newest_first: Collection[Night], accepted: Collection[str]) -> Known:
    """
    Return what the last backup that has a part found on each host, but for what may be empty and what is accepted.

    :param sizes: of tonight, by host and part; only these are looked for
    """
    may_be_empty = {part.name for part in files_parts(platform) if part.file_set.name in platform.copies.allow_empty}

    def wants(host: str, part: str) -> bool:
        return part not in may_be_empty and name_of(part, host) not in accepted

    noted = last_noted("sizes", sizes, newest_first, wants, lambda backup, part: part in backup.parts)
    return {
        host: {part: {"backup": backup, "size_bytes": int(size)} for part, (backup, size) in parts.items()}
        for host, parts in noted.items()
    }


def findings(platform: Platform, sizes: Sizes, known: Known) -> Iterator[str]:
    """Name the directories that hold next to nothing of what they held."""
    for host, parts in sorted(known.items()):
        for part in sorted(parts):
            finding = finding_of(platform, part, host, sizes[host][part], known)
            if finding:
                yield finding


def finding_of(platform: Platform, part: str, host: str, size_bytes: int, known: Known) -> str | None:
    """Say what a directory holds and what it held; ``None`` when there is nothing to say."""
    before = known.get(host, {}).get(part)
    if before is None or not is_shrunk(size_bytes, before["size_bytes"]):
        return None
    return (
        f"{host}: {part} holds {size_words(size_bytes)} in {_path(platform, part)}, backup {before['backup']} found "
        f"{size_words(before['size_bytes'])} there: is its disk mounted? If it was emptied on purpose, trigger a run "
        f"with {name_of(part, host)} in the field 'Accepted'"
    )


def _path(platform: Platform, name: str) -> str:
    part = next(part for part in all_parts(platform) if part.name == name)
    return part.file_set.path if isinstance(part, FilesPart) else part.db_path
