"""The types that the platform file is made of: names, paths, units, moments of the day; and what they ask for."""

from __future__ import annotations

import datetime as dt
import difflib
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from vitam_operators.config_paths import PATH_PATTERN, REPOSITORY_PATTERN, URL_PATTERN

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"
HOST_NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,149}$"
UNIT_PATTERN = r"^[\w@.:-]+\.service$"
TIMER_PATTERN = r"^[\w@:-]+$"
VERSION_PATTERN = r"^\d+(\.\d+)*(\.rc\.\d+)?$"
HOST_KEY_PATTERN = r"^(ssh|ecdsa|sk)-\S+ \S+$"
DOTTED_PATTERN = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$"
ACCOUNT_PATTERN = r"^\S(.{0,126}\S)?$"

PATTERNS_IN_WORDS: dict[str, str] = {
    NAME_PATTERN: "letters, digits, '_', '.' and '-', 63 at most, a letter or a digit first",
    HOST_NAME_PATTERN: "letters, digits, '_', '.' and '-', 150 at most, a letter or a digit first",
    PATH_PATTERN: "an absolute path without spaces, quotes, '$' and a '/' at its end",
    UNIT_PATTERN: "a systemd unit such as 'vitam-mongod.service'",
    TIMER_PATTERN: "the name of a timer without '.timer', such as 'vitam-traceability-audit'",
    VERSION_PATTERN: "Vitam's version such as '7.0.1'",
    HOST_KEY_PATTERN: "a public host key such as 'ssh-ed25519 AAAAC3...', without host name and comment",
    REPOSITORY_PATTERN: "a repository of restic without an account's key in it: '/path', 'sftp:user@host:/path', "
    "'s3:https://host/bucket' or 'rest:https://host/'",
    ACCOUNT_PATTERN: "an account or a role, without blanks around it, in quotes if it is a number",
    DOTTED_PATTERN: "a class with its module, such as 'airflow.providers.slack.notifications.slack.SlackNotifier'",
    URL_PATTERN: "a URL such as 'file:///var/lib/vitam-backup'",
}
"""What each pattern asks for, for people (see :mod:`vitam_operators.platforms`)."""

Name = Annotated[str, Field(pattern=NAME_PATTERN)]
HostName = Annotated[str, Field(pattern=HOST_NAME_PATTERN)]
"""Longer than a name of ours, as sites have whole domain names; the names of records have to hold it."""
Unit = Annotated[str, Field(pattern=UNIT_PATTERN)]
MongoUnit = Annotated[Unit, AfterValidator(lambda unit: _named(unit, "MongoDB", "mongo"))]
ElasticUnit = Annotated[Unit, AfterValidator(lambda unit: _named(unit, "Elasticsearch", "elastic", "opensearch"))]
BoundUnit = Annotated[Unit, AfterValidator(lambda unit: _not_the_systems(unit))]
TimerName = Annotated[str, Field(pattern=TIMER_PATTERN)]
ConnId = Annotated[str, Field(min_length=1)]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[int, Field(ge=1)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
ALL_DAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


OfferProvider = Literal[
    "filesystem",
    "filesystem-hash",
    "openstack-swift",
    "openstack-swift-v2",
    "openstack-swift-v3",
    "amazon-s3-v1",
    "tape-library",
]
"""Where an offer keeps its objects: ProgrammeVitam/vitam@7.0.1
sources/common/common-storage/src/main/java/fr/gouv/vitam/common/storage/constants/StorageProvider.java:36."""
OFFER_IN_FILES = ("filesystem", "filesystem-hash")
TAPE_LIBRARY = "tape-library"


def known_timezone(name: str) -> str:
    """
    Return a time zone's name.

    :raises ValueError: nobody knows it; the message names the nearest that is known
    """
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        near = difflib.get_close_matches(name, available_timezones(), n=1, cutoff=0.8)
        raise ValueError(f"is not a time zone, expected a name such as {(near or ['Europe/Paris'])[0]!r}") from error
    return name


def _wall_clock(value: Any) -> Any:
    """Refuse what is not a plain local time: YAML reads ``20:00`` without quotes as the number 1200."""
    if isinstance(value, int | float):
        raise ValueError("is a number for YAML, write the time in quotes, such as '20:00'")
    if isinstance(value, dt.time) and value.tzinfo:
        raise ValueError("has an offset, write the local time alone, such as '20:00'")
    return value


LocalTime = Annotated[
    dt.time,
    BeforeValidator(_wall_clock),
    AfterValidator(_wall_clock),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"}),
]


OF_THE_SYSTEM = (
    *("ssh", "systemd-", "dbus", "getty", "user@", "network", "cron", "docker", "containerd", "podman"),
    *("sudo", "polkit", "firewalld", "iptables", "nftables", "wpa_supplicant", "auditd", "sssd", "nscd"),
)
"""How names of units begin that a host is reached, kept or entered by."""


def _not_the_systems(unit: str) -> str:
    """
    Return a unit's name.

    :raises ValueError: it is the system's own: whoever may start and stop it has the host
    """
    if unit.lower().startswith(OF_THE_SYSTEM):
        raise ValueError("is a unit of the system, expected one that is bound to a unit of Vitam's, as an exporter")
    return unit


def _named(unit: str, whose: str, *words: str) -> str:
    """
    Return a unit that has one of these words in its name: the night stops it and takes what it left for data at rest.

    :raises ValueError: it has none
    """
    if not any(word in unit.lower() for word in words):
        raise ValueError(f"is no unit of {whose}, expected a name with {' or '.join(map(repr, words))} in it")
    return unit


class Strict(BaseModel):
    """A part of the file; a key that is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)
