"""Airflow connections that are no server: the secrets of jobs."""

from __future__ import annotations

from typing import Any

from airflow.sdk.bases.hook import BaseHook

from vitam_operators import secret_files
from vitam_operators.errors import SecretMissingError
from vitam_operators.secret_files import Account, Secret


async def environment_of(secret: Secret) -> dict[str, str]:
    """
    Return a job's secrets as environment variables.

    :raises SecretMissingError: the connection does not hold them
    """
    connection = await BaseHook.aget_connection(secret.conn_id)
    return secret_files.environment(secret, Account(connection.password, connection.extra_dejson))


async def connection_of(conn_id: str, holds: str, *, login: bool = False) -> Any:
    """
    Return an Airflow connection that has a password.

    :param holds: what it is for, as the hint says it
    :param login: whether it needs a login, too
    :raises SecretMissingError: there is none of that name, or it has no password, or no login
    """
    from airflow.sdk.exceptions import AirflowNotFoundException

    hint = f"its {holds}; make it in Airflow (Admin, Connections)"
    try:
        connection = await BaseHook.aget_connection(conn_id)
    except AirflowNotFoundException as error:
        raise SecretMissingError(f"there is no Airflow connection {conn_id}", hint=hint) from error
    missing = ["password"] if not connection.password else []
    missing += ["login"] if login and not connection.login else []
    if missing:
        raise SecretMissingError(f"the Airflow connection {conn_id} has no {' and no '.join(missing)}", hint=hint)
    return connection
