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
    without looking finds a unit that still runs. Java services end as Vitam's do, ``failed`` with status 143
    (tests/data/answers/systemctl_show.json, ``jvm_after_sigterm``).

    Follows ``systemd/systemd@v252 src/core/``: states of services ``service.c:48-68``, of timers ``timer.c:27-33``;
    methods name their lines. Left out: all dependencies but ``BoundBy=``, drop-ins, transitions that end by themselves
    without a look.

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
    _waits: str = ""
    """A job that waits: ``start`` until a stop is over, ``stop`` of a timer."""

    @property
    def _is_timer(self) -> bool:
        return self.name.endswith(".timer")

    @property
    def running(self) -> bool:
        """Whether it has a process."""
        return self.pid != 0

    def run(self) -> None:
        """Run, as if it had been started long ago."""
        self.active, self.sub, self.result, self.pid = "active", "running", "success", 4000 + len(self.name)
        self.exit_code = self.exit_status = 0
        self.started_at = self.active_since = now()
        if self._is_timer:
            self.sub, self.pid = "waiting", 0
        self.lock(4)

    def begin(self) -> None:
        """
        Run as a oneshot or transient job that ends by itself after some looks.

        A oneshot is ``activating`` while it runs and never becomes active: ``timer_and_oneshot_running`` and
        ``oneshots_over`` of tests/data/answers/systemctl_show.json.
        """
        before = self.active_since
        self.run()
        self._looks_left = self.looks_to_end
        if self.name.endswith(".service") and self.job is None:
            self.active, self.sub, self.active_since = "activating", "start", before

    def ask_start(self) -> None:
        """
        As ``systemctl start --no-block``: ``service_start``, ``service.c:2517-2578``.

        One that stops is started when it is down; how it last ended and how often it was restarted is forgotten.
        """
        if self.active == "deactivating":
            self._waits = "start"
        elif self.active not in ("active", "activating"):
            self.active, self.sub, self._looks_left = "activating", "start", self.looks_to_start
            self.result, self.exit_code, self.exit_status, self.started_at = "success", 0, 0, None
            self.restarts = None if self.restarts is None else 0

    def ask_stop(self) -> None:
        """
        As ``systemctl stop --no-block``: ``service_stop``, ``service.c:2580-2617``.

        What is down already stays as it is, ``failed`` too (``unit_stop``, ``unit.c:1987``). A timer is down at once
        when the job is run (``timer_stop``, ``timer.c:673-681``).
        """
        self._waits = ""
        if self._is_timer and self.active == "active":
            self._waits, self._looks_left = "stop", self.looks_to_stop
        elif self.active in ("active", "activating", "deactivating"):
            self.active, self.sub, self._looks_left = "deactivating", "stop-sigterm", self.looks_to_stop

    def look(self) -> None:
        """Somebody reads the state: what was asked for comes one look nearer."""
        self._looks_left -= 1
        if self.loops and self.active == "active" and self.started_at:
            self.started_at += dt.timedelta(seconds=7)
            self.restarts = None if self.restarts is None else self.restarts + 1
        if self._looks_left > 0:
            return
        if self._waits == "stop":
            self.end(0)
        elif self.active == "deactivating" and not self.ignores_stop:
            starts = self._waits == "start"
            self.end(self.ends_with)
            if starts:
                self.ask_start()
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
        """End with an exit status: ``service_sigchld_event``, ``service.c:3470-3510``."""
        was_up, self._waits = self.running, ""
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
        self._waits = ""

    def show(self) -> str:
        """
        Return what ``systemctl show`` prints; only a service has a main process and restarts.

        Seen on a systemd 252: tests/data/answers/systemctl_show.json.
        """
        process = {
            "MainPID": self.pid,
            "ExecMainCode": self.exit_code,
            "ExecMainStatus": self.exit_status,
            "ExecMainStartTimestamp": _moment(self.started_at),
            **({"NRestarts": self.restarts} if self.restarts is not None else {}),
        }
        fields = {
            "Id": self.name,
            "LoadState": "loaded",
            "ActiveState": self.active,
            "SubState": self.sub,
            "Result": self.result,
            "ActiveEnterTimestamp": _moment(self.active_since),
            "InactiveEnterTimestamp": _moment(self.inactive_since),
            **({} if self._is_timer else process),
        }
        return "".join(f"{key}={value}\n" for key, value in fields.items())


def not_found(name: str) -> str:
    """Return what ``systemctl show`` prints of a unit that the host does not have."""
    return FakeUnit(name).show().replace("LoadState=loaded", "LoadState=not-found")


def _moment(moment: dt.datetime | None) -> str:
    """As ``systemd/systemd@v252 src/shared/bus-print-properties.c:107-110`` prints it: nothing for what never was."""
    return f"{moment:%a %Y-%m-%d %H:%M:%S} UTC" if moment else ""
