"""What a restart guard meets on its host, in threads and in a directory: members, services, units that are down."""

from __future__ import annotations

import datetime as dt
import socketserver
import struct
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import bson

from tests.fakes.sandbox import Sandbox
from vitam_operators import guard

MONGOD, MONGOS = "vitam-mongod.service", "vitam-mongos.service"
OFFER, STORAGE, LOGBOOK = "vitam-offer.service", "vitam-storage.service", "vitam-logbook.service"
FAILED_BY_SIGTERM = "failed"

END = dt.datetime(2026, 11, 24, 7, 0, tzinfo=dt.UTC)
PLAN: dict[str, Any] = {
    "backup": "20261123T190000Z",
    "run_id": "scheduled__2026-11-23",
    "fires_at": END.isoformat(),
    "databases": ["vitam-mongod.service", "vitam-mongos.service"],
    "services": [
        {"unit": "vitam-logbook.service", "status_url": "http://10.2.0.2:29002/admin/v1/status"},
        {"unit": "vitam-traceability-audit.timer", "status_url": ""},
    ],
}
REPORT = {"backup": PLAN["backup"], "fired_at": "2026-11-24T07:00:01+00:00", "left_down": []}


class Mongod(socketserver.ThreadingTCPServer):
    """
    A member that answers ``isMaster`` in MongoDB's protocol, and nothing else.

    The order of its fields is that of mongodb/mongo@1ecb9362e677 src/mongo/db/repl/hello_response.cpp, ``addToBSON``.
    """

    allow_reuse_address = daemon_threads = True

    def __init__(self, answers: list[bool]) -> None:
        super().__init__(("127.0.0.1", 0), MongodHandler)
        self.answers = answers
        self.asked: list[dict[str, Any]] = []

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class MongodHandler(socketserver.BaseRequestHandler):
    """One message, one answer; of the member's answers the last one stays."""

    def handle(self) -> None:
        length, request_id, _, opcode = struct.unpack("<iiii", self.request.recv(16))
        body = self.request.recv(length - 16)
        assert (opcode, body[:5]) == (2013, b"\0" * 5)
        self.server.asked.append(bson.decode(body[5:]))
        answers = self.server.answers
        master = answers.pop(0) if len(answers) > 1 else answers[0]
        hosts = {"topologyVersion": {"counter": 6}, "hosts": ["127.0.0.1:1"] * 3, "setName": "shard0"}
        reply = bson.encode({**hosts, "ismaster": master, "secondary": not master, "ok": 1.0})
        self.request.sendall(struct.pack("<iiiiIB", len(reply) + 21, 1, request_id, 2013, 0, 0) + reply)


class Vitam(HTTPServer):
    """
    The admin port of a service; of its answers the last one stays.

    Which there are: 200 or 503 of a status (``ProgrammeVitam/vitam@7.0.1 sources/common/common-private/src/main/java/``
    ``fr/gouv/vitam/common/server/application/resources/AdminStatusResource.java:116-136``), 202 of a resumed scheduler
    (``sources/scheduler/scheduler-server/src/main/java/fr/gouv/vitam/scheduler/server/AdminSchedulerResource.java:82-94``).
    """

    def __init__(self, answers: list[int]) -> None:
        super().__init__(("127.0.0.1", 0), VitamHandler)
        self.answers = answers
        self.asked: list[str] = []

    def url(self, path: str = "/admin/v1/status") -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class VitamHandler(BaseHTTPRequestHandler):
    """Answers with the next status; 0 is an answer that is no HTTP: TLS's alert "internal error" (RFC 5246, 7.2)."""

    def do_GET(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        answers = self.server.answers
        status = answers.pop(0) if len(answers) > 1 else answers[0]
        if status:
            self.send_response(status)
            self.end_headers()
        else:
            self.wfile.write(b"\x15\x03\x01\x00\x02\x02\x50")

    do_PUT = do_GET

    def log_message(self, *_: object) -> None:
        pass


class GuardedHost(Sandbox):
    """A host whose night was never ended: databases and services stopped and held, the guard armed."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.copies = root / "vitam" / "backup" / "20261123T190000Z"
        self.copies.mkdir(parents=True)
        self.unit(MONGOD, "inactive", started=("active",))
        self.unit(MONGOS, "active")
        for service in (OFFER, STORAGE, LOGBOOK):
            self.unit(service, FAILED_BY_SIGTERM, started=("activating", "active"))

    def armed(
        self,
        *,
        sets: list[list[str]] | None = None,
        primary_s: float = 0.3,
        service_s: float = 20,
        again_for_s: float = 0,
        waves: dict[str, int] | None = None,
        resume: dict[str, str] | None = None,
        put_back: list[dict[str, str]] | None = None,
        **status_urls: str,
    ) -> dict[str, Any]:
        """Arm the guard for databases and services; return the plan as the host has it."""
        urls = {OFFER: "", STORAGE: "", LOGBOOK: ""} | {f"vitam-{k}.service": url for k, url in status_urls.items()}
        numbered = enumerate(urls.items(), 1)
        plan = {
            "backup": "20261123T190000Z",
            "run_id": "scheduled__2026-11-23",
            "fires_at": "2026-11-24T07:00:00+00:00",
            "armed_at": "2026-11-23T19:00:09+00:00",
            "databases": [MONGOD, MONGOS],
            "services": [
                {"unit": unit, "status_url": url, "resume_url": (resume or {}).get(unit, ""), "wave": wave}
                for unit, url, wave in ((unit, url, (waves or {}).get(unit, i)) for i, (unit, url) in numbered)
            ],
            "sets": sets or [],
            "copies": str(self.copies),
            "hold": str(self.at(guard.HOLD)),
            "drop_ins": [str(self.at(guard.drop_in(unit))) for unit in (MONGOD, MONGOS, *urls)],
            "primary_s": primary_s,
            "service_s": service_s,
            "again_for_s": again_for_s,
            **({"put_back": put_back} if put_back else {}),
        }
        for command in guard.arm(plan, stop_s=3600):
            self.run(command)
        for unit in (MONGOD, OFFER, STORAGE, LOGBOOK):
            self.run(guard.hold(unit))
        (self.state / "calls").unlink()
        return plan

    @property
    def home(self) -> str:
        return str(self.at(guard.HOME))

    @property
    def begins_at_boot(self) -> bool:
        """Whether a boot would start the guard's service, whatever its timer does."""
        return (self.state / "begins-at-boot").exists()

    @property
    def report(self) -> dict[str, Any]:
        """What the host says of its guard afterwards."""
        return self.run(guard.state()).report

    @property
    def started(self) -> list[str]:
        """The units that were started, in order."""
        words = [call.split() for call in self.calls if call.startswith("start")]
        return [unit for call in words for unit in call[2:]]
