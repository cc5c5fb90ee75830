"""Airflow connections that are no server: the secrets of jobs."""

from __future__ import annotations

from airflow.sdk.bases.hook import BaseHook

from vitam_operators import secret_files
from vitam_operators.secret_files import Account, Secret


async def environment_of(secret: Secret) -> dict[str, str]:
    """
    Return a job's secrets as environment variables.

    :raises SecretMissingError: the connection does not hold them
    """
    connection = await BaseHook.aget_connection(secret.conn_id)
    return secret_files.environment(secret, Account(connection.password, connection.extra_dejson))
