"""Whether what a restore brings has room beside a live database: asked at the look, and before it is extracted."""

from __future__ import annotations

from vitam_operators.config import Platform
from vitam_operators.words import size_words


def needed_bytes(platform: Platform, brought_bytes: int, live_bytes: int) -> int:
    """
    Return how much has to be free: what is brought, and what the databases that run beside it may still write.

    :param live_bytes: size of the databases that run on the host
    """
    return int(brought_bytes * platform.copies.room_factor + live_bytes * platform.restore.reserve_percent / 100)


def too_little(host: str, path: str, free_bytes: int, needed: int) -> str:
    """Say that there is too little room."""
    return (
        f"{host}: {path} has {size_words(free_bytes)} free, what is brought needs {size_words(needed)}, with what the "
        "databases beside it may still write (restore.reserve_percent)"
    )
