"""
Stand-in of Vitam's scheduler (>= 6.0): the securing jobs of its group Logbook, pause and resume, current jobs.

Sources (``ProgrammeVitam/vitam@7.0.1``, 6.2 has the same), all but the last below ``sources/``:

- ``scheduler/scheduler-server/src/main/java/fr/gouv/vitam/scheduler/server/``: ``SchedulerResource.java:72-89``,
  ``model/VitamJobDetail.java:37-78``, ``AdminSchedulerResource.java:62-94``;
- ``common/common-public/src/main/java/fr/gouv/vitam/common/model/``: ``RequestResponseOK.java:71-78`` (the envelope),
  ``RequestResponse.java:54`` (its ``httpCode``, which nobody sets);
- ``common/common-private/src/main/java/fr/gouv/vitam/common/security/filter/RequestAuthorizationValidator.java:77-141``
  (the signature);
- ``deployment/ansible-vitam/roles/vitam/templates/scheduler/jobs/jobs-logbook.xml.j2`` (jobs and their times).

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
from lab.services.web import Answer, Request, error_page

GROUP = "Logbook"
CURRENT_JOBS, JOB_STATE = "/scheduler/v1/current-jobs", "/scheduler/v1/job-state/"
WITH_JOB_STATE = 7
"""The first series of Vitam that answers ``job-state`` (``SchedulerResource.java:139-166``; 6.2 has no such thing)."""
PAUSED = "scheduler.quartz_paused_trigger_groups"
ALL = "_$_ALL_GROUPS_PAUSED_$_"
TOLERANCE_S = 60
JOB_S = 4.0


def current_jobs(keys: list[str]) -> dict[str, Any]:
    """Return the answer of ``current-jobs`` while these jobs run (``SchedulerResource.java:72-89``)."""
    results = [
        {
            "Key": key,
            "Description": "Job of the lab",
            "JobClass": "class fr.gouv.vitam.scheduler.server.job.TraceabilityJob",
            "JobDataMap": {},
            "Durability": False,
            "ShouldRecover": False,
        }
        for key in keys
    ]
    hits = {"total": len(keys), "offset": 0, "limit": 0, "size": len(keys)}
    return {"httpCode": 0, "$hits": hits, "$results": results, "$facetResults": [], "$context": {}}


def job_state(*, paused: bool) -> dict[str, Any]:
    """Return the answer of ``job-state`` for a job that has a trigger (``SchedulerResource.java:141-166``)."""
    hits = {"total": 1, "offset": 0, "limit": 0, "size": 1}
    results = ["PAUSED" if paused else "NORMAL"]
    return {"httpCode": 0, "$hits": hits, "$results": results, "$facetResults": [], "$context": {}}


def refused(request: Request, secret: str, now_s: float) -> Answer | None:
    """Return the answer to a request that is not signed as Vitam wants it, ``None`` to one that is."""
    stamp, signature = (request.headers.get(name) or "" for name in ("X-Timestamp", "X-Platform-Id"))
    if stamp and signature and not stamp.lstrip("+-").isdigit():
        return error_page(500, f'java.lang.NumberFormatException: For input string: "{stamp}"')
    text = f"{request.method};{request.path};{stamp};{secret}"
    wanted = hashlib.sha256(text.encode()).hexdigest()
    if stamp and abs(int(now_s) - int(stamp)) <= TOLERANCE_S and signature == wanted:
        return None
    return error_page(401, '{"Error":"Authorization headers check failed!"}')


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
        """List the jobs that run now, tell the state of one, for those who know the platform secret."""
        asks_state = request.path.startswith(JOB_STATE) and int(self.settings["version"][0]) >= WITH_JOB_STATE
        if request.method != "GET" or not (asks_state or request.path == CURRENT_JOBS):
            return None
        refusal = refused(request, self._secret, time.time())
        if refusal is not None:
            return refusal
        if asks_state:
            return Answer(200, job_state(paused=self._paused))
        return Answer(200, current_jobs([*sorted(self._running), *self._told_to_run()]))

    def _told_to_run(self) -> list[str]:
        """Return the job that the switch ``job`` runs now."""
        switch = switches.read_switches(self.component).get("job")
        key, _, length_s = str(switch["value"] if switch else "").rpartition(":")
        return [key] if switch and time.time() < switch["at"] + float(length_s) else []

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
            if due and not self._paused and f"{GROUP}.{name}" not in self._running:
                self._done_in_minute[name] = now.tm_min
                self._running[f"{GROUP}.{name}"] = time.time()
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
            self._running.pop(f"{GROUP}.{name}", None)
