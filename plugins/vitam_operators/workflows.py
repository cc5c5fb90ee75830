"""Vitam's workflows, as processing counts them in its metrics (Vitam 3.6 and later)."""

from __future__ import annotations

from vitam_operators.commands import Command, line
from vitam_operators.service_answers import Workflows, read_workflows


def count_workflows(address: str, admin_port: int) -> Command[Workflows]:
    """Fact: the workflows of one processing service, from its own metrics on the admin port."""
    url = f"http://{address}:{admin_port}/admin/v1/metrics"
    return Command(line("curl", "--fail", "--silent", "--show-error", "--max-time", "20", url), read_workflows)
