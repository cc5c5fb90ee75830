"""systemd on a host: the states of units (facts), starting and stopping them, transient units (changes)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from vitam_operators.commands import Command, change, line, nothing

SIGTERM_EXIT = 143
PROPERTIES = (
    "Id",
    "LoadState",
    "ActiveState",
    "SubState",
    "Result",
    "MainPID",
    "ExecMainCode",
    "ExecMainStatus",
    "ExecMainStartTimestamp",
    "ActiveEnterTimestamp",
    "InactiveEnterTimestamp",
    "NRestarts",
)


PASSES_STOP_TO = ("BoundBy", "RequiredBy", "RequisiteOf", "ConsistsOf", "PropagatesStopTo")
RUNS = (".service", ".timer", ".socket", ".path")
"""Kinds of units that are of use while they are active."""


@dataclass(frozen=True)
class UnitState:
    """
    What systemd says of a unit (``systemctl show``, systemd 229 and later).

    :param unit: its own name
    :param load: ``loaded``, ``not-found``, ``masked``, …
    :param active: ``active``, ``inactive``, ``failed``, ``activating``, ``deactivating``
    :param sub: ``running``, ``exited``, ``dead``, …
    :param result: ``success``, ``exit-code``, ``signal``, ``timeout``, …
    :param pid: of the main process, 0 when there is none
    :param exit_code: how the main process last ended: 1 exited, 2 killed, 3 dumped, 0 it has not
    :param exit_status: its exit status, or the signal
    :param started_at: when the main process last started
    :param active_since: when the unit last became active
    :param inactive_since: when the unit last became inactive
    :param restarts: how often systemd has restarted it by itself since somebody started it; ``None`` before systemd 235
        and of what is no service
    """

    unit: str
    load: str
    active: str
    sub: str
    result: str
    pid: int
    exit_code: int
    exit_status: int
    started_at: dt.datetime | None
    active_since: dt.datetime | None
    inactive_since: dt.datetime | None
    restarts: int | None = None

    @property
    def exists(self) -> bool:
        """Whether the host has such a unit."""
        return self.load == "loaded"

    @property
    def running(self) -> bool:
        """Whether it is up, or on its way up or down."""
        return self.active not in ("inactive", "failed")

    @property
    def down(self) -> bool:
        """Whether it is down, with no process of its own left."""
        return not self.running and self.pid == 0

    @property
    def ended_by_stop(self) -> bool:
        """
        Whether the last end is that of an orderly stop.

        A JVM answers SIGTERM with exit status 143, which Vitam's units do not call a success: such a unit shows
        ``failed``. A process that systemd had to kill does not end orderly.
        """
        orderly_exit = self.exit_code in (0, 1) and self.exit_status in (0, SIGTERM_EXIT)
        by_sigterm = self.exit_code == 2 and self.exit_status == 15
        return self.down and self.result not in ("timeout", "oom-kill", "core-dump") and (orderly_exit or by_sigterm)

    @property
    def exited_clean(self) -> bool:
        """Whether the main process ended by itself with exit status 0, as a mongod that closed its files."""
        return self.down and self.result == "success" and self.exit_code in (0, 1) and self.exit_status == 0

    @property
    def words(self) -> str:
        """The state in one line, for logs and messages."""
        return f"{self.active} ({self.sub}), result {self.result}, exit status {self.exit_status}, pid {self.pid}"


def unit_states(units: Iterable[str]) -> Command[dict[str, UnitState]]:
    """
    Fact: the state of each unit, by the name it was asked by; one that the host does not have shows as ``not-found``.

    systemd answers in the order of the question, with each unit's own name: that of an alias (``Alias=``) is another.
    """
    asked = tuple(units)
    words = ["env", "LC_ALL=C", "TZ=UTC", "systemctl", "show", f"--property={','.join(PROPERTIES)}", "--", *asked]
    return Command(line(*words), lambda output: _read_states(asked, output))


def _read_states(asked: Sequence[str], output: str) -> dict[str, UnitState]:
    blocks = (dict(_pairs(block)) for block in output.strip().split("\n\n"))
    states = [_read_state(fields) for fields in blocks if "Id" in fields]
    return dict(zip(asked, states, strict=True))


def aliases(states: Mapping[str, UnitState]) -> Iterator[str]:
    """Name the units that have another name of their own: the journal, sudo's rules and a hold know only that one."""
    for name, state in states.items():
        if state.exists and state.unit != name:
            yield f"{name} is another name of {state.unit}; write {state.unit}, or remove the alias where it is Vitam's"


def _pairs(block: str) -> Iterable[tuple[str, str]]:
    for text in block.splitlines():
        key, found, value = text.partition("=")
        if found:
            yield key, value


def _read_state(fields: Mapping[str, str]) -> UnitState:
    return UnitState(
        unit=fields["Id"],
        load=fields.get("LoadState", ""),
        active=fields.get("ActiveState", ""),
        sub=fields.get("SubState", ""),
        result=fields.get("Result", ""),
        pid=int(fields.get("MainPID") or 0),
        exit_code=int(fields.get("ExecMainCode") or 0),
        exit_status=int(fields.get("ExecMainStatus") or 0),
        started_at=_read_moment(fields.get("ExecMainStartTimestamp", "")),
        active_since=_read_moment(fields.get("ActiveEnterTimestamp", "")),
        inactive_since=_read_moment(fields.get("InactiveEnterTimestamp", "")),
        restarts=int(fields["NRestarts"]) if fields.get("NRestarts") else None,
    )


def _read_moment(text: str) -> dt.datetime | None:
    """Read ``Mon 2026-11-23 20:00:01 UTC``; ``TZ=UTC`` makes systemctl print no other zone."""
    if not text or text == "n/a":
        return None
    return dt.datetime.strptime(text, "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=dt.UTC)


def stopped_with(units: Iterable[str]) -> Command[frozenset[str]]:
    """
    Fact: the units that a stop of one of these goes on to, one step: targets and the like are among them.

    They name it with ``BindsTo=``, ``Requires=``, ``Requisite=`` or ``PartOf=``, or it names them with
    ``PropagatesStopTo=`` (systemd 249; an older one leaves that out). Source: ``UNIT_ATOM_PROPAGATE_STOP`` in
    ``systemd/systemd@v252 src/core/unit-dependency-atom.c``.
    """
    words = ["env", "LC_ALL=C", "systemctl", "show", f"--property={','.join(PASSES_STOP_TO)}", "--", *units]
    return Command(line(*words), _read_bound)


def _read_bound(output: str) -> frozenset[str]:
    return frozenset(name for text in output.splitlines() for name in text.partition("=")[2].split())


def stop(units: Iterable[str], states: Mapping[str, UnitState]) -> Command[None] | None:
    """Change: ask for the stop of what runs; ``None`` when nothing does. The stop itself is waited for elsewhere."""
    running = [unit for unit in units if states[unit].running and states[unit].active != "deactivating"]
    return change("systemctl", "stop", "--no-block", "--", *running) if running else None


def start(units: Iterable[str], states: Mapping[str, UnitState]) -> Command[None] | None:
    """Change: ask for the start of what does not run; ``None`` when all do."""
    resting = [unit for unit in units if states[unit].active not in ("active", "activating")]
    return change("systemctl", "start", "--no-block", "--", *resting) if resting else None


def end_transient(unit: str) -> Command[None]:
    """Change: end a transient unit and wait until it is gone; 5 is the status of systemctl when it is gone already."""
    words = line("systemctl", "stop", "--", unit, sudo=True)
    return Command(words, nothing, timeout_s=120, ok=frozenset({0, 5}))


def forget_failure(unit: str) -> Command[None]:
    """Change: let a failed transient unit go, so that its name is free again."""
    return change("systemctl", "reset-failed", "--", unit)


def run_transient(
    unit: str,
    script: str,
    *arguments: str,
    runtime_max_s: int,
    description: str,
    in_background: bool = False,
    properties: Iterable[str] = (),
) -> Command[None]:
    """
    Change: run a shell script as a transient unit that outlives ssh and Airflow.

    A second start under the same name is refused by systemd. When the script ends well the unit stays
    ``active (exited)`` until :func:`end_transient`; when it does not, ``failed``.

    :param unit: name with ``.service``
    :param script: text for ``bash -c``; what differs from run to run goes into ``arguments``
    :param arguments: ``$1``, ``$2``, … of the script
    :param runtime_max_s: seconds after which systemd ends it
    :param description: what ``systemctl status`` shows
    :param in_background: it gets the disk and the processors only when nobody else wants them
    :param properties: more of systemd's, as ``CPUQuota=100%``
    """
    background = ["--property=Nice=19", "--property=IOSchedulingClass=idle", "--property=IOWeight=10"]
    return change(
        "systemd-run",
        f"--unit={unit}",
        f"--description={description}",
        "--remain-after-exit",
        f"--property=RuntimeMaxSec={runtime_max_s}",
        "--property=TimeoutStopSec=30",
        *(background if in_background else ["--property=Nice=5"]),
        *(f"--property={text}" for text in properties),
        "/bin/bash",
        "-c",
        *(_as_it_is(word) for word in (script, unit, *arguments)),
    )


def _as_it_is(word: str) -> str:
    """Keep systemd's hands off a word to run: it takes ``$NAME`` at its begin, ``${NAME}`` and ``$$`` for its own."""
    return re.sub(r"^\$|\$(?=[{$])", "$$", word)


def listening_ports() -> Command[frozenset[int]]:
    """Fact: the TCP ports on which somebody listens on the host."""
    return Command(line("ss", "-Hltn"), _read_ports)


def _read_ports(output: str) -> frozenset[int]:
    columns = (text.split() for text in output.splitlines())
    return frozenset(int(words[3].rpartition(":")[2]) for words in columns if len(words) > 3)


def clock() -> Command[float]:
    """Fact: the host's clock, in seconds since 1970."""
    return Command(line("date", "+%s.%N"), float)


def missing_tools(tools: Iterable[str]) -> Command[list[str]]:
    """Fact: which of these programs the host does not have."""
    script = 'for tool in "$@"; do command -v "$tool" > /dev/null || echo "$tool"; done'
    return Command(line("env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c", script, "sh", *tools), str.split)


def may_sudo(units: Sequence[str]) -> Command[bool]:
    """Fact: whether sudo lets us stop these units without a password; where there are none, reload systemd."""
    asked = ("stop", "--no-block", "--", *units) if units else ("daemon-reload",)
    words = line("sudo", "-n", "-l", "/usr/bin/systemctl", *asked)
    return Command(f"{words} > /dev/null 2>&1 && echo yes || echo no", lambda output: output.strip() == "yes")
