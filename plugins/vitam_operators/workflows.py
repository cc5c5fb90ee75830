"""Vitam's workflows, as processing counts them in its metrics (Vitam 3.6 and later)."""

from __future__ import annotations

from vitam_operators.commands import Command
from vitam_operators.curl import Endpoint, ask
from vitam_operators.service_answers import Workflows, read_workflows

METRICS = "/admin/v1/metrics"


def count_workflows(address: str, admin_port: int) -> Command[Workflows]:
    """Fact: the workflows of one processing service, from its own metrics on the admin port."""
    return ask(Endpoint(address, admin_port), METRICS, lambda reply: reply.read(read_workflows))
