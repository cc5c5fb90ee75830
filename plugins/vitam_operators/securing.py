"""
The securing of the logbooks ("sécurisation des journaux"): when it has to run, and how its end is known.

Up to Vitam 5 systemd timers start oneshot units. From 6 on the scheduler (Quartz) starts the jobs of its group
``Logbook``; its API asks for a signature made with Vitam's platform secret (``URLCodec`` in Vitam's common-private).
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Mapping

from vitam_operators import versions
from vitam_operators.commands import Command, nothing
from vitam_operators.config import Platform
from vitam_operators.curl import Endpoint, Reply, UnansweredError, ask
from vitam_operators.errors import SecuringFailedError
from vitam_operators.service_answers import read_current_jobs, read_job_state, refusal_of
from vitam_operators.systemd import UnitState
from vitam_operators.window import next_at_local_time

LOGBOOK_GROUP = "Logbook"
CURRENT_JOBS, JOB_STATE = "/scheduler/v1/current-jobs", "/scheduler/v1/job-state"
NOT_FOUND = 404
PAUSE, RESUME = "/scheduler/v1/pause/ALL", "/scheduler/v1/resume/ALL"
REFUSED = (
    "is the password of the connection that securing.platform_secret_conn_id names that of Vitam's vault-vitam.yml, "
    "and do the clocks of Airflow and of the host agree (timedatectl)?"
)
NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)
FIRING_MINUTE = dt.timedelta(seconds=60)
MIDNIGHT, NEXT_RUN, NONE_RUNNING = "midnight", "next_run", "none_running"


def has_to_begin_after(
    wait_for: str, asked_at: dt.datetime, window_start: dt.datetime, zone: str
) -> dt.datetime | None:
    """
    Return the moment after which a securing has to have begun, or ``None`` if none has to.

    :param wait_for: ``midnight``, ``next_run`` or ``none_running``
    :param asked_at: when the night began to wait
    :param window_start: begin of the night
    :param zone: the platform's time zone
    """
    if wait_for == MIDNIGHT:
        return midnight_of(window_start, zone)
    return asked_at if wait_for == NEXT_RUN else None


def unfinished(states: Mapping[str, Mapping[str, UnitState]], after: dt.datetime | None) -> str | None:
    """
    Tell which securing unit is not over yet, or return ``None``.

    Each host of logbook has the units, and Vitam starts their timers on one of them, the last: a unit counts where it
    began last (``ProgrammeVitam/vitam@5.3 deployment/ansible-vitam/internal_start_vitam_timers.yml``, hosts_logbook).

    :param states: for each host of logbook, its oneshot units (``.service``)
    :param after: as :func:`has_to_begin_after` says
    :raises SecuringFailedError: one began in time and ended with a failure
    """
    for unit in dict.fromkeys(unit for units in states.values() for unit in units):
        there = {host: units[unit] for host, units in states.items() if units[unit].exists}
        if not there:
            return f"no host of logbook ({', '.join(states)}) has {unit}"
        running = [host for host, state in there.items() if state.running]
        if running:
            return f"{unit} on {', '.join(running)} is running"
        host, state = max(there.items(), key=lambda found: found[1].started_at or NEVER)
        if after is not None and (state.started_at is None or state.started_at < after):
            return f"{unit} has not begun since {after:%Y-%m-%d %H:%M:%S} UTC on {', '.join(there)}"
        if after is not None and state.result != "success":
            raise SecuringFailedError(
                f"{unit} on {host} began at {state.started_at:%Y-%m-%d %H:%M:%S} UTC and failed: {state.words}",
                hint=f"read journalctl -u {unit} on {host}; mend it, run it by hand, then trigger a new run",
            )
    return None


def nobody_starts(platform: Platform, running: Mapping[str, Collection[str]]) -> str | None:
    """
    Tell that nobody would start the securing, or return ``None``: a night that waits for one would wait in vain.

    :param running: the units that run on each host; without all hosts that could start it nothing is said
    """
    if platform.securing.by == versions.BY_QUARTZ:
        hosts, starting = platform.hosts_of("scheduler"), [platform.service("scheduler").unit]
    else:
        hosts, starting = platform.hosts_of("logbook"), [f"{name}.timer" for name in platform.securing.timers]
    if not set(hosts) <= set(running):
        return None
    missing = [unit for unit in starting if not any(unit in running[host] for host in hosts)]
    if not missing:
        return None
    where = ", ".join(hosts) or "no host has it"
    return f"nobody starts the securing of the logbooks ({where}): down are {', '.join(missing)}"


def quartz_starts_after(after: dt.datetime | None, schedulers: Iterable[UnitState]) -> dt.datetime | None:
    """
    Return the moment from which Quartz's firings count: ``after``, but none while no scheduler ran.

    :param after: as :func:`has_to_begin_after` says
    :param schedulers: those that run; at least one
    """
    if after is None:
        return None
    return max(after, min(state.started_at or NEVER for state in schedulers))


def last_firing(after: dt.datetime, minutes: tuple[int, ...]) -> dt.datetime:
    """Return when the last of the next Quartz firings begins: each minute of the hour once after ``after``."""
    hour = after.replace(minute=0, second=0, microsecond=0)
    firings = []
    for minute in minutes:
        firing = hour + dt.timedelta(minutes=minute)
        firings.append(firing if firing >= after else firing + dt.timedelta(hours=1))
    return max(firings)


def scheduler_signature(secret: str, timestamp_s: int, path: str = CURRENT_JOBS) -> dict[str, str]:
    """Return the headers that Vitam's services ask for: sha256 of method, path, time and secret."""
    text = f"GET;{path};{timestamp_s};{secret}"
    return {"X-Timestamp": str(timestamp_s), "X-Platform-Id": hashlib.sha256(text.encode()).hexdigest()}


def job_state(address: str, port: int, secret: str, timestamp_s: int, job: str) -> Command[str | None]:
    """
    Fact: the state of a job's triggers; ``None`` where the scheduler has no such question (before Vitam 7).

    :param job: its key, as ``Logbook.OperationTraceabilityJob``
    """
    path = f"{JOB_STATE}/{job}"
    headers = scheduler_signature(secret, timestamp_s, path)
    return ask(Endpoint(address, port), path, _read_state, headers=headers)


def _read_state(reply: Reply) -> str | None:
    _require_signed(reply)
    return None if reply.status == NOT_FOUND else reply.read(read_job_state)


def current_jobs(address: str, port: int, secret: str, timestamp_s: int) -> Command[tuple[str, ...]]:
    """
    Fact: the jobs that Quartz runs now, as ``group.name``. Nobody else sees the signature.

    :param secret: Vitam's platform secret
    :param timestamp_s: now, by Airflow's clock
    """
    headers = scheduler_signature(secret, timestamp_s)
    return ask(Endpoint(address, port), CURRENT_JOBS, _read_signed, headers=headers)


def _read_signed(reply: Reply) -> tuple[str, ...]:
    _require_signed(reply)
    return reply.read(read_current_jobs)


def _require_signed(reply: Reply) -> None:
    if reply.status == 401:
        raise UnansweredError(reply, refusal_of(reply.text), REFUSED)


def pause_scheduler(address: str, admin_port: int) -> Command[None]:
    """Change: no job starts any more (``pause/ALL``); the pause is kept in MongoDB."""
    return _put(Endpoint(address, admin_port), PAUSE)


def resume_scheduler(address: str, admin_port: int) -> Command[None]:
    """Change: jobs start again (``resume/ALL``)."""
    return _put(Endpoint(address, admin_port), RESUME)


def resume_url(address: str, admin_port: int) -> str:
    """Return where the scheduler is told by a PUT, without a password, to let jobs start again."""
    return Endpoint(address, admin_port).url(RESUME)


def _put(endpoint: Endpoint, path: str) -> Command[None]:
    return ask(endpoint, path, lambda reply: reply.read(nothing), method="PUT", max_time_s=60)


def midnight_of(window_start: dt.datetime, zone: str) -> dt.datetime:
    """Return the first local midnight at or after the begin of a night."""
    return next_at_local_time(window_start - dt.timedelta(seconds=1), dt.time(0), zone)
