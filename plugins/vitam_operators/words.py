"""Numbers as one operator would tell them to another; records and manifests keep bytes and seconds."""

from __future__ import annotations

KIBIBYTE = 1024


def size_words(size_bytes: float) -> str:
    """Say a size: ``21.3 KiB``, ``163.0 GiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size_bytes < KIBIBYTE:
            return f"{size_bytes:.0f} B" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= KIBIBYTE
    return f"{size_bytes:.1f} TiB"


def duration_words(seconds: float) -> str:
    """Say a duration: ``54 s``, ``9 min 20 s``, ``2 h 05 min``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
