"""Vitam's workflows, as processing counts them in its metrics (Vitam 3.6 and later)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vitam_operators.commands import Command, line

METRIC = "vitam_processing_workflow_operation_total"
_SAMPLE = re.compile(rf"^{METRIC}{{(?P<labels>[^}}]*)}} (?P<value>\S+)", re.MULTILINE)
_ANY_SAMPLE = re.compile(rf"^{METRIC}[ {{]", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Workflows:
    """
    How many workflows processing knows, by state.

    :param running: they change data; the platform must not stop
    :param paused: they wait for an operator and are kept on disk; listed, not waited for
    :param names: what runs, for the log: ``INGEST (STARTED) 2``
    """

    running: int
    paused: int
    names: tuple[str, ...]


def count_workflows(address: str, admin_port: int) -> Command[Workflows]:
    """Fact: the workflows of one processing service, from its own metrics on the admin port."""
    url = f"http://{address}:{admin_port}/admin/v1/metrics"
    return Command(line("curl", "--fail", "--silent", "--show-error", "--max-time", "20", url), read_workflows)


def read_workflows(metrics: str) -> Workflows:
    """
    Read the Prometheus text of processing.

    :raises ValueError: the metric is not there, or not as expected: nothing can be said of workflows
    """
    samples = [(dict(_LABEL.findall(m["labels"])), int(float(m["value"]))) for m in _SAMPLE.finditer(metrics)]
    if METRIC not in metrics:
        raise ValueError(f"no metric {METRIC} in the answer")
    if len(samples) != len(_ANY_SAMPLE.findall(metrics)) or any("state" not in labels for labels, _ in samples):
        raise ValueError(f"metric {METRIC} has a sample without a state")
    running = [(labels, value) for labels, value in samples if labels.get("state") == "RUNNING" and value]
    paused = sum(value for labels, value in samples if labels.get("state") == "PAUSE")
    names = tuple(f"{labels.get('workflow', '?')} ({labels.get('status', '?')}) {value}" for labels, value in running)
    return Workflows(running=sum(value for _, value in running), paused=paused, names=names)
