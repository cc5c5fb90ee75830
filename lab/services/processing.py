"""
Stand-in of processing: workflows that run for a while, as its metrics show them.

Sources (``ProgrammeVitam/vitam@7.0.1``, the same since 4.0.7), below ``sources/``:

- ``processing/processing-common/src/main/java/fr/gouv/vitam/processing/common/metrics/``
  ``ProcessWorkflowMetricsCollector.java:64-77``: one sample for each kind, state and status that occurs;
- ``common/common-private/src/main/java/fr/gouv/vitam/common/metrics/VitamMetricsNames.java:98``: the metric's name;
- ``common/common-private/src/main/java/fr/gouv/vitam/common/server/application/resources/``
  ``AdminStatusResource.java:170-186``: Prometheus text 0.0.4.

Left out: the workflows themselves, their distribution to workers, and their survival of a restart. A workflow here is
a switch with a time (lab/services/switches.py): it runs while its seconds last.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from typing import Any

from lab.services.behaviour import Behaviour
from lab.services.switches import read_switches
from lab.services.web import Answer, Request

METRIC = "vitam_processing_workflow_operation_total"
State = tuple[str, str, str]
RUNNING: State = ("INGEST", "RUNNING", "STARTED")
PAUSED: State = ("INGEST", "PAUSE", "FATAL")
COMPLETED: State = ("INGEST", "COMPLETED", "OK")


class Processing(Behaviour):
    """The component that a backup waits for until no workflow runs."""

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(settings)
        self._ingest_ends = 0.0
        self._ingested = 0

    def start(self) -> None:
        """Begin to look for ingests."""
        threading.Thread(target=self._ingest_on, daemon=True).start()

    def admin(self, request: Request) -> Answer | None:
        """Answer with the metrics that Vitam >= 3.6 has."""
        if (request.method, request.path) != ("GET", "/admin/v1/metrics"):
            return None
        return Answer(200, metrics(self.workflows()), "text/plain; version=0.0.4; charset=utf-8")

    def workflows(self) -> Counter[State]:
        """Count the workflows by state, at this moment."""
        counts: Counter[State] = Counter({RUNNING: 0, PAUSED: 0, COMPLETED: self._ingested})
        switches = read_switches(self.component)
        if "workflows" in switches:
            number, _, length_s = str(switches["workflows"]["value"]).partition(":")
            over = time.time() >= switches["workflows"]["at"] + float(length_s or 30)
            counts[COMPLETED if over else RUNNING] += int(number)
        for switch, state in (("endless-workflow", RUNNING), ("paused-workflow", PAUSED)):
            if switch in switches:
                counts[state] += int(switches[switch]["value"] or 1)
        if time.time() < self._ingest_ends:
            counts[RUNNING] += 1
        return counts

    def _ingest_on(self) -> None:
        """Start a workflow whenever the last one has ended and ingest-internal still answers."""
        while not self.stopping.wait(0.5):
            switch = read_switches(self.component).get("ingests")
            if switch is None or time.time() < self._ingest_ends or not self._ingest_answers():
                continue
            self._ingested += 1 if self._ingest_ends else 0
            self._ingest_ends = time.time() + float(switch["value"] or 5)

    def _ingest_answers(self) -> bool:
        host, _, port = str(self.settings["ingest_internal"]).partition(":")
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return False
        return True


def metrics(counts: Counter[State]) -> str:
    """Return the counts as Prometheus text: an idle processing has the head of the metric alone."""
    lines = [f"# HELP {METRIC} Vitam operation count per state and status", f"# TYPE {METRIC} gauge"]
    for (workflow, state, status), count in sorted((state, count) for state, count in counts.items() if count):
        lines.append(f'{METRIC}{{workflow="{workflow}",state="{state}",status="{status}",}} {float(count)}')
    return "\n".join(lines) + "\n"
