"""
The catalogue by hand, also while Airflow is down.

``python -m vitam_operators.catalogue_command list PLATFORM`` prints all backups of a platform;
``rebuild PLATFORM MANIFEST...`` writes lost records anew from manifests, of which one is left beside the copies on each
host that has a part of the backup.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from vitam_operators.catalogue import Backup, entries
from vitam_operators.errors import VitamBackupError
from vitam_operators.hooks.records import nights_of
from vitam_operators.platforms import load_platform
from vitam_operators.rebuild import rebuild
from vitam_operators.words import duration_words, size_words

A_DAY_S = 24 * 3600
HEADER = ("backup", "state", "age", "size", "parts", "note")


def table(backups: Sequence[Backup], now: dt.datetime) -> Iterator[str]:
    """Return the lines of the list."""
    rows = [HEADER, *(_row(backup, now) for backup in backups)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    for row in rows:
        yield "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()


def _row(backup: Backup, now: dt.datetime) -> tuple[str, ...]:
    age_s = (now - backup.opened_at).total_seconds()
    age = duration_words(age_s) if age_s < A_DAY_S else f"{age_s // A_DAY_S:.0f} d"
    note = "; ".join(filter(None, ("" if backup.whole else backup.holds, backup.reason, backup.note)))
    return backup.label, backup.state, age, size_words(backup.size_bytes), str(len(backup.parts)), note


def as_json(backups: Sequence[Backup]) -> str:
    """Return the list for programs: the keys of :class:`Backup`, whether it is whole, whether it can be restored."""
    more = [{"restorable": backup.restorable, "whole": backup.whole} for backup in backups]
    content = [dataclasses.asdict(backup) | one for backup, one in zip(backups, more, strict=True)]
    return json.dumps(content, indent=2, default=dt.datetime.isoformat)


def main(arguments: Sequence[str] | None = None) -> int:
    """List the backups of a platform, or write lost records anew; the exit status is 1 when that is refused."""
    parser = argparse.ArgumentParser("python -m vitam_operators.catalogue_command", description=main.__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    listing = verbs.add_parser("list", help="print all backups, the newest first")
    listing.add_argument("--json", action="store_true", help="for programs")
    rebuilding = verbs.add_parser("rebuild", help="write lost records anew from manifests")
    for verb in (listing, rebuilding):
        verb.add_argument("platform", type=Path, help="the platform file (YAML)")
    rebuilding.add_argument("manifests", nargs="+", type=Path, help="manifest.json of a backup, from any of its hosts")
    options = parser.parse_args(arguments)
    try:
        platform = load_platform(options.platform)
        nights = nights_of(platform)
        if options.verb == "rebuild":
            written = rebuild(nights, platform.name, options.manifests)
            print(f"records written: {', '.join(written) or 'none, all are there'}")
        else:
            backups = entries(nights)
            print(as_json(backups) if options.json else "\n".join(table(backups, dt.datetime.now(dt.UTC))))
    except (VitamBackupError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
