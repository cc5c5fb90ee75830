"""Where a node of Elasticsearch answers, and the account of its Airflow connection."""

from __future__ import annotations

from vitam_operators.config import Host
from vitam_operators.config_services import ElasticsearchCluster
from vitam_operators.curl import Endpoint, Login
from vitam_operators.hooks.connections import connection_of


async def endpoint_of(cluster: ElasticsearchCluster, host: Host) -> Endpoint:
    """
    Return where the node of a host answers.

    :raises SecretMissingError: the cluster's connection is not there, or has no login or no password
    """
    login = await _login(cluster.conn_id) if cluster.conn_id else None
    return Endpoint(host.service_ip, cluster.port, cluster.scheme, login, cluster.ca_file, cluster.verify)


async def _login(conn_id: str) -> Login:
    connection = await connection_of(conn_id, "login and password are those of an account of Elasticsearch", login=True)
    return Login(str(connection.login), str(connection.password))
