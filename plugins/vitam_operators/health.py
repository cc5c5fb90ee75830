"""Whether a Vitam service answers as a healthy one, and of which version it is."""

from __future__ import annotations

from vitam_operators.commands import Command
from vitam_operators.curl import OTHER, Endpoint, Reply, UnansweredError, ask, explanation
from vitam_operators.procedure import SERVICES
from vitam_operators.service_answers import read_status, read_versions

STATUS, VERSIONS = "/admin/v1/status", "/admin/v1/version"
ANSWER_WITHIN_S = 10


def admin_status(address: str, admin_port: int) -> Command[int]:
    """Fact: the HTTP status of ``/admin/v1/status`` (200 healthy, 503 not), 0 when nobody answers."""
    return ask(Endpoint(address, admin_port), STATUS, _status, max_time_s=ANSWER_WITHIN_S)


def _status(reply: Reply) -> int:
    if not reply.status and not reply.nobody:
        raise UnansweredError(reply, *explanation(reply))
    return reply.status


def admin_version(address: str, admin_port: int) -> Command[str]:
    """Fact: Vitam's version by ``/admin/v1/version``, all of a mixture; empty when it says none."""
    return ask(Endpoint(address, admin_port), VERSIONS, _version, max_time_s=ANSWER_WITHIN_S)


def _version(reply: Reply) -> str:
    try:
        return ", ".join(reply.read(read_versions))
    except UnansweredError:
        return ""


def healthy(name: str, address: str, admin_port: int) -> Command[str]:
    """
    Fact: what a service that runs says of itself, in words.

    Its role is its component (``ProgrammeVitam/vitam@7.0.1
    deployment/ansible-vitam/roles/vitam/templates/server-identity.conf.j2``), unless nobody has given it one.

    :param name: of the component
    """
    return ask(Endpoint(address, admin_port), STATUS, lambda reply: _healthy(name, reply), max_time_s=ANSWER_WITHIN_S)


def _healthy(name: str, reply: Reply) -> str:
    status = reply.read(read_status)
    if status.role in SERVICES and status.role != name:
        raise UnansweredError(reply, f"{status.role} answers there, expected {name}", OTHER)
    if not status.healthy:
        raise UnansweredError(reply, f"{name} says that it is not healthy", "look at its log and at /admin/v1/autotest")
    return f"{name} is healthy"
