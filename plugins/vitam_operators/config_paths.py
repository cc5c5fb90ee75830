"""The paths of a platform file: whole, without steps back; and what may stand at the end of some of them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

PATH_PATTERN = r"^/[^\s'\"\\$`]*[^/\s'\"\\$`]$"
REPOSITORY_PATTERN = (
    r"^(/|sftp:(\w[\w.-]*@)?\w[\w.-]*:/|s3:https?://[\w.-]+(:\d+)?/|rest:https?://[\w.-]+(:\d+)?/)"
    r"([\w.-]+/)*[\w.-]*$"
)
URL_PATTERN = r"^[a-z][a-z0-9+.-]*://\S+$"
MONGOD = re.compile(r"mongod([-_.]?[0-9][\w.-]*)?")


def without_steps(text: str) -> str:
    """
    Return a path, a URL or a repository as it stands.

    :raises ValueError: a part of it is ``..`` or ``.``, so that it is not where it seems to be
    """
    if {"..", "."} & set(re.split(r"[/:]", text)):
        raise ValueError("has '..' or '.' in it, write the path that it means")
    return text


def known_mongod(path: str) -> str:
    """
    Return the path of a mongod.

    :raises ValueError: it is another program, which would be run as root
    """
    if not MONGOD.fullmatch(path.rpartition("/")[2]):
        raise ValueError("is no mongod, expected its path, such as '/usr/bin/mongod' or '/opt/mongodb/bin/mongod-6.0'")
    return path


def relative_pattern(pattern: str) -> str:
    """
    Return a pattern of what is left out as tar compares it: relative, without "./" before and "/" behind.

    :raises ValueError: it leads out of the directory, or would leave out nothing, everything, or with one engine
        something else than with the other
    """
    found = re.sub(r"^(\./+)+", "", pattern).rstrip("/")
    parts = found.split("/")
    if pattern.startswith("/") or ".." in parts:
        raise ValueError("leads out of path, write it relative to path, such as 'backup'")
    if found in ("", ".") or re.fullmatch(r"[*?]*\*[*?]*", found):
        raise ValueError("leaves out nothing or everything, write what is left out, relative to path")
    if {"", "."} & set(parts):
        raise ValueError("leaves out nothing, as no path has '//' or '/./' in it; write it without")
    if "\\" in found or "[^" in found:
        raise ValueError(
            "is not read alike by tar and restic; write '[!...]' for other letters, '[*]' for a '*' itself"
        )
    return found


AbsolutePath = Annotated[str, Field(pattern=PATH_PATTERN), AfterValidator(without_steps)]
Mongod = Annotated[AbsolutePath, AfterValidator(known_mongod)]
Repository = Annotated[str, Field(pattern=REPOSITORY_PATTERN), AfterValidator(without_steps)]
Url = Annotated[str, Field(pattern=URL_PATTERN), AfterValidator(without_steps)]
RelativePattern = Annotated[str, AfterValidator(relative_pattern)]
