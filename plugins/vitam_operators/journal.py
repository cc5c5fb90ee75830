"""What a unit wrote to the journal of its host."""

from __future__ import annotations

import datetime as dt

from vitam_operators.commands import Command, line

LINES_SHOWN = 12
LINES_TO_JUDGE = 2000
"""A page that is broken is written out a line for each KiB, behind the cause of an end."""


def last_words(unit: str, since: dt.datetime | None, lines: int = LINES_SHOWN) -> Command[str]:
    """
    Fact: the last lines that a unit wrote, the oldest first; the first reason of a failed copy is among twelve.

    ``tail`` counts them: before systemd 254 ``--lines`` with ``--since`` shows the *first* lines after that moment
    (systemd issue 26657), and up to 244 ``--reverse`` with ``--lines`` leaves the last ones out (issue 1596).

    :param since: when its process was started; a name is used again by the next try, whose journal is the same.
        ``None`` when that is not known: then all of it
    """
    moment = int(since.timestamp()) if since else 0
    words = ["journalctl", f"--unit={unit}", f"--since=@{moment}", "--output=cat", "--no-pager", "--quiet"]
    return Command(f"{line(*words, sudo=True)} | tail --lines={lines}", str.strip)


def says_the_end(unit: str, words: str) -> bool:
    """
    Tell whether systemd's own line of a unit's failure is among these lines.

    What the unit said before is there only then: journald writes behind what systemd knows. The line is that of
    systemd v252, ``unit_log_failure`` of ``src/core/unit.c``.
    """
    return any(text.startswith(f"{unit}: Failed with result") for text in words.splitlines())


def without_systemd(unit: str, words: str) -> str:
    """Leave out what systemd says of a unit: it is known from its state."""
    return "\n".join(text for text in words.splitlines() if not text.startswith(f"{unit}: "))
