"""
Stand-in of a Vitam Java service: ``python3 -m lab.services.vitam_service COMPONENT``.

It starts and stops slowly, listens on the component's two ports, answers ``/admin/v1/status``, ``/version`` and
``/autotest``, and ends with 143 after a SIGTERM as a JVM does. What the component does besides stands in processing.py,
scheduler.py and writers.py. Left out: everything else that Vitam does; no component calls another one's API.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from lab.services import switches
from lab.services.behaviour import Behaviour
from lab.services.processing import Processing
from lab.services.scheduler import Scheduler
from lab.services.web import Answer, Request, serve
from lab.services.writers import WRITTEN, Writer

EXIT_OF_A_TERMINATED_JVM = 143
START_S = float(os.environ.get("LAB_START_S", "1.5"))
STOP_S = float(os.environ.get("LAB_STOP_S", "1.0"))


def behaviour_of(settings: dict[str, Any]) -> Behaviour:
    """Return what the component does beyond the common."""
    component = settings["component"]
    kinds: dict[str, type[Behaviour]] = {"processing": Processing, "scheduler": Scheduler}
    kinds |= dict.fromkeys(WRITTEN, Writer)
    return kinds.get(component, Behaviour)(settings)


class VitamService:
    """One running component."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.name: str = settings["component"]
        self.behaviour = behaviour_of(settings)
        self.started_at = time.monotonic()
        self.ready = False

    def run(self) -> int:
        """Start, serve until SIGTERM, stop; return the exit status."""
        signal.signal(signal.SIGTERM, self._on_sigterm)
        threading.Thread(target=self._watch_death, daemon=True).start()
        time.sleep(switches.seconds(self.name, "start_s", START_S))
        self.behaviour.start()
        address = self.settings["address"]
        servers = [
            serve(address, self.settings["admin_port"], self.answer_admin),
            serve(address, self.settings["service_port"], self.answer_service),
        ]
        self.ready = True
        print(f"{self.name}: started", flush=True)
        while not self.behaviour.stopping.wait(1):
            pass
        for server in servers:
            server.server_close()
        time.sleep(switches.seconds(self.name, "stop_s", STOP_S))
        print(f"{self.name}: stopped", flush=True)
        return EXIT_OF_A_TERMINATED_JVM

    def _on_sigterm(self, number: int, frame: object) -> None:
        if switches.is_set(self.name, "ignore-stop"):
            print(f"{self.name}: SIGTERM ignored", flush=True)
        elif self.ready:
            self.behaviour.stopping.set()
        else:
            os._exit(EXIT_OF_A_TERMINATED_JVM)

    def _watch_death(self) -> None:
        while True:
            if time.monotonic() - self.started_at > switches.seconds(self.name, "dies-after", float("inf")):
                print(f"{self.name}: java.lang.OutOfMemoryError: Java heap space", file=sys.stderr, flush=True)
                os._exit(1)
            time.sleep(0.5)

    def status(self) -> Answer:
        """Return 200 when the component can work, else 503 with the reason."""
        missing = self.behaviour.missing()
        if switches.is_set(self.name, "never-healthy"):
            missing = "it does not get ready"
        state = {"serverIdentity": {"Name": self.settings["address"], "Role": self.name}, "status": missing is None}
        return Answer(200, state) if missing is None else Answer(503, {**state, "detail": missing})

    def answer_admin(self, request: Request) -> Answer:
        """Answer on the admin port."""
        if request.path == "/admin/v1/status":
            return self.status()
        if request.path == "/admin/v1/version":
            return Answer(200, {"Component": self.name, "Scm-commit-id": "lab", "Version": self.settings["version"]})
        if request.path == "/admin/v1/autotest":
            answer = self.status()
            return (
                Answer(200, {"httpCode": 200, "message": "All services are available"})
                if answer.status == 200
                else answer
            )
        return self.behaviour.admin(request) or Answer(404, {"httpCode": 404, "message": request.path})

    def answer_service(self, request: Request) -> Answer:
        """Answer on the service port."""
        return self.behaviour.service(request) or Answer(404, {"httpCode": 404, "message": request.path})


def main(component: str) -> int:
    """Run a component from its configuration below /vitam/conf."""
    settings = json.loads(Path(f"/vitam/conf/{component}/{component}.conf").read_text())
    return VitamService(settings).run()


if __name__ == "__main__":
    code = main(sys.argv[1])
    sys.stdout.flush()
    os._exit(code)
