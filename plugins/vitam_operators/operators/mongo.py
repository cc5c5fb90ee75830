"""MongoDB in the manual's order: the balancer off, each primary found and stopped, everything back."""

from __future__ import annotations

from typing import Any

from vitam_operators import guard, mongo, nights, systemd
from vitam_operators.errors import (
    BalancerError,
    CopyRefusedError,
    NotHealthyError,
    PrimaryError,
    StillStoppingError,
    StopNotProvedError,
    VitamBackupError,
)
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.hooks import notes
from vitam_operators.hooks.hosts import HostHook, target
from vitam_operators.nights import Night
from vitam_operators.operators.base import WaitingOperator
from vitam_operators.operators.ending import end_copy
from vitam_operators.operators.ownership import hosts_of_cluster, require_own_hosts, require_to_start
from vitam_operators.operators.services import note, on_each, require_guarded, start_unit
from vitam_operators.operators.targets import ClusterOperator, ReplicaSetOperator
from vitam_operators.parts import MongoPart
from vitam_operators.triggers.base import Report, Wait
from vitam_operators.triggers.units import UnitActive, UnitStopped


class StopBalancerOperator(ClusterOperator):
    """Switch the balancer of a cluster off, through a mongos."""

    async def act(self, context: Any) -> dict[str, Any]:
        """Ask for it; a balancer that is off is left alone."""
        night = self.cold_night(context)
        async with mongo_hooks.routers(self.platform, self.platform.cluster(self.cluster)).connect() as client:
            mode = (await client.command("balancerStatus"))["mode"]
            self.log.info("%s: the balancer's mode is %s", self.cluster, mode)
            if mode != "off":
                await require_own_hosts(self, night, hosts_of_cluster(self.platform, self.cluster))
                night.write(f"balancer.{self.cluster}", {"mode_found": mode, "switched_off_at": nights.now_text()})
                await client.command("balancerStop", maxTimeMS=60_000)
        return {"mode_found": mode}


class StartBalancerOperator(ClusterOperator):
    """Switch the balancer of a cluster on, if it was on before the night."""

    async def act(self, context: Any) -> dict[str, Any] | None:
        """Ask for it; a balancer that was off before the night stays off."""
        night = self.latest_night(context)
        if night is None:
            self.log.info("nothing was opened: the balancer is left as it is")
            return None
        before = night.opened["clusters"][self.cluster]["balancer"]
        async with mongo_hooks.routers(self.platform, self.platform.cluster(self.cluster)).connect() as client:
            mode = (await client.command("balancerStatus"))["mode"]
            if mode != before and before == "full":
                is_guarded = await require_own_hosts(self, night, hosts_of_cluster(self.platform, self.cluster))
                require_to_start(night, f"the balancer of {self.cluster}", is_guarded=is_guarded)
                await client.command("balancerStart", maxTimeMS=60_000)
            if night.read(f"balancer.{self.cluster}"):
                note(night, f"balancer.{self.cluster}", {"put_back_at": nights.now_text()})
        if before == "off" and mode != "off":
            raise BalancerError(
                f"{self.cluster}: the balancer was off before the night, now it is {mode}; somebody switched it on",
                hint="switch it off again if it has to stay off, then clear this task",
            )
        return {"mode_before": before, "mode_found": mode}


class StopPrimaryOperator(ReplicaSetOperator, WaitingOperator):
    """
    Determine the elected primary of a replica set and stop it, in one step.

    The host is written down before the stop is asked for: a second try finds the mongod that the first one stopped,
    not the one elected since. An arbiter or a delayed member is never chosen.
    """

    def limit_s(self) -> int:
        """Return how long a mongod may take to close its files."""
        return self.platform.timeouts.mongod_stop_s

    def too_slow(self, words: str) -> VitamBackupError:
        """Return the error of a mongod that does not stop."""
        return StillStoppingError(
            f"after {self.limit_s()} s: {words}",
            hint="look at the log of mongod on that host; raise timeouts.mongod_stop_s in the platform file",
        )

    async def begin(self, context: Any) -> Wait:
        """Find the primary, or the one already stopped; ask for its stop."""
        night, part = self.cold_night(context), self.part
        host = await self._stopped_before(night, part) or await self._determine_and_stop(night, part)
        unit, port = part.daemon.unit, part.daemon.port
        return UnitStopped(self.platform_file, host, unit, [port], ran_before=True, db_path=part.db_path)

    async def _stopped_before(self, night: Night, part: MongoPart) -> str | None:
        record = night.read(f"stop.{part.name}")
        if record is None and night.has(f"stop.{part.name}"):
            raise StopNotProvedError(
                f"{part.name}: an earlier try stopped a member, and the record of which one cannot be read",
                hint="no other one was stopped; the platform is started again, trigger a new run",
            )
        if record is None:
            return None
        host, unit = str(record["host"]), part.daemon.unit
        async with HostHook(target(self.platform, host)).connect() as shell:
            state = (await shell.run(systemd.unit_states([unit])))[unit]
        if state.active == "active":
            return None
        self.log.info("%s: %s on %s was stopped by an earlier try", part.name, unit, host)
        return host

    async def _determine_and_stop(self, night: Night, part: MongoPart) -> str:
        hellos = await mongo_hooks.hellos(self.platform, part.cluster, part.replica_set.data_hosts, part.daemon.port)
        host, unit = mongo.primary_of(part.replica_set.name, hellos), part.daemon.unit
        member = await self._check_again(part, host)
        async with HostHook(target(self.platform, host)).connect() as shell:
            change = systemd.stop([unit], await shell.run(systemd.unit_states([unit])))
            if change is None:
                raise self._not_its_unit(part, host)
            await require_guarded(shell, night, [unit])
            night.write(f"member.{part.name}", {"host": host, "noted_at": nights.now_text(), **member})
            night.write(f"stop.{part.name}", {"host": host, "unit": unit, "asked_at": nights.now_text()})
            self.log.info("%s: %s is the elected primary, stopping %s there", part.name, host, unit)
            await shell.run(guard.hold(unit))
            await shell.run(change)
        return host

    async def _check_again(self, part: MongoPart, host: str) -> dict[str, Any]:
        """Make sure that this very member is to be stopped; return what is noted of it."""
        async with mongo_hooks.member(self.platform, part.cluster, host, part.daemon.port).connect() as client:
            hello = await client.hello()
            configuration = await client.command("replSetGetConfig")
            noted = await notes.member_notes(client, configuration)
        mongo.primary_of(part.replica_set.name, {host: hello})
        if not mongo.holds_current_data(configuration, str(hello["me"])):
            raise PrimaryError(
                f"{part.name}: {host} says it is primary, but rs.conf() does not have {hello['me']} as a member "
                "that holds current data",
                hint="compare rs.conf() with the platform file",
            )
        elsewhere = mongo.path_finding(part.name, host, part.db_path, noted.get("storage", {}))
        if elsewhere:
            raise CopyRefusedError(elsewhere, hint="nothing was stopped there; correct db_path, trigger a new run")
        return noted

    def _not_its_unit(self, part: MongoPart, host: str) -> PrimaryError:
        return PrimaryError(
            f"{part.name}: a primary answers at {host}:{part.daemon.port}, but {part.daemon.unit} does not run there",
            hint=f"find out what listens on port {part.daemon.port} of {host}; correct the unit in the platform file",
        )

    async def finish(self, context: Any, report: Report) -> dict[str, Any]:
        """Note when it was down."""
        return note(self.latest_night(context), f"stop.{self.part.name}", report.value)


class RestartedSetOperator(ReplicaSetOperator, WaitingOperator):
    """A step that brings a replica set back; it goes on after the night was given up."""

    gives_up = False

    def limit_s(self) -> int:
        """Return how long the start of a mongod and the election may take."""
        return self.platform.timeouts.mongod_start_s

    def too_slow(self, words: str) -> VitamBackupError:
        """Return the error of a set that is not whole."""
        return NotHealthyError(
            f"after {self.limit_s()} s: {words}",
            hint="look at the journal and the log of mongod on the members that are named, then clear this task",
        )


class StartPrimaryOperator(RestartedSetOperator):
    """
    Start each mongod of a replica set that ran before the night, its arbiter too: it may have been booted meanwhile.

    It waits until systemd says active, no longer: a mongod of a shard opens its port only once its config set has a
    primary, and that is started after the shards. A copy that still runs on such a host is ended first.
    """

    async def begin(self, context: Any) -> Wait | None:
        """Ask for the start of what does not run."""
        night, part = self.latest_night(context), self.part
        if night is None:
            self.log.info("nothing was opened: %s is left as it is", part.name)
            return None
        unit, before = part.daemon.unit, night.opened["units_before"]
        hosts = [member.host for member in part.replica_set.members if unit in before.get(member.host, [])]
        await on_each(self, hosts, lambda host: self._start(night, host, part))
        return UnitActive(self.platform_file, hosts, unit)

    async def _start(self, night: Night, host: str, part: MongoPart) -> None:
        if host in part.replica_set.data_hosts:
            await end_copy(self, night, host, part)
        await start_unit(self, night, host, part.daemon.unit)
