"""Vitam's components: their inventory group, unit and ports. Used outside and inside the hosts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Component:
    """A Vitam service as Vitam 7.0.1 names and numbers it."""

    name: str
    service_port: int
    admin_port: int
    database: str | None = None

    @property
    def unit(self) -> str:
        """Return the systemd unit's full name."""
        return f"vitam-{self.name}.service"


# In start order: each one needs those above it.
COMPONENTS: tuple[Component, ...] = (
    Component("offer", 9900, 29900, database="offer"),
    Component("storage", 9102, 29102),
    Component("metadata", 8200, 28200, database="metadata"),
    Component("workspace", 8201, 28201),
    Component("logbook", 9002, 29002, database="logbook"),
    Component("functional-administration", 8004, 18004),
    Component("security-internal", 8005, 28005),
    Component("processing", 8203, 28203),
    Component("batch-report", 8015, 18015),
    Component("worker", 9104, 29104),
    Component("metadata-collect", 8290, 28290),
    Component("workspace-collect", 8291, 28291),
    Component("collect", 8030, 28030),
    Component("collect-internal", 8038, 28038),
    Component("access-internal", 8101, 28101),
    Component("ingest-internal", 8100, 28100),
    Component("collect-external", 8030, 28030),
    Component("access-external", 8444, 28102),
    Component("ingest-external", 8443, 28001),
    Component("ihm-demo", 8446, 28002),
    Component("scheduler", 8799, 28799, database="scheduler"),
)
BY_NAME: dict[str, Component] = {component.name: component for component in COMPONENTS}

# Groups whose name is not simply hosts_<component>.
GROUPS: dict[str, str] = {"hosts_storage_engine": "storage", "hosts_storage_offer_default": "offer"}

ELASTICSEARCH = "elasticsearch-data"
MONGO_PORTS: dict[str, int] = {"mongos": 27017, "mongoc": 27018, "mongod": 27019}
CONFIG_SET = "configsvr"

# Vitam <= 5: securing is a oneshot unit started by a timer; later it is a job of the scheduler.
# ProgrammeVitam/vitam@5.3 deployment/environments/group_vars/all/vitam_vars.yml:109-118;
# ProgrammeVitam/vitam@7.0.1 deployment/ansible-vitam/roles/vitam/templates/scheduler/jobs/jobs-logbook.xml.j2.
SECURING: dict[str, tuple[str, str, int]] = {
    "traceability-operations": ("OperationTraceabilityJob", "*-*-* *:05:00", 5),
    "traceability-lfc-objectgroup": ("TraceabilityLFCObjectGroupJob", "*-*-* *:15:00", 15),
    "traceability-lfc-unit": ("TraceabilityLFCUnitJob", "*-*-* *:35:00", 35),
    "traceability-audit": ("TraceabilityAuditJob", "*-*-* 00:55:00", 55),
}


def component_of_group(group: str) -> str | None:
    """
    Return the component that an inventory group places, or None for zones and MongoDB groups.

    :param group: a group's name, such as hosts_access_internal.
    """
    name = GROUPS.get(group, group.removeprefix("hosts_").replace("_", "-"))
    return name if name in BY_NAME or name == ELASTICSEARCH else None
