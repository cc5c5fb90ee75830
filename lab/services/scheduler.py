"""
Stand-in of Vitam's scheduler (>= 6.0): the securing jobs of its group Logbook, pause and resume, current jobs.

Left out: Quartz, its job store but for the paused groups, all other jobs, misfires. As Vitam's expressions have ``*``
for the seconds, a job starts again and again within its minute, one at a time.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from pathlib import Path
from typing import Any

from lab.components import SECURING
from lab.host.sample_data import logbook_operation
from lab.services import switches
from lab.services.behaviour import Behaviour
from lab.services.web import Answer, Request

GROUP = "Logbook"
CURRENT_JOBS = "/scheduler/v1/current-jobs"
PAUSED = "scheduler.quartz_paused_trigger_groups"
ALL = "_$_ALL_GROUPS_PAUSED_$_"
TOLERANCE_S = 60.0
JOB_S = 4.0


class Scheduler(Behaviour):
    """The component that holds securing back while a backup runs."""

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(settings)
        self._missing: str | None = "MongoDB has not answered yet"
        self._paused = False
        self._running: dict[str, float] = {}
        self._done_in_minute: dict[str, int] = {}
        self._store: Any = None
        self._lock = threading.Lock()  # a tick that began before a pause must not undo it
        secret = json.loads(Path("/vitam/conf/platform_secret.conf").read_text())
        self._secret: str = secret["platformSecret"]

    def start(self) -> None:
        """Begin to look at the clock."""
        from lab.services.shards import Shards

        self._store = Shards(self.settings["mongo"])
        threading.Thread(target=self._tick_on, daemon=True).start()

    def missing(self) -> str | None:
        """Return why the job store does not answer."""
        return self._missing

    def admin(self, request: Request) -> Answer | None:
        """Pause and resume all jobs; the state is kept in MongoDB."""
        verbs = {"/scheduler/v1/pause/ALL": True, "/scheduler/v1/resume/ALL": False}
        if request.method != "PUT" or request.path not in verbs:
            return None
        try:
            self._remember(paused=verbs[request.path])
        except Exception as error:
            return Answer(500, {"httpCode": 500, "message": f"job store: {error}"})
        return Answer(202)

    def service(self, request: Request) -> Answer | None:
        """List the jobs that run now, for those who know the platform secret."""
        if (request.method, request.path) != ("GET", CURRENT_JOBS):
            return None
        if not self._signed(request):
            return Answer(401, {"httpCode": 401, "message": "platform secret: X-Platform-Id or X-Timestamp is wrong"})
        results = [{"name": name, "group": GROUP} for name in sorted(self._running)]
        hits = {"total": len(results), "offset": 0, "limit": 0, "size": len(results)}
        return Answer(200, {"httpCode": 200, "$hits": hits, "$results": results, "$context": {}})

    def _signed(self, request: Request) -> bool:
        stamp = request.headers.get("X-Timestamp", "")
        if not stamp.isdigit() or abs(time.time() - int(stamp)) > TOLERANCE_S:
            return False
        text = f"{request.method};{request.path};{stamp};{self._secret}"
        return hashlib.sha256(text.encode()).hexdigest() == request.headers.get("X-Platform-Id", "").lower()

    def _remember(self, *, paused: bool) -> None:
        collection = self._store.unsharded(PAUSED)
        with self._lock:
            if paused:
                collection.replace_one({"_id": ALL}, {"_id": ALL, "groupName": ALL}, upsert=True)
            else:
                collection.delete_many({})
            self._paused = paused

    def _tick_on(self) -> None:
        while not self.stopping.wait(0.5 if self._missing else 1.0):
            try:
                with self._lock:
                    self._paused = self._store.unsharded(PAUSED).find_one({"_id": ALL}) is not None
                    self._start_due_jobs()
                self._missing = None
            except Exception as error:  # whatever fails: the status says it, and the next turn tries again
                self._missing = f"job store: {error}"[:300]

    def _start_due_jobs(self) -> None:
        now = time.localtime()
        every_minute = switches.is_set(self.component, "every-minute")
        for name, _, minute in list(SECURING.values())[:3]:
            due = now.tm_min == minute or (every_minute and self._done_in_minute.get(name) != now.tm_min)
            if due and not self._paused and name not in self._running:
                self._done_in_minute[name] = now.tm_min
                self._running[name] = time.time()
                threading.Thread(target=self._secure, args=(name,), daemon=True).start()

    def _secure(self, name: str) -> None:
        """Run one job: it leaves an operation in the logbook of the scheduler's own database's shard."""
        time.sleep(switches.seconds(self.component, "securing_s", JOB_S))
        while switches.is_set(self.component, "securing-never-ends"):
            time.sleep(0.5)
        outcome = "KO" if switches.is_set(self.component, "securing-fails") else "OK"
        try:
            self._store.insert(
                "logbook.LogbookOperation", logbook_operation(256, f"STP_{name.upper()}_TRACEABILITY", outcome)
            )
        except Exception as error:
            print(f"{name}: {error}", flush=True)
        finally:
            self._running.pop(name, None)
