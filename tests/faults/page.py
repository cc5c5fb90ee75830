"""``python -m tests.faults.page`` prints docs/faults.md: each row as it came out when it was last run here."""

from __future__ import annotations

from tests.faults.deaths import DEATHS
from tests.faults.rows import ROWS
from tests.faults.table import PARTIAL_NIGHTS, SEEN, Outcome, as_markdown, read


def page() -> str:
    """Return the page; what was never run here says so."""
    planned = [Outcome(row.where, row.fault, row.outcome, row.platform) for row in ROWS]
    found = [outcome for file in sorted(SEEN.glob("*.json")) for outcome in read(file)]
    return as_markdown({outcome.key: outcome for outcome in (*planned, PARTIAL_NIGHTS, *DEATHS, *found)}.values())


if __name__ == "__main__":
    print(page(), end="")
