"""Waiting for a cluster's balancer: at rest before the stop, as it was after the start."""

from __future__ import annotations

from typing import Any

from vitam_operators.errors import BalancerError, NotHealthyError, VitamBackupError
from vitam_operators.operators.base import WaitingOperator
from vitam_operators.operators.targets import ClusterOperator
from vitam_operators.triggers.base import Wait
from vitam_operators.triggers.mongo import BalancerIdle, BalancerIs

SAYS_SO_WITHIN_S = 300


class _BalancerSensor(ClusterOperator, WaitingOperator):
    """A wait for one balancer."""

    def limit_s(self) -> int:
        """Return how long a chunk migration may take."""
        return self.platform.timeouts.balancer_s

    def too_slow(self, words: str) -> VitamBackupError:
        """Return the error of a balancer that does not come to rest, or back."""
        return BalancerError(
            f"after {self.limit_s()} s: {words}",
            hint="look at sh.status() and config.migrations through a mongos; raise timeouts.balancer_s",
        )


class BalancerIdleSensor(_BalancerSensor):
    """Wait until the balancer has ended its transactions."""

    async def begin(self, context: Any) -> Wait | None:
        """Wait, unless an earlier try went past this point: then the routers may not answer any more."""
        night = self.cold_night(context)
        cluster = self.platform.cluster(self.cluster)
        if any(night.read(f"stop.{cluster.name}-{name.name}") for name in (*cluster.shards, cluster.config_set)):
            self.log.info("%s: primaries were stopped by an earlier try, after the balancer was idle", self.cluster)
            return None
        return BalancerIdle(self.platform_file, self.cluster)


class BalancerActiveSensor(_BalancerSensor):
    """Make sure that the balancer is as it was before the night."""

    gives_up = False

    def limit_s(self) -> int:
        """Return how long a balancer may take to say what it was told: every service waits behind this step."""
        return SAYS_SO_WITHIN_S

    def too_slow(self, words: str) -> VitamBackupError:
        """Return the error of a balancer that is not as before; what comes next may not wait for another try."""
        return NotHealthyError(
            f"after {self.limit_s()} s: {words}",
            hint="look at sh.status() through a mongos; then clear start_balancer and this task",
        )

    async def begin(self, context: Any) -> Wait | None:
        """Wait for the mode that was noted."""
        night = self.latest_night(context)
        if night is None:
            self.log.info("nothing was opened: the balancer is left as it is")
            return None
        return BalancerIs(self.platform_file, self.cluster, night.opened["clusters"][self.cluster]["balancer"])
