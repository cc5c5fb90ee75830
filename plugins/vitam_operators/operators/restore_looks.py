"""The look of a restore. The platform may be broken: only what a restore itself needs is a finding."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from vitam_operators import archive, drill_findings, guard, scratch_mongod, systemd, tools
from vitam_operators.commands import existing
from vitam_operators.engines.chosen import ENGINES, engine_name
from vitam_operators.errors import VitamBackupError
from vitam_operators.hooks import host_keys
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.hooks.hosts import HostHook, Shell, target
from vitam_operators.host_units import optional_timers, units_of
from vitam_operators.nights import ATTEMPT, Record
from vitam_operators.operators.looks import GUARD, Facts, LookOperator
from vitam_operators.operators.ownership import own_run
from vitam_operators.operators.restores import CHOOSE, RestoreOperator
from vitam_operators.operators.targets import ClusterOperator, HostOperator
from vitam_operators.parts import DATABASES
from vitam_operators.restores import bringing, plans, room, swapping

NEEDED_TOOLS = (*tools.NEEDS, "setpriv")


class CheckRestoreHostOperator(HostOperator, RestoreOperator, LookOperator):
    """Look at one host: what runs, what is there now, whether what is brought has room and can be opened."""

    async def look(self, context: Any) -> tuple[Facts, list[str]]:
        """Return ``{"host", "running", "units", "sizes"}`` and findings."""
        label = str(context["ti"].xcom_pull(task_ids=CHOOSE))
        manifest, units = self.manifest(label), units_of(self.platform, self.host)
        keys = await host_keys.ask(target(self.platform, self.host))
        for warning in keys.warnings:
            self.log.warning("%s", warning)
        async with HostHook(target(self.platform, self.host)).connect() as shell:
            states = await shell.run(systemd.unit_states(units)) if units else {}
            found = await shell.run(guard.state())
            needed = set(units) - optional_timers(self.platform, self.host)
            findings = keys.findings
            findings += [f"{self.host}: {u} is {s.load}" for u, s in states.items() if u in needed and not s.exists]
            findings += [f"{self.host}: {words}" for words in systemd.aliases(states)]
            names = (*NEEDED_TOOLS, *self._tools_of(manifest))
            missing = await shell.run(systemd.missing_tools(names))
            findings += [f"{self.host}: the program {tool} is missing, install it" for tool in missing]
            needs = {
                name: need for name, need in tools.of_any_engine().items() if name in names and name not in missing
            }
            findings += [f"{self.host}: {w}" for w in tools.too_old(await shell.run(tools.first_lines(needs)), needs)]
            findings += guard.findings(found, self.host, own_run(context))
            sizes = await self._sizes(shell, units, findings)
            if not findings:
                findings += [finding async for finding in self._not_there(shell, manifest)]
                findings += [
                    finding async for finding in self._does_not_fit(shell, label, manifest, sum(sizes.values()))
                ]
        context["ti"].xcom_push(GUARD, guard.report_of(found, self.host))
        installed = [unit for unit in units if unit in states and states[unit].exists]
        running = [unit for unit in installed if states[unit].running]
        return {"host": self.host, "running": running, "units": installed, "sizes": sizes}, findings

    def _tools_of(self, manifest: Record) -> list[str]:
        """Return the programs of the engines that made the copies which come to this host."""
        names = [place.part.name for place in plans.places_of(self.platform, self.host)]
        engines = {engine_name(manifest["parts"][name]) for name in names if name in manifest["parts"]}
        return sorted({tool for engine in engines & ENGINES.keys() for tool in ENGINES[engine].tools} - {*NEEDED_TOOLS})

    async def _sizes(self, shell: Shell, units: list[str], findings: list[str]) -> dict[str, int]:
        """Return what the data of each member here takes; who is not root sees none of it."""
        if not await shell.run(systemd.may_sudo(units)):
            findings.append(f"{self.host}: sudo asks for a password; its sudoers file is not that of docs/hosts.md")
            return {}
        sizes = {}
        for place in plans.places_of(self.platform, self.host):
            if place.db_path not in await shell.run(existing([place.db_path])):
                findings.append(f"{self.host}: {place.db_path} is missing; make it, empty, with the owner of mongod")
            elif await shell.run(swapping.own_file_system(place.db_path)):
                findings.append(f"{self.host}: {place.db_path} is a mount, it cannot be kept aside by a rename")
            elif links := [link for link in await shell.run(archive.links_in(place.db_path)) if link == place.db_path]:
                findings.append(f"{self.host}: {links[0]} is a symbolic link; db_path has to be where it leads to")
            elif mounts := await shell.run(archive.mounts_in(place.db_path)):
                findings.append(f"{self.host}: {mounts[0]} is a mount, which a boot would put into the restored data")
            else:
                sizes[place.part.name] = await shell.run(archive.size_of(place.db_path))
        return sizes

    async def _not_there(self, shell: Shell, manifest: Record) -> AsyncIterator[str]:
        for name, record in manifest["parts"].items():
            if record["kind"] not in DATABASES or plans.holder(self.platform, record) != self.host:
                continue
            pieces = plans.pieces(self.platform, record)
            if pieces is None:
                continue
            found, expected = await shell.run(bringing.size_of(pieces.first)), record["size_bytes"]
            if found is None:
                yield f"{self.host}: {pieces.first} ({name}) is not there"
            elif pieces.sized and found != expected:
                yield f"{self.host}: {pieces.first} ({name}) has {found} bytes, expected {expected} bytes"

    async def _does_not_fit(self, shell: Shell, label: str, manifest: Record, live_bytes: int) -> AsyncIterator[str]:
        """Check versions, and the room for all that comes to the host at once."""
        places, program = plans.places_of(self.platform, self.host), self.platform.drill.mongod
        if not places:
            return
        version = await shell.run(scratch_mongod.mongod_version(program))
        for place in places:
            copied = str(manifest["clusters"].get(place.part.cluster.name, {}).get("version"))
            if scratch_mongod.series(version) != scratch_mongod.series(copied):
                yield f"{self.host}: {place.part.name} is of MongoDB {copied}, {program} is {version or 'not there'}"
        opened = self.backup(label).opened
        parts = [place.part.name for place in places if place.part.name in manifest["parts"]]
        sizes = {part: drill_findings.source_bytes(opened, manifest, part) for part in parts}
        records = [manifest["parts"][part] for part in parts]
        carried = [r["size_bytes"] for r in records if self._comes_from_elsewhere(r)]
        beside = {place.db_path.rpartition("/")[0] for place in places}
        needs = dict.fromkeys(beside, sum(sizes.values()) + sum(carried))
        if carried:
            needs.setdefault(self.platform.copies.directory, sum(carried))
        for path, size in sorted(needs.items()):
            needed = room.needed_bytes(self.platform, size, live_bytes if path in beside else 0)
            free = await shell.run(archive.room_at(path))
            if free < needed:
                yield room.too_little(self.host, path, free, needed)

    def _comes_from_elsewhere(self, record: Record) -> bool:
        return plans.holder(self.platform, record) != self.host and plans.pieces(self.platform, record) is not None


class CheckRestoreClusterOperator(ClusterOperator, RestoreOperator):
    """Look at one MongoDB cluster as far as it answers: its balancer, which a failed restore puts back as it was."""

    opens = True

    async def act(self, context: Any) -> Facts:
        """Return ``{"cluster", "balancer", "attempt"}``; the balancer is ``None`` when nobody answers."""
        number, cluster = self.attempt(context), self.platform.cluster(self.cluster)
        try:
            async with mongo_hooks.routers(self.platform, cluster).connect() as client:
                balancer = str((await client.command("balancerStatus"))["mode"])
        except VitamBackupError as error:
            self.log.warning("%s does not answer, its balancer is not known: %s", self.cluster, error.message)
            return {"cluster": self.cluster, "balancer": None, ATTEMPT: number}
        return {"cluster": self.cluster, "balancer": balancer, ATTEMPT: number}
