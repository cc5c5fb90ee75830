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
    connection = await _found(
        secret.conn_id, "its password is that of the repository; make it in Airflow (Admin, Connections)"
    )
    return secret_files.environment(secret, Account(connection.password, connection.extra_dejson))


async def connection_of(conn_id: str, holds: str, *, login: bool = False) -> Any:
    """
    Return an Airflow connection that has a password.

    :param holds: what it is for, as the hint says it
    :param login: whether it needs a login, too
    :raises SecretMissingError: there is none of that name, or it has no password, or no login
    """
    hint = f"its {holds}; make it in Airflow (Admin, Connections)"
    connection = await _found(conn_id, hint)
    if secret_files.has_odd_ends(connection.password or ""):
        raise SecretMissingError(
            f"the Airflow connection {conn_id} has a password that {secret_files.ODD_ENDS}", hint=hint
        )
    missing = ["password"] if not connection.password else []
    missing += ["login"] if login and not connection.login else []
    if missing:
        raise SecretMissingError(f"the Airflow connection {conn_id} has no {' and no '.join(missing)}", hint=hint)
    return connection


async def _found(conn_id: str, hint: str) -> Any:
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return await BaseHook.aget_connection(conn_id)
    except AirflowNotFoundException as error:
        raise SecretMissingError(f"there is no Airflow connection {conn_id}", hint=hint) from error
