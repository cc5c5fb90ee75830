"""The fault matrix: where in the night, what breaks, what has to be true afterwards."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.faults.breaking import (
    WRONG_CLOCK,
    Break,
    Sets,
    all_of,
    as_soon_as,
    behave,
    cut_off,
    docker,
    later,
    put_on,
    reboot,
    reboot_once,
    script,
    switch,
)
from tests.faults.runner import TWO_HOURS_S, AbandonedError, MarkedError
from vitam_operators.errors import OperatorNeededError

REFUSED = "refused at the look, nothing touched"
RESTARTED = "not sealed, platform started again"
SEALED = "sealed, platform up"
SEALED_BUT_RED = "sealed, run red, platform up"
BY_THE_GUARD = "started by the hosts' guards"

SOLO, SOLO3, MEDIUM = "solo", "solo3", "medium"
"""SOLO3 takes a share of the rows, so that ``make test-faults`` has them broken on two hosts side by side."""
ONE, BOTH = Sets(SOLO), Sets(MEDIUM)
ALARM_EVERY_S = 0.2
AUDITED = ("operations", "lfc-objectgroup", "lfc-unit")


@dataclass(frozen=True)
class Row:
    """
    One fault.

    :param fault: what breaks, in words
    :param at: task before which it breaks (``after``: behind which); nothing: before the night begins
    :param breaks: breaks it
    :param outcome: one of those above
    :param says: what the errors of the night have to name
    :param mends: mends it, once the night is over and before the platform has to be as before
    :param broken: ``unit@host`` that may stay down: that is what is broken
    :param left: hosts whose guard stays armed since something of theirs is down
    :param settings: put over the lab's platform file
    :param params: of the trigger form
    :param window_s: seconds from the begin of the night to its end
    :param balancer: mode in which the balancers have to be afterwards
    :param quick: part of ``make test``, not only of ``make test-faults``
    """

    fault: str
    at: str
    breaks: Break
    outcome: str
    says: str = ""
    mends: Break = lambda: None
    after: bool = False
    broken: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()
    settings: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    window_s: int = TWO_HOURS_S
    platform: str = SOLO
    balancer: str = "full"
    quick: bool = False

    @property
    def where(self) -> str:
        """Where in the night it breaks, in words."""
        if not self.at:
            return "before the night"
        return f"{'after' if self.after else 'before'} {self.at}"


def fails() -> None:
    """Let the step itself fail, with an error that Airflow does not try again."""
    raise OperatorNeededError("this step was made to fail", hint="none: it is the row's fault")


def marked_as_success() -> None:
    """Let a person mark the step as a success: nothing of it runs."""
    raise MarkedError


def airflow_dies() -> None:
    """No step runs any more."""
    raise AbandonedError


def airflow_dies_in_s(seconds: int) -> None:
    """
    Let a step begin, then let Airflow die while it waits.

    The alarm rings until the night hears it: an event loop keeps what is raised in a callback to itself.
    """

    def die(*_: object) -> None:
        raise AbandonedError

    signal.signal(signal.SIGALRM, die)
    signal.setitimer(signal.ITIMER_REAL, seconds, ALARM_EVERY_S)


def on_all(units: tuple[str, ...], what: Callable[[str, str], Break]) -> Break:
    """Do something to several units of the one host."""
    return all_of(*(what(SOLO, f"traceability-{unit}") for unit in units))


def every_minute(host: str, unit: str) -> Break:
    """Let a securing timer fire each minute."""
    return switch(host, unit, "every-minute")


OTHER_GUARD = """
mkdir -p /var/lib/vitam-restart-guard
echo '{"backup": "20200101T200000Z", "run_id": "another__run", "fires_at": "2030-01-01T08:00:00+00:00"}' \
    > /var/lib/vitam-restart-guard/plan.json
"""
HOLD_COPY = as_soon_as("pgrep -x tar", "pkill -STOP -x tar", SOLO)
KILL_MONGOD = as_soon_as(
    "systemctl is-active vitam-mongod | grep -q deactivating", "systemctl kill -s KILL vitam-mongod", SOLO
)
FIRST_START = """
mkdir -p /run/systemd/system/vitam-storage.service.d
cat > /run/systemd/system/vitam-storage.service.d/50-first-start.conf <<'END'
[Service]
ExecStartPre=+/bin/sh -c "test -e /run/started-once || { touch /run/started-once; exit 1; }"
END
systemctl daemon-reload
"""
LATER_STARTS = """
sleep 45
rm -f /run/systemd/system/vitam-storage.service.d/50-first-start.conf /run/started-once
systemctl daemon-reload
"""
SMALL_DISK = "mount -t tmpfs -o size=%s tmpfs /vitam/backup"

LOOK = (
    Row(
        "the host's clock is off by a minute",
        "",
        script(SOLO, WRONG_CLOCK),
        REFUSED,
        "s off Airflow's",
        mends=script(SOLO, "rm /usr/local/bin/date"),
        quick=True,
    ),
    Row(
        "the disk for the copies is too small",
        "",
        script(SOLO, SMALL_DISK % "1M"),
        REFUSED,
        "free in /vitam/backup",
        mends=script(SOLO, "umount /vitam/backup"),
    ),
    Row(
        "another run's guard is on the host: a second run while one is on",
        "",
        script(SOLO, OTHER_GUARD),
        REFUSED,
        "another night is on",
        mends=script(SOLO, "rm -r /var/lib/vitam-restart-guard"),
        quick=True,
    ),
    Row("the window is too short", "", lambda: None, REFUSED, "nothing is left", window_s=15),
    Row(
        "sudo asks for a password",
        "",
        script(SOLO, "mv /etc/sudoers.d/vitam-backup /root/"),
        REFUSED,
        "sudo asks for a password before it stops",
        mends=script(SOLO, "mv /root/vitam-backup /etc/sudoers.d/"),
    ),
    Row(
        "the sshd of a host is stopped",
        "",
        script("worker1", "systemctl stop ssh"),
        REFUSED,
        "host worker1",
        mends=script("worker1", "systemctl start ssh"),
        platform=MEDIUM,
    ),
    Row(
        "a member is RECOVERING",
        "",
        lambda: BOTH.maintain("shard0", begin=True),
        REFUSED,
        "is RECOVERING",
        mends=lambda: BOTH.maintain("shard0", begin=False),
        platform=MEDIUM,
    ),
    Row(
        "a shard has no primary",
        "",
        all_of(script("data5", "systemctl stop vitam-mongod"), script("data6", "systemctl stop vitam-mongod")),
        REFUSED,
        "0 primaries",
        mends=all_of(script("data5", "systemctl start vitam-mongod"), script("data6", "systemctl start vitam-mongod")),
        platform=MEDIUM,
    ),
)

STEPS = (
    Row("a look fails", "check_host", fails, REFUSED, "made to fail"),
    Row("open_backup fails behind its work", "open_backup", fails, RESTARTED, "made to fail", after=True),
    Row("the guard is armed, then its step fails", "arm_restart_guard", fails, RESTARTED, after=True),
    Row("a front service is stopped, then its step fails", "stop_ingest_external", fails, RESTARTED, after=True),
    Row("scheduling is held, then its step fails", "hold_scheduling", fails, RESTARTED, after=True),
    Row("a back-end service is stopped, then its step fails", "stop_metadata", fails, RESTARTED, after=True),
    Row("Elasticsearch is stopped, then its step fails", "stop_elasticsearch", fails, RESTARTED, after=True),
    Row("a primary is stopped, then its step fails", "stop_shard_primary", fails, RESTARTED, after=True),
    Row("a copy is made, then its step fails", "copy_shard", fails, SEALED_BUT_RED, "made to fail", after=True),
    Row(
        "a stop is marked as a success",
        "stop_batch_report",
        marked_as_success,
        RESTARTED,
        f"stop_batch_report {SOLO3} left no record that it happened",
    ),
    Row(
        "the step that starts storage fails: the guard starts it",
        "start_storage",
        fails,
        BY_THE_GUARD,
        "storage.service",
        window_s=200,
    ),
    Row("reading back fails", "verify_copy", fails, RESTARTED),
)

AIRFLOW_DIES = (
    Row("Airflow dies at the look", "open_backup", airflow_dies, BY_THE_GUARD, window_s=30),
    Row("Airflow dies with the front stopped", "await_workflows_drained", airflow_dies, BY_THE_GUARD, window_s=80),
    Row("Airflow dies when drained", "stop_batch_report", airflow_dies, BY_THE_GUARD, window_s=100),
    Row(
        "Airflow dies with the primaries stopped",
        "copy_shard",
        airflow_dies,
        BY_THE_GUARD,
        window_s=120,
        balancer="off",
    ),
    Row(
        "Airflow dies while it copies",
        "copy_shard",
        all_of(HOLD_COPY, lambda: airflow_dies_in_s(4)),
        BY_THE_GUARD,
        window_s=100,
        balancer="off",
        quick=True,
    ),
    Row("Airflow dies while it starts services", "start_storage", airflow_dies, BY_THE_GUARD, window_s=130),
    Row(
        "Airflow dies and a service fails its first start",
        "stop_offer",
        all_of(script(SOLO, FIRST_START), airflow_dies),
        BY_THE_GUARD,
        window_s=110,
        mends=script(SOLO, LATER_STARTS),
    ),
)

RECORDS = (
    Row(
        "a host gets another name in the platform file during the night",
        "copy_shard",
        lambda: ONE.edit("name: solo\n", "name: renamed\n"),
        SEALED,
        mends=lambda: ONE.edit("name: renamed\n", "name: solo\n"),
    ),
    Row(
        "a full disk leaves a record empty",
        "start_storage",
        lambda: ONE.empty("stop.vitam-storage.service@solo"),
        SEALED_BUT_RED,
        "vitam-storage.service@solo",
    ),
)

HOSTS = (
    Row("a host is booted before it copies", "copy_shard", reboot(SOLO), SEALED),
    Row(
        "Airflow dies and the host is booted",
        "copy_shard",
        all_of(reboot(SOLO), airflow_dies),
        BY_THE_GUARD,
        window_s=120,
        balancer="off",
    ),
    Row(
        "Airflow dies and the host is down when the window ends",
        "await_workflows_drained",
        all_of(docker("stop", "--time", "0", "vitam-lab-solo"), airflow_dies),
        BY_THE_GUARD,
        window_s=75,
        mends=docker("start", "vitam-lab-solo"),
    ),
    Row(
        "Airflow dies and the host is booted while its guard is at work",
        "copy_shard",
        all_of(reboot_once("test -s /var/lib/vitam-restart-guard/report.json", SOLO), airflow_dies),
        BY_THE_GUARD,
        window_s=120,
        balancer="off",
    ),
    Row(
        "the disk fills up while it copies",
        "copy_shard",
        script(SOLO, SMALL_DISK % "48M"),
        RESTARTED,
        "No space left",
        settings={"copy": {"room_factor": 0.1}},
        mends=script(SOLO, "umount /vitam/backup"),
    ),
    Row(
        "mongod is killed while it closes its files",
        "stop_shard_primary",
        KILL_MONGOD,
        RESTARTED,
        "did not end in order",
    ),
    Row(
        "a host is cut off the network",
        "stop_worker",
        cut_off("worker1"),
        RESTARTED,
        "worker1",
        settings={"timeouts": {"host_away_s": 30}},
        mends=put_on(MEDIUM, "worker1"),
        left=frozenset({"worker1"}),
        platform=MEDIUM,
    ),
)

TWO_AIRFLOWS = (
    Row(
        "another Airflow begins a run of the same id in the middle of the night",
        "stop_batch_report",
        ONE.second_airflow,
        SEALED,
        "another night is on",
    ),
)

SSH_AWAY = later(0, "systemctl stop ssh; sleep 60; systemctl start ssh", SOLO3)
HANGS = "/etc/ssh/sshd_config.d/90-hangs.conf"
SSH_HANGS = later(
    0,
    f"echo ForceCommand sleep 3600 > {HANGS}; systemctl reload ssh; sleep 60; rm {HANGS}; systemctl reload ssh",
    SOLO3,
)
SSH = (
    Row(
        "a host has no ssh for a minute during a stop",
        "stop_logbook",
        SSH_AWAY,
        SEALED,
        settings={"timeouts": {"host_away_s": 150}},
        platform=SOLO3,
    ),
    Row("ssh of a host hangs for a minute during a stop", "stop_logbook", SSH_HANGS, SEALED, platform=SOLO3),
)

MENDED_SINCE = all_of(
    script("worker1", "systemctl stop vitam-worker"),
    as_soon_as("test -s /var/lib/vitam-restart-guard/plan.json", "sleep 5; systemctl start vitam-worker", "worker1"),
)
SERVICES = (
    Row(
        "a service is down at the look and mended since",
        "check_host",
        MENDED_SINCE,
        RESTARTED,
        "vitam-worker.service did not run at the look and was started since",
        platform=MEDIUM,
    ),
    Row(
        "a service ignores its stop",
        "stop_logbook",
        switch(SOLO3, "logbook", "ignore-stop"),
        RESTARTED,
        "logbook.service on solo is deactivating",
        settings={"timeouts": {"service_stop_s": 10}},
        mends=behave(SOLO3, "logbook"),
        platform=SOLO3,
    ),
    Row(
        "a service dies 5 s after its start",
        "start_access_external",
        switch(SOLO3, "access-external", "dies-after=5"),
        SEALED_BUT_RED,
        "vitam-access-external.service",
        broken=frozenset({"access-external@solo3"}),
        left=frozenset({SOLO3}),
        platform=SOLO3,
    ),
    Row(
        "a service never gets healthy",
        "start_access_external",
        switch(SOLO3, "access-external", "never-healthy"),
        SEALED_BUT_RED,
        "/admin/v1/status answers 503",
        settings={"timeouts": {"service_start_s": 10}},
        platform=SOLO3,
    ),
)

WAITS = (
    Row(
        "a workflow never ends",
        "await_workflows_drained",
        switch(SOLO, "processing", "endless-workflow"),
        RESTARTED,
        "is given up",
        window_s=60,
    ),
    Row(
        "securing never ends",
        "await_logbook_cron",
        all_of(on_all(AUDITED, every_minute), switch(SOLO, "traceability-operations", "securing-never-ends")),
        RESTARTED,
        "is given up",
        params={"securing": "next_run"},
        window_s=120,
    ),
    Row(
        "securing fails",
        "await_logbook_cron",
        all_of(on_all(AUDITED, every_minute), switch(SOLO, "traceability-operations", "securing-fails")),
        RESTARTED,
        "traceability-operations.service",
        params={"securing": "next_run"},
    ),
    Row(
        "a client still writes after the services are stopped",
        "await_nobody_writes",
        lambda: ONE.connect("shard0"),
        RESTARTED,
        "as vitamdb-admin is connected",
        settings={"timeouts": {"last_write_s": 10}},
        mends=lambda: ONE.disconnect(),
    ),
    Row("a balancing round goes on", "stop_balancer", switch(SOLO, "mongos", "busy-round=15"), SEALED),
    Row(
        "a migration never ends",
        "stop_balancer",
        lambda: ONE.pretend_migration(begin=True),
        RESTARTED,
        "migrations are not finished",
        settings={"timeouts": {"balancer_s": 5}},
        mends=lambda: ONE.pretend_migration(begin=False),
    ),
    Row(
        "the balancer was off before the night",
        "",
        lambda: ONE.balancer("balancerStop"),
        SEALED,
        balancer="off",
    ),
    Row(
        "another member is elected between look and stop",
        "stop_balancer",
        lambda: BOTH.fail_over("shard0"),
        SEALED,
        platform=MEDIUM,
    ),
    Row(
        "somebody writes to a shard while it is copied",
        "copy_shard",
        lambda: BOTH.write("shard1"),
        RESTARTED,
        "metadata.Unit",
        platform=MEDIUM,
    ),
)

ROWS = (
    *LOOK,
    *(replace(row, platform=SOLO3) for row in STEPS),
    *AIRFLOW_DIES,
    *RECORDS,
    *HOSTS,
    *TWO_AIRFLOWS,
    *SSH,
    *SERVICES,
    *WAITS,
)
