"""The matrix as it came out: for the terminal, and for docs/faults.md."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SEEN = Path(__file__).parents[2] / ".airflow" / "faults"
"""What came of the rows when they were last run here, a file for each platform."""

HEAD = ("where", "fault", "outcome", "platform", "up after s", "seen")


@dataclass(frozen=True)
class Outcome:
    """
    What came of one row.

    :param up_after_s: seconds from the fault (of a dead Airflow: from the window's end) until all ran again, or 0
    :param passed: whether it came out as it has to
    :param seen: day on which it was last run, UTC
    """

    where: str
    fault: str
    outcome: str
    platform: str
    up_after_s: int = 0
    passed: bool = False
    seen: str = "never"

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same row in another run."""
        return self.fault, self.where

    @property
    def cells(self) -> tuple[str, ...]:
        """One line of the table."""
        outcome = self.outcome if self.passed else f"NOT SEEN YET: {self.outcome}"
        return self.where, self.fault, outcome, self.platform, str(self.up_after_s), self.seen


PARTIAL_NIGHTS = Outcome(
    "before prune_backups", "nights of files alone come after a whole one", "sealed, platform up", "solo3"
)
"""A story of its own: it takes three nights."""

OUTCOMES: list[Outcome] = []
"""What came of the rows of this session."""


def read(file: Path) -> list[Outcome]:
    """Return what was noted in a file, nothing if it is not there."""
    return [Outcome(**fields) for fields in json.loads(file.read_text())] if file.exists() else []


def as_text(outcomes: Iterable[Outcome]) -> str:
    """Return the table for a terminal."""
    lines = [HEAD[:5], *(outcome.cells[:5] for outcome in outcomes)]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def as_markdown(outcomes: Iterable[Outcome]) -> str:
    """Return the page docs/faults.md."""
    found = list(outcomes)
    lines = [HEAD, ("---",) * len(HEAD), *(outcome.cells for outcome in found)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    passed = sum(outcome.passed for outcome in found)
    return (
        f"{INTRODUCTION}\n{passed} of {len(found)} rows came out as they have to when they were last run.\n\n{table}\n"
    )


INTRODUCTION = """\
# Faults

What breaks in a night, where, and what comes of it. `make test-faults` breaks it on the lab (real systemd, sshd,
mongod) and writes this page; `make test` runs the short rows. After each row, seen past the package: what ran before
runs again (or the one that is broken is named and all others run), the run is green only if the backup is sealed, and
no copy's unit, hold, drop-in, unfinished copy or guard is left that the next look does not report.

"up after s" counts from the fault until all runs again; where Airflow is dead, from the window's end.
"""
