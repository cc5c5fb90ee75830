"""
What listens on the ports of the fake hosts: Vitam's services, the scheduler, Elasticsearch.

Answers of Vitam are those of the lab's stand-ins, whose docstrings name their sources; Elasticsearch's are of
elastic.co/guide/en/elasticsearch/reference/7.17: cluster-health, cluster-update-settings, get-snapshot-api. The bodies
of its changes: elastic/elasticsearch server/src/main/java/org/elasticsearch/,
``action/admin/cluster/settings/ClusterUpdateSettingsResponse.java@11b11f6f4cba`` (``addCustomFields``),
``action/admin/cluster/snapshots/create/CreateSnapshotResponse.java@08b914215126`` (``toXContent``),
``rest/action/RestActions.java@03805654382a`` (``buildBroadcastShardsHeader``).
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from lab.services.processing import PAUSED, RUNNING, metrics
from lab.services.scheduler import current_jobs, job_state, refused
from lab.services.web import Request


def elastic_error(kind: str, reason: str | None, status: int) -> str:
    """
    Return an error as Elasticsearch 7 writes it: ``root_cause``, the cause again, the status.

    Types, statuses and reasons are those of its exceptions: elastic/elasticsearch
    server/src/main/java/org/elasticsearch/, ``discovery/MasterNotDiscoveredException.java@1bb4d6f003ee``,
    ``repositories/RepositoryMissingException.java@11c939b84b8e``,
    ``snapshots/SnapshotMissingException.java@15f24d8fc9f5``.
    """
    cause = {"type": kind, "reason": reason}
    return json.dumps({"error": {"root_cause": [cause], **cause}, "status": status})


NO_MASTER = elastic_error("master_not_discovered_exception", None, 503)
SIGNED = re.compile(r'(X-[\w-]+): ?([^"\s]+)')


@dataclass
class FakeVitam:
    """
    The parts of Vitam that a night asks, for the whole platform.

    A running workflow ends after some looks. Left out: health other than "the unit runs" and :attr:`ill`, tenants,
    Quartz's firings by the clock.

    :param tell: notes a change
    """

    tell: Callable[[str, str, str], None]
    workflows_left: int = 1
    workflows_in_pause: int = 2
    jobs_left: int = 1
    scheduler_paused: bool = False
    secret: str = "platform-secret"
    ill: set[int] = field(default_factory=set)
    version: str = "5.0.1"
    roles: dict[tuple[str, int], str] = field(default_factory=dict)
    """The component behind each admin port of each host."""
    begun: Callable[[], bool] = lambda: True
    """Whether a night has changed anything: what runs at the look runs on until then."""

    def answer(self, host: str, method: str, port: int, path: str, stdin: str) -> tuple[int, str]:
        """Answer one request."""
        match method, path:
            case "GET", "/admin/v1/status":
                identity = {"Name": host, "Role": self.roles.get((host, port), "UnknownRole")}
                state = {"serverIdentity": identity, "status": port not in self.ill}
                return (503 if port in self.ill else 200), json.dumps(state)
            case "GET", "/admin/v1/version":
                return 200, json.dumps([{"Maven-artefactId": "some-rest", "Maven-version": self.version}])
            case "GET", "/admin/v1/metrics":
                return 200, self._metrics()
            case "GET", "/scheduler/v1/current-jobs":
                return self._signed(path, stdin) or self._jobs()
            case "GET", _ if path.startswith("/scheduler/v1/job-state/Logbook."):
                refusal = self._signed(path, stdin)
                return refusal or (200, json.dumps(job_state(paused=self.scheduler_paused)))
            case "PUT", "/scheduler/v1/pause/ALL" | "/scheduler/v1/resume/ALL":
                self.tell(host, path.split("/")[3], "scheduler")
                self.scheduler_paused = "pause" in path
                return 202, ""
        raise AssertionError(f"{method} {path} was sent to port {port} of {host}")

    def _metrics(self) -> str:
        running = self.workflows_left
        self.workflows_left = max(0, running - 1) if self.begun() else running
        return metrics(Counter({RUNNING: min(running, 1), PAUSED: self.workflows_in_pause}))

    def _signed(self, path: str, stdin: str) -> tuple[int, str] | None:
        headers = Message()
        for name, value in SIGNED.findall(stdin):
            headers[name] = value
        refusal = refused(Request("GET", path, headers), self.secret, time.time())
        return None if refusal is None else (refusal.status, refusal.encoded().decode())

    def _jobs(self) -> tuple[int, str]:
        running = self.jobs_left
        self.jobs_left = max(0, running - 1) if self.begun() else running
        return 200, json.dumps(current_jobs(["Logbook.TraceabilityLFCUnitJob"] if running else []))


@dataclass
class FakeElasticsearch:
    """
    One Elasticsearch cluster: red after a start until it was looked at once; transient settings die with it.

    Left out: indexes, nodes that leave one by one. A snapshot is in progress for one look, then in :attr:`ends_as`.

    :param name: its name
    """

    name: str
    tell: Callable[[str, str, str], None]
    allocation: str | None = None
    looks_red: int = 0
    ill: bool = False
    repository: str = "vitam"
    account: str = ""
    """``name:password`` that each request needs."""
    ends_as: str = "SUCCESS"
    snapshots: dict[str, int] = field(default_factory=dict)
    """Looks so far at each one."""

    def stopped(self) -> None:
        """Forget what only the memory holds, as a whole cluster that stops does."""
        self.allocation, self.looks_red = None, 1

    def answer(self, host: str, method: str, path: str, words: list[str]) -> tuple[int, str]:
        """Answer one request."""
        if self.ill:
            return 503, NO_MASTER
        match method, path:
            case "GET", "/":
                return 200, json.dumps({"name": host, "version": {"number": "7.17.8"}})
            case "GET", "/_cluster/health":
                self.looks_red, status = max(0, self.looks_red - 1), "red" if self.looks_red else "green"
                return 200, json.dumps({"status": status})
            case "GET", "/_cluster/settings?flat_settings=true":
                settings: dict[str, Any] = {"cluster.routing.allocation.enable": self.allocation}
                return 200, json.dumps({"persistent": {}, "transient": settings if self.allocation else {}})
            case "PUT", "/_cluster/settings":
                value = json.loads(words[words.index("--data") + 1])["transient"]["cluster.routing.allocation.enable"]
                self.tell(host, f"allocation {value}", self.name)
                self.allocation = value
                taken = {"persistent": {}, "transient": {"cluster": {"routing": {"allocation": {"enable": value}}}}}
                return 200, json.dumps({"acknowledged": True, **(taken if value else {**taken, "transient": {}})})
            case _ if path.startswith("/_snapshot/"):
                return self._snapshot(host, method, *path.partition("?")[0].split("/")[2:])
            case "POST", "/_flush":
                self.tell(host, "flush", self.name)
                return 200, json.dumps({"_shards": {"total": 10, "successful": 10, "failed": 0}})
        raise AssertionError(f"{method} {path} was sent to Elasticsearch on {host}")

    def _snapshot(self, host: str, method: str, repository: str, name: str) -> tuple[int, str]:
        if repository != self.repository:
            return 404, elastic_error("repository_missing_exception", f"[{repository}] missing", 404)
        if method != "PUT" and name not in self.snapshots:
            return 404, elastic_error("snapshot_missing_exception", f"[{repository}:{name}] is missing", 404)
        if method == "GET":
            self.snapshots[name] += 1
            state = "IN_PROGRESS" if self.snapshots[name] == 1 else self.ends_as
            failures = [{"index": "unit", "reason": "node left"}] if state == "PARTIAL" else []
            found = {"snapshot": name, "state": state, "indices": ["unit", "got"], "failures": failures}
            return 200, json.dumps({"snapshots": [found]})
        self.tell(host, {"PUT": "snapshot", "DELETE": "forget"}[method], name)
        if method == "PUT":
            assert name == name.lower(), "Elasticsearch refuses capitals"
            assert self.snapshots.setdefault(name, 0) == 0
            return 200, '{"accepted": true}'
        self.snapshots.pop(name)
        return 200, '{"acknowledged": true}'
