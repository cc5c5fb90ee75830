"""Who is told of nights, restores and drills: a real mail server and a real web server hear of a fake platform."""

from __future__ import annotations

import datetime as dt
import json
import logging

import pytest
from airflow.sdk.exceptions import AirflowTaskTimeout

from tests.dags.half import HalfNight
from tests.dags.night import DRILL, load_dag
from tests.dags.quick import run_quickly
from tests.dags.test_guards import foreign_guard
from tests.fakes import messages as fakes
from tests.fakes.approvals import People
from vitam_operators import messages
from vitam_operators import nights as records
from vitam_operators.errors import NotProvedError
from vitam_operators.hooks.records import nights_of, restores_of
from vitam_operators.notifications import MESSAGES
from vitam_operators.operators import platform_state
from vitam_operators.operators.verdict import ConcludeNightOperator

URL = "/c0ffee-5ecre7"


@pytest.fixture
def told(nights, monkeypatch):
    """Give a night, the mailbox, the pings and the other notifier's messages."""
    with fakes.mail_server() as (mailbox, smtp_port), fakes.ping_server() as (pings, http_port):
        smtp = {"disable_tls": True, "disable_ssl": True, "retry_limit": 1, "timeout": 5}
        connection = {"conn_type": "smtp", "host": "127.0.0.1", "port": smtp_port, "extra": smtp}
        monkeypatch.setenv("AIRFLOW_CONN_TEST_SMTP", json.dumps(connection))
        ping = {"conn_type": "generic", "password": f"http://127.0.0.1:{http_port}{URL}"}
        monkeypatch.setenv("AIRFLOW_CONN_TEST_PING", json.dumps(ping))
        fakes.NOTIFIED.clear()
        night = nights("told")
        night.mailbox, night.pings = mailbox, pings
        yield night


def subjects(night):
    return [mail["Subject"] for mail in night.mailbox.mails]


def test_a_good_night_is_told_once_each_way(told):
    """Silence is what a dead Airflow sends, too: a good night has to be heard."""
    told.run()
    (mail,) = told.mailbox.mails
    assert mail["Subject"].startswith("Vitam told: backup sealed, 1.9 MiB, down ")
    assert (mail["To"], mail["From"]) == ("duty@example.org", "vitam@example.org")
    assert "sha256" in mail.get_body(("html",)).get_content()
    assert [path for path, _ in told.pings.told] == [f"{URL}/start", URL]
    assert told.pings.told[1][1] == mail["Subject"]
    assert f"last good backup: {told.records.label}, verified" in mail.get_body(("html",)).get_content()
    (other,) = fakes.NOTIFIED
    assert other["line"] == mail["Subject"]
    assert "platform is UP" in other["more"][0]
    assert told.records.read(MESSAGES)["sent"] == ["mail", "notifiers.0", "ping"]


def test_a_night_of_a_part_is_no_success_to_whoever_waits_for_a_backup(told):
    """Kind of fault: a part is told as the whole. Outside, somebody rings when no whole backup is heard of."""
    told.run(copies="files")
    assert told.state == "success"
    assert told.pings.told == []
    (mail,) = told.mailbox.mails
    assert mail["Subject"].startswith("Vitam told: backup of files only sealed, ")
    assert "last good backup: none" in mail.get_body(("html",)).get_content()


def test_a_night_of_a_part_that_fails_rings(told):
    """The platform may be down, whatever was to be copied."""
    told.failing = {"copy_files": "before"}
    told.run(copies="files")
    assert [path for path, _ in told.pings.told] == [f"{URL}/fail"]


def test_under_airflow_as_well(airflow_database, told):
    """The states of tasks, their names and the connections are Airflow's own."""
    told.failing = {"copy_shard": "before"}
    told.run(airflow=True)
    assert subjects(told) == ["Vitam told: backup FAILED during copy_shard mongo-data shard0 - platform is UP"]
    assert [path for path, _ in told.pings.told] == [f"{URL}/start", f"{URL}/fail"]


@pytest.mark.parametrize(
    ("failing", "subject"),
    [
        ({"check_host": "before"}, "backup FAILED during check_host app - nothing was stopped"),
        ({"stop_storage": "after"}, "backup FAILED during stop_storage app - platform is UP"),
        ({"start_logbook": "before"}, ", but start_logbook app FAILED - platform is DOWN: vitam-logbook on app"),
    ],
)
def test_a_bad_night_says_where_it_broke_and_whether_the_platform_runs(told, failing, subject):
    """The first step that failed is the one to look at; those behind it follow from it."""
    told.failing.update(failing)
    told.run()
    (mail,) = told.mailbox.mails
    assert mail["Subject"].endswith(subject)
    assert "HINT" in mail.get_body(("html",)).get_content()
    assert told.pings.told[-1][0] == f"{URL}/fail"


def test_a_platform_that_cannot_be_seen_is_not_said_to_be_down(told, monkeypatch):
    """Nobody should drive to a machine room because a key of ssh is wrong."""

    async def unreachable(platform, host, units):
        return [platform_state.Finding(f"ssh to {host} did not work", down=False)]

    monkeypatch.setattr(platform_state, "down_units", unreachable)
    told.run()
    assert subjects(told)[0].endswith(" - platform is not proved up")


def test_records_that_the_last_step_does_not_see(told, monkeypatch):
    """Everything was stopped: "nothing was stopped" would be the worst that could be said."""
    own = records.Nights.latest

    def latest(nights, identifier):
        seen = own(nights, identifier)
        return None if seen and seen.read(records.MANIFEST) else seen

    monkeypatch.setattr(records.Nights, "latest", latest)
    told.run()
    assert told.state == "failed"
    assert subjects(told) == ["Vitam told: the records of the backup are not seen - platform is not proved up"]


def test_a_last_step_that_is_cut_off_tells_of_no_success(told, monkeypatch):
    """Kind: green without its happening. Airflow's timeout of a task, and its end by a signal, are no ``Exception``."""

    async def hang(step, context):
        raise AirflowTaskTimeout("Timeout")

    monkeypatch.setattr(ConcludeNightOperator, "act", hang)
    with pytest.raises(AirflowTaskTimeout):
        told.run()
    assert told.pings.told[-1][0] == f"{URL}/fail"
    assert subjects(told)[0].endswith(" - platform is not proved up")


def test_a_plan_is_no_night(told):
    """Whoever only looks sits in front of the screen; the check outside goes on waiting for the night."""
    told.run(plan_only=True)
    assert (subjects(told), told.pings.told, fakes.NOTIFIED) == ([], [], [])


def test_a_message_that_cannot_be_sent_changes_nothing(told, caplog):
    """The mail server is down on the very night when the ping's server is, too: the backup is sealed all the same."""
    told.mailbox.refuses, told.pings.status = True, 500
    with caplog.at_level(logging.WARNING):
        told.run()
    assert (told.state, told.records.read(records.MANIFEST)["state"]) == ("success", "sealed")
    noted = told.records.read(MESSAGES)
    assert noted["sent"] == ["notifiers.0"]
    assert [warning.partition(":")[0] for warning in noted["warnings"]] == [
        "the message was not sent by SmtpNotifier",
        "the ping of connection test_ping was not taken",
    ]


def test_an_end_that_cannot_be_put_in_words_changes_nothing(told, monkeypatch, swallowed):
    """A mistake of ours in the words of a night: the backup is sealed, the run green, and the log has the mistake."""

    def mistake(*_):
        raise KeyError("parts")

    monkeypatch.setattr(messages, "subject", mistake)
    told.run()
    assert (told.state, told.records.read(records.MANIFEST)["state"]) == ("success", "sealed")
    assert subjects(told) == []
    assert swallowed == ["KeyError('parts')"]
    swallowed.clear()


def test_the_address_of_the_ping_is_nowhere(told, caplog, monkeypatch):
    """Whoever has it can say that all is well: it stands in the connection, and in no log, record or mail."""
    told.pings.status = 404
    with caplog.at_level(logging.DEBUG):
        told.run()
    texts = [path.read_text(encoding="utf-8") for path in told.records.directory.iterdir()]
    texts += [mail.as_string() for mail in told.mailbox.mails]
    assert not [text for text in (*texts, caplog.text) if URL in text]
    assert "the service answered 404" in texts_of(told)


def texts_of(night):
    return json.dumps(night.records.read(MESSAGES))


def test_another_services_words_are_not_told(told, platform_files, caplog):
    """The URL of a chat's hook is a secret, and its client's error holds it."""
    path = platform_files("told")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('line: "{subject}"', "fails: true"), encoding="utf-8")
    try:
        with caplog.at_level(logging.DEBUG):
            told.run()
        assert "was not sent by SomeNotifier: RuntimeError" in texts_of(told)
        assert "s3cr3t" not in caplog.text + texts_of(told)
    finally:
        path.write_text(text, encoding="utf-8")


def test_a_verdict_that_runs_again_tells_what_is_new_only(told):
    """A step that is cleared after a repair says so; one that Airflow runs twice says it once."""
    told.failing = {"start_logbook": "before"}
    told.run()
    half = HalfNight(told).go_on()
    half.instances.states = told.states
    half.params = {"plan_only": False}
    with pytest.raises(NotProvedError):
        half.run("conclude_night")
    assert len(told.mailbox.mails) == 1
    half.until("start_logbook", "disarm_restart_guard")
    half.instances.states = {**told.states, "start_logbook": ["success"], "disarm_restart_guard": ["success"] * 2}
    half.run("conclude_night")
    assert len(told.mailbox.mails) == 2


def died(night):
    """Let a night before have died: its records end with what was opened, and its guards have fired."""
    opened = {"run_id": "another", "backup": "20200101T200000Z", "units_before": {}, "clusters": {}}
    nights_of(night.fake.platform).named("20200101T200000Z").write(records.OPEN, opened)
    foreign_guard(night, "app").fired(left_down=["vitam-logbook.service"])
    night.clean = lambda: None


def test_a_night_whose_run_died_is_told_by_the_next_look_once(told):
    """Airflow was killed at two in the morning: nobody could tell what the guards did at eight, and the ping rang."""
    died(told)
    told.run(plan_only=True)
    told.run(plan_only=True)
    (mail,) = told.mailbox.mails
    assert mail["Subject"] == (
        "Vitam told: night of backup 20200101T200000Z DIED - its restart guards fired, "
        "they left down: vitam-logbook.service on app"
    )
    assert told.pings.told == [], "the check outside rings already, and goes on until a night ends well"


# --- restores and drills ---------------------------------------------------------------------------------------------


@pytest.fixture
def sealed(told, monkeypatch):
    """Give a night that is sealed and told; what is told from here on is of a restore or a drill."""
    told.run()
    told.mailbox.mails.clear()
    told.pings.told.clear()
    told.people = People().install(monkeypatch)
    return told


def run(night, platform_files, dag_id, **params):
    now = dt.datetime.now(dt.UTC)
    return run_quickly(load_dag(platform_files("told"), dag_id), now, params)[0]


def restore(night, platform_files):
    until = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)).isoformat()
    return run(night, platform_files, "vitam_restore", until=until, backup=night.records.label)


def waits(night):
    return f"Vitam told: restore of backup {night.records.label} WAITS for approval - nothing is touched yet"


def of_restores_end(night):
    """What is told beside that a person is asked."""
    return [subject for subject in subjects(night) if "WAITS" not in subject]


def test_a_restore_says_what_the_platform_runs_on(sealed, platform_files):
    """It is no night: the check outside waits for the next one."""
    assert restore(sealed, platform_files) == "success"
    assert of_restores_end(sealed) == [f"Vitam told: restored from backup {sealed.records.label} - platform is UP"]
    assert sealed.pings.told == []


def test_a_restore_that_failed_says_that_the_old_data_is_back(sealed, platform_files):
    """Whoever is called knows at once whether users work on what they had."""
    sealed.failing["check_set"] = "before"
    assert restore(sealed, platform_files) == "failed"
    failed = f"Vitam told: restore of backup {sealed.records.label} FAILED"
    assert of_restores_end(sealed) == [f"{failed} - platform is UP, with the data of before the restore"]
    assert "mongo-data-shard0 was not checked" in sealed.mailbox.mails[-1].get_body(("html",)).get_content()


def test_a_restore_whose_records_are_not_seen(sealed, platform_files, monkeypatch):
    """What it did stands in them alone."""
    own = records.Nights.latest

    def latest(nights, identifier):
        seen = own(nights, identifier)
        return None if seen and seen.read("decision") else seen

    monkeypatch.setattr(records.Nights, "latest", latest)
    assert restore(sealed, platform_files) == "failed"
    assert of_restores_end(sealed) == [
        "Vitam told: the records of the restore are not seen - platform is not proved up"
    ]


def test_a_restore_that_was_rejected_says_by_whom(sealed, platform_files):
    """Who has triggered it is somebody else, and waits."""
    sealed.people.answers["approve_restore"] = "Reject"
    assert restore(sealed, platform_files) == "failed"
    about = f"Vitam told: restore of backup {sealed.records.label}"
    assert subjects(sealed) == [waits(sealed), f"{about} was not approved - nothing was touched"]
    asked, rejected = (mail.get_body(("html",)).get_content() for mail in sealed.mailbox.mails)
    assert "whatever was written since" in asked
    assert "Who may answer: whoever may trigger the DAG, but not who triggered the run." in asked
    assert "rejected by Ada" in rejected


def test_what_was_there_before_waits_for_its_removal(sealed, platform_files):
    """Kind: a question that nobody is told of waits for ever, and the disk with it."""
    restore(sealed, platform_files)
    removal = f"restored from backup {sealed.records.label}, removal of what was there before WAITS for approval"
    assert subjects(sealed)[-1] == f"Vitam told: {removal}"


def test_a_restore_whose_run_died_is_told_as_one_by_the_next_look(sealed, platform_files):
    """Its guards did more than start: they put the old data back. Here the next look is that of the second attempt."""
    opened = {"run_id": "another", "restored": "20191231T200000Z", "units_before": {}, "clusters": {}}
    restores_of(sealed.fake.platform).named("20200101T200000Z").write(records.OPEN, opened)
    foreign_guard(sealed, "app").fired(left_down=[])
    assert restore(sealed, platform_files) == "success"
    died, _ = of_restores_end(sealed)
    assert died == (
        "Vitam told: restore of backup 20191231T200000Z DIED - its restart guards fired, they left nothing down"
    )
    assert "put back" in sealed.mailbox.mails[0].get_body(("html",)).get_content()


def test_a_drill_is_told_when_it_speaks_against_the_backup(sealed, platform_files):
    """Once: a good one stands on the page, and the night's own message stays what was told of the night."""
    assert run(sealed, platform_files, DRILL) == "success"
    assert subjects(sealed) == []
    sealed.fake.hosts["data"].drills.damaged.add("mongo-data-shard0")
    assert run(sealed, platform_files, DRILL) == "failed"
    label = sealed.records.label
    assert subjects(sealed) == [f"Vitam told: drill of backup {label} FAILED - do not rely on it"]
    assert sealed.records.read(MESSAGES)["subject"].startswith("Vitam told: backup sealed")
    assert sealed.pings.told == []


def test_a_drill_that_proved_the_backup_and_left_its_data_says_both(sealed, platform_files):
    """Whoever reads "do not rely on it" would throw a good backup away."""
    sealed.failing["remove_scratch"] = "before"
    assert run(sealed, platform_files, DRILL) == "failed"
    assert subjects(sealed) == [f"Vitam told: drill of backup {sealed.records.label} passed, but a step of it FAILED"]
    assert sealed.records.read("drill")["state"] == "passed"


def test_a_drill_that_could_not_be_made_is_told(sealed, platform_files):
    """It says nothing about the backup; but nobody knows whether it can be restored."""
    sealed.failing["choose_backup"] = "before"
    assert run(sealed, platform_files, DRILL) == "failed"
    assert subjects(sealed) == ["Vitam told: drill of the newest backup was not made"]
