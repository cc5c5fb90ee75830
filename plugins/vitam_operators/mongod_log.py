"""
What a mongod that ended says of itself: its first error, and whether its log proves that its data is damaged.

4.2 logs text (``2026-11-30T06:35:41.508+0000 E  STORAGE  [conn3] WiredTiger error ...``), 4.4 and later a JSON document
a line: https://www.mongodb.com/docs/manual/reference/log-messages/. The words are those that 4.2.6, 4.4.2, 5.0.32 and
6.0.27 were seen to write over files that were damaged on purpose (tests/unit/test_drill_mongod.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SEVERE = ("E", "F")
SHOWN = 600
TEXT = re.compile(r"\d{4}-\d\d-\d\dT\S+ ([A-Z])\d? +\S+ +\[[^\]]*\] (.*)")
WHOSE = re.compile(r"\[\d+:\d+\]\[\d+:0x[0-9a-f]+\],? ?")
"""WiredTiger's moment, process and thread."""

REPEATED = re.compile(r" Raw: .*| ?\(chunk \d+ of \d+\).*", re.DOTALL)

DATA_IS_DAMAGED = re.compile(
    r"read checksum error|__wt_bm_corrupt_dump"
    r"|handle-open: open.*No such file or directory"
    r"|handle-read: pread: failed to read \d+ bytes at offset|is smaller than allocation size"
    r"|WT_TRY_SALVAGE: database corruption detected"
    r"|Unable to read the storage engine metadata file.*InvalidBSON"
    r"|DataCorruptionDetected|metadata corruption|Corrupted metadata"
    r"|(?:find|Could not find LTE) oplog (?:collection|entry) for (?:recovery )?oplog application start point"
    r"|the copy holds the symbolic link",
    re.DOTALL,
)
"""
A page, a file that is away or cut off, the turtle file, the catalogue, ``storage.bson``, an oplog that does not reach
the checkpoint. The two on the oplog and the three before were read in the programs, all others were seen.
"""

NOT_THE_DATA = re.compile(
    r"No space left on device|Disk quota exceeded|Read-only file system|Input/output error|Permission denied"
    r"|Operation not permitted|Too many open files|Cannot allocate memory|out of memory|Address already in use"
    r"|Invariant failure",
    re.IGNORECASE,
)
"""Of the machine, or of mongod itself. What WiredTiger says of its files once it has met one of these is no proof."""


@dataclass(frozen=True)
class MongodLog:
    """
    What a mongod said.

    :param first: its first error, which is the cause of the others, or else its last words
    :param damage: the words that prove that its data is damaged, ``None`` where nothing does
    """

    first: str
    damage: str | None


def read(output: str) -> MongodLog:
    """Read a log, of whatever version."""
    severe = [found for text in output.splitlines() if (found := _severe(text))]
    if not severe:
        return MongodLog((output.strip().splitlines() or ["it said nothing"])[-1][:SHOWN], None)
    return MongodLog(severe[0].words[:SHOWN], _damage(severe))


@dataclass(frozen=True)
class _Entry:
    """
    An error.

    :param words: as a person is told
    :param everything: of what it says
    """

    words: str
    everything: str


def _damage(severe: list[_Entry]) -> str | None:
    for entry in severe:
        if NOT_THE_DATA.search(entry.everything):
            return None
        if DATA_IS_DAMAGED.search(entry.everything):
            return entry.words[:SHOWN]
    return None


def _severe(text: str) -> _Entry | None:
    plain = TEXT.fullmatch(text)
    if plain:
        words = WHOSE.sub("", REPEATED.sub("", plain.group(2)))
        return _Entry(words, plain.group(2)) if plain.group(1) in SEVERE else None
    try:
        entry = json.loads(text)
    except ValueError:
        return None
    if not isinstance(entry, dict) or entry.get("s") not in SEVERE:
        return None
    attributes = entry.get("attr") or {}
    return _Entry(" ".join(_words(entry, attributes)), f"{entry.get('msg')} {json.dumps(attributes)}")


def _words(entry: dict[str, Any], attributes: dict[str, Any]) -> Iterator[str]:
    """WiredTiger's errors are documents inside since 6.0, with the file that was read; before, text."""
    inner = attributes.get("message")
    if isinstance(inner, dict):
        told = ("session_dhandle_name", *(("error_str",) if inner.get("error_code") else ()), "msg")
        yield REPEATED.sub("", ": ".join(str(inner[name]) for name in told if name in inner))
        return
    yield str(entry.get("msg")).strip()
    if isinstance(inner, str):
        yield json.dumps(WHOSE.sub("", REPEATED.sub("", inner)))
    elif words := inner or attributes.get("error"):
        yield json.dumps(words)
