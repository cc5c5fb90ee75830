"""Configuration, keyfile and directories of a host's MongoDB processes, laid out as Vitam does."""

from __future__ import annotations

from typing import Any

from lab import mongod
from lab.host.files import make_directory, write

# Small caches and a small oplog keep eleven servers on one machine. MongoDB's quiesce time before a shutdown (15 s) is
# shortened, and the sessions collection is not cut into 1024 chunks that the balancer would then move about.
QUIESCE_S = 3
SERVER = """\
systemLog:
  destination: file
  path: "/vitam/log/{role}/{role}.log"
  logAppend: true
net:
  bindIp: "{address}"
  port: {port}
  unixDomainSocket:
    pathPrefix: "/vitam/tmp/{role}"
    filePermissions: 0700
storage:
  dbPath: "/vitam/data/{role}/db"
  directoryPerDB: true
  wiredTiger:
    engineConfig:
      cacheSizeGB: 0.25
replication:
  replSetName: "{set_name}"
  oplogSizeMB: 256
sharding:
  clusterRole: "{cluster_role}"
security:
  keyFile: "/vitam/conf/{role}/keyfile"
  authorization: enabled
setParameter:
{parameters}
"""
ROUTER = """\
systemLog:
  destination: file
  path: "/vitam/log/mongos/mongos.log"
net:
  bindIp: "{address}"
  port: {port}
sharding:
  configDB: "{config_db}"
security:
  keyFile: "/vitam/conf/mongos/keyfile"
"""


def install(address: str, version: str, member: dict[str, Any], cluster: dict[str, Any]) -> None:
    """
    Write what one MongoDB process of this host needs.

    :param version: of MongoDB.
    :param member: role, port and replica set of the process.
    :param cluster: keyfile and the config set's address of its cluster.
    """
    role = member["role"]
    for directory in ("conf", "log", "tmp", *([] if role == "mongos" else ["data"])):
        make_directory(f"/vitam/{directory}/{role}", "vitamdb", "vitam", 0o750)
    if role != "mongos":
        make_directory(f"/vitam/data/{role}/db", "vitamdb", "vitam", 0o750)
    write(f"/vitam/conf/{role}/keyfile", cluster["keyfile"] + "\n", "vitamdb", "vitam", 0o600)
    text = _router(address, member, cluster) if role == "mongos" else _server(address, version, member)
    write(f"/vitam/conf/{role}/{role}.conf", text, "vitamdb", "vitam", 0o640)


def _router(address: str, member: dict[str, Any], cluster: dict[str, Any]) -> str:
    return ROUTER.format(address=address, port=member["port"], config_db=cluster["config"])


def _server(address: str, version: str, member: dict[str, Any]) -> str:
    config = member["role"] == "mongoc"
    parameters = mongod.parameters(version, config_server=config, quiesce_s=QUIESCE_S)
    return SERVER.format(
        address=address,
        port=member["port"],
        role=member["role"],
        set_name=member["set"],
        cluster_role="configsvr" if config else "shardsvr",
        parameters="\n".join(f"  {name}: {value}" for name, value in parameters.items()) or "  {}",
    )
