"""A real Airflow on this machine for the demo and the tests: `airflow standalone` on PostgreSQL, one process tree."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from lab import postgres

ROOT = Path(__file__).parents[1]
READY_WITHIN_S = 600

SETTINGS = {
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
    "AIRFLOW__CORE__PARALLELISM": "6",
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
    "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
    "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "120",
    "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "12",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "60",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "120",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
    "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "600",
    "AIRFLOW__API__HOST": "127.0.0.1",
    "AIRFLOW__API__WORKERS": "1",
    "AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}
"""
What docs/operate.md asks for in production too, but for the executor's size, the address, and how often a DAG is
parsed: that takes a sixth of a processor, for files that do not change here.
"""


@dataclass
class AirflowStack:
    """
    One Airflow for one platform of the lab.

    :param home: AIRFLOW_HOME, made anew by :meth:`up`
    :param platform_file: the platform file of the DAG
    :param connections: file of ``airflow connections import``
    :param port: of UI and API, on the loopback
    :param settings: what of :data:`SETTINGS` is otherwise, or more
    :param parts: which parts of Airflow run; ``standalone`` is all of them
    """

    home: Path
    platform_file: Path
    connections: Path
    port: int = 8080
    settings: dict[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = ("standalone",)

    @property
    def url(self) -> str:
        """Where the UI is."""
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> Path:
        """What all processes print."""
        return self.home / "airflow.log"

    @property
    def password(self) -> str:
        """The password of the user ``admin``."""
        return self.password_of("admin")

    def password_of(self, user: str) -> str:
        """Return the password of a user."""
        users = json.loads((self.home / "simple_auth_manager_passwords.json.generated").read_text())
        return str(users[user])

    def up(self) -> None:
        """Start with an empty database, import the connections, wait until every part is healthy."""
        self.down()
        if self.running:
            raise SystemExit(f"something else answers on {self.url}\nHINT: stop it, or choose another port")
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True, mode=0o700)
        environment = self._environment = {**os.environ, **self._settings(), **self._secrets()}
        self._run(environment, "db", "migrate")
        self._run(environment, "connections", "import", str(self.connections))
        for part in self.parts:
            self.start(part)
        self._wait_until_ready()

    def start(self, part: str) -> None:
        """Start a part, such as ``triggerer``, as a process group of its own, and note the group."""
        with self.log.open("a") as log:
            process = subprocess.Popen(
                [self._airflow(), part],
                env=self._environment,
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        with self._pid_file.open("a") as groups:
            groups.write(f"{process.pid}\n")

    def down(self) -> None:
        """End the process groups that were started here, if they are there."""
        for group in self._groups():
            for number in (signal.SIGTERM, signal.SIGKILL):
                if not self._signal(group, number, within_s=15):
                    break
        self._pid_file.unlink(missing_ok=True)

    def _groups(self) -> list[int]:
        return [int(group) for group in self._pid_file.read_text().split()] if self._pid_file.exists() else []

    def kill(self) -> None:
        """Kill every process at once, as a power cut would."""
        _kill(self._processes())

    def kill_part(self, part: str) -> None:
        """
        Kill one part and all that it has started, such as the scheduler with its tasks.

        :param part: ``scheduler``, ``triggerer``, ``api-server`` or ``dag-processor``

        :raises ProcessLookupError: it does not run
        """
        processes = self._processes()
        heads = [pid for pid, (_, words) in processes.items() if words.split()[-1:] == [part]]
        if not heads:
            raise ProcessLookupError(f"no process of this Airflow is its {part}")
        _kill(dict.fromkeys(pid for head in heads for pid in _with_children(head, processes)))

    def tasks(self) -> list[int]:
        """Return the processes in which steps run now, not the executor's own: it does not survive the loss of one."""
        titles = {pid: words for pid, (_, words) in self._processes().items() if words.startswith("airflow worker -- ")}
        return [pid for pid, words in titles.items() if "LocalExecutor" not in words]

    def _processes(self) -> dict[int, tuple[int, str]]:
        """Return parent and title of each process of this Airflow."""
        text = subprocess.run(
            ["ps", "-ww", "-eo", "pid=,ppid=,pgid=,args="], capture_output=True, text=True, check=True
        ).stdout
        lines = [line.split(None, 3) for line in text.splitlines()]
        everybody = {int(pid): (int(parent), words) for pid, parent, _, words in lines}
        groups = self._groups()
        own = [int(pid) for pid, _, group, _ in lines if int(group) in groups]
        return {pid: everybody[pid] for head in own for pid in _with_children(head, everybody)}

    @property
    def running(self) -> bool:
        """Whether the API server answers."""
        try:
            return httpx.get(f"{self.url}/api/v2/monitor/health", timeout=5).is_success
        except httpx.HTTPError:
            return False

    def _settings(self) -> dict[str, str]:
        return {
            **SETTINGS,
            "AIRFLOW_HOME": str(self.home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "plugins"),
            "VITAM_BACKUP_PLATFORM": str(self.platform_file),
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(self.port + 1000),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(self.port + 1001),
            **self.settings,
        }

    def _secrets(self) -> dict[str, str]:
        database = f"airflow_{self.port}"
        return {
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": postgres.url_of(database),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_urlsafe(48),
            "AIRFLOW__API__SECRET_KEY": secrets.token_urlsafe(32),
            "AIRFLOW__CORE__FERNET_KEY": "",
        }

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline:
            if self.running and self._parts_healthy():
                return
            time.sleep(1)
        tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])
        raise SystemExit(f"Airflow was not healthy within {READY_WITHIN_S} s:\n{tail}\nHINT: read {self.log}")

    def _parts_healthy(self) -> bool:
        health = httpx.get(f"{self.url}/api/v2/monitor/health", timeout=5).json()
        watched = ("scheduler", "triggerer", "dag-processor")
        parts = ["metadatabase", *(part for part in watched if part in self.parts or "standalone" in self.parts)]
        return all((health.get(part.replace("-", "_")) or {}).get("status") == "healthy" for part in parts)

    def _run(self, environment: dict[str, str], *words: str) -> None:
        done = subprocess.run([self._airflow(), *words], env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"airflow {' '.join(words)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    @staticmethod
    def _airflow() -> str:
        return str(Path(sys.executable).parent / "airflow")

    @property
    def _pid_file(self) -> Path:
        return self.home.with_suffix(".pid")

    @staticmethod
    def _signal(group: int, number: int, *, within_s: float) -> bool:
        """Signal a process group and tell whether any of it is left after ``within_s`` seconds."""
        deadline = time.monotonic() + within_s
        try:
            os.killpg(group, number)
            while time.monotonic() < deadline:
                time.sleep(0.2)
                os.killpg(group, 0)
        except ProcessLookupError:
            return False
        return True


def _kill(processes: Iterable[int]) -> None:
    """Kill processes; one that its parent's death has ended already is no mistake."""
    for pid in processes:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _with_children(pid: int, processes: dict[int, tuple[int, str]]) -> list[int]:
    """Return a process and all below it."""
    children = [child for child, (parent, _) in processes.items() if parent == pid]
    return [pid, *(below for child in children for below in _with_children(child, processes))]
