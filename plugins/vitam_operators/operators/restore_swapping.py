"""What was brought takes its place, and runs; it is checked before anything of Vitam runs on it."""

from __future__ import annotations

from typing import Any

from vitam_operators import mongo, nights, systemd
from vitam_operators.errors import RestoreFailedError, RestoreRefusedError
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.hooks.mongo import A_LOT, MongoClient
from vitam_operators.nights import Night
from vitam_operators.operators.mongo import RestartedSetOperator
from vitam_operators.operators.restore_bringing import config_set_of, shards_of
from vitam_operators.operators.restores import PlaceOperator, RestoreOperator
from vitam_operators.operators.services import require_guarded, start_unit
from vitam_operators.operators.targets import ReplicaSetOperator
from vitam_operators.parts import CONFIG, MongoPart
from vitam_operators.restores import checking, plans, swapping
from vitam_operators.triggers.base import Wait
from vitam_operators.triggers.mongo import PrimaryElected
from vitam_operators.triggers.units import UnitActive


class SwapDataOperator(PlaceOperator):
    """Keep a member's data directory aside, and put what was brought in its place."""

    async def act(self, context: Any) -> dict[str, Any]:
        """
        Look which of the directories are there, then rename.

        :raises RestoreRefusedError: the member runs, or what was brought is not ready
        """
        night, place = self.cold_night(context), self.place
        if night.read(f"rewritten.{place.name}") is None:
            raise RestoreRefusedError(f"{place.name}: what was brought is not ready", hint="clear rewrite_data")
        unit = place.part.daemon.unit
        async with self.to_host().connect() as shell:
            state = (await shell.run(systemd.unit_states([unit])))[unit]
            if not state.down:
                raise RestoreRefusedError(
                    f"{unit} on {self.host} is {state.words}; its data is not swapped while it runs",
                    hint="find out who started it; what was kept is put back, trigger a new restore",
                )
            await require_guarded(shell, night, [unit])
            night.write_once(f"swapping.{place.name}", {"began_at": nights.now_text()})
            for change in swapping.swap(place, night.label, await shell.run(swapping.there(place, night.label))):
                await shell.run(change)
        self.log.info("%s: what was there is kept as %s", place.name, place.kept(night.label))
        return night.write_once(f"swapped.{place.name}", {"at": nights.now_text(), "kept": place.kept(night.label)})


def not_swapped(step: RestoreOperator, night: Night) -> list[str]:
    """Return the members that do not have the restored data."""
    return [place.name for place in plans.places(step.platform) if night.read(f"swapped.{place.name}") is None]


class StartRestoredOperator(RestoreOperator, RestartedSetOperator):
    """Start every member of a replica set on the restored data."""

    async def begin(self, context: Any) -> Wait:
        """
        Ask for the start of what does not run.

        :raises RestoreRefusedError: a member somewhere still has its old data: sets of two moments do not go together
        """
        night, part = self.restore(context), self.part
        missing = not_swapped(self, night)
        if missing:
            raise RestoreRefusedError(f"not swapped: {', '.join(missing)}", hint="clear their swap_data")
        hosts = list(part.replica_set.data_hosts)
        for host in hosts:
            await start_unit(self, night, host, part.daemon.unit)
        return UnitActive(self.platform_file, hosts, part.daemon.unit)


class RestoredSetSensor(RestoreOperator, RestartedSetOperator):
    """Wait until a restored set has a primary and all members have caught up with it."""

    async def begin(self, context: Any) -> Wait:
        """Wait."""
        self.restore(context)
        return PrimaryElected(self.platform_file, self.cluster, self.replica_set, self.limit_s())


class CheckSetOperator(RestoreOperator, ReplicaSetOperator):
    """
    Check a restored set through its primary, before Vitam runs: members, documents, and who it says it is.

    Documents are counted by ``$collStats``: Vitam's account for members may not count them otherwise.
    """

    async def act(self, context: Any) -> dict[str, Any]:
        """
        Return the documents.

        :raises RestoreFailedError: something speaks against it; what was kept is put back
        """
        night, part = self.restore(context), self.part
        place = plans.Place(part, part.replica_set.data_hosts[0])
        expected = (night.read(f"recovered.{place.name}") or {}).get("counts", {})
        hosts, port = part.replica_set.data_hosts, part.daemon.port
        primary = mongo.primary_of(
            part.replica_set.name, await mongo_hooks.hellos(self.platform, part.cluster, hosts, port)
        )
        async with mongo_hooks.member(self.platform, part.cluster, primary, port).connect() as client:
            found = {name: await collection_count(client, name) for name in expected}
            findings = list(checking.count_findings(part.name, expected, found))
            findings += await self._identity(client, night, part)
        if findings:
            raise RestoreFailedError(
                f"{part.name} runs on the restored data, but: {'; '.join(findings)}",
                hint="what was kept is put back; read the log of the primary",
            )
        self.log.info("%s: %d documents as in the backup, primary on %s", part.name, sum(found.values()), primary)
        return night.write(f"checked.{part.name}", {"at": nights.now_text(), "documents": sum(found.values())})

    async def _identity(self, client: MongoClient, night: Night, part: MongoPart) -> list[str]:
        configuration = await client.command("replSetGetConfig")
        findings = list(checking.configuration_findings(part.name, plans.addresses(self.platform, part), configuration))
        shards = shards_of(self, night, part.cluster.name)
        if part.kind == CONFIG:
            answer = await client.command("find", "shards", database="config", batchSize=A_LOT)
            documents = list(answer["cursor"]["firstBatch"])
            return [*findings, *checking.shard_findings(part.cluster.name, shards, documents)]
        name = next(name for name, host in shards.items() if host.partition("/")[0] == part.replica_set.name)
        state = await client.command("shardingState")
        return [*findings, *checking.identity_findings(part.name, name, config_set_of(self, part.cluster.name), state)]


async def collection_count(client: MongoClient, namespace: str) -> int:
    """Return the documents of a collection, as MongoDB keeps their number."""
    database, _, collection = namespace.partition(".")
    pipeline: list[dict[str, Any]] = [{"$collStats": {"count": {}}}]
    answer = await client.command("aggregate", collection, database=database, pipeline=pipeline, cursor={})
    return int(answer["cursor"]["firstBatch"][0]["count"])
