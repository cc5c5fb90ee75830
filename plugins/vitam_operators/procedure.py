"""
The manual's order as data: which service belongs to which phase, and in which order services stop and start.

Sources: the manual's procedure (front, worker and workspace, back-end) and its figure (restart), Vitam's own
``stop_vitam`` and ``start_vitam`` playbooks of 7.0.1 for the components that the manual does not know yet,
and the ports of Vitam's ``vitam_vars``.
"""

from __future__ import annotations

from dataclasses import dataclass

FRONT = "front"
DRAIN = "drain"
BACK = "back"


@dataclass(frozen=True)
class Service:
    """
    One Vitam component.

    :param name: Vitam's name of the component, as in its playbooks
    :param phase: when it stops: ``front``, ``drain`` (once no workflow runs) or ``back`` (once secured, too)
    :param admin_port: port of ``/admin/v1/status``; 0: it has no such thing
    :param port: port of the business API; 0: none
    :param own_unit: its systemd unit, where that is not named after Vitam
    """

    name: str
    phase: str
    admin_port: int
    port: int
    own_unit: str = ""

    @property
    def unit(self) -> str:
        """The systemd unit that Vitam's packages install."""
        return self.own_unit or f"vitam-{self.name}.service"

    @property
    def is_vitams(self) -> bool:
        """Whether it is one of Vitam's own services, each with a group of the inventory and an admin port."""
        return self.admin_port != 0

    @property
    def word(self) -> str:
        """The name as part of a task id."""
        return self.name.replace("-", "_")


IN_STOP_ORDER: tuple[Service, ...] = (
    Service("ingest-internal", FRONT, 28100, 8100),
    Service("ingest-external", FRONT, 28001, 8443),
    Service("access-internal", FRONT, 28101, 8101),
    Service("access-external", FRONT, 28102, 8444),
    Service("collect-external", FRONT, 28030, 8030),
    Service("collect-internal", FRONT, 28038, 8038),
    Service("collect", FRONT, 28030, 8030),
    Service("ihm-demo", FRONT, 28002, 8446),
    Service("ihm-recette", FRONT, 28204, 8445),
    Service("library", FRONT, 28090, 8090),
    Service("processing", DRAIN, 28203, 8203),
    Service("worker", DRAIN, 29104, 9104),
    Service("siegfried", DRAIN, 0, 19000),
    Service("workspace", DRAIN, 28201, 8201),
    Service("scheduler", BACK, 28799, 8799),
    Service("batch-report", BACK, 18015, 8015),
    Service("security-internal", BACK, 28005, 8005),
    Service("functional-administration", BACK, 18004, 8004),
    Service("logbook", BACK, 29002, 9002),
    Service("metadata", BACK, 28200, 8200),
    Service("metadata-collect", BACK, 28290, 8290),
    Service("workspace-collect", BACK, 28291, 8291),
    Service("storage", BACK, 29102, 9102),
    Service("offer", BACK, 29900, 9900),
    Service("kibana", BACK, 0, 5601, "kibana.service"),
    Service("elastic-kibana-interceptor", BACK, 18014, 8014),
    Service("logstash", BACK, 0, 0, "logstash.service"),
)

START_ORDER: tuple[str, ...] = (
    "logstash",
    "elastic-kibana-interceptor",
    "kibana",
    "offer",
    "storage",
    "metadata",
    "metadata-collect",
    "logbook",
    "functional-administration",
    "security-internal",
    "batch-report",
    "workspace",
    "workspace-collect",
    "processing",
    "siegfried",
    "worker",
    "access-internal",
    "access-external",
    "ingest-internal",
    "ingest-external",
    "collect-internal",
    "collect-external",
    "collect",
    "ihm-demo",
    "ihm-recette",
    "library",
    "scheduler",
)

STARTED_WITH_THE_ONE_BEFORE = frozenset(
    {
        *("elastic-kibana-interceptor", "kibana", "offer", "metadata-collect", "security-internal", "batch-report"),
        *("workspace-collect", "siegfried", "collect", "ihm-demo", "ihm-recette", "library", "scheduler"),
    }
)
"""What the figure does not order behind the one before it: a host's restart guard starts both at once."""

SERVICES: dict[str, Service] = {service.name: service for service in IN_STOP_ORDER}


def stop_order(phase: str, names: tuple[str, ...] | None = None) -> tuple[Service, ...]:
    """
    Return the services of one phase in the order in which they stop.

    :param phase: ``front``, ``drain`` or ``back``
    :param names: the platform file's own order; services that it does not name follow in the manual's order
    """
    manual = [service for service in IN_STOP_ORDER if service.phase == phase]
    first = [SERVICES[name] for name in names or () if SERVICES[name].phase == phase]
    return tuple(first + [service for service in manual if service not in first])


def start_order(names: tuple[str, ...] | None = None) -> tuple[Service, ...]:
    """Return all services in the order in which they start; ``names`` as in :func:`stop_order`."""
    first = list(names or ())
    return tuple(SERVICES[name] for name in first + [name for name in START_ORDER if name not in first])


def start_waves(names: tuple[str, ...] | None = None) -> dict[str, int]:
    """
    Return the wave in which each service starts, from 1: those of one wave need not find each other.

    :param names: the platform file's own order; each service that it names has a wave of its own
    """
    waves: dict[str, int] = {}
    for service in start_order(names):
        together = service.name in STARTED_WITH_THE_ONE_BEFORE and service.name not in (names or ())
        waves[service.name] = max(1, len(set(waves.values())) + (0 if together else 1))
    return waves
