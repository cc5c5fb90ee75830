"""
The platform file as typed models: which hosts, which services, which databases, which window, which copies.

``config/platform.example.yaml`` explains every key; ``config/platform.schema.json`` is written from these models.
:mod:`vitam_operators.platforms` reads the file and checks what the models alone cannot.
"""

from __future__ import annotations

import dataclasses
from typing import Annotated, Literal

from pydantic import Field

from vitam_operators import procedure, versions
from vitam_operators.config_access import AccessConfig
from vitam_operators.config_addresses import Address
from vitam_operators.config_copies import CopyConfig, DrillConfig, RestoreConfig
from vitam_operators.config_messages import MessagesConfig
from vitam_operators.config_paths import AbsolutePath, Url
from vitam_operators.config_readers import AnyReader
from vitam_operators.config_services import ElasticsearchCluster, PortsConfig
from vitam_operators.config_types import (
    HOST_KEY_PATTERN,
    OFFER_IN_FILES,
    VERSION_PATTERN,
    BoundUnit,
    ConnId,
    HostName,
    MongoUnit,
    Name,
    OfferProvider,
    Port,
    Seconds,
    Strict,
    TimerName,
)
from vitam_operators.config_window import WindowConfig as WindowConfig


class Host(Strict):
    """One machine: how it is reached, and which Vitam services it has."""

    name: HostName = Field(description="label in the Airflow UI and in the manifest")
    address: Address = Field(description="address or name for ssh")
    ssh_port: Port = 22
    ssh_conn_id: ConnId | None = Field(default=None, description="Airflow connection, when not that of the platform")
    host_key: str | None = Field(
        default=None, pattern=HOST_KEY_PATTERN, description="public host key, as in known_hosts"
    )
    service_address: Address | None = Field(default=None, description="Ansible's ip_service; default: address")
    admin_address: Address | None = Field(default=None, description="Ansible's ip_admin; default: address")
    services: tuple[str, ...] = Field(default=(), description="Vitam components, by their names in Vitam's playbooks")
    offer_provider: OfferProvider | None = Field(
        default=None, description="Ansible's vitam_offers.<offer>.provider; none: its objects are taken to be in files"
    )
    bound_units: tuple[BoundUnit, ...] = Field(
        default=(), description="units that systemd stops with Vitam's, as exporters: started again with them"
    )

    @property
    def service_ip(self) -> str:
        """Address of business ports and of MongoDB."""
        return self.service_address or self.address

    @property
    def admin_ip(self) -> str:
        """Address of admin ports."""
        return self.admin_address or self.address

    @property
    def offer_in_files(self) -> bool:
        """Whether an offer of this host keeps its objects in files, as far as is known."""
        return self.offer_provider is None or self.offer_provider in OFFER_IN_FILES


class Member(Strict):
    """One member of a replica set."""

    host: HostName
    arbiter: bool = Field(default=False, description="holds no data: never stopped, never copied")


class ReplicaSet(Strict):
    """A replica set: a shard, or the config set of a cluster."""

    name: Name = Field(description="name of the replica set, as in rs.conf()")
    members: tuple[Member, ...] = Field(min_length=1)
    preferred: HostName | None = Field(
        default=None, description="host of the member that is copied each night, if it is fit"
    )

    @property
    def data_hosts(self) -> tuple[str, ...]:
        """Hosts of the members that hold data."""
        return tuple(member.host for member in self.members if not member.arbiter)


class MongosDaemon(Strict):
    """How the routers are installed on their hosts."""

    unit: MongoUnit = Field(default="vitam-mongos.service", description="systemd unit")
    port: Port = 27017


class Daemon(Strict):
    """How one kind of MongoDB process that holds data is installed on its hosts."""

    unit: MongoUnit = Field(description="systemd unit")
    port: Port
    db_path: AbsolutePath = Field(description="storage.dbPath: what is copied")


class MongocDaemon(Daemon):
    """The members of the config set."""

    unit: MongoUnit = "vitam-mongoc.service"
    port: Port = 27018
    db_path: AbsolutePath = "/vitam/data/mongoc/db"


class MongodDaemon(Daemon):
    """The members of the shards."""

    unit: MongoUnit = "vitam-mongod.service"
    port: Port = 27019
    db_path: AbsolutePath = "/vitam/data/mongod/db"


class MongoCluster(Strict):
    """One sharded MongoDB cluster: that of the data, or that of one storage offer."""

    name: Name = Field(description="Ansible's mongo_cluster_name")
    admin_conn_id: ConnId = Field(description="Airflow connection with the account for the routers (vitamdb-admin)")
    localadmin_conn_id: ConnId = Field(description="the same for members directly (vitamdb-localadmin)")
    routers: tuple[HostName, ...] = Field(min_length=1, description="hosts of mongos")
    config_set: ReplicaSet
    shards: tuple[ReplicaSet, ...] = Field(min_length=1)
    readers: tuple[AnyReader, ...] = Field(default=(), description="clients that only read (monitoring) and may stay")
    mongos: MongosDaemon = MongosDaemon()
    mongoc: MongocDaemon = MongocDaemon()
    mongod: MongodDaemon = MongodDaemon()


class SecuringConfig(Strict):
    """How the securing of the logbooks is recognised, waited for and held."""

    by: Literal["timers", "quartz"] = Field(description="systemd timers (Vitam 5 and before) or the scheduler (6 on)")
    wait_for: Literal["midnight", "next_run", "none_running"] = Field(
        default="midnight", description="when the securing counts as done"
    )
    timers: tuple[TimerName, ...] = Field(
        default=versions.SECURING_TIMERS, description="units (without suffix) that secure, on the hosts of logbook"
    )
    other_timers: tuple[TimerName, ...] = Field(
        default=versions.OTHER_TIMERS, description="held on the hosts of their component, but not waited for"
    )
    minutes: tuple[Annotated[int, Field(ge=0, le=59)], ...] = Field(
        default=versions.SECURING_MINUTES, min_length=1, description="minutes of the hour at which Quartz secures"
    )
    settle_s: Seconds = Field(default=90, description="seconds without a current job that prove the end (Quartz)")
    needs_processing: bool | None = Field(
        default=None,
        description="securing is itself a workflow: processing stops only once it is over; default: by vitam_version",
    )
    platform_secret_conn_id: ConnId | None = Field(
        default=None, description="Airflow connection whose password is Vitam's platform secret (Quartz)"
    )


class WorkflowsConfig(Strict):
    """When processing counts as drained."""

    polls_in_a_row: Annotated[int, Field(ge=1)] = Field(default=3, description="polls without a RUNNING workflow")
    poll_interval_s: Seconds = 10


class Timeouts(Strict):
    """Seconds after which a step is an error; none of them crosses the night's give-up time."""

    service_stop_s: Seconds = Field(default=3600, description="as in Vitam's playbooks")
    service_start_s: Seconds = Field(default=300, description="as in Vitam's playbooks")
    mongod_stop_s: Seconds = 3600
    mongod_start_s: Seconds = 1800
    other_members_s: Seconds = Field(default=300, description="for the others of a set that has its primary again")
    balancer_s: Seconds = 3600
    elasticsearch_start_s: Seconds = 900
    elasticsearch_snapshot_s: Seconds = Field(default=3600, description="for a snapshot, where one is asked for")
    last_write_s: Seconds = Field(default=120, description="for clients to go and members to catch up, once stopped")
    host_away_s: Seconds = Field(default=900, description="for a host that does not answer and may come back")


class Platform(Strict):
    """The whole platform file."""

    name: Name = Field(description="in titles, paths and messages")
    vitam_version: str = Field(pattern=VERSION_PATTERN, examples=["7.0.1"])
    primary_site: bool = Field(default=True, description="Ansible's primary_site: a secondary one secures nothing")
    ssh_conn_id: ConnId = Field(description="Airflow connection (type ssh) for all hosts")
    records: Url = Field(
        default="file:///var/lib/vitam-backup", description="URL of the directory for plans and manifests"
    )
    window: WindowConfig = WindowConfig()
    hosts: tuple[Host, ...] = Field(min_length=1)
    mongodb: tuple[MongoCluster, ...] = Field(min_length=1)
    elasticsearch: tuple[ElasticsearchCluster, ...] = Field(min_length=1)
    ports: dict[str, PortsConfig] = Field(default={}, description="by component: its ports, where not Vitam's own")
    securing: SecuringConfig
    workflows: WorkflowsConfig = WorkflowsConfig()
    copies: CopyConfig = Field(default=CopyConfig(), alias="copy")
    drill: DrillConfig = DrillConfig()
    restore: RestoreConfig = RestoreConfig()
    access: AccessConfig = AccessConfig()
    messages: MessagesConfig = MessagesConfig()
    timeouts: Timeouts = Timeouts()
    service_order: tuple[str, ...] = Field(default=(), description="stop order, where not the manual's")
    start_order: tuple[str, ...] = Field(default=(), description="start order, where not the manual's")

    def host(self, name: str) -> Host:
        """Return the host of that name; the file was checked to have it."""
        return next(host for host in self.hosts if host.name == name)

    def cluster(self, name: str) -> MongoCluster:
        """Return the MongoDB cluster of that name."""
        return next(cluster for cluster in self.mongodb if cluster.name == name)

    def service(self, name: str) -> procedure.Service:
        """Return a component with the ports that it has on this platform."""
        own, vitams = self.ports.get(name, PortsConfig()), procedure.SERVICES[name]
        return dataclasses.replace(vitams, port=own.service or vitams.port, admin_port=own.admin or vitams.admin_port)

    @property
    def services(self) -> tuple[str, ...]:
        """Return the services that the platform has, each once, in the order in which they stop."""
        placed = {service for host in self.hosts for service in host.services}
        return tuple(name for name in procedure.SERVICES if name in placed)

    def hosts_of(self, service: str) -> tuple[str, ...]:
        """Return the names of the hosts that have a service, in the file's order."""
        return tuple(host.name for host in self.hosts if service in host.services)

    @property
    def securing_needs_processing(self) -> bool:
        """Whether the securing of this platform has to be over before processing stops."""
        own = self.securing.needs_processing
        by_version = versions.profile_of(self.vitam_version).securing_is_workflow
        return self.primary_site and (by_version if own is None else own)

    @property
    def wait_for_securing(self) -> str:
        """What a night waits for when its form says nothing: nothing is secured on a secondary site."""
        return self.securing.wait_for if self.primary_site else "none_running"

    @property
    def hosts_with_timers(self) -> tuple[str, ...]:
        """Return the names of the hosts on which timers of Vitam may be; none where the scheduler does their work."""
        return tuple(host.name for host in self.hosts if self.timers_on(host.name))

    def timers_on(self, host: str) -> tuple[str, ...]:
        """
        Return the timers, without suffix, that a host may have: those of its components, the securing ones first.

        A timer that is not Vitam's own may be wherever Vitam's are; one that secures, on the hosts of logbook.
        """
        services = set(self.host(host).services)
        if self.securing.by != versions.BY_TIMERS or not services & set(versions.TIMERS):
            return ()
        securing = self.securing.timers if "logbook" in services else ()
        others = (n for n in self.securing.other_timers if versions.component_of_timer(n) in {None, *services})
        return tuple(dict.fromkeys((*securing, *others)))

    def stop_order(self, phase: str) -> tuple[procedure.Service, ...]:
        """Return the services of a phase that this platform has, in the order in which they stop."""
        return tuple(s for s in procedure.stop_order(phase, self.service_order) if self.hosts_of(s.name))

    def services_to_start(self) -> tuple[procedure.Service, ...]:
        """Return the services that this platform has, in the order in which they start."""
        return tuple(s for s in procedure.start_order(self.start_order) if self.hosts_of(s.name))
