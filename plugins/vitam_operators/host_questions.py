"""What a night will ask the services of a host: asked at the look, so that whatever hinders is known by day."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from vitam_operators import elastic, health, securing, workflows
from vitam_operators.commands import Command
from vitam_operators.config import Host, Platform
from vitam_operators.curl import Endpoint

SECURING_JOBS = (
    "Logbook.OperationTraceabilityJob",
    "Logbook.TraceabilityLFCObjectGroupJob",
    "Logbook.TraceabilityLFCUnitJob",
)
"""
What the scheduler starts to secure the logbooks.

Source: ``ProgrammeVitam/vitam@7.0.1`` and ``@6.2
deployment/ansible-vitam/roles/vitam/templates/scheduler/jobs/jobs-logbook.xml.j2``.
"""
PAUSED = frozenset({"PAUSED", "NONE"})
"""States in which nothing starts a job: its triggers are paused, or it has none."""


@dataclass(frozen=True)
class Question:
    """
    One question to a service of the host.

    :param what: the service, for the log
    :param command: its value is for the log as well
    """

    what: str
    command: Command[Any]


def of_services(platform: Platform, host: Host, active: Collection[str]) -> Iterator[Question]:
    """
    Yield what Vitam's services that run on a host are asked without a secret.

    :param active: the units that run
    """
    for name in host.services:
        service = platform.service(name)
        if not service.is_vitams or service.unit not in active:
            continue
        yield Question(service.unit, health.healthy(name, host.admin_ip, service.admin_port))
        if name == "processing":
            yield Question(service.unit, workflows.count_workflows(host.admin_ip, service.admin_port))


def of_scheduler(platform: Platform, host: Host, secret: str, now_s: int) -> Question:
    """
    Return the question for the jobs that run now.

    :param secret: Vitam's platform secret
    :param now_s: this moment by Airflow's clock
    """
    service = platform.service("scheduler")
    return Question(service.unit, securing.current_jobs(host.service_ip, service.port, secret, now_s))


def of_elasticsearch(unit: str, node: Endpoint) -> Iterator[Question]:
    """Yield what a node is asked."""
    yield Question(unit, elastic.version(node))
    yield Question(unit, elastic.fit(node))


def job_states(platform: Platform, host: Host, secret: str, now_s: int) -> dict[str, Command[str | None]]:
    """Return the questions for the states of the jobs that secure the logbooks."""
    port = platform.service("scheduler").port
    return {job: securing.job_state(host.service_ip, port, secret, now_s, job) for job in SECURING_JOBS}
