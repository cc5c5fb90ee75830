"""
Stand-in of a Vitam Java service: ``python3 -m lab.services.vitam_service COMPONENT``.

It starts and stops slowly, listens on the component's two ports once its database has answered, answers
``/admin/v1/status``, ``/version`` and ``/autotest``, and ends with 143 after a SIGTERM as a JVM does. What the
component does besides stands in processing.py, scheduler.py and writers.py.

Sources (``ProgrammeVitam/vitam@7.0.1``, the same at 4.0.7, 5.3 and 6.2), but for the last below
``sources/common/common-private/src/main/java/fr/gouv/vitam/common/server/application/resources/``:

- ``AdminStatusResource.java:116-168``: the three paths;
- ``BasicVitamStatusServiceImpl.java:39``: the status is a constant;
- ``VersionHelper.java:65`` and ``:104``: the version; ``VitamServiceRegistry.java:181-268``: the autotest;
- ``doc/fr/exploitation/monitoring/22-status-api.rst``: the names of the keys.

Left out: everything else that Vitam does; no component calls another one's API. A real service opens its ports without
its database.
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
COMMIT, BUILT = "0" * 40, "2026-01-01T00:00:00Z"
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
        while self.behaviour.missing() is not None:
            time.sleep(0.2)
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
        """Return 200, as a service does whose web server answers (``AdminStatusResource.java:127-132``)."""
        healthy = not switches.is_set(self.name, "never-healthy")
        identity = {"Name": self.settings["address"], "Role": self.name}
        identity |= {"GlobalPlatformId": 0, "ServerId": 0, "SiteId": 0}
        state = {"serverIdentity": identity, "status": healthy, "detail": {}, "componentsVersions": {COMMIT: 1}}
        return Answer(200 if healthy else 503, state)

    def versions(self) -> Answer:
        """Return the manifest of each of the service's jars, of which it has one (``VersionHelper.java:65``)."""
        part = {"Maven-groupId": "fr.gouv.vitam", "Maven-artefactId": f"{self.name}-rest"}
        part |= {"Maven-version": self.settings["version"], "Scm-branch": "lab", "Scm-tags": "", "Scm-dirty": "false"}
        part |= {"Scm-commit-id": COMMIT, "Scm-commit-id-abbrev": COMMIT[:7], "Scm-commit-time": BUILT}
        return Answer(200, [{**part, "Maven-build-timestamp": BUILT, "Build-Jdk": "11"}])

    def autotest(self) -> Answer:
        """Return whether the service's database answers (``VitamServiceRegistry.java:181-268``, a ``VitamError``)."""
        missing = self.behaviour.missing()
        status, state = (200, "OK") if missing is None else (503, "Service Unavailable")
        words = "All services are available" if missing is None else "Some services are unavailable"
        sub = {"httpCode": status, "code": "1", "context": self.name, "state": state, "message": "Internal service"}
        sub["description"] = missing or f"{self.name} service is available"
        told = {"httpCode": status, "code": "000000", "context": self.name, "state": state}
        return Answer(status, {**told, "message": words, "description": words, "errors": [sub]})

    def answer_admin(self, request: Request) -> Answer:
        """Answer on the admin port."""
        own = {
            "/admin/v1/status": self.status,
            "/admin/v1/version": self.versions,
            "/admin/v1/autotest": self.autotest,
        }
        if request.method == "GET" and request.path in own:
            return own[request.path]()
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
