"""The manifest: what a sealed backup is, built from the records of its night. Schema version 1."""

from __future__ import annotations

from typing import Any

from vitam_operators import nights
from vitam_operators.errors import NotProvedError
from vitam_operators.nights import Night, Record
from vitam_operators.parts import DATABASES

SCHEMA_VERSION = 1


def missing(night: Night) -> list[str]:
    """Tell what a seal would need and is not there, a sentence each."""
    copies, proofs = night.all("part"), night.all("proof")
    planned = night.opened["parts"]
    found = [f"part {name} was not copied" for name in planned if name not in copies]
    found += [f"part {name} was not read back" for name in planned if name in copies and name not in proofs]
    wrong = [n for n, proof in proofs.items() if n in copies and proof["sha256"] != copies[n]["sha256"]]
    found += [f"part {name} was read back with another checksum than it was written with" for name in wrong]
    sets = [name for name in planned if name in copies and copies[name]["kind"] in DATABASES]
    written = [name for name in sets if not night.read(f"unchanged.{name}")]
    found += [f"nobody proved that nothing was written to {name} while it was copied" for name in written]
    if not planned:
        found.append("no part was planned")
    return found


def build(night: Night, *, tool_version: str) -> Record:
    """
    Build the manifest of a night whose parts are all copied and read back.

    :param tool_version: version of this package
    :raises NotProvedError: something is missing; the message names all of it
    """
    found = missing(night)
    if found:
        raise NotProvedError(
            f"backup {night.label} is not sealed: {'; '.join(found)}",
            hint="read the log of the first red task of this run; the platform was started all the same",
        )
    opened = night.opened
    return {
        "schema_version": SCHEMA_VERSION,
        "backup": night.label,
        "state": "sealed",
        "sealed_at": nights.now_text(),
        "tool": {"name": "vitam-backup", "version": tool_version},
        **{key: opened[key] for key in KEYS_OF_OPEN},
        "stops": night.all("stop"),
        "parts": {name: _part(night, name) for name in opened["parts"]},
        "starts": night.all("start"),
        "quiet": night.all("quiet"),
        "unchanged": night.all("unchanged"),
        "guards_fired": night.all("guard"),
        "size_bytes": sum(part["size_bytes"] for part in night.all("part").values()),
    }


KEYS_OF_OPEN = (
    "platform",
    "vitam_version",
    "run_id",
    "attempt",
    "opened_at",
    "window",
    "note",
    "securing",
    "units_before",
    "clusters",
    "versions",
    "warnings",
    "copies",
    "methods",
)


def _part(night: Night, name: str) -> dict[str, Any]:
    return {**night.all("part")[name], "proof": night.all("proof")[name]}
