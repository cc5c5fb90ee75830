"""``python -m tests.lab.versions_seen`` prints docs/versions.md: each Vitam and MongoDB as they were last run here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

SEEN = Path(__file__).parents[2] / ".airflow" / "versions.json"
PAIRS = (
    ("4.0.7", "4.2.6"),
    ("5.3", "4.2.6"),
    ("5.3", "4.4.2"),
    ("6.2", "5.0.32"),
    ("7.0.1", "5.0.32"),
    ("7.0.1", "6.0.27"),
)
"""What Vitam ships, and what lies between and after; lab/mongod.py has the sources."""

INTRODUCTION = """\
# Versions

What was seen to work together. `make test-versions` brings the lab's platform `allinone` up anew for each row (real
systemd, sshd, sudo and mongod; Vitam's services, mongos and Elasticsearch are stand-ins), backs it up, drills the
backup, changes data, puts the backup back, and writes this page. The copies of the night are opened by a mongod of
their own and counted; after the restore these documents are there again, and what ran before runs.

MongoDB 4.2.6 and 5.0.32 stand for what Vitam ships, 4.2.5 and 5.0.14.
"""
HEAD = ("Vitam", "MongoDB", "hosts", "what was run", "seconds", "seen")


@dataclass(frozen=True)
class Row:
    """
    A pair that was run.

    :param hosts: system and systemd of the hosts
    :param run: what came out as it has to, in order
    :param took_s: from an empty host to the end
    :param seen: the day
    """

    vitam: str
    mongodb: str
    hosts: str
    run: str
    took_s: int
    seen: str


def note(row: Row) -> None:
    """Keep a row for the page; what was seen of its pair before goes."""
    others = [one for one in _read() if (one.vitam, one.mongodb) != (row.vitam, row.mongodb)]
    SEEN.parent.mkdir(parents=True, exist_ok=True)
    SEEN.write_text(json.dumps([asdict(one) for one in (*others, row)], indent=1))


def _read() -> list[Row]:
    return [Row(**fields) for fields in json.loads(SEEN.read_text())] if SEEN.exists() else []


def page(rows: Iterable[Row]) -> str:
    """Return the page; a pair that was not run says so."""
    known = {(row.vitam, row.mongodb): row for row in rows}
    lines = [HEAD, ("---",) * len(HEAD)]
    for pair in PAIRS:
        row = known.get(pair)
        lines.append((*pair, row.hosts, row.run, str(row.took_s), row.seen) if row else (*pair, "", "NOT RUN", "", ""))
    return INTRODUCTION + "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    print(page(_read()), end="")
