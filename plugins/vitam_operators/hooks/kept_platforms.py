"""
The platform file as it was when a run was opened: kept in the run's records, and what all its steps work by.

Airflow reads the DAG's file anew for each task, and the platform file with it. A host that gets another name during the
night would be neither started nor looked after; what is edited acts from the next run on.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import logging
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vitam_operators.config import Platform
from vitam_operators.errors import ConfigError
from vitam_operators.hooks.records import LOCAL, directory_at
from vitam_operators.nights import CONCLUSION, OPEN, PLATFORM, Night, Nights, moment_of
from vitam_operators.platforms import load_platform, platform_at
from vitam_operators.window import Window

KEPT = f"/{PLATFORM}.json"
ENDS = (CONCLUSION, "report")
"""Records with which a night, and a restore, is over."""
LINE = r"^%s:[ \t]*(['\"]?)([^\s'\"#]+)\1[ \t]*(?:#.*)?$"
log = logging.getLogger(__name__)


def kept(platform: Platform) -> dict[str, Any]:
    """Return what of a platform file is kept: what is not as by default, as JSON can hold it."""
    return platform.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def sha256_of(platform: Platform) -> str:
    """Return the checksum of a platform file's meaning: comments and the order of its keys do not change it."""
    return hashlib.sha256(json.dumps(kept(platform), sort_keys=True).encode()).hexdigest()


def key_of(platform: Platform, kept_in: str, label: str) -> str:
    """
    Return the path or URL by which each worker and the triggerer find what a run keeps of its platform file.

    :param kept_in: directory of the records, below the platform's
    """
    return _joined(platform.records, platform.name, kept_in, label) + KEPT


def _joined(url: str, *names: str) -> str:
    return "/".join(filter(None, [url.removeprefix(LOCAL).rstrip("/"), *names]))


def platform_by(key: str) -> Platform:
    """
    Return the platform of a platform file, or of what a run keeps of it.

    :param key: path of the file, or what :func:`key_of` returned
    :raises ConfigError: it is missing, cannot be read, or is wrong
    """
    return _kept(key) if key.endswith(KEPT) else platform_at(key)


@lru_cache(maxsize=32)
def _kept(key: str) -> Platform:
    """Read it once in a process: a run never writes it again, and a disk that is away later costs nothing."""
    try:
        content = json.loads(directory_at(key).read_text(encoding="utf-8"))
    except Exception as error:  # each object storage has errors of its own
        raise ConfigError(
            f"{key} cannot be read: {error}", hint="the run goes on by the platform file itself"
        ) from error
    try:
        return Platform.model_validate(content)  # what a release before this one took, a run goes on by
    except ValidationError as error:
        raise ConfigError(
            f"{key} is no platform file: {error}", hint="the run goes on by the platform file itself"
        ) from error


def records_at(file: str, kept_in: str = "") -> str:
    """
    Return the path or URL of the records of all runs of a platform file; nothing when the file does not say it.

    Of a file that is wrong just now, the lines ``name`` and ``records`` are read.

    :param kept_in: directory of the records, below the platform's
    """
    try:
        platform = platform_at(file)
        url, name = platform.records, platform.name
    except ConfigError:
        url, name = _lines(file)
    return _joined(url, name, kept_in) if name else ""


def _lines(file: str) -> tuple[str, str]:
    try:
        text = Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", ""
    records, name = (re.search(LINE % key, text, re.MULTILINE) for key in ("records", "name"))
    default = str(Platform.model_fields["records"].default)
    return records[2] if records else default, name[2] if name else ""


def platform_of_runs(file: Path, kept_in: str = "") -> Platform:
    """
    Return the platform that a DAG is built of: the platform file, or what the run that is on keeps of it.

    So the run's steps stay those of its plan while somebody edits the file, be it into no YAML at all. It holds until
    the run is concluded, or its window is over. Only records in a directory are asked: reading a DAG's file waits for
    no network.

    :raises ConfigError: the file is wrong, and no run is on
    """
    try:
        of_run = _of_the_run_that_is_on(str(file), kept_in)
    except Exception:  # whatever the records are like, a DAG needs no more than the platform file
        log.exception("whether a run is on cannot be read from the records of %s", file)
        of_run = None
    return of_run or load_platform(file)


def _of_the_run_that_is_on(file: str, kept_in: str) -> Platform | None:
    where = records_at(file, kept_in)
    if not where.startswith("/") or not Path(where).exists():
        return None
    found = {moment: path.name for path in Path(where).iterdir() if (moment := moment_of(path.name))}
    newest = found[max(found)] if found else "none"
    return platform_by(f"{where}/{newest}{KEPT}") if _is_on(Nights(Path(where)).named(newest)) else None


def _is_on(night: Night) -> bool:
    opened = night.read(OPEN)
    if opened is None or not night.has(PLATFORM) or any(night.has(end) for end in ENDS):
        return False
    return dt.datetime.now(dt.UTC) < Window.of_record(opened["window"]).end


def edits(file: str, platform: Platform) -> str:
    """Say how a platform file differs from the platform that a run works by; nothing when it does not."""
    try:
        now = platform_at(file)
    except ConfigError as error:
        return f"the platform file is wrong by now, no run can begin with it: {error.message}"
    fields = type(platform).model_fields
    edited = [field.alias or name for name, field in fields.items() if getattr(now, name) != getattr(platform, name)]
    if not edited:
        return ""
    return (
        f"the platform file was edited since this run was opened ({', '.join(edited)}): that acts from the next run on"
    )
