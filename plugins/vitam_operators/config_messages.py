"""The part of the platform file that says who is told of a night, and how."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from vitam_operators.config_types import DOTTED_PATTERN, ConnId, Strict


class MailConfig(Strict):
    """Who gets a mail."""

    smtp_conn_id: ConnId = Field(description="Airflow connection of type smtp")
    to: tuple[Annotated[str, Field(min_length=3)], ...] = Field(min_length=1, description="addresses")
    sender: str | None = Field(default=None, description="address; default: that of the connection")


class NotifierConfig(Strict):
    """Any notifier of an Airflow provider, by its class."""

    notifier: str = Field(
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
