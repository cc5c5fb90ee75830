"""What systemd says of a unit, and what it means for a night: each recorded answer has its value here."""

from __future__ import annotations

import datetime as dt
import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from vitam_operators import reflink, systemd
from vitam_operators.engines import restic, tar
from vitam_operators.systemd import UnitState, aliases, unit_states

RECORDED = json.loads(
    (Path(__file__).parents[1] / "data" / "answers" / "systemctl_show.json").read_text(encoding="utf-8")
)
ANSWERS = {name: "\n".join(lines) + "\n" for name, lines in (RECORDED["cases"] | RECORDED["cases_by_hand"]).items()}


def states_of(case: str) -> dict[str, UnitState]:
    return unit_states(re.findall(r"^Id=(.*)$", ANSWERS[case], re.MULTILINE)).read(ANSWERS[case])


def state_of(case: str) -> UnitState:
    (state,) = states_of(case).values()
    return state


def resting(**more) -> UnitState:
    never = {"started_at": None, "active_since": None, "inactive_since": None}
    usual = {"unit": "vitam-worker.service", "load": "loaded", "active": "inactive", "sub": "dead", "result": "success"}
    return UnitState(**(usual | {"pid": 0, "exit_code": 0, "exit_status": 0} | never | more))


# --- states ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "exists", "running", "down", "ended_by_stop", "exited_clean"),
    [
        ("running", True, True, False, False, False),
        ("stopping", True, True, False, False, False),
        ("mongod_ended_well_enabled", True, False, True, True, True),
        ("mongod_ended_well_disabled", True, False, True, True, True),
        ("mongoc_exit_14", True, False, True, False, False),
        ("jvm_after_sigterm", True, False, True, True, False),
        ("killed_after_timeout", True, False, True, False, False),
        ("killed_by_hand", True, False, True, False, False),
        ("oom_killed", True, False, True, False, False),
        ("core_dumped", True, False, True, False, False),
        ("not_found", False, False, True, True, True),
        ("masked", False, False, True, True, True),
        ("copy_running", True, True, False, False, False),
        ("copy_over", True, True, False, False, False),
        ("copy_failed", True, False, True, False, False),
        ("copy_out_of_time", True, False, True, False, False),
        ("systemd_239_never_ran", True, False, True, True, True),
        ("systemd_219_never_ran", True, False, True, True, True),
    ],
)
def test_what_a_state_means(case, exists, running, down, ended_by_stop, exited_clean):
    """A JVM's 143 is an orderly stop, a SIGKILL is not; a mongod has to end with 0, nothing less."""
    state = state_of(case)
    found = (state.exists, state.running, state.down, state.ended_by_stop, state.exited_clean)
    assert found == (exists, running, down, ended_by_stop, exited_clean)


@pytest.mark.parametrize(
    ("exit_code", "exit_status", "result", "orderly"),
    [
        (1, 0, "success", True),
        (1, 143, "exit-code", True),
        (2, 15, "success", True),
        (2, 15, "timeout", False),
        (1, 143, "timeout", False),
        (1, 0, "timeout", False),
        (1, 0, "oom-kill", False),
        (1, 1, "exit-code", False),
        (1, 15, "exit-code", False),
        (2, 9, "signal", False),
        (2, 143, "signal", False),
        (3, 6, "core-dump", False),
    ],
)
def test_which_ends_are_those_of_an_orderly_stop(exit_code, exit_status, result, orderly):
    state = resting(active="failed", exit_code=exit_code, exit_status=exit_status, result=result)
    assert state.ended_by_stop is orderly


def test_a_process_that_outlives_its_unit_is_no_stop():
    """`inactive` alone proves nothing: the process is what holds the files open."""
    state = resting(pid=4711)
    assert (state.running, state.down, state.ended_by_stop, state.exited_clean) == (False, False, False, False)


def test_systemd_forgets_a_disabled_unit_that_ended_well():
    """Vitam's units are not enabled: an orderly end leaves no times behind. One that failed is remembered."""
    assert state_of("mongod_ended_well_disabled").inactive_since is None
    assert state_of("mongod_ended_well_enabled").inactive_since == dt.datetime(2026, 11, 23, 20, 29, 56, tzinfo=dt.UTC)
    assert state_of("jvm_after_sigterm").inactive_since == dt.datetime(2026, 11, 23, 20, 29, 54, tzinfo=dt.UTC)


@pytest.mark.parametrize("case", ["systemd_239_never_ran", "systemd_219_never_ran", "not_found"])
def test_unset_times_are_none(case):
    """systemd 252 leaves them empty, 239 writes n/a, 219 leaves the line out."""
    state = state_of(case)
    assert (state.started_at, state.active_since, state.inactive_since) == (None, None, None)


def test_a_running_unit_is_read_field_by_field():
    at = dt.datetime(2026, 11, 23, 20, 29, 53, tzinfo=dt.UTC)
    assert state_of("running") == UnitState(
        "vitam-mongod.service", "loaded", "active", "running", "success", 210, 0, 0, at, at, None
    )


def test_restarts_are_counted_where_systemd_counts_them():
    """From 235 on it prints NRestarts of services; before, and of timers, the line is missing."""
    assert state_of("running").restarts is None
    counted = ANSWERS["running"].replace("MainPID=210", "MainPID=210\nNRestarts=3")
    (state,) = unit_states(["vitam-worker.service"]).read(counted).values()
    assert state.restarts == 3


def test_several_units_in_one_answer():
    states = states_of("systemd_219_two_units")
    assert {unit: (state.load, state.running) for unit, state in states.items()} == {
        "vitam-worker.service": ("loaded", True),
        "vitam-security-internal.service": ("not-found", False),
    }


def test_a_unit_with_another_name():
    """
    Kind: a name that is taken and then not found again. systemd answers with the unit's own name, not the alias.

    systemctl(1), show; ``Alias=`` of systemd.unit(5); YunoHost/issues#1134.
    """
    asked = ("mongod-alias.service", "vitam-security-internal.service")
    states = unit_states(asked).read(ANSWERS["systemd_219_two_units"])
    assert tuple(states) == asked
    assert list(aliases(states)) == [
        "mongod-alias.service is another name of vitam-worker.service; write vitam-worker.service, or remove the "
        "alias where it is Vitam's"
    ]
    assert list(aliases(states_of("systemd_219_two_units"))) == []


def test_an_answer_of_other_length_is_none():
    """Which state is whose could only be guessed."""
    with pytest.raises(ValueError, match="zip"):
        unit_states(["a.service", "b.service"]).read(ANSWERS["running"])


def test_a_timer_has_no_process_but_runs():
    states = states_of("timer_and_oneshot_running")
    timer, job = states["vitam-traceability-operations.timer"], states["vitam-traceability-operations.service"]
    assert (timer.running, timer.pid, timer.sub) == (True, 0, "waiting")
    assert (job.running, job.active, job.active_since) == (True, "activating", None)
    assert job.started_at == dt.datetime(2026, 11, 23, 20, 29, 56, tzinfo=dt.UTC)


def test_an_empty_answer_has_no_units():
    assert unit_states([]).read("") == {}


def test_times_in_another_zone_are_refused():
    """A local time taken for UTC would make an old end look like tonight's."""
    with pytest.raises(ValueError, match="does not match format"):
        unit_states([]).read(ANSWERS["running"].replace(" UTC", " CET"))


def test_the_question_fixes_language_and_zone():
    command = unit_states(["vitam-a.service", "vitam-b.service"])
    assert command.line == (
        "env LC_ALL=C TZ=UTC systemctl show --property=Id,LoadState,ActiveState,SubState,Result,MainPID,ExecMainCode,"
        "ExecMainStatus,ExecMainStartTimestamp,ActiveEnterTimestamp,InactiveEnterTimestamp,NRestarts "
        "-- vitam-a.service vitam-b.service"
    )


def test_the_state_in_words():
    assert state_of("jvm_after_sigterm").words == "failed (failed), result exit-code, exit status 143, pid 0"


# --- changes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("active", "stopped", "started"),
    [
        ("active", True, False),
        ("activating", True, False),
        ("reloading", True, True),
        ("deactivating", False, True),
        ("inactive", False, True),
        ("failed", False, True),
    ],
)
def test_only_what_is_not_there_yet_is_asked_for(active, stopped, started):
    """Every step may run twice: the second time there is nothing to do, and `None` says so."""
    states = {"vitam-worker.service": resting(active=active)}
    stop, start = systemd.stop(states, states), systemd.start(states, states)
    assert (stop.line if stop else None) == (
        "sudo -n systemctl stop --no-block -- vitam-worker.service" if stopped else None
    )
    assert (start.line if start else None) == (
        "sudo -n systemctl start --no-block -- vitam-worker.service" if started else None
    )


def test_of_several_units_only_those_that_need_it():
    states = {"a.service": resting(active="active"), "b.service": resting(), "c.service": resting(active="active")}
    assert systemd.stop(states, states).line.endswith(" -- a.service c.service")
    assert systemd.start(states, states).line.endswith(" -- b.service")
    assert systemd.stop(["b.service"], states) is None


def test_a_unit_that_was_not_looked_at_is_a_mistake():
    with pytest.raises(KeyError):
        systemd.stop(["unknown.service"], {})


# --- transient units -------------------------------------------------------------------------------------------------


def run_words(*arguments: str, script: str = "true") -> list[str]:
    command = systemd.run_transient("vitam-copy-L-p.service", script, *arguments, runtime_max_s=60, description="copy")
    return shlex.split(command.line)


def test_a_transient_unit_has_its_name_its_limit_and_its_words():
    assert run_words("/a b", "c") == [
        "sudo", "-n", "systemd-run", "--unit=vitam-copy-L-p.service", "--description=copy", "--remain-after-exit",
        "--property=RuntimeMaxSec=60", "--property=TimeoutStopSec=30", "--property=Nice=5",
        "/bin/bash", "-c", "true", "vitam-copy-L-p.service", "/a b", "c",
    ]  # fmt: skip


def test_a_transient_unit_has_the_limits_that_are_asked_for():
    """What runs beside the platform may take so much of the processors and no more."""
    command = systemd.run_transient(
        "u.service", "true", runtime_max_s=60, description="d", in_background=True, properties=["CPUQuota=50%", "A=b"]
    )
    words = shlex.split(command.line)
    assert words[words.index("--property=IOWeight=10") + 1 :][:3] == [
        "--property=CPUQuota=50%",
        "--property=A=b",
        "/bin/bash",
    ]


@pytest.mark.parametrize(
    ("word", "sent"),
    [
        ("/vitam/conf", "/vitam/conf"),
        ('cd $1 && ls "$2"', 'cd $1 && ls "$2"'),
        ("$HOME", "$$HOME"),
        ("/data/${HOME}", "/data/$${HOME}"),
        ("pid $$", "pid $$$"),
        ("$${HOME}", "$$$${HOME}"),
        ("$", "$$"),
        ("costs 5$", "costs 5$"),
    ],
)
def test_systemd_puts_no_variables_into_words(word, sent):
    """It takes `$HOME` and `${HOME}` for its own, and makes one `$` of two; each row was tried with systemd 252."""
    assert run_words(word)[-1] == sent
    assert run_words(script=word)[-2] == sent


@pytest.mark.parametrize(
    "script", [tar.STORE_SCRIPT, tar.VERIFY_SCRIPT, tar.EXTRACT_SCRIPT, tar.REMOVE_SCRIPT, reflink.SNAPSHOT_SCRIPT]
)
def test_the_scripts_have_nothing_that_systemd_would_take(script):
    """`systemctl status` of the host then shows the script as it stands in the package."""
    assert "$1" in script
    assert run_words(script=script)[-2] == script


@pytest.mark.parametrize(
    "script", [restic.STORE_SCRIPT, restic.VERIFY_SCRIPT, restic.EXTRACT_SCRIPT, restic.REMOVE_SCRIPT]
)
def test_scripts_with_lists_are_kept_from_systemd(script):
    """Bash has no way to write a list of words without `${...}`; the unit's name is their `$0`."""
    sent = run_words(script=script)[-2]
    assert sent.count("$$") == sent.count("$${") == script.count("${")
    assert sent.replace("$$", "$") == script
    assert not script.startswith("$")


def test_ending_what_is_gone_already_is_no_failure():
    """A first try that ended the unit and then lost its connection must not make the second one fail for ever."""
    command = systemd.end_transient("vitam-copy-L-p.service")
    assert command.line == "sudo -n systemctl stop -- vitam-copy-L-p.service"
    assert command.ok == {0, 5}


def test_a_failed_name_is_made_free():
    assert systemd.forget_failure("vitam-copy-L-p.service").line == (
        "sudo -n systemctl reset-failed -- vitam-copy-L-p.service"
    )


# --- other facts -----------------------------------------------------------------------------------------------------

SS_OF_A_DATA_HOST = """\
LISTEN 0      100    172.31.77.21:27017 0.0.0.0:*
LISTEN 0      4096   172.31.77.21:27018 0.0.0.0:*
LISTEN 0      128         0.0.0.0:22    0.0.0.0:*
LISTEN 0      4096     127.0.0.11:37599 0.0.0.0:*
LISTEN 0      128            [::]:22       [::]:*
LISTEN 0      50                *:28203       *:*
LISTEN 0      511    [fe80::1]%eth0:8443   [::]:*
"""


@pytest.mark.parametrize(
    ("output", "ports"),
    [(SS_OF_A_DATA_HOST, {22, 8443, 27017, 27018, 28203, 37599}), ("", set()), ("\n", set())],
)
def test_who_listens(output, ports):
    assert systemd.listening_ports().read(output) == ports


def test_listening_ports_are_numbers_without_a_header():
    """`ss` would else call 8443 `pcsync-https`."""
    assert systemd.listening_ports().line == "ss -Hltn"


def test_missing_tools_are_found_by_the_hosts_own_shell():
    command = systemd.missing_tools(["sh", "no such tool", "no-such-tool-$(x)", "env"])
    done = subprocess.run(["/bin/sh", "-c", command.line], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["no such tool", "no-such-tool-$(x)"]
    assert systemd.missing_tools(["sh"]).read("zstd\ntar\n") == ["zstd", "tar"]


@pytest.mark.parametrize(("output", "allowed"), [("yes\n", True), ("no\n", False), ("", False)])
def test_whether_sudo_lets_us(output, allowed):
    assert systemd.may_sudo(["vitam-worker.service"]).read(output) is allowed


@pytest.mark.parametrize(
    ("output", "units"),
    [
        ("BoundBy=\nRequiredBy=\nConsistsOf=\n", set()),
        (
            "BoundBy=a.service\nRequiredBy=b.timer c.target\nPropagatesStopTo=d.slice\n",
            {"a.service", "b.timer", "c.target", "d.slice"},
        ),
        ("BoundBy=a.service\n\nBoundBy=a.service c.socket\nConsistsOf=d.path\n", {"a.service", "c.socket", "d.path"}),
    ],
)
def test_what_is_stopped_with_units(output, units):
    """Of each unit a block; a stop goes on through a target, too."""
    assert systemd.stopped_with(["x.service"]).read(output) == units
