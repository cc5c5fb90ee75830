"""
What the platform file names as a notifier is one of Airflow's, or is never called.

Kind: a name of the platform file that is called with words of the file as arguments, whatever it is.
"""

from __future__ import annotations

import pytest

from tests.conftest import TESTS
from tests.fakes import messages as fakes
from vitam_operators import notifications
from vitam_operators.config_messages import NotifierConfig
from vitam_operators.platforms import load_platform

TOLD = load_platform(TESTS / "data" / "platforms" / "told.yaml")


def naming(name):
    entries = {"notifiers": (NotifierConfig(notifier=name),)}
    return TOLD.model_copy(update={"messages": TOLD.messages.model_copy(update=entries)})


@pytest.mark.parametrize("name", ["yaml.dump", "airflow.sdk.DAG", "tests.fakes.messages.NOTIFIED"])
def test_no_notifier(name):
    """A function, another class, a list: found by the look, and not called when a message is sent."""
    assert list(notifications.missing_notifiers(naming(name))) == []
    assert list(notifications.wrong_notifiers(naming(name))) == [
        f"at messages.notifiers.0.notifier: expected a notifier of Airflow's (BaseNotifier), found {name!r}"
    ]
    with pytest.raises(notifications.MessageNotSentError, match="NoNotifierError"):
        notifications._notify(name, {})


def test_a_notifier_that_is_not_installed():
    """A message is not worth a night: it is a warning."""
    name = "airflow.providers.nobody.Notifier"
    assert list(notifications.wrong_notifiers(naming(name))) == []
    assert list(notifications.missing_notifiers(naming(name))) == [
        f"at messages.notifiers.0.notifier: {name} cannot be imported (ModuleNotFoundError), install its provider"
    ]


def test_a_notifier():
    assert [*notifications.wrong_notifiers(TOLD), *notifications.missing_notifiers(TOLD)] == []


def test_what_is_sent_has_a_subject_of_one_line(monkeypatch):
    """A host's words may be in it."""
    monkeypatch.setattr(fakes, "NOTIFIED", [])
    only = TOLD.messages.model_copy(update={"mail": None, "ping_conn_id": None})
    notifications.tell(TOLD.model_copy(update={"messages": only}), None, "a\r\nBcc: b@c", "text")
    assert [told["line"] for told in fakes.NOTIFIED] == ["a Bcc: b@c"]
