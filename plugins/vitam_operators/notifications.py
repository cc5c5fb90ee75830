"""
Sending what :mod:`vitam_operators.messages` says: by mail, by any notifier of Airflow's, and as a ping.

Notifiers are called directly, not as callbacks: a callback's words go through Jinja, which what a host has answered
must not, and nobody would know whether they were sent. Nothing here raises: a night is what it is, told or not.
"""

from __future__ import annotations

import html
import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

from airflow.sdk.bases.notifier import BaseNotifier

from vitam_operators import messages
from vitam_operators.config import Platform
from vitam_operators.errors import MessageNotSentError
from vitam_operators.hooks.ping import ping
from vitam_operators.nights import Night

MESSAGES = "messages"
SMTP_NOTIFIER = "airflow.providers.smtp.notifications.smtp.SmtpNotifier"
Way = tuple[str, Callable[[], None]]
log = logging.getLogger(__name__)


def tell(
    platform: Platform,
    night: Night | None,
    subject: str,
    text: str,
    ping_what: str | None = None,
    *,
    record: str = MESSAGES,
) -> None:
    """
    Send a message every way that the platform file names; what cannot be sent is a warning of the log and the record.

    :param night: has the record of what was sent, so that a step that runs twice does not send it twice; ``None``
        when nothing was opened
    :param ping_what: what the ping says; ``None``: no ping
    :param record: its name
    """
    subject = messages.one_line(subject)
    try:
        noted = (night.read(record) if night else None) or {}
        sent = list(noted.get("sent", [])) if noted.get("subject") == subject else []
        ways = [way for way in _ways(platform, subject, text, ping_what) if way[0] not in sent]
        warnings = {name: warning for name, send in ways if (warning := _warning(send))}
        sent += [name for name, _ in ways if name not in warnings]
        if night is not None and ways:
            night.write(record, {"subject": subject, "sent": sent, "warnings": list(warnings.values())})
    except Exception:
        log.exception("the message %r was not sent, or not noted", subject)


def tell_begin(platform: Platform, backup: str) -> None:
    """Ping that a night begins: when its end is not told in time, the service outside rings."""
    conn_id, words = platform.messages.ping_conn_id, f"Vitam {platform.name}: backup {backup} begins"
    if conn_id is not None:
        _warning(partial(ping, conn_id, messages.START, words))


def run_link(dag_id: str, run_id: str) -> str:
    """Return the address of a run in the Airflow UI; nothing when Airflow does not know its own address."""
    from airflow.sdk.configuration import conf

    base = conf.get("api", "base_url", fallback="").rstrip("/")
    return f"{base}/dags/{quote(dag_id)}/runs/{quote(run_id)}" if base else ""


def _warning(send: Callable[[], None]) -> str | None:
    """Send; return why it did not work."""
    try:
        send()
    except MessageNotSentError as error:
        log.warning("%s", error)
        return error.message
    return None


def _ways(platform: Platform, subject: str, text: str, ping_what: str | None) -> Iterator[Way]:
    config = platform.messages
    if config.mail is not None:
        mail: dict[str, Any] = {
            "smtp_conn_id": config.mail.smtp_conn_id,
            "from_email": config.mail.sender,
            "to": list(config.mail.to),
            "subject": subject,
            "html_content": f"<pre>{html.escape(text)}</pre>",
        }
        yield "mail", partial(_notify, SMTP_NOTIFIER, mail)
    for number, entry in enumerate(config.notifiers):
        arguments = messages.filled(entry.arguments, {"subject": subject, "text": text})
        yield f"notifiers.{number}", partial(_notify, entry.notifier, arguments)
    if config.ping_conn_id is not None and ping_what is not None:
        yield "ping", partial(ping, config.ping_conn_id, ping_what, subject)


def wrong_notifiers(platform: Platform) -> Iterator[str]:
    """Yield a line for each notifier of the platform file that is none: it would be called with words of the file."""
    yield from (words for words, wrong in _doubtful_notifiers(platform) if wrong)


def missing_notifiers(platform: Platform) -> Iterator[str]:
    """Yield a line for each notifier that Airflow does not have here: nobody would be told, and the night goes on."""
    yield from (words for words, wrong in _doubtful_notifiers(platform) if not wrong)


def _doubtful_notifiers(platform: Platform) -> Iterator[tuple[str, bool]]:
    for number, entry in enumerate(platform.messages.notifiers):
        at = f"at messages.notifiers.{number}.notifier"
        try:
            _class_of(entry.notifier)
        except NoNotifierError:
            yield f"{at}: expected a notifier of Airflow's (BaseNotifier), found {entry.notifier!r}", True
        except Exception as error:
            yield f"{at}: {entry.notifier} cannot be imported ({type(error).__name__}), install its provider", False


class NoNotifierError(TypeError):
    """What the platform file names is no class of Airflow's notifiers."""


def _class_of(notifier: str) -> type[BaseNotifier]:
    """
    Return the class of a notifier.

    :raises NoNotifierError: it is none
    """
    from airflow.sdk.module_loading import import_string

    found = import_string(notifier)
    if not (isinstance(found, type) and issubclass(found, BaseNotifier)):
        raise NoNotifierError(notifier)
    return found


def _notify(notifier: str, arguments: dict[str, Any]) -> None:
    """
    Send by a notifier.

    :raises MessageNotSentError: whatever went wrong; in other services' own words there may be a secret address
    """
    try:
        _class_of(notifier)(**arguments).notify({})
    except Exception as error:
        words = f": {error}" if notifier == SMTP_NOTIFIER else ""
        reason = f"the message was not sent by {notifier.rpartition('.')[2]}: {type(error).__name__}{words}"
    else:
        return
    raise MessageNotSentError(
        reason, hint="compare 'messages' in the platform file with the Airflow connection; the night is what it is"
    )
