"""What a step acts on: a host, a cluster, a replica set, a service. Bases to put before the step's own."""

from __future__ import annotations

from typing import Any

from vitam_operators.operators.base import NightOperator
from vitam_operators.parts import MongoPart
from vitam_operators.procedure import SERVICES
from vitam_operators.triggers.mongo import replica_set_part


class HostOperator(NightOperator):
    """
    A step on one host.

    :param host: name of the host
    """

    def __init__(self, *, host: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.host = host


class ClusterOperator(NightOperator):
    """
    A step on one cluster of MongoDB or Elasticsearch.

    :param cluster: name of the cluster
    """

    def __init__(self, *, cluster: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cluster = cluster


class ReplicaSetOperator(ClusterOperator):
    """
    A step on one replica set of a MongoDB cluster.

    :param replica_set: name of the set
    """

    def __init__(self, *, replica_set: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.replica_set = replica_set

    @property
    def part(self) -> MongoPart:
        """The set as a part of the backup."""
        return replica_set_part(self.platform_file, self.cluster, self.replica_set)


class ServiceOperator(NightOperator):
    """
    A step on one Vitam service.

    :param service: Vitam's name of the component
    """

    def __init__(self, *, service: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.service = service

    @property
    def unit(self) -> str:
        """The service's unit."""
        return SERVICES[self.service].unit
