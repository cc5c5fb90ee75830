"""systemd in memory: units with states, ends, ports and a journal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

FAILED_BY_SIGTERM = 143


def now() -> dt.datetime:
    """This moment, to the second, as systemd shows it."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


@dataclass
class FakeUnit:
    """
    One unit of one host.

    A start or a stop that was asked for takes effect at a later look, never at once: who asks for a stop and goes on
    without looking finds a unit that still runs. Java services end as Vitam's do, ``failed`` with status 143.

    Left out: all dependencies but ``BoundBy=``, drop-ins, transitions that end by themselves without a look. Restarts
    by systemd itself are counted as ``NRestarts`` does (``systemd/systemd@v252 src/core/service.c``: 0 when somebody
    starts it).

    :param name: its name
    :param ports: on which it listens while it is active
    :param ends_with: exit status after a stop
    :param on_stop: called when it is down
    :param bound_by: units that systemd stops with it
    :param lock: of a mongod: writes so many bytes into its ``mongod.lock``
    """

    name: str
    ports: tuple[int, ...] = ()
    ends_with: int = 0
    on_stop: Callable[[], None] = lambda: None
    lock: Callable[[int], None] = lambda size: None
    job: Callable[[], int] | None = None
    bound_by: tuple[str, ...] = ()
    words: list[str] = field(default_factory=list)
    active: str = "inactive"
    sub: str = "dead"
    result: str = "success"
    pid: int = 0
    exit_code: int = 0
    exit_status: int = 0
    started_at: dt.datetime | None = None
    active_since: dt.datetime | None = None
    inactive_since: dt.datetime | None = None
    looks_to_stop: int = 1
    looks_to_start: int = 1
    looks_to_end: int = 1
    ignores_stop: bool = False
    dies_at_start: bool = False
    restarts: int | None = 0
    """``None``: this systemd does not count them."""
    loops: bool = False
    """It ends between any two looks, and systemd starts it again."""
    _looks_left: int = 0

    @property
    def running(self) -> bool:
        """Whether it has a process."""
        return self.pid != 0

    def run(self) -> None:
        """Run, as if it had been started long ago."""
        self.active, self.sub, self.result, self.pid = "active", "running", "success", 4000 + len(self.name)
        self.exit_code = self.exit_status = 0
        self.started_at = self.active_since = now()
        if self.name.endswith(".timer"):
            self.sub, self.pid = "waiting", 0
        self.lock(4)

    def begin(self) -> None:
        """Run as a oneshot or transient job that ends by itself after some looks."""
        self.run()
        self._looks_left = self.looks_to_end
        if self.name.endswith(".service") and self.job is None:
            self.active, self.sub = "activating", "start"

    def ask_start(self) -> None:
        """As ``systemctl start --no-block``."""
        if self.active not in ("active", "activating"):
            self.active, self.sub, self._looks_left = "activating", "start", self.looks_to_start
            self.restarts = None if self.restarts is None else 0

    def ask_stop(self) -> None:
        """As ``systemctl stop --no-block``."""
        if self.active in ("active", "activating", "deactivating"):
            self.active, self.sub, self._looks_left = "deactivating", "stop-sigterm", self.looks_to_stop

    def look(self) -> None:
        """Somebody reads the state: what was asked for comes one look nearer."""
        self._looks_left -= 1
        if self.loops and self.active == "active" and self.started_at:
            self.started_at += dt.timedelta(seconds=7)
            self.restarts = None if self.restarts is None else self.restarts + 1
        if self._looks_left > 0:
            return
        if self.active == "deactivating" and not self.ignores_stop:
            self.end(self.ends_with)
        elif self.active == "activating" and self.pid:
            self.end(0)
        elif self.active == "activating":
            self.run()
            if self.dies_at_start:
                self.end(1)
        elif self.active == "active" and self.job is not None and self.sub == "running":
            self._end_job()

    def _end_job(self) -> None:
        status = self.job() if self.job else 0
        if status:
            self.end(status)
            return
        self.sub, self.pid, self.exit_code, self.exit_status = "exited", 0, 1, 0

    def end(self, status: int) -> None:
        """End with an exit status."""
        was_up = self.running
        failed = status != 0
        self.active, self.sub = ("failed", "failed") if failed else ("inactive", "dead")
        self.result = "exit-code" if failed else "success"
        self.pid, self.exit_code, self.exit_status, self.inactive_since = 0, 1, status, now()
        if was_up:
            self.on_stop()
        if not failed:
            self.lock(0)

    def boot(self) -> None:
        """Be what systemd knows of a unit that has not run since the host was booted."""
        if self.running:
            self.end(0)
        self.active, self.sub, self.result, self.pid = "inactive", "dead", "success", 0
        self.exit_code = self.exit_status = 0
        self.started_at = self.active_since = self.inactive_since = None

    def show(self) -> str:
        """Return what ``systemctl show`` prints."""
        fields = {
            "Id": self.name,
            "LoadState": "loaded",
            "ActiveState": self.active,
            "SubState": self.sub,
            "Result": self.result,
            "MainPID": self.pid,
            "ExecMainCode": self.exit_code,
            "ExecMainStatus": self.exit_status,
            "ExecMainStartTimestamp": _moment(self.started_at),
            "ActiveEnterTimestamp": _moment(self.active_since),
            "InactiveEnterTimestamp": _moment(self.inactive_since),
            **({"NRestarts": self.restarts} if self.restarts is not None else {}),
        }
        return "".join(f"{key}={value}\n" for key, value in fields.items())


def not_found(name: str) -> str:
    """Return what ``systemctl show`` prints of a unit that the host does not have."""
    return FakeUnit(name).show().replace("LoadState=loaded", "LoadState=not-found")


def _moment(moment: dt.datetime | None) -> str:
    return f"{moment:%a %Y-%m-%d %H:%M:%S} UTC" if moment else ""
