"""Numbers for the page's drawings, which are SVG of fixed size: columns of phases for each night, a line of sizes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from vitam_operators.ui.phases import WORDS
from vitam_operators.ui.reading import NightRead

WIDTH, LEFT = 1000, 72
TIMELINE_HEIGHT, SIZES_HEIGHT = 190, 110
TOP, BOTTOM = 16, 22
COLUMNS = 30
GAP = 5
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
TICKS = 4


@dataclass(frozen=True)
class Block:
    """A phase of a night: a rectangle."""

    name: str
    y: float
    height: float
    seconds: float


@dataclass(frozen=True)
class Column:
    """A night: its phases, one upon the other."""

    night: NightRead
    x: float
    width: float
    blocks: tuple[Block, ...]
    top: float


@dataclass(frozen=True)
class Timeline:
    """
    The last nights, the oldest on the left.

    :param ticks: y and seconds of the lines across
    """

    columns: tuple[Column, ...]
    ticks: tuple[tuple[float, float], ...]
    names: tuple[str, ...] = tuple(WORDS)
    width: int = WIDTH
    height: int = TIMELINE_HEIGHT
    left: int = LEFT


@dataclass(frozen=True)
class Sizes:
    """
    The sizes of the good backups, the oldest on the left.

    :param points: x, y and bytes of each
    :param ticks: y and bytes of the lines across
    """

    points: tuple[tuple[float, float, int], ...]
    ticks: tuple[tuple[float, float], ...]
    width: int = WIDTH
    height: int = SIZES_HEIGHT
    left: int = LEFT

    @property
    def line(self) -> str:
        """The points as SVG wants them."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in self.points)

    @property
    def area(self) -> str:
        """What is below the line."""
        floor = self.height - BOTTOM
        first, last = self.points[0][0], self.points[-1][0]
        return f"{first:.1f},{floor} {self.line} {last:.1f},{floor}"


def timeline(newest_first: Sequence[NightRead], now: dt.datetime) -> Timeline | None:
    """Return a column for each night that has phases; ``None`` when none has."""
    nights = list(reversed(newest_first))
    longest = max((sum(p.seconds(now) for p in night.times.phases) for night in nights), default=0)
    if not longest:
        return None
    step = next((s for s in STEPS_S if longest / s <= TICKS), STEPS_S[-1])
    scale = (TIMELINE_HEIGHT - TOP - BOTTOM) / longest
    pitch = (WIDTH - LEFT) / max(COLUMNS, len(nights))
    columns = (_column(night, LEFT + index * pitch, pitch - GAP, scale, now) for index, night in enumerate(nights))
    ticks = tuple((_floor() - s * scale, float(s)) for s in range(0, int(longest) + 1, step))
    return Timeline(tuple(columns), ticks)


def _column(night: NightRead, x: float, width: float, scale: float, now: dt.datetime) -> Column:
    blocks, y = [], float(_floor())
    for phase in night.times.phases:
        seconds = phase.seconds(now)
        y -= seconds * scale
        blocks.append(Block(phase.name, y, seconds * scale, seconds))
    return Column(night, x, width, tuple(blocks), y)


def _floor() -> int:
    return TIMELINE_HEIGHT - BOTTOM


def _counts(night: NightRead) -> bool:
    return night.backup.sealed_at is not None and night.backup.whole


def sizes(newest_first: Sequence[NightRead]) -> Sizes | None:
    """Return the line of the sizes; ``None`` with fewer than two whole ones."""
    known = [(index, n.backup.size_bytes) for index, n in enumerate(reversed(newest_first)) if _counts(n)]
    if len(known) < 2:
        return None
    top_bytes = max(size for _, size in known) or 1
    pitch = (WIDTH - LEFT) / max(COLUMNS, len(newest_first))
    height = SIZES_HEIGHT - TOP - BOTTOM
    floor = SIZES_HEIGHT - BOTTOM
    points = tuple((LEFT + (i + 0.5) * pitch - GAP / 2, floor - s / top_bytes * height, s) for i, s in known)
    return Sizes(points, ((float(floor), 0.0), (float(TOP), float(top_bytes))))
