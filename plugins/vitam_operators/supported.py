"""
Which versions of everything the backup is made for, and how that is known.

"seen" of Vitam and of MongoDB is only what docs/versions.md shows; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass

SEEN, READ, ASSUMED = "seen", "read", "assumed"


@dataclass(frozen=True)
class Supported:
    """
    One program, and versions of it that are known in the same way.

    :param what: the program
    :param versions: which ones
    :param known: ``seen`` at work; ``read`` in a document or a source; ``assumed``: neither
    :param by: where it was seen or read
    """

    what: str
    versions: str
    known: str
    by: str


VITAM, MONGODB = "Vitam", "MongoDB"
LAB = "the lab's hosts, on which docs/versions.md and docs/faults.md were run"
NOT_LOOKED_UP = "asked for since the first release; its release notes were not looked up"

SUPPORTED: tuple[Supported, ...] = (
    Supported(VITAM, "4.0.7, 5.3, 6.2, 7.0.1", SEEN, "docs/versions.md; its services are stand-ins there"),
    Supported(MONGODB, "4.2, 4.4, 5.0, 6.0", SEEN, "docs/versions.md: night, drill, restore; mongos a stand-in there"),
    Supported("Elasticsearch", "7.16, 7.17", READ, "what Vitam ships (its rpm/vitam-external/sources); never run here"),
    Supported("hosts", "12 (Debian), systemd 252", SEEN, LAB),
    Supported("systemd", "238 and later", ASSUMED, NOT_LOOKED_UP),
    Supported("sudo", "1.9.10 and later", ASSUMED, NOT_LOOKED_UP),
    Supported("tar", "1.28 and later", ASSUMED, NOT_LOOKED_UP),
    Supported("curl", "7.29 and later", READ, "its manual: each option (curl.py)"),
    Supported("coreutils", "8.24 and later", ASSUMED, NOT_LOOKED_UP),
    Supported("Python on hosts", "3.6 and later", SEEN, "3.6.15 loads both programs, and lists a directory"),
    Supported("Airflow", "3.3.2", SEEN, "the tests"),
)

SHORT = """\
Made for Vitam 4 to 7 with MongoDB 4.2 to 6.0; seen as a whole: Vitam 4.0.7 and 5.3 with MongoDB 4.2, 5.3 with 4.4, 6.2
and 7.0.1 with 5.0, 7.0.1 with 6.0 ([docs/versions.md](docs/versions.md)). Hosts need systemd 238, sudo 1.9.10,
tar 1.28, curl 7.29, coreutils 8.24 and Python 3.6 or later (seen: Debian 12); Airflow 3.3.2. **sudo 1.9.10 is not in
the CentOS 7 and Debian 10 that Vitam's manual names.** What is seen, read or assumed of each:
[docs/hosts.md](docs/hosts.md#supported-versions).
"""
"""What README's first screen says of it."""


def table() -> list[str]:
    """Return the versions as lines of a table."""
    rows = [f"| {one.what} | {one.versions} | {one.known} | {one.by} |" for one in SUPPORTED]
    return ["| | versions | known | by |", "|---|---|---|---|", *rows]
