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

    def unplanned(self) -> str:
        """Name a host that the platform does not have."""
        known = {host.name for host in self.platform.hosts}
        return super().unplanned() if self.host in known else f"host {self.host}"


class ClusterOperator(NightOperator):
    """
    A step on one cluster of MongoDB or Elasticsearch.

    :param cluster: name of the cluster
    """

    def __init__(self, *, cluster: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cluster = cluster

    def unplanned(self) -> str:
        """Name a cluster that the platform does not have."""
        known = {cluster.name for cluster in self.platform.mongodb}
        known |= {cluster.name for cluster in self.platform.elasticsearch}
        return super().unplanned() if self.cluster in known else f"cluster {self.cluster}"


class ReplicaSetOperator(ClusterOperator):
    """
    A step on one replica set of a MongoDB cluster.

    :param replica_set: name of the set
    """

    def __init__(self, *, replica_set: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.replica_set = replica_set

    def unplanned(self) -> str:
        """Name a replica set that its cluster does not have."""
        if words := super().unplanned():
            return words
        cluster = self.platform.cluster(self.cluster)
        known = {one.name for one in (cluster.config_set, *cluster.shards)}
        return "" if self.replica_set in known else f"replica set {self.replica_set} of {self.cluster}"

    @property
    def part(self) -> MongoPart:
        """The set as a part of the backup."""
        return replica_set_part(self.platform_file, self.cluster, self.replica_set)


class ServiceOperator(NightOperator):
    """
    A step on one Vitam service.

    :param service: Vitam's name of the component
    """

    host: str

    def __init__(self, *, service: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.service = service

    def unplanned(self) -> str:
        """Name a service that the host does not have."""
        if words := super().unplanned():
            return words
        return "" if self.service in self.platform.host(self.host).services else f"{self.service} on {self.host}"

    @property
    def unit(self) -> str:
        """The service's unit."""
        return SERVICES[self.service].unit
