"""The look: everything that can be known before anything stops. It changes nothing."""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

from vitam_operators import (
    archive,
    clients,
    cluster_layout,
    guard,
    health,
    left_down,
    mongo,
    mounts,
    proxies,
    reflink,
    systemd,
    tools,
    versions,
    writes,
)
from vitam_operators.commands import existing
from vitam_operators.config import MongoCluster
from vitam_operators.engines.chosen import engine_of
from vitam_operators.errors import CommandFailedError, LookFailedError, VitamBackupError
from vitam_operators.hooks import bound_units, host_keys, notes
from vitam_operators.hooks import clients as client_hooks
from vitam_operators.hooks import mongo as mongo_hooks
from vitam_operators.hooks.hosts import HostHook, Shell, target
from vitam_operators.host_units import files_parts_of, mongo_parts_of, optional_timers, units_of
from vitam_operators.nights import ATTEMPT
from vitam_operators.operators.base import NightOperator
from vitam_operators.operators.ownership import own_run
from vitam_operators.operators.questions import ask_services
from vitam_operators.operators.second_look import look_again
from vitam_operators.operators.targets import ClusterOperator, HostOperator
from vitam_operators.parts import MongoPart, config_parts, shard_parts

Facts = dict[str, Any]
FINDINGS, GUARD, DOWN = "findings", "guard", "down"
LAG_LIMIT_S = 10
CLOCK_LIMIT_S = 5
"""Vitam's own services accept each other's requests within 10 s (``X-Platform-Id``)."""


class LookOperator(NightOperator):
    """
    A look at one thing: facts go to the plan, findings stop the night before it begins.

    Findings are pushed as an XCom of their own, so that plan_night can tell all of them at once.
    """

    opens = True

    async def act(self, context: Any) -> Facts:
        """Look; fail if anything is wrong. What was seen is of the attempt that was on when it began."""
        number = self.attempt(context)
        facts, findings = await self.look(context)
        context["ti"].xcom_push(FINDINGS, findings)
        for finding in findings:
            self.log.error("FAILED  %s", finding)
        if findings:
            raise LookFailedError(
                "; ".join(findings), hint="nothing was touched; mend what is named, then clear this run or trigger one"
            )
        return facts | {ATTEMPT: number}

    @abstractmethod
    async def look(self, context: Any) -> tuple[Facts, list[str]]:
        """Return facts and findings."""


def answers_of(context: Any, task: str, key: str = "return_value") -> list[Any]:
    """Return an XCom of all instances; asked for as a list, or that of an only instance would come bare."""
    return [found for found in context["ti"].xcom_pull(task_ids=[task], key=key) or () if found is not None]


def findings_of(context: Any, expected: Mapping[str, int]) -> Iterator[str]:
    """
    Yield what the looks have found, and which of them did not end.

    :param expected: how many instances each task has
    """
    for task, number in expected.items():
        found = [findings for findings in answers_of(context, task, FINDINGS) if findings]
        yield from (finding for findings in found for finding in findings)
        silent = number - len(found) - len(answers_of(context, task))
        if silent:
            yield f"{silent} of {number} {task} did not end; their logs say why"


class CheckHostOperator(HostOperator, LookOperator):
    """Look at one host: ssh, sudo, tools, units, and what runs now."""

    async def look(self, context: Any) -> tuple[Facts, list[str]]:
        """Return ``{"host", "running", "down", "sizes", "free_bytes", "versions", "methods", …}`` and findings."""
        host = target(self.platform, self.host)
        keys = await host_keys.ask(host)
        async with HostHook(host).connect() as shell:
            units = units_of(self.platform, host.name)
            states = await shell.run(systemd.unit_states(units)) if units else {}
            needed = set(units) - optional_timers(self.platform, host.name)
            findings = keys.findings
            findings += [f"{host.name}: {u} is {s.load}" for u, s in states.items() if u in needed and not s.exists]
            findings += [f"{host.name}: {words}" for words in systemd.aliases(states)]
            needs = tools.needed(engine_of(self.platform.copies))
            missing = await shell.run(systemd.missing_tools(needs))
            told = await shell.run(tools.first_lines([tool for tool in needs if tool not in missing]))
            findings += [f"{host.name}: the program {tool} is missing, install it" for tool in missing]
            findings += [f"{host.name}: {words}" for words in tools.too_old(told, needs)]
            findings += await self._rights(shell, units, told)
            findings += await self._bound(shell, units)
            findings += await self._clock(shell)
            found = await shell.run(guard.state())
            findings += guard.findings(found, host.name, own_run(context))
            findings += await self._links(shell) if not findings else []
            sizes = await self._sizes(shell, findings) if not findings else {}
            methods = await self._methods(shell, sizes, findings) if sizes else {}
            free_bytes = await shell.run(archive.room_at(self.platform.copies.directory))
            mounted = await shell.run(archive.mount_points(mounts.directories(self.platform, host.name)))
            below = await shell.run(archive.mounts_below(mounts.sources(self.platform, host.name)))
            running = [unit for unit in units if unit in states and states[unit].running]
            down = left_down.seen_down(states, [unit for unit in units if unit in needed])
            for unit in needed | set(running):
                self.log.info("%-7s %s: %s", "OK" if states[unit].exists else "FAILED", unit, states[unit].words)
            active = [unit for unit in running if states[unit].active == "active"]
            answers = await ask_services(self.platform, shell, active, self.log)
            vitams = await self._versions(shell, active)
            warnings = [*tools.doubtful(told, needs), *proxies.warnings(await shell.run(proxies.settings()))]
            restic = await shell.run(existing([clients.RESTIC_SCRIPT])) if not findings else ()
            _, restless = await look_again(shell, {unit: states[unit] for unit in running})
        context["ti"].xcom_push(GUARD, guard.report_of(found, host.name))
        context["ti"].xcom_push(DOWN, left_down.names(host.name, down))
        facts = {"host": host.name, "running": running, "down": down, "sizes": sizes, "free_bytes": free_bytes}
        facts |= {"versions": vitams, "tools": self._versions_of_engine(told), "methods": methods}
        facts |= {"paused": answers.paused, mounts.MOUNTS: mounted, mounts.MOUNTS_BELOW: below}
        warnings = [*warnings, *left_down.warnings(down), *self._other_versions(vitams)]
        warnings = [f"{host.name}: {warning}" for warning in warnings]
        warnings += [*keys.warnings, *answers.warnings, *filter(None, [guard.warning(found, host.name)])]
        warnings += [clients.dump_by_cron(host.name)] if restic else []
        findings += [
            f"{host.name}: {unit} does not stay up: {words}; read journalctl -u {unit}, mend it or stop it"
            for unit, words in restless.items()
        ]
        return {**facts, "warnings": warnings}, [*findings, *answers.findings]

    async def _rights(self, shell: Shell, units: list[str], told: Mapping[str, str]) -> list[str]:
        if await shell.run(systemd.may_sudo(units)):
            return []
        return [
            f"{shell.host.name}: sudo asks for a password before it stops {', '.join(units) or 'anything'}; the host's "
            f"sudoers file is not that of this platform file, see docs/hosts.md{tools.rules_hint(told)}"
        ]

    def _versions_of_engine(self, told: Mapping[str, str]) -> dict[str, str]:
        names = engine_of(self.platform.copies).tools
        return {tool: tools.version_of(tool, told.get(tool, "")) for tool in names}

    def _other_versions(self, found: dict[str, str]) -> list[str]:
        """Doubt a version of Vitam that its services do not have: which securing is waited for depends on it."""
        own = self.platform.vitam_version
        return [
            f"{name} says that it is Vitam {version}, vitam_version is {own}: correct the platform file"
            for name, version in found.items()
            if not versions.same_series(version, own)
        ]

    async def _bound(self, shell: Shell, units: list[str]) -> list[str]:
        """Name what would be stopped with ours, and that nobody would start again."""
        others = sorted(await bound_units.stopped_with(shell, units))
        states = await shell.run(systemd.unit_states(others)) if others else {}
        return [
            f"{shell.host.name}: systemd stops {unit} with a unit of Vitam's, and nobody would start it again: name it "
            f"under bound_units of this host, and print the host's sudoers file anew"
            for unit, state in states.items()
            if state.running
        ]

    async def _clock(self, shell: Shell) -> list[str]:
        """Compare the host's clock with ours: the guard fires by it, securing and optimes are read by it."""
        asked = time.time()
        off_s = await shell.run(systemd.clock()) - (asked + time.time()) / 2
        if abs(off_s) <= CLOCK_LIMIT_S:
            return []
        return [
            f"{shell.host.name}: its clock is {off_s:+.0f} s off Airflow's, at most {CLOCK_LIMIT_S}; look at its NTP"
        ]

    async def _links(self, shell: Shell) -> list[str]:
        """Look at all members here: which of a set's is copied is not known before it stops."""
        findings: list[str | None] = []
        for part in mongo_parts_of(self.platform, self.host):
            links = await shell.run(archive.links_in(part.db_path))
            findings.append(archive.links_finding(part.name, shell.host.name, links))
        return [finding for finding in findings if finding]

    async def _sizes(self, shell: Shell, findings: list[str]) -> dict[str, int]:
        sizes = {}
        for part in files_parts_of(self.platform, self.host):
            try:
                sizes[part.name] = await shell.run(archive.size_of(part.file_set.path))
            except CommandFailedError as error:
                findings.append(f"{shell.host.name}: file set {part.file_set.name}: {error.message}; {error.hint}")
        for database in mongo_parts_of(self.platform, self.host):
            sizes[database.name] = await shell.run(archive.size_of(database.db_path))
        return sizes

    async def _methods(self, shell: Shell, sizes: dict[str, int], findings: list[str]) -> dict[str, str]:
        """Return how each replica set with a member here can be copied, see :func:`vitam_operators.reflink.methods`."""
        wanted, hindrances, rooms = self.platform.copies.method, dict[str, str](), dict[str, reflink.Room]()
        for part in mongo_parts_of(self.platform, self.host):
            why = "" if wanted == "direct" else await self._hindrance(shell, part)
            if not why and wanted == "auto":
                rooms[part.name] = await shell.run(reflink.room_for_changes(part.db_path))
            hindrances[part.name] = why
        hindrances |= dict.fromkeys(reflink.without_room(rooms, sizes), "too little room beside it")
        findings += reflink.findings(wanted, shell.host.name, hindrances)
        return reflink.methods(wanted, hindrances)

    async def _hindrance(self, shell: Shell, part: MongoPart) -> str:
        mounts = await shell.run(archive.mounts_in(part.db_path))
        return f"{mounts[0]} is another file system" if mounts else await shell.run(reflink.hindrance(part.db_path))

    async def _versions(self, shell: Shell, running: list[str]) -> dict[str, str]:
        services = [self.platform.service(name) for name in shell.host.services]
        services = [service for service in services if service.is_vitams and service.unit in running]
        answers = [await shell.run(health.admin_version(shell.host.admin_ip, s.admin_port)) for s in services]
        return {service.name: answer for service, answer in zip(services, answers, strict=True) if answer}


class CheckClusterOperator(ClusterOperator, LookOperator):
    """Look at one MongoDB cluster: primaries, members, shards, balancer."""

    async def look(self, context: Any) -> tuple[Facts, list[str]]:
        """Return ``{"cluster", "balancer", "version", "fcv", "shards", "primaries", "members", …}`` and findings."""
        cluster = self.platform.cluster(self.cluster)
        findings: list[str] = []
        facts: Facts = {"cluster": self.cluster, "primaries": {}, "members": {}}
        routers = await mongo_hooks.hellos_of_routers(self.platform, cluster)
        findings += (f"{cluster.name}: {finding}" for finding in mongo.router_findings(routers))
        try:
            facts |= await self._ask_routers(cluster, findings) if any(routers.values()) else {}
        except VitamBackupError as error:
            findings.append(f"{cluster.name}: {error.finding}")
        sets = [part for part in (*config_parts(self.platform), *shard_parts(self.platform)) if part.cluster == cluster]
        answers = await asyncio.gather(*(self._ask_set(part, facts["members"]) for part in sets))
        for part, (primary, found) in zip(sets, answers, strict=True):
            facts["primaries"][part.name] = primary
            findings += found
            self.log.info("%-7s %s: primary on %s", "FAILED" if found else "OK", part.name, primary)
        facts["warnings"] = await self._clients(cluster, findings)
        return facts, findings

    async def _clients(self, cluster: MongoCluster, findings: list[str]) -> list[str]:
        """Look at who is connected now: what does not stop with Vitam holds the night just before its copies."""
        connected = await client_hooks.connected(self.platform, cluster)
        passing = clients.let_through(self.platform, cluster.readers, connected.found)
        findings += [f"{cluster.name}: {words}" for words in passing]
        staying = clients.in_the_way(self.platform, cluster.readers, connected.found)
        return [f"{cluster.name}: {words}" for words in (*connected.silent, *staying)]

    async def _ask_routers(self, cluster: MongoCluster, findings: list[str]) -> Facts:
        async with mongo_hooks.routers(self.platform, cluster).connect() as client:
            balancer = await client.command("balancerStatus")
            shards = (await client.command("listShards"))["shards"]
            version = (await client.command("buildInfo"))["version"]
            fcv = await client.feature_compatibility_version()
            noted = await notes.cluster_notes(client)
        found = mongo.balancer_finding(cluster.name, balancer)
        findings += [found] if found else []
        findings += mongo.shard_findings(cluster, shards)
        listed = {shard["_id"]: shard["host"] for shard in shards}
        return {"balancer": balancer["mode"], "shards": listed, "version": version, "fcv": fcv, **noted}

    async def _ask_set(self, part: MongoPart, members: dict[str, list[str]]) -> tuple[str | None, list[str]]:
        port = part.daemon.port
        hellos = await mongo_hooks.hellos(self.platform, part.cluster, part.replica_set.data_hosts, port)
        try:
            primary = mongo.primary_of(part.replica_set.name, hellos)
            async with mongo_hooks.member(self.platform, part.cluster, primary, port).connect() as client:
                status = await client.command("replSetGetStatus")
                configuration = await client.command("replSetGetConfig")
                storage = await notes.storage_options(client)
        except VitamBackupError as error:
            return None, [f"{part.cluster.name}: {error.finding}"]
        delayed, members[part.name] = writes.delayed_members(configuration), cluster_layout.members_of(configuration)
        findings = [f"{part.cluster.name}: {finding}" for finding in mongo.member_findings(part.replica_set, status)]
        findings += mongo.silent_findings(part.name, hellos)
        findings += filter(None, [mongo.path_finding(part.name, primary, part.db_path, storage)])
        lag_s = mongo.lag_s(status, delayed)
        if lag_s > LAG_LIMIT_S:
            findings.append(f"{part.name}: a secondary is {lag_s:.0f} s behind, at most {LAG_LIMIT_S}")
        return primary, findings
