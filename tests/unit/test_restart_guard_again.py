"""
The restart guard tries again: its first start is not its only one, and what it reports as up is up.

The kind of fault: the last resort, with Airflow dead, that gives up although time is left, or says what is not so.
"""

from __future__ import annotations

import pytest

from tests.fakes.guarded import FAILED_BY_SIGTERM, LOGBOOK, MONGOD, OFFER, STORAGE, Mongod, Vitam
from vitam_operators import guard
from vitam_operators.on_host import restart_guard

A_WHILE_S = 3600
"""Longer than a test may last: where it matters how long the guard goes on trying, it must not be this that ends it."""


def fails_once(guarded, unit, *then):
    """Have a unit whose first start fails."""
    guarded.unit(unit, FAILED_BY_SIGTERM, started=("activating", "failed"))
    (guarded.state / "units" / f"{unit}.started.next").write_text("".join(f"{s}\n" for s in then), encoding="utf-8")


@pytest.mark.parametrize("unit", [MONGOD, OFFER, LOGBOOK])
def test_what_fails_its_first_start_is_started_again(guarded, unit):
    """A service that ends because MongoDB is not there yet; a mongod whose port is not free yet."""
    fails_once(guarded, unit, "activating", "active")
    guarded.armed(again_for_s=A_WHILE_S)
    assert restart_guard.main(guarded.home) == 0
    assert (guarded.started.count(unit), guarded.active(unit), guarded.report["left_down"]) == (2, "active", [])
    assert guarded.started.count(STORAGE) == 1, "what runs is left alone"


def test_a_database_that_ends_is_not_first_waited_for(guarded, serve, monkeypatch):
    """No set gets a primary while the member that would be it is down: half an hour would be lost."""
    member = serve(Mongod([False]))
    fails_once(guarded, MONGOD, "active")
    guarded.armed(sets=[[member.address]], primary_s=A_WHILE_S)
    begin = restart_guard.start

    def start(units, *more):
        begin(units, *more)
        member.answers = [guarded.started.count(MONGOD) > 1]

    monkeypatch.setattr(restart_guard, "start", start)
    assert restart_guard.main(guarded.home) == 0
    assert guarded.started == [MONGOD, MONGOD, OFFER, STORAGE, LOGBOOK]


def test_pauses_grow(guarded, monkeypatch):
    """A host where something is broken is not kept busy by who tries each second."""
    guarded.unit(STORAGE, FAILED_BY_SIGTERM, started=("failed",))
    plan = guarded.armed(again_for_s=A_WHILE_S)
    slept, clock = [], [0.0]

    def sleep(seconds):
        slept.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr(restart_guard, "AGAIN_AFTER_S", 5.0)
    monkeypatch.setattr(restart_guard.time, "sleep", sleep)
    monkeypatch.setattr(restart_guard.time, "monotonic", lambda: clock[0])
    report = restart_guard.fire(plan, f"{guarded.home}/report.json")
    pauses = [seconds for seconds in slept if seconds >= 5]
    assert pauses == sorted(pauses)
    assert (pauses[:4], pauses[-1]) == ([5, 10, 20, 40], restart_guard.AGAIN_AFTER_AT_MOST_S)
    assert A_WHILE_S - 400 < clock[0] < A_WHILE_S
    assert report["left_down"] == [STORAGE]


def test_where_all_runs_nobody_elses_failures_are_forgotten(guarded):
    """``systemctl reset-failed`` without a name means all of the host, and hides what somebody has to see."""
    for unit in (MONGOD, OFFER, STORAGE, LOGBOOK):
        guarded.unit(unit, "active")
    guarded.armed()
    assert restart_guard.main(guarded.home) == 0
    assert not [call for call in guarded.calls if call.split() == ["reset-failed"]]
    assert guarded.started == []


@pytest.mark.parametrize("state", ["activating", "deactivating"])
def test_what_is_on_its_way_is_not_up(guarded, state):
    """In a restart loop ("activating (auto-restart)") it is that for ever."""
    for unit, found in ((OFFER, "active"), (STORAGE, state), (LOGBOOK, "active")):
        guarded.unit(unit, FAILED_BY_SIGTERM, started=(found,))
    guarded.armed(service_s=0.2)
    assert restart_guard.main(guarded.home) == 1
    assert guarded.report["left_down"] == [STORAGE]
    assert guarded.active(LOGBOOK) == "active"


def test_what_restarts_again_and_again_is_not_up(guarded):
    """``Restart=always``, as in Vitam 6.2's units: it runs at most moments, each time as another process."""
    guarded.unit(STORAGE, FAILED_BY_SIGTERM, started=("activating", "active@1", "active@2", "active@3"))
    guarded.armed()
    assert restart_guard.main(guarded.home) == 1
    assert guarded.report["left_down"] == [STORAGE]


def test_what_is_beyond_help_is_not_tried_for_an_hour(guarded):
    """The host does not have the unit any more, and all others run: the next night does not have to wait for this."""
    for name in (OFFER, f"{OFFER}.started"):
        (guarded.state / "units" / name).unlink()
    guarded.armed(again_for_s=A_WHILE_S)
    assert restart_guard.main(guarded.home) == 1
    assert guarded.report["left_down"] == [OFFER]
    assert not guarded.begins_at_boot


def test_a_scheduler_that_refuses_at_first_is_let_go_later(guarded, serve):
    """Nothing is down, and yet no job of Vitam would start all day."""
    scheduler = serve(Vitam([200, 503, 503, 503, 503, 200]))
    guarded.armed(
        storage=scheduler.url(), resume={STORAGE: scheduler.url("/scheduler/v1/resume/ALL")}, again_for_s=A_WHILE_S
    )
    assert restart_guard.main(guarded.home) == 0
    assert scheduler.asked.count("PUT /scheduler/v1/resume/ALL") == 5
    assert guarded.report["left_down"] == []


def test_while_it_tries_again_the_report_says_what_is_down(guarded, monkeypatch):
    """Who looks at half past eight sees what the guard still works at; a boot lets it go on."""
    guarded.unit(STORAGE, FAILED_BY_SIGTERM, started=("failed",))
    guarded.armed(again_for_s=A_WHILE_S)
    sleep = restart_guard.time.sleep
    monkeypatch.setattr(restart_guard, "AGAIN_AFTER_S", 7.0)

    def look(seconds):
        if seconds == 7.0:
            raise SystemExit("the power went off")
        sleep(seconds)

    monkeypatch.setattr(restart_guard.time, "sleep", look)
    with pytest.raises(SystemExit, match="the power went off"):
        restart_guard.main(guarded.home)
    assert guarded.report["left_down"] == [STORAGE]
    assert "ended_at" not in guarded.report
    assert guarded.begins_at_boot


def test_one_that_is_ill_costs_its_patience_once(guarded, serve, monkeypatch):
    """Storage is ill, and so is each that asks it: all behind them would wait five minutes for each of them."""
    waited = []

    def wait(services, until):
        waited.append(round(until - restart_guard.time.monotonic()))
        monkeypatch.setattr(restart_guard.time, "monotonic", lambda now=until: now)
        return False

    monkeypatch.setattr(restart_guard, "wait_for_services", wait)
    guarded.armed(service_s=300)
    restart_guard.start_services(
        [{"unit": unit, "status_url": "", "wave": wave} for wave, unit in enumerate((OFFER, STORAGE, LOGBOOK))], 300
    )
    assert waited == [300, restart_guard.LEAST_PATIENCE_S, restart_guard.LEAST_PATIENCE_S]


@pytest.mark.parametrize("text", ["", '{"backup": "2026'])
def test_a_plan_that_a_power_cut_has_torn_is_named(guarded, capsys, text):
    """A traceback tells nobody what to do: only a person knows now what ran there."""
    guarded.armed()
    (guarded.at(guard.HOME) / "plan.json").write_text(text, encoding="utf-8")
    assert restart_guard.main(guarded.home) == 1
    assert "nothing says what ran here before the night, start it by hand: plan.json" in capsys.readouterr().out


def test_a_systemd_that_does_not_answer_ends_no_tries(guarded, monkeypatch):
    """Kind: a question without an answer taken for an answer. Busy for a minute, it would leave all down for good."""
    monkeypatch.setattr(restart_guard, "systemctl", lambda *words, **named: "")
    assert restart_guard.look_twice([MONGOD, STORAGE]) == ([MONGOD, STORAGE], [])
