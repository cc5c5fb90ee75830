"""The part of the platform file that says who is told of a night, and how."""

from __future__ import annotations

import sys
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from vitam_operators.config_types import DOTTED_PATTERN, ConnId, Strict


class MailConfig(Strict):
    """Who gets a mail."""

    smtp_conn_id: ConnId = Field(description="Airflow connection of type smtp")
    to: tuple[Annotated[str, Field(min_length=3)], ...] = Field(min_length=1, description="addresses")
    sender: str | None = Field(default=None, description="address; default: that of the connection")


def _of_a_provider(name: str) -> str:
    """
    Return the name of a class as it stands. Whether it is a notifier Airflow knows: the look asks.

    :raises ValueError: it is Python's own, which has none
    """
    if name.partition(".")[0] in sys.stdlib_module_names:
        raise ValueError("is no notifier of Airflow's, but Python's own")
    return name


class NotifierConfig(Strict):
    """Any notifier of an Airflow provider, by its class."""

    notifier: Annotated[str, AfterValidator(_of_a_provider)] = Field(
        pattern=DOTTED_PATTERN, examples=["airflow.providers.slack.notifications.slack.SlackNotifier"]
    )
    arguments: dict[str, Any] = Field(
        default={}, description="its arguments; {subject} and {text} in them are replaced; no secret stands here"
    )


class MessagesConfig(Strict):
    """One message for each night."""

    mail: MailConfig | None = None
    notifiers: tuple[NotifierConfig, ...] = ()
    ping_conn_id: ConnId | None = Field(
        default=None, description="Airflow connection whose password is the URL that is told begin and end of a night"
    )
