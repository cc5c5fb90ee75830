"""
Stand-in of Elasticsearch: ``python3 -m lab.services.elasticsearch``, port 9200.

It keeps cluster settings (in a file, so that they outlive a restart), tells its health, accepts a flush, and ends with
143 after a SIGTERM. A snapshot is a name that is in progress for a moment; its ``metadata`` says that it holds nothing.

Sources: Elastic's documentation, elastic.co/guide/en/elasticsearch/reference/7.17/: ``rest-api-root.html``,
``cluster-health.html``, ``cluster-update-settings.html``, ``cluster-get-settings.html``, ``indices-flush.html``,
``create-snapshot-api.html``, ``get-snapshot-api.html``, ``delete-snapshot-api.html``, ``stopping-elasticsearch.html``;
its versions: ``ProgrammeVitam/vitam@4.0.7 sources/pom.xml:145`` (7.16.3, also 5.3) and ``@7.0.1 sources/pom.xml:151``
(7.17.8, also 6.2).

Left out: indices, documents, other nodes.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

from lab.services import switches
from lab.services.web import Answer, Request, serve

NAME = "elasticsearch-data"
DATA = Path("/vitam/data/elasticsearch")
PORT = 9200
START_S = float(os.environ.get("LAB_START_S", "1.5"))
REPOSITORY, SNAPSHOT_S = "vitam", 2.0
Settings = dict[str, dict[str, Any]]


class Elasticsearch:
    """One node that is a cluster."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.started_at = time.monotonic()
        self.flushed = 0
        self.snapshots: dict[str, float] = {}
        self._file = DATA / "nodes" / "0" / "_state" / "settings.json"
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self.settings: Settings = {"persistent": {}, "transient": {}}
        if self._file.exists():
            self.settings["persistent"] = json.loads(self._file.read_text())

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        match request.method, request.path.rstrip("/") or "/":
            case "GET", "/":
                return Answer(200, self.root())
            case "GET", "/_cluster/health":
                return Answer(200, self.health())
            case "GET", "/_cluster/settings":
                return Answer(200, self.settings)
            case "PUT", "/_cluster/settings":
                return self.change(request.body)
            case method, path if path.startswith(f"/_snapshot/{REPOSITORY}/"):
                return self.snapshot(method, path.rpartition("/")[2])
            case "POST", "/_flush" | "/_flush/synced":
                self.flushed += 1
                return Answer(200, {"_shards": {"total": 10, "successful": 10, "failed": 0}})
        return Answer(
            404, {"error": f"no handler found for uri [{request.path}] and method [{request.method}]", "status": 404}
        )

    def snapshot(self, method: str, name: str) -> Answer:
        """Begin, tell of, or forget a snapshot."""
        if method == "PUT" and name not in self.snapshots:
            self.snapshots[name] = time.monotonic()
            return Answer(200, {"accepted": True})
        if method == "PUT" or name not in self.snapshots:
            return self.refusal(method, name)
        if method == "DELETE":
            self.snapshots.pop(name)
            return Answer(200, {"acknowledged": True})
        over = time.monotonic() - self.snapshots[name] > SNAPSHOT_S
        found: dict[str, Any] = {
            "snapshot": name,
            "state": "SUCCESS" if over else "IN_PROGRESS",
            "indices": [],
            "failures": [],
        }
        return Answer(200, {"snapshots": [{**found, "metadata": {"stand_in": "holds no index"}}]})

    @staticmethod
    def refusal(method: str, name: str) -> Answer:
        """
        Refuse a snapshot that is there already, or that is not.

        After elastic/elasticsearch server/src/main/java/org/elasticsearch/snapshots/:
        ``InvalidSnapshotNameException.java@13ae1548e7d2``, ``SnapshotMissingException.java@15f24d8fc9f5``, and for what
        both begin with ``SnapshotException.java@13616e068c11``.
        """
        kind, reason, status = "snapshot_missing_exception", "is missing", 404
        if method == "PUT":
            reason = f"Invalid snapshot name [{name}], snapshot with the same name already exists"
            kind, status = "invalid_snapshot_name_exception", 400
        cause = {"type": kind, "reason": f"[{REPOSITORY}:{name}] {reason}"}
        return Answer(status, {"error": {"root_cause": [cause], **cause}, "status": status})

    def root(self) -> dict[str, Any]:
        """Return what the node says of itself."""
        version = {
            "number": "7.16.3" if int(self.version.partition(".")[0]) < 6 else "7.17.8",
            "build_flavor": "default",
            "build_type": "deb",
            "build_hash": "0" * 40,
            "build_date": "2022-01-01T00:00:00Z",
            "build_snapshot": False,
            "lucene_version": "8.11.1",
            "minimum_wire_compatibility_version": "6.8.0",
            "minimum_index_compatibility_version": "6.0.0-beta1",
        }
        named = {"name": NAME, "cluster_name": NAME, "cluster_uuid": "A" * 22}
        return {**named, "version": version, "tagline": "You Know, for Search"}

    def health(self) -> dict[str, Any]:
        """Return red for a moment after the start, then green; a switch keeps it red."""
        young = time.monotonic() - self.started_at < switches.seconds(NAME, "start_s", START_S) + 1
        red = young or switches.is_set(NAME, "never-healthy")
        return {
            "cluster_name": NAME,
            "status": "red" if red else "green",
            "timed_out": False,
            "number_of_nodes": 1,
            "number_of_data_nodes": 1,
            "active_primary_shards": 10,
            "active_shards": 10,
            "relocating_shards": 0,
            "initializing_shards": 0,
            "unassigned_shards": 0,
            "delayed_unassigned_shards": 0,
            "number_of_pending_tasks": 0,
            "number_of_in_flight_fetch": 0,
            "task_max_waiting_in_queue_millis": 0,
            "active_shards_percent_as_number": 100.0,
        }

    def change(self, body: bytes) -> Answer:
        """Take new settings; null removes one."""
        try:
            asked: Settings = json.loads(body or b"{}")
        except json.JSONDecodeError as error:
            return Answer(400, {"error": {"type": "parse_exception", "reason": str(error)}, "status": 400})
        for kind in ("persistent", "transient"):
            for key, value in flatten(asked.get(kind) or {}).items():
                self.settings[kind].pop(key, None)
                if value is not None:
                    self.settings[kind][key] = value
        self._file.write_text(json.dumps(self.settings["persistent"]))
        return Answer(200, {"acknowledged": True, **self.settings})


def flatten(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested settings with dotted keys."""
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat


def main() -> int:
    """Serve until SIGTERM."""
    stop = threading.Event()

    def on_sigterm(number: int, frame: object) -> None:
        if not switches.is_set(NAME, "ignore-stop"):
            stop.set()

    signal.signal(signal.SIGTERM, on_sigterm)
    configuration = json.loads(Path(f"/vitam/conf/{NAME}/{NAME}.conf").read_text())
    node = Elasticsearch(configuration["version"])
    time.sleep(switches.seconds(NAME, "start_s", START_S))
    server = serve(configuration["address"], PORT, node.answer)
    while not stop.wait(0.5):
        if time.monotonic() - node.started_at > switches.seconds(NAME, "dies-after", float("inf")):
            return 1
    server.server_close()
    time.sleep(switches.seconds(NAME, "stop_s", 0.5))
    return 143


if __name__ == "__main__":
    os._exit(main())
