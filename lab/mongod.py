"""
The mongods of the lab and of the tests: those that Vitam ships, and two more. ``tools/setup`` gets them.

Vitam 4.0.7 and 5.3 ship MongoDB 4.2.5, 6.2 and 7.0.1 ship 5.0.14 (ProgrammeVitam/vitam@4.0.7, 5.3, 6.2, 7.0.1
rpm/vitam-external/sources:3); 4.2.6 and 5.0.32 are the nearest that a wheel has. 4.4.2 and 6.0.27 are for what lies
between and after them.
"""

from __future__ import annotations

import os
from pathlib import Path

CACHE = Path(__file__).resolve().parent / ".cache" / "mongodb"
LIBRARIES = CACHE / "lib"
VERSIONS = ("4.2.6", "4.4.2", "5.0.32", "6.0.27")
BY_VITAM = {"4": "4.2.6", "5": "4.2.6", "6": "5.0.32", "7": "5.0.32"}


class UnknownMongod(ValueError):
    """LAB_MONGODB names a version that the lab does not have, or there is none for a version of Vitam."""


def version_of(vitam: str) -> str:
    """
    Return the version of MongoDB that a lab platform runs: LAB_MONGODB, else the one that its Vitam ships.

    :param vitam: its version, such as ``5.3``.
    :raises UnknownMongod: there is none.
    """
    wanted = os.environ.get("LAB_MONGODB") or BY_VITAM.get(vitam.partition(".")[0])
    if wanted not in VERSIONS:
        asked = os.environ.get("LAB_MONGODB")
        where = f"LAB_MONGODB={asked}" if asked else f"Vitam {vitam}"
        raise UnknownMongod(f"{where}: the lab has no such MongoDB\nhint: it has {', '.join(VERSIONS)}")
    return wanted


def binary(version: str) -> Path:
    """Return where the mongod of a version lies on this machine, whether it is there or not."""
    return CACHE / version / "mongod"


def missing() -> list[str]:
    """Return what of mongods and libraries is not there, as paths."""
    needed = [*(binary(version) for version in VERSIONS), LIBRARIES / "libssl.so.1.1", LIBRARIES / "libcrypto.so.1.1"]
    return [str(path) for path in needed if not path.exists()]


def parameters(version: str, config_server: bool, quiesce_s: float) -> dict[str, int]:
    """
    Return the server parameters by which a mongod of a small machine differs from a site's; what it lacks is left out.

    A shutdown's quiesce time (15 s) came with 5.0, a sessions collection that is not cut into 1024 chunks with 4.4:
    4.2.6 and 4.4.2 do not start with what they do not know (seen).

    :param quiesce_s: how long a primary goes on answering once it is told to end.
    """
    known = tuple(int(number) for number in version.split(".")[:2])
    found: dict[str, int] = {}
    if known >= (5, 0):
        found["shutdownTimeoutMillisForSignaledShutdown"] = round(quiesce_s * 1000)
    if config_server and known >= (4, 4):
        found["minNumChunksForSessionsCollection"] = 1
    if not config_server:
        found["orphanCleanupDelaySecs"] = 60
    return found


def environment() -> dict[str, str]:
    """Return this process's environment for a mongod: with the OpenSSL that it asks for."""
    others = os.environ.get("LD_LIBRARY_PATH")
    return {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join([str(LIBRARIES), *([others] if others else [])])}
