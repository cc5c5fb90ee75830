"""
Lost records, written anew from manifests.

A manifest is left beside the copies on each host that has a part of the backup, so the catalogue outlives its records.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from vitam_operators import nights as records
from vitam_operators.catalogue import Reader
from vitam_operators.errors import RebuildRefusedError
from vitam_operators.manifest import NEWER_KEYS_OF_OPEN, READABLE, keys_of_open
from vitam_operators.nights import Nights, Record, moment_of


def rebuild(nights: Nights, platform: str, files: Sequence[Path]) -> list[str]:
    """
    Write lost records anew from manifests; what is there already and says the same stays as it is.

    :param platform: name of the platform
    :param files: manifests, of any backups and from any of their hosts
    :return: the labels of the backups that got records
    :raises RebuildRefusedError: nothing was written; the message names every mistake of every manifest
    """
    manifests: dict[str, Record] = {}
    found: list[str] = []
    for path in files:
        content, mistakes = _read(path, platform)
        found += [f"{path}: {mistake}" for mistake in mistakes]
        if not mistakes and manifests.setdefault(content["backup"], content) != content:
            found.append(f"{path}: another manifest of backup {content['backup']} says otherwise")
    found += [conflict for content in manifests.values() for conflict in _conflicts(nights, content)]
    if found:
        raise RebuildRefusedError(
            "nothing was written:\n" + "\n".join(f"  {finding}" for finding in found),
            hint="move records that are broken out of the way, leave out manifests that are not of this platform",
        )
    return [label for label, content in manifests.items() if _write(nights, content)]


def _read(path: Path, platform: str) -> tuple[Record, list[str]]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return {}, [f"cannot be read ({error.strerror})"]
    except ValueError as error:
        return {}, [f"is not JSON ({error})"]
    if not isinstance(content, dict):
        return {}, ["holds no keys"]
    version = content.get("schema_version")
    if version not in READABLE:
        known = " and ".join(map(str, READABLE))
        return content, [f"its schema_version is {version!r}, known are {known}"]
    needed = (*keys_of_open(version), "backup", "sealed_at", "size_bytes", "parts")
    mistakes = [f"lacks {key}" for key in needed if key not in content]
    if "backup" in content and moment_of(str(content["backup"])) is None:
        mistakes.append(f"{content['backup']!r} is no label of a backup")
    if content.get("platform", platform) != platform:
        mistakes.append(f"is of platform {content['platform']!r}, not of {platform!r}")
    return content, mistakes


def _conflicts(nights: Nights, content: Record) -> Iterator[str]:
    directory = nights.named(content["backup"]).directory
    if not directory.exists():
        return
    reader = Reader(directory)
    opened, standing = reader.read(records.OPEN), reader.read(records.MANIFEST)
    yield from (f"{directory}/{name} {why}" for name, why in reader.unreadable.items())
    if standing and standing != content:
        yield f"{directory}/{records.MANIFEST}.json says otherwise than the manifest that was given"
    keys = keys_of_open(content["schema_version"])
    other = [key for key in keys if opened and opened.get(key) != content[key]]
    if other:
        yield f"{directory}/{records.OPEN}.json has another {', '.join(other)}"


def _write(nights: Nights, content: Record) -> bool:
    """Write the records of one backup that are not there; tell whether any was lost."""
    night = nights.named(content["backup"])
    moment = moment_of(night.label)
    opened = {
        **{key: content[key] for key in keys_of_open(content["schema_version"])},
        **{key: content[key] for key in NEWER_KEYS_OF_OPEN if key in content},
        "backup": records.backup_id(moment[0]) if moment else night.label,
        "label": night.label,
        "parts": list(content["parts"]),
        "rebuilt_from": "manifest",
    }
    lost = [name for name in (records.OPEN, records.MANIFEST) if night.read(name) is None]
    for name in lost:
        night.write(name, opened if name == records.OPEN else content)
    return bool(lost)
