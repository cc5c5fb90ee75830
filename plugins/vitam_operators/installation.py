"""The installation that keeps its records in a directory: a part of the id of each of its runs."""

from __future__ import annotations

import secrets

from vitam_operators.nights import Night, now_text

INSTALLATION = "installation"
"""Record, beside those of the runs; it is made once."""


def installation_of(home: Night) -> str:
    """
    Return the id of an installation; the first one who asks makes it.

    One that is lost is made anew: what is compared is the id of a run, which stands in its own records.

    :param home: the records of a platform
    :return: eight hexadecimal digits
    """
    standing = _read(home)
    if standing is None:
        home.write(INSTALLATION, {"id": secrets.token_hex(4), "made_at": now_text()})
        standing = _read(home)
    return str(standing)


def _read(home: Night) -> str | None:
    return (home.read(INSTALLATION) or {}).get("id")
