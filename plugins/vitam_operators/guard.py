"""
The restart guard of a host, and the hold on its units, as facts and changes.

Armed before the first stop, disarmed once the platform was proved healthy. What it does when nobody disarms it stands
in :mod:`vitam_operators.on_host.restart_guard`. Its plan is also the lock between runs: a host belongs to one night.

The hold: a drop-in under ``/run`` of each unit asserts that the night has not stopped it, so that nobody else starts
it, and gives a mongod the time to close its files (Vitam's units have systemd's 90 s, then SIGKILL). A path for
each held unit makes the assertion fail; nothing is reloaded between a stop and a start. A reboot forgets both.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitam_operators import on_host
from vitam_operators.commands import Command, change, line, nothing, write_text, write_whole
from vitam_operators.run_ids import RUN, owner_of, run_in_words

NAME = "vitam-restart-guard"
TIMER = f"{NAME}.timer"
SERVICE = f"{NAME}.service"
HOME = f"/var/lib/{NAME}"
UNITS = "/etc/systemd/system"
HOLD = "/run/vitam-backup"
DROP_IN = "90-vitam-backup.conf"
PROGRAM = Path(on_host.__file__).with_name("restart_guard.py")
MARK = "---"
ENDS = (".partial", "")

STATE_SCRIPT = f"""
for file in plan report; do cat {HOME}/$file.json 2> /dev/null; echo; echo {MARK}; done
systemctl show --property=ActiveState,NextElapseUSecRealtime {TIMER}
"""

SERVICE_TEXT = f"""\
[Unit]
Description=Start Vitam again: the backup's window is over and nobody has disarmed this guard
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 {HOME}/restart_guard.py
SuccessExitStatus=SIGTERM

[Install]
WantedBy=multi-user.target
"""

TIMER_TEXT = """\
[Unit]
Description=Start Vitam again at the end of the backup's window

[Timer]
OnCalendar={moment}
Persistent=true
AccuracySec=1s

[Install]
WantedBy=timers.target
"""

HOLD_TEXT = f"[Unit]\nAssertPathExists=!{HOLD}/%n\n"


@dataclass(frozen=True)
class GuardState:
    """
    What is known of a host's guard.

    :param plan: as :func:`plan_of` made it, ``None`` when the host has no guard
    :param report: what it did, ``None`` when it has not fired
    :param armed: whether its timer runs
    :param fires_at: when it will fire, ``None`` when it will not
    """

    plan: dict[str, Any] | None
    report: dict[str, Any] | None
    armed: bool
    fires_at: dt.datetime | None


def state() -> Command[GuardState]:
    """Fact: the host's guard."""
    words = line("env", "LC_ALL=C", "TZ=UTC", "sh", "-c", STATE_SCRIPT)
    return Command(words, _read_state)


def _read_state(output: str) -> GuardState:
    plan, report, properties = (text.strip() for text in output.split(f"{MARK}\n"))
    fields = dict(text.partition("=")[::2] for text in properties.splitlines())
    return GuardState(
        plan=_content(plan),
        report=_content(report),
        armed=fields.get("ActiveState") == "active",
        fires_at=_moment(fields.get("NextElapseUSecRealtime", "")),
    )


def _content(text: str) -> dict[str, Any] | None:
    """Read a file of the guard; one that a power cut left empty or torn is none."""
    try:
        content = json.loads(text)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _moment(text: str) -> dt.datetime | None:
    """Read a moment as systemd 238 and later print it; ``n/a``, and the time span of earlier ones, is none."""
    try:
        return dt.datetime.strptime(text, "%a %Y-%m-%d %H:%M:%S UTC").replace(tzinfo=dt.UTC)
    except ValueError:
        return None


def drop_in(unit: str) -> str:
    """Return the path of the drop-in that holds a unit."""
    return f"/run/systemd/system/{unit}.d/{DROP_IN}"


def arm(plan: dict[str, Any], *, stop_s: int) -> list[Command[None]]:
    """
    Change: write the guard and the drop-ins, then let the timer run. Run again, it writes the same.

    Plan and program are written whole or not at all: a guard that is armed again has to be able to fire meanwhile. A
    guard that was killed at work would start this night's units at the next boot: that is taken back.

    :param plan: see :class:`vitam_operators.operators.guard.ArmRestartGuardOperator`
    :param stop_s: seconds that a unit of a MongoDB server may take to stop
    """
    databases = [drop_in(unit) for unit in plan["databases"]]
    services = [drop_in(service["unit"]) for service in plan["services"]]
    directories = [HOME, HOLD, *(path.rpartition("/")[0] for path in databases + services)]
    moment = dt.datetime.fromisoformat(plan["fires_at"]).astimezone(dt.UTC)
    longer = f"{HOLD_TEXT}\n[Service]\nTimeoutStopSec={stop_s}\n"
    return [
        change("mkdir", "-p", "--", *directories),
        *write_whole(f"{HOME}/plan.json", json.dumps(plan) + "\n"),
        change("rm", "-f", "--", f"{HOME}/report.json"),
        *write_whole(f"{HOME}/restart_guard.py", PROGRAM.read_text(encoding="utf-8")),
        write_text([f"{UNITS}/{SERVICE}"], SERVICE_TEXT),
        write_text([f"{UNITS}/{TIMER}"], TIMER_TEXT.format(moment=f"{moment:%Y-%m-%d %H:%M:%S} UTC")),
        *([write_text(databases, longer)] if databases else []),
        *([write_text(services, HOLD_TEXT)] if services else []),
        change("systemctl", "daemon-reload"),
        change("systemctl", "disable", "--quiet", SERVICE),
        change("systemctl", "enable", "--quiet", TIMER),
        change("systemctl", "restart", TIMER),
    ]


def disarm(units: Iterable[str]) -> list[Command[None]]:
    """
    Change: take guard and hold away; what is away already is no error.

    :param units: whose drop-ins may be there
    """
    files = [f"{HOME}/{name}{end}" for name in ("restart_guard.py", "report.json", "plan.json") for end in ENDS]
    own = [f"{UNITS}/{SERVICE}", f"{UNITS}/{TIMER}", *(drop_in(unit) for unit in units)]
    there = frozenset({0, 1, 5})
    return [
        Command(line("systemctl", "disable", "--quiet", "--now", TIMER, SERVICE, sudo=True), nothing, ok=there),
        change("rm", "-rf", "--", HOLD),
        change("rm", "-f", "--", *own),
        change("systemctl", "daemon-reload"),
        change("rm", "-f", "--", *files),
    ]


def hold(unit: str) -> Command[None]:
    """Change: from now on nobody else starts a unit; where the guard's drop-ins are not there it does nothing."""
    return change("mkdir", "-p", "--", f"{HOLD}/{unit}")


def release(units: Iterable[str]) -> Command[None]:
    """Change: anybody may start the units again."""
    return change("rm", "-rf", "--", *(f"{HOLD}/{unit}" for unit in units))


BY_HAND = f"sudo systemctl disable --now {TIMER} {SERVICE} && sudo rm -rf {HOME} {HOLD} {UNITS}/{NAME}.*"
"""What takes a guard away on its host."""


def how_to_clear(plan: dict[str, Any], host: str) -> str:
    """Say what takes a guard away that a dead run has left."""
    return (
        f"clear the task disarm_restart_guard of {run_in_words(plan)}; or on {host}, once Vitam runs there: {BY_HAND}"
    )


def is_of(found: GuardState, own: str) -> bool:
    """
    Tell whether a host has the guard of a run, and its work is not done.

    :param own: id of the run, see :func:`vitam_operators.run_ids.owner_of`
    """
    return found.plan is not None and owner_of(found.plan) == own and "ended_at" not in (found.report or {})


def findings(found: GuardState, host: str, own: str) -> list[str]:
    """Tell why a run may not begin on this host; nobody can tell whose a guard is whose plan is torn, and it waits."""
    if found.plan is None and found.fires_at is not None:
        return [
            f"{host}: a restart guard fires at {found.fires_at:%Y-%m-%d %H:%M:%S} UTC, and its plan cannot be read: "
            f"another night is on, or the host lost it in a power cut. Once Vitam runs there: {BY_HAND}"
        ]
    return [text for text in [finding(found, host, own)] if text]


def finding(found: GuardState, host: str, own: str) -> str | None:
    """
    Tell why a run may not touch this host: its guard is another run's and is armed, or is at work.

    :param own: id of the run; nothing of a run that has opened no records: no guard is its own
    """
    if found.plan is None or owner_of(found.plan) == own or "ended_at" in (found.report or {}):
        return None
    when = f"fires at {found.fires_at:%Y-%m-%d %H:%M:%S} UTC" if found.fires_at else "is not armed"
    when = "is at work" if found.report else when
    return (
        f"{host}: its restart guard is that of backup {found.plan['backup']} ({run_in_words(found.plan)}) and {when}: "
        f"another night is on, or has died. If it is dead, {how_to_clear(found.plan, host)}"
    )


def stopped_by(found: GuardState, own: str, unit: str) -> str:
    """
    Name the other run that has a unit of this host stopped: its guard, armed or at work, is to start it again.

    :param own: id of the run that asks
    :return: nothing where the host is no other run's, or nobody will start the unit: its guard is not armed, or that
        run did not find the unit running
    """
    will_start = found.armed or found.report is not None
    if found.plan is None or not will_start or finding(found, "", own) is None:
        return ""
    starts = {*found.plan["databases"], *(service["unit"] for service in found.plan["services"])}
    return run_in_words(found.plan) if unit in starts else ""


def unguarded(found: GuardState, host: str, own: str, units: Collection[str]) -> str | None:
    """
    Tell why what this run stops on a host now might stay down.

    Its guard is away, another's, will not fire, or does not start some of ``units``.
    """
    if found.plan is None:
        return f"{host}: there is no restart guard"
    if owner_of(found.plan) != own:
        return f"{host}: the restart guard is that of {run_in_words(found.plan)}"
    if found.report is not None:
        return f"{host}: the restart guard has fired at {found.report.get('fired_at')}"
    if not found.armed:
        return f"{host}: the timer of the restart guard does not run"
    late = sorted(set(units) - {*found.plan["databases"], *(service["unit"] for service in found.plan["services"])})
    return f"{host}: {', '.join(late)} did not run at the look and was started since" if late else None


def report_of(found: GuardState, host: str) -> dict[str, Any] | None:
    """Return what a guard that fired did: ``{"host", "backup", "run", "fired_at", "ended_at", "left_down", …}``."""
    if found.plan is None or found.report is None or "ended_at" not in found.report:
        return None
    return {**found.report, "host": host, "backup": found.plan["backup"], RUN: owner_of(found.plan)}


def warning(found: GuardState, host: str) -> str | None:
    """Tell what a guard that fired did."""
    if found.plan is None or found.report is None or "ended_at" not in found.report:
        return None
    left = ", ".join(found.report.get("left_down", [])) or "nothing"
    return (
        f"{host}: the restart guard of backup {found.plan['backup']} fired at {found.report['fired_at']}, the night "
        f"had not ended in order; left down: {left}"
    )
