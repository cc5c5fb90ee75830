"""The words that reach a telephone at six in the morning."""

from __future__ import annotations

import pytest

from vitam_operators import messages
from vitam_operators.messages import DOWN, FAIL, NOT_PROVED, START, STOPPED, SUCCESS, UNTOUCHED, UP, NightEnd

GIB = 1024**3
SEALED = {"sealed": True, "size_bytes": 163 * GIB, "down_s": 42 * 60 + 10}


@pytest.mark.parametrize(
    ("end", "subject"),
    [
        (NightEnd("medium", UP, **SEALED), "Vitam medium: backup sealed, 163 GiB, down 42 min"),
        (
            NightEnd("medium", UP, sealed=True, size_bytes=1700, down_s=54),
            "Vitam medium: backup sealed, 1.7 KiB, down 54 s",
        ),
        (
            NightEnd("medium", UP, sealed=True, size_bytes=GIB // 2, down_s=7500),
            "Vitam medium: backup sealed, 512 MiB, down 2 h 05 min",
        ),
        (
            NightEnd("medium", UP, failed="copy_shard mongo-data shard1"),
            "Vitam medium: backup FAILED during copy_shard mongo-data shard1 - platform is UP",
        ),
        (
            NightEnd("medium", DOWN, failed="start_storage app2"),
            "Vitam medium: backup FAILED during start_storage app2 - platform is DOWN",
        ),
        (
            NightEnd("medium", NOT_PROVED, failed="stop_worker worker1"),
            "Vitam medium: backup FAILED during stop_worker worker1 - platform is not proved up",
        ),
        (
            NightEnd("medium", UNTOUCHED, failed="check_host app1"),
            "Vitam medium: backup FAILED during check_host app1 - nothing was stopped",
        ),
        (NightEnd("medium", UP), "Vitam medium: backup FAILED - platform is UP"),
        (
            NightEnd("medium", UP, failed="prune_backups", **SEALED),
            "Vitam medium: backup sealed, 163 GiB, down 42 min, but prune_backups FAILED - platform is UP",
        ),
        (
            NightEnd("medium", DOWN, **SEALED),
            "Vitam medium: backup sealed, 163 GiB, down 42 min - platform is DOWN",
        ),
        (
            NightEnd(
                "medium", STOPPED, down=("vitam-worker.service@worker1",), stopped_by=("run a", "run b"), **SEALED
            ),
            "Vitam medium: backup sealed, 163 GiB, down 42 min - platform is STOPPED by run a, run b: vitam-worker on "
            "worker1",
        ),
        (
            NightEnd("medium", UP, late_s=1200, **SEALED),
            "Vitam medium: backup sealed, 163 GiB, down 42 min - platform is UP, 20 min after the window's end",
        ),
        (
            NightEnd("medium", UP, late_s=1200, failed="await_balancer_idle offer-fs-1"),
            "Vitam medium: backup FAILED during await_balancer_idle offer-fs-1 - platform is UP, "
            "20 min after the window's end",
        ),
        (
            NightEnd("medium", UP, down_before=("vitam-storage.service@app1",), **SEALED),
            "Vitam medium: backup sealed, 163 GiB, down 42 min; down before: vitam-storage on app1",
        ),
        (
            NightEnd("medium", UNTOUCHED, failed="plan_night", down_before=("vitam-traceability.timer@app1",)),
            "Vitam medium: backup FAILED during plan_night - nothing was stopped; down: "
            "vitam-traceability.timer on app1",
        ),
        (
            NightEnd(
                "medium",
                DOWN,
                failed="start_storage app2",
                down=("vitam-storage.service@app2", "mongo-data-shard0"),
                down_before=tuple(f"vitam-worker.service@worker{number}" for number in range(5)),
            ),
            "Vitam medium: backup FAILED during start_storage app2 - platform is DOWN: vitam-storage on app2, "
            "mongo-data-shard0; down before: vitam-worker on worker0, vitam-worker on worker1, vitam-worker on worker2 "
            "and 2 more",
        ),
    ],
)
def test_the_subject_says_it_all(end, subject):
    """Is there a backup, is the platform up: whoever is woken knows before the mail is opened."""
    assert messages.subject(end) == subject


def test_the_text_has_the_summary_then_the_error_then_the_run():
    """What is empty leaves no gap."""
    assert (
        messages.text(["a", "b"], "what\nHINT: do", "https://x/1") == "a\nb\n\nwhat\nHINT: do\n\nThe run: https://x/1\n"
    )
    assert messages.text(["a"], "", "") == "a\n"


def test_a_night_that_died_is_told_by_what_the_guards_did():
    """The run cannot tell it any more; the balancer is the one thing that a guard leaves off."""
    reports = {
        "app1": {"fired_at": "2026-11-24T07:00:01+00:00", "left_down": []},
        "app2": {"fired_at": "2026-11-24T07:00:00+00:00", "left_down": ["vitam-storage.service"]},
    }
    subject, text = messages.night_that_died("medium", "20261123T190000Z", reports)
    assert subject == (
        "Vitam medium: night of backup 20261123T190000Z DIED - its restart guards fired, "
        "they left down: vitam-storage.service on app2"
    )
    assert "from 2026-11-24T07:00:00+00:00 on" in text
    assert "balancer" in text
    subject, _ = messages.night_that_died("medium", "20261123T190000Z", {"app1": reports["app1"]})
    assert subject.endswith("they left nothing down")


@pytest.mark.parametrize(
    ("url", "what", "address"),
    [
        ("https://hc-ping.com/uuid", START, "https://hc-ping.com/uuid/start"),
        ("https://hc-ping.com/uuid/", SUCCESS, "https://hc-ping.com/uuid"),
        (" https://hc-ping.com/key/vitam?create=1\n", FAIL, "https://hc-ping.com/key/vitam/fail?create=1"),
        ("http://10.0.0.1:8000/ping/uuid", FAIL, "http://10.0.0.1:8000/ping/uuid/fail"),
    ],
)
def test_the_address_of_a_ping(url, what, address):
    """As healthchecks.io and its like have it."""
    assert messages.ping_address(url, what) == address


@pytest.mark.parametrize("url", ["", "s3cr3t", "file:///etc/passwd", "https:///uuid", "ftp://x/uuid"])
def test_what_is_no_address_is_refused_without_being_told(url):
    """It may be a secret that stands in the wrong field."""
    with pytest.raises(ValueError, match=r"^the connection's password is no http or https URL$"):
        messages.ping_address(url, START)


def test_arguments_of_a_notifier_are_filled_and_nothing_else():
    """A host's answer with braces, or with Jinja in it, goes through as it is."""
    arguments = {"text": "{subject}!", "blocks": [{"text": "{text}"}], "retries": 3, "other": "{x} {{ y }}"}
    assert messages.filled(arguments, {"subject": "a", "text": "{{ 1 }} {subject}"}) == {
        "text": "a!",
        "blocks": [{"text": "{{ 1 }} {subject}"}],
        "retries": 3,
        "other": "{x} {{ y }}",
    }


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("Vitam medium: backup sealed", "Vitam medium: backup sealed"),
        ("backup FAILED\r\nBcc: all@example.org\x1b[2J\u2028x", "backup FAILED Bcc: all@example.org [2J x"),
        ("é" * 300, "é" * 239 + "…"),
    ],
)
def test_a_subject_is_one_line_of_a_mail(words, line):
    """Kind: words of a host where a machine reads commands. What a unit is called, or a host has said, may be in it."""
    assert messages.one_line(words) == line
