"""
What MongoDB's answers mean for a cold backup. Plain functions over documents; connections are elsewhere.

Documents are those of the official commands ``hello``, ``replSetGetStatus``, ``replSetGetConfig``, ``balancerStatus``
and ``listShards``, as the driver returns them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from posixpath import normpath
from typing import Any

from vitam_operators.config import MongoCluster, ReplicaSet
from vitam_operators.errors import PrimaryError

Document = Mapping[str, Any]
BALANCER_MODES = ("full", "off")
PRIMARY, SECONDARY, ARBITER = 1, 2, 7
ROUTER = "isdbgrid"
"""What a mongos has as ``msg`` of its ``hello`` (MongoDB's manual, ``hello``)."""


@dataclass(frozen=True)
class Silent:
    """
    In place of a member's answer; false, as no answer is.

    :param why: it gave none
    :param hint: what to do
    """

    why: str
    hint: str

    def __bool__(self) -> bool:
        return False


def primary_of(replica_set: str, hellos: Mapping[str, Document | Silent]) -> str:
    """
    Return the host of the one member that says it is the elected primary.

    :param replica_set: name that each member has to have
    :param hellos: each host's answer to ``hello``
    :raises PrimaryError: no member, or more than one, is the primary, or a member is of another set
    """
    answers = {host: hello for host, hello in hellos.items() if not isinstance(hello, Silent)}
    strangers = [host for host, hello in answers.items() if hello.get("setName") not in (replica_set, None)]
    members = {host: hello for host, hello in answers.items() if hello.get("setName") == replica_set}
    primaries = [host for host, hello in members.items() if hello.get("isWritablePrimary")]
    found = ", ".join(f"{host}: {_role(hello)}" for host, hello in hellos.items())
    if strangers:
        raise PrimaryError(
            f"another set answers on {', '.join(strangers)} in place of replica set {replica_set}; members: {found}",
            hint="compare hosts, ports and names of sets in the platform file with rs.conf()",
        )
    if len(primaries) != 1:
        raise PrimaryError(
            f"replica set {replica_set} has {len(primaries)} primaries, exactly 1 is needed; members: {found}",
            hint="; ".join(_hints(hellos, primaries)),
        )
    return primaries[0]


def silent_findings(where: str, hellos: Mapping[str, Document | Silent]) -> Iterator[str]:
    """
    Tell which servers do not answer, each with why and what to do: the night asks every one of them.

    :param where: what they are, such as the set's name
    """
    for host, hello in hellos.items():
        if isinstance(hello, Silent):
            yield f"{where} on {host}: {hello.why}: {hello.hint}"


def router_findings(hellos: Mapping[str, Document | Silent]) -> Iterator[str]:
    """Tell which routers do not answer, and what answers in the place of one."""
    yield from silent_findings("mongos", hellos)
    for host, hello in hellos.items():
        if not isinstance(hello, Silent) and hello.get("msg") != ROUTER:
            yield f"mongos on {host}: what answers is a mongod, no mongos: compare mongos.port in the platform file"


def is_secondary(hello: Document | Silent) -> bool:
    """Tell whether a member answers and is a secondary, which is ready then."""
    return not isinstance(hello, Silent) and bool(hello.get("secondary"))


def _hints(hellos: Mapping[str, Document | Silent], primaries: Collection[str]) -> Iterator[str]:
    """Say what to do about a set without its one primary: of a member that does not answer, by why it does not."""
    yield "wait for the election to end and clear this task; look at rs.status() on the members named"
    if not primaries:
        yield from dict.fromkeys(hello.hint for hello in hellos.values() if isinstance(hello, Silent))


def _role(hello: Document | Silent) -> str:
    if isinstance(hello, Silent):
        return hello.why
    if hello.get("isWritablePrimary"):
        return f"primary of {hello.get('setName')}"
    role = "secondary" if hello.get("secondary") else "arbiter" if hello.get("arbiterOnly") else "neither"
    return f"{role} of {hello.get('setName')}"


def member_findings(replica_set: ReplicaSet, status: Document) -> Iterator[str]:
    """
    Tell what is wrong with the members of a set before a night.

    :param status: ``replSetGetStatus`` of one member
    """
    known = {PRIMARY: "PRIMARY", SECONDARY: "SECONDARY", ARBITER: "ARBITER"}
    members = status.get("members", [])
    for member in members:
        if member.get("health") != 1 or member.get("state") not in known:
            state = member.get("stateStr")
            yield f"{replica_set.name}: member {member.get('name')} is {state}, not PRIMARY or SECONDARY"
    primaries = [member for member in members if member.get("state") == PRIMARY]
    if len(primaries) != 1:
        yield f"{replica_set.name}: {len(primaries)} primaries, exactly 1 is needed"
    if len(members) != len(replica_set.members):
        yield (
            f"{replica_set.name}: rs.status() has {len(members)} members, the platform file {len(replica_set.members)}"
        )


def path_finding(part: str, host: str, expected: str, options: Document) -> str | None:
    """
    Tell when a mongod keeps its data elsewhere than the platform file says: what lies there would be copied instead.

    :param expected: ``db_path`` of the platform file
    :param options: its storage options, of ``getCmdLineOpts``; an account that may not ask has none
    """
    found = str(options.get("dbPath", expected))
    if normpath(found) == normpath(expected):
        return None
    return f"{part}: mongod on {host} keeps its data in {found}, the platform file says db_path: {expected}"


def lag_s(status: Document, delayed: Collection[str] = ()) -> float:
    """
    Return by how many seconds the slowest secondary is behind the primary.

    :param delayed: addresses of members that are behind on purpose
    """
    dates = {m["state"]: m["optimeDate"] for m in status["members"] if m.get("state") == PRIMARY}
    behind = [
        (dates[PRIMARY] - m["optimeDate"]).total_seconds()
        for m in status["members"]
        if m.get("state") == SECONDARY and PRIMARY in dates and m.get("name") not in delayed
    ]
    return float(max([0.0, *behind]))


def holds_current_data(configuration: Document, address: str) -> bool:
    """
    Tell whether the member at ``address`` is one to copy: not an arbiter, not delayed.

    :param configuration: ``replSetGetConfig``
    :param address: ``host:port`` as in the configuration
    """
    for member in configuration["config"]["members"]:
        if member["host"] == address:
            delay = member.get("secondaryDelaySecs", member.get("slaveDelay", 0))
            return not member.get("arbiterOnly", False) and not delay
    return False


def shard_findings(cluster: MongoCluster, shards: Iterable[Document]) -> Iterator[str]:
    """Compare ``listShards`` with the platform file: a shard that one of the two lacks would not be copied."""
    listed = {str(shard["host"]).partition("/")[0] for shard in shards}
    named = {shard.name for shard in cluster.shards}
    for name in sorted(listed - named):
        yield f"{cluster.name}: shard {name} is in config.shards but not in the platform file, it would not be copied"
    for name in sorted(named - listed):
        yield f"{cluster.name}: shard {name} is in the platform file but not in config.shards"


def balancer_finding(cluster: str, status: Document) -> str | None:
    """Tell what is wrong with a balancer that could not be put back as it was."""
    if status.get("mode") not in BALANCER_MODES:
        return f"{cluster}: the balancer is in mode {status.get('mode')!r}; only 'full' and 'off' can be put back"
    return None


def busy_balancer(status: Document, migrations: int) -> str | None:
    """
    Tell why a balancer that was stopped is not idle yet, or return ``None``.

    :param status: ``balancerStatus``
    :param migrations: how many documents ``config.migrations`` has
    """
    if status.get("mode") != "off":
        return f"the balancer's mode is {status.get('mode')}, not off"
    if status.get("inBalancerRound"):
        return "a balancer round is running"
    if migrations:
        return f"{migrations} chunk migrations are not finished"
    return None
