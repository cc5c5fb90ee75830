"""The manifest: what a sealed backup is, built from the records of its night. Schema version 2."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from vitam_operators import elastic, happened, nights, preferred
from vitam_operators.errors import NotProvedError
from vitam_operators.nights import Night, Record
from vitam_operators.notes_mongodb import NOT_NOTED
from vitam_operators.parts import DATABASES
from vitam_operators.wholeness import PLATFORM_PARTS

SCHEMA_VERSION = 2
NIGHTS_BACK = 10
"""How many nights back the last copy of a replica set is looked for."""
READABLE = (1, 2)
"""Schema versions that are read: 1 lacks ``mongodb`` in its parts, ``phases``, ``not_in_backup``, ``tools``."""


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


def build(
    night: Night,
    *,
    tool_version: str,
    phases: Record,
    not_in_backup: list[str],
    same_base: Mapping[str, bool],
    unproved: Sequence[str] = (),
) -> Record:
    """
    Build the manifest of a night whose parts are all copied and read back.

    :param tool_version: version of this package
    :param phases: how long each phase took, see :func:`vitam_operators.phases.phase`
    :param not_in_backup: what a restore needs and will not find in it, see :mod:`vitam_operators.left_out`
    :param same_base: see :func:`same_base`
    :param unproved: what else speaks against it: steps before the copies that did not say that they happened
    :raises NotProvedError: something is missing; the message names all of it
    """
    found = missing(night) or list(unproved)
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
        **{key: opened[key] for key in keys_of_open(SCHEMA_VERSION)},
        **{key: opened[key] for key in NEWER_KEYS_OF_OPEN if key in opened},
        "warnings_of_night": list(_warnings(night)),
        "steps": happened.all_done(night),
        "stops": night.all("stop"),
        "parts": {name: _part(night, name, same_base) for name in opened["parts"]},
        "starts": night.all("start"),
        "quiet": night.all("quiet"),
        "unchanged": night.all("unchanged"),
        "guards_fired": night.all("guard"),
        "indexes": night.all("indexes"),
        "phases": phases,
        "not_in_backup": not_in_backup,
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


NEWER_KEYS_OF_OPEN = (PLATFORM_PARTS,)
"""Those that a manifest of the same schema version may lack, because its night was opened before they were noted."""


def keys_of_open(schema_version: int) -> tuple[str, ...]:
    """Return the keys that a manifest of a schema version has from what its night was opened with."""
    return KEYS_OF_OPEN if schema_version == 1 else (*KEYS_OF_OPEN, "tools")


def same_base(night: Night, earlier: Iterable[Record]) -> dict[str, bool]:
    """
    Tell of each replica set whether its copy is of the same member as that of the last sealed backup that has one.

    :param earlier: manifests of earlier nights, the newest first; only the :data:`NIGHTS_BACK` first are asked
    """
    parts = {name: part for name, part in night.all("part").items() if part["kind"] in DATABASES}
    hosts: dict[str, str] = {}
    for content in islice(earlier, NIGHTS_BACK):
        hosts = {name: part["host"] for name, part in content["parts"].items()} | hosts
        if hosts.keys() >= parts.keys():
            break
    return {name: hosts.get(name) == part["host"] for name, part in parts.items()}


def _part(night: Night, name: str, same_base: Mapping[str, bool]) -> dict[str, Any]:
    part = {**night.all("part")[name], "proof": night.all("proof")[name]}
    if part["kind"] not in DATABASES:
        return part
    part["same_base"] = same_base[name]
    return {**part, "mongodb": {**(night.read(f"member.{name}") or {}), **(night.read(f"counts.{name}") or {})}}


NOTES = {
    "member": "the member that {} was copied from was not noted",
    "counts": "the documents of {} were not counted",
    "quiet": "the chunks of {} were not counted",
}
"""Kinds of records with notes that a seal does not depend on, and what it means that one was not made."""


def _warnings(night: Night) -> Iterator[str]:
    """Tell what the night found out that the look could not know."""
    for kind, words in NOTES.items():
        for name, record in night.all(kind).items():
            if NOT_NOTED in record:
                yield f"{words.format(name)}: {record[NOT_NOTED]}"
    for name, record in night.all("indexes").items():
        if record.get("state") != elastic.SUCCESS:
            yield f"there is no whole snapshot of {name}: it is {record.get('state')}: {record.get('why')}"
    for name, record in night.all("preferred").items():
        yield from filter(None, [preferred.warning(name, record, (night.read(f"stop.{name}") or record)["host"])])
