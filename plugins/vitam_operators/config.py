"""
The platform file as typed models: which hosts, which services, which databases, which window, which copies.

``config/platform.example.yaml`` explains every key; ``config/platform.schema.json`` is written from these models.
:mod:`vitam_operators.platforms` reads the file and checks what the models alone cannot.
"""

from __future__ import annotations

import datetime as dt
import difflib
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from vitam_operators import procedure

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$"
PATH_PATTERN = r"^/[^\s'\"\\$`]*[^/\s'\"\\$`]$"
UNIT_PATTERN = r"^[\w@.:-]+\.service$"
VERSION_PATTERN = r"^\d+(\.\d+)*(\.rc\.\d+)?$"
HOST_KEY_PATTERN = r"^(ssh|ecdsa|sk)-\S+ \S+$"
URL_PATTERN = r"^[a-z][a-z0-9+.-]*://\S+$"

PATTERNS_IN_WORDS: dict[str, str] = {
    NAME_PATTERN: "letters, digits, '_', '.' and '-', 63 at most, a letter or a digit first",
    PATH_PATTERN: "an absolute path without spaces, quotes, '$' and a '/' at its end",
    UNIT_PATTERN: "a systemd unit such as 'vitam-mongod.service'",
    VERSION_PATTERN: "Vitam's version such as '7.0.1'",
    HOST_KEY_PATTERN: "a public host key such as 'ssh-ed25519 AAAAC3...', without host name and comment",
    URL_PATTERN: "a URL such as 'file:///var/lib/vitam-backup'",
}
"""What each pattern asks for, for people (see :mod:`vitam_operators.platforms`)."""

Name = Annotated[str, Field(pattern=NAME_PATTERN)]
AbsolutePath = Annotated[str, Field(pattern=PATH_PATTERN)]
Unit = Annotated[str, Field(pattern=UNIT_PATTERN)]
ConnId = Annotated[str, Field(min_length=1)]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[int, Field(ge=1)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
ALL_DAYS: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _known_timezone(name: str) -> str:
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


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WindowConfig(_Strict):
    """When the platform may be down, in local time."""

    start: LocalTime = Field(default=dt.time(20), description="local time at which the night begins")
    end: LocalTime = Field(default=dt.time(8), description="local time at which everything runs again")
    timezone: Annotated[str, AfterValidator(_known_timezone)] = Field(
        default="Europe/Paris", description="time zone of start, end, weekdays and blackout_dates"
    )
    weekdays: tuple[Weekday, ...] = Field(default=ALL_DAYS, min_length=1, description="days on which a night may begin")
    blackout_dates: tuple[dt.date, ...] = Field(default=(), description="dates on which no night begins")
    restart_reserve_s: Seconds = Field(
        default=3600, description="seconds before the window's end at which waits and copies are given up"
    )
    late_start_s: Seconds = Field(
        default=1800, description="seconds after the window's start during which a night may still be begun"
    )
    hold_until_window_end: bool = Field(
        default=False, description="start the platform at the window's end only, not as soon as the copies are over"
    )


class Host(_Strict):
    """One machine: how it is reached, and which Vitam services it has."""

    name: Name = Field(description="label in the Airflow UI and in the manifest")
    address: str = Field(min_length=1, description="address or name for ssh")
    ssh_port: Port = 22
    ssh_conn_id: ConnId | None = Field(default=None, description="Airflow connection, when not that of the platform")
    host_key: str | None = Field(
        default=None, pattern=HOST_KEY_PATTERN, description="public host key, as in known_hosts"
    )
    service_address: str | None = Field(default=None, description="Ansible's ip_service; default: address")
    admin_address: str | None = Field(default=None, description="Ansible's ip_admin; default: address")
    services: tuple[str, ...] = Field(default=(), description="Vitam components, by their names in Vitam's playbooks")

    @property
    def service_ip(self) -> str:
        """Address of business ports and of MongoDB."""
        return self.service_address or self.address

    @property
    def admin_ip(self) -> str:
        """Address of admin ports."""
        return self.admin_address or self.address


class Member(_Strict):
    """One member of a replica set."""

    host: Name
    arbiter: bool = Field(default=False, description="holds no data: never stopped, never copied")


class ReplicaSet(_Strict):
    """A replica set: a shard, or the config set of a cluster."""

    name: Name = Field(description="name of the replica set, as in rs.conf()")
    members: tuple[Member, ...] = Field(min_length=1)

    @property
    def data_hosts(self) -> tuple[str, ...]:
        """Hosts of the members that hold data."""
        return tuple(member.host for member in self.members if not member.arbiter)


class MongosDaemon(_Strict):
    """How the routers are installed on their hosts."""

    unit: Unit = Field(default="vitam-mongos.service", description="systemd unit")
    port: Port = 27017


class Daemon(_Strict):
    """How one kind of MongoDB process that holds data is installed on its hosts."""

    unit: Unit = Field(description="systemd unit")
    port: Port
    db_path: AbsolutePath = Field(description="storage.dbPath: what is copied")


class MongocDaemon(Daemon):
    """The members of the config set."""

    unit: Unit = "vitam-mongoc.service"
    port: Port = 27018
    db_path: AbsolutePath = "/vitam/data/mongoc/db"


class MongodDaemon(Daemon):
    """The members of the shards."""

    unit: Unit = "vitam-mongod.service"
    port: Port = 27019
    db_path: AbsolutePath = "/vitam/data/mongod/db"


class MongoCluster(_Strict):
    """One sharded MongoDB cluster: that of the data, or that of one storage offer."""

    name: Name = Field(description="Ansible's mongo_cluster_name")
    admin_conn_id: ConnId = Field(description="Airflow connection with the account for the routers (vitamdb-admin)")
    localadmin_conn_id: ConnId = Field(description="the same for members directly (vitamdb-localadmin)")
    routers: tuple[Name, ...] = Field(min_length=1, description="hosts of mongos")
    config_set: ReplicaSet
    shards: tuple[ReplicaSet, ...] = Field(min_length=1)
    readers: tuple[str, ...] = Field(default=(), description="accounts that only read (monitoring) and may stay")
    mongos: MongosDaemon = MongosDaemon()
    mongoc: MongocDaemon = MongocDaemon()
    mongod: MongodDaemon = MongodDaemon()


class ElasticsearchCluster(_Strict):
    """One Elasticsearch cluster. Its indexes are not copied: Vitam rebuilds them."""

    name: Name
    hosts: tuple[Name, ...] = Field(min_length=1)
    unit: Unit = "vitam-elasticsearch-data.service"
    port: Port = 9200


class SecuringConfig(_Strict):
    """How the securing of the logbooks is recognised, waited for and held."""

    by: Literal["timers", "quartz"] = Field(description="systemd timers (Vitam 5 and before) or the scheduler (6 on)")
    wait_for: Literal["midnight", "next_run", "none_running"] = Field(
        default="midnight", description="when the securing counts as done"
    )
    timers: tuple[str, ...] = Field(
        default=procedure.SECURING_TIMERS, description="units (without suffix) that secure, on the hosts of logbook"
    )
    other_timers: tuple[str, ...] = Field(default=procedure.OTHER_TIMERS, description="held, but not waited for")
    minutes: tuple[Annotated[int, Field(ge=0, le=59)], ...] = Field(
        default=procedure.SECURING_MINUTES, min_length=1, description="minutes of the hour at which Quartz secures"
    )
    settle_s: Seconds = Field(default=90, description="seconds without a current job that prove the end (Quartz)")
    needs_processing: bool = Field(
        default=False, description="securing is itself a workflow: processing stops only once it is over"
    )
    platform_secret_conn_id: ConnId | None = Field(
        default=None, description="Airflow connection whose password is Vitam's platform secret (Quartz)"
    )


class WorkflowsConfig(_Strict):
    """When processing counts as drained."""

    polls_in_a_row: Annotated[int, Field(ge=1)] = Field(default=3, description="polls without a RUNNING workflow")
    poll_interval_s: Seconds = 10


class FileSet(_Strict):
    """A directory that is copied beside the databases."""

    name: Name
    path: AbsolutePath
    hosts: tuple[Name, ...] = Field(default=(), description="hosts that have it; none named: all hosts")
    exclude: tuple[str, ...] = Field(default=(), description="patterns of tar, relative to path")


class CopyConfig(_Strict):
    """Where and how copies are made."""

    directory: AbsolutePath = Field(default="/vitam/backup", description="on the host whose data is copied")
    compression: Literal["zstd", "none"] = "zstd"
    level: Annotated[int, Field(ge=1, le=19)] = Field(default=1, description="zstd level")
    threads: Annotated[int, Field(ge=0)] = Field(default=0, description="zstd threads; 0: one for each core")
    room_factor: Annotated[float, Field(ge=0.1)] = Field(
        default=1.2, description="free space needed, as a multiple of the size of what is copied"
    )
    file_sets: tuple[FileSet, ...] = (FileSet(name="conf", path="/vitam/conf"),)


class Timeouts(_Strict):
    """Seconds after which a step is an error; none of them crosses the night's give-up time."""

    service_stop_s: Seconds = Field(default=3600, description="as in Vitam's playbooks")
    service_start_s: Seconds = Field(default=300, description="as in Vitam's playbooks")
    mongod_stop_s: Seconds = 3600
    mongod_start_s: Seconds = 1800
    balancer_s: Seconds = 3600
    elasticsearch_start_s: Seconds = 900
    last_write_s: Seconds = Field(default=120, description="for clients to go and members to catch up, once stopped")


class Platform(_Strict):
    """The whole platform file."""

    name: Name = Field(description="in titles, paths and messages")
    vitam_version: str = Field(pattern=VERSION_PATTERN, examples=["7.0.1"])
    ssh_conn_id: ConnId = Field(description="Airflow connection (type ssh) for all hosts")
    records: str = Field(
        default="file:///var/lib/vitam-backup",
        pattern=URL_PATTERN,
        description="URL of the directory for plans and manifests",
    )
    window: WindowConfig = WindowConfig()
    hosts: tuple[Host, ...] = Field(min_length=1)
    mongodb: tuple[MongoCluster, ...] = Field(min_length=1)
    elasticsearch: tuple[ElasticsearchCluster, ...] = Field(min_length=1)
    securing: SecuringConfig
    workflows: WorkflowsConfig = WorkflowsConfig()
    copies: CopyConfig = Field(default=CopyConfig(), alias="copy")
    timeouts: Timeouts = Timeouts()
    service_order: tuple[str, ...] = Field(default=(), description="stop order, where not the manual's")
    start_order: tuple[str, ...] = Field(default=(), description="start order, where not the manual's")

    def host(self, name: str) -> Host:
        """Return the host of that name; the file was checked to have it."""
        return next(host for host in self.hosts if host.name == name)

    def cluster(self, name: str) -> MongoCluster:
        """Return the MongoDB cluster of that name."""
        return next(cluster for cluster in self.mongodb if cluster.name == name)

    def hosts_of(self, service: str) -> tuple[str, ...]:
        """Return the names of the hosts that have a service, in the file's order."""
        return tuple(host.name for host in self.hosts if service in host.services)

    def stop_order(self, phase: str) -> tuple[procedure.Service, ...]:
        """Return the services of a phase that this platform has, in the order in which they stop."""
        return tuple(s for s in procedure.stop_order(phase, self.service_order) if self.hosts_of(s.name))

    def services_to_start(self) -> tuple[procedure.Service, ...]:
        """Return the services that this platform has, in the order in which they start."""
        return tuple(s for s in procedure.start_order(self.start_order) if self.hosts_of(s.name))
