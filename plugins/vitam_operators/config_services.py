"""The part of the platform file that says where Elasticsearch and Vitam's components answer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from vitam_operators.config_paths import AbsolutePath
from vitam_operators.config_types import ConnId, ElasticUnit, HostName, Name, Port, Strict


class ElasticsearchCluster(Strict):
    """One Elasticsearch cluster. Its indexes are not copied: Vitam rebuilds them, or Elasticsearch keeps a snapshot."""

    name: Name
    hosts: tuple[HostName, ...] = Field(min_length=1)
    unit: ElasticUnit = "vitam-elasticsearch-data.service"
    port: Port = 9200
    scheme: Literal["http", "https"] = "http"
    conn_id: ConnId | None = Field(default=None, description="Airflow connection with an account, where one is asked")
    ca_file: AbsolutePath | None = Field(default=None, description="on its hosts: the certificates to trust (https)")
    verify: bool = Field(default=True, description="whether certificate and name are checked (https)")
    snapshot_repository: Name | None = Field(default=None, description="Elasticsearch's repository for a snapshot")


class PortsConfig(Strict):
    """The ports of one component, on all its hosts; what is left out is as in Vitam's ``vitam_vars``."""

    service: Port | None = Field(default=None, description="Ansible's port_service: the business API")
    admin: Port | None = Field(default=None, description="Ansible's port_admin: status, version and metrics")
