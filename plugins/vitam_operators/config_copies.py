"""The part of the platform file that says what is copied, how, and for how long it is kept."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from vitam_operators.config_paths import AbsolutePath, Mongod, RelativePattern, Repository, Url
from vitam_operators.config_types import ACCOUNT_PATTERN, ConnId, HostName, Name, Port, Strict


class FileSet(Strict):
    """A directory that is copied beside the databases."""

    name: Name
    path: AbsolutePath
    hosts: tuple[HostName, ...] = Field(default=(), description="hosts that have it; none named: see services")
    services: tuple[str, ...] = Field(
        default=(), description="copied where one of these components is, in place of hosts; none of both: all hosts"
    )
    exclude: tuple[RelativePattern, ...] = Field(default=(), description="patterns of tar, relative to path")


def vitam_file_sets(root: str) -> tuple[FileSet, ...]:
    """
    Return the directories of a Vitam that hold what nothing else has, below its root directory.

    Vitam calls ``/vitam/data`` vital and ``/vitam/conf`` of little use, as Ansible makes it again
    (ProgrammeVitam/vitam@7.0.1 doc/fr/archi/archi-exploit-infra/principes/60-principles-data-management.rst:21);
    conf is small, and has the keyfiles. What a component keeps in files is in ``<root>/data/<component>``
    (deployment/ansible-vitam/roles/vitam/vars/main.yml:6): an offer its objects, if its provider is a file system,
    workspace what its paused workflows go on with.
    """
    with_data = ("offer", "workspace", "workspace-collect")
    of_components = (FileSet(name=name, path=f"{root}/data/{name}", services=(name,)) for name in with_data)
    return (FileSet(name="conf", path=f"{root}/conf"), *of_components)


VITAM_FILE_SETS = vitam_file_sets("/vitam")
MAY_BE_EMPTY = ("workspace", "workspace-collect")
"""Of Vitam's own file sets: they hold what workflows work on, and on an idle platform nothing."""


class KeepConfig(Strict):
    """Which backups stay when old ones are pruned."""

    last: Annotated[int, Field(ge=0)] = Field(default=7, description="the newest backups")
    daily: Annotated[int, Field(ge=0)] = Field(default=0, description="the newest of so many days that have one")
    weekly: Annotated[int, Field(ge=0)] = Field(default=0, description="the newest of so many weeks (ISO)")
    monthly: Annotated[int, Field(ge=0)] = Field(default=0, description="the newest of so many months")
    min_verified: Annotated[int, Field(ge=1)] = Field(
        default=2, description="newest backups read back without fault that no rule and no day can take away"
    )
    incomplete_days: Annotated[int, Field(ge=1)] = Field(
        default=7, description="days after which an incomplete or damaged backup goes, if a newer good one exists"
    )


DEFAULT_KEEP = KeepConfig(last=0, daily=7, weekly=4, monthly=6)


class ResticConfig(Strict):
    """Where the engine restic keeps copies."""

    repository: Repository = Field(description="as restic has it; each part has a repository of its own below it")
    password_conn_id: ConnId = Field(description="Airflow connection whose password is that of the repositories")
    cache_directory: AbsolutePath | None = Field(default=None, description="on each host; none: no cache")
    limit_upload_kib: Annotated[int, Field(ge=1)] | None = Field(default=None, description="KiB/s of each copy")
    read_data_percent: Annotated[int, Field(ge=1, le=100)] = Field(
        default=100, description="how much is read back: 100: the whole copy; less: of its repository, at random"
    )


class CopyConfig(Strict):
    """Where and how copies are made."""

    directory: AbsolutePath = Field(default="/vitam/backup", description="on the host whose data is copied")
    method: Literal["auto", "direct", "reflink"] = Field(
        default="auto", description="of MongoDB's data: a snapshot that is copied later, or a copy while it is down"
    )
    engine: Literal["tar", "restic"] = "tar"
    restic: ResticConfig | None = Field(default=None, description="needed by the engine restic")
    compression: Literal["zstd", "none"] = "zstd"
    level: Annotated[int, Field(ge=1, le=19)] = Field(default=1, description="zstd level")
    threads: Annotated[int, Field(ge=0)] = Field(default=0, description="zstd threads; 0: one for each core")
    room_factor: Annotated[float, Field(ge=0.1)] = Field(
        default=1.2, description="free space needed, as a multiple of the size of what is copied"
    )
    file_sets: tuple[FileSet, ...] = VITAM_FILE_SETS
    allow_empty: tuple[Name, ...] = Field(
        default=MAY_BE_EMPTY, description="file sets that may hold next to nothing of what the last backup found"
    )
    keep: KeepConfig | None = Field(
        default=DEFAULT_KEEP, description="which backups stay; not given: 7 daily, 4 weekly, 6 monthly; null: all"
    )


class DrillConfig(Strict):
    """How a restore drill opens a backup on the hosts that hold it, beside a platform that runs."""

    when: Literal["each_backup", "weekly", "by_hand"] = Field(default="each_backup", description="what begins a drill")
    directory: AbsolutePath = Field(default="/vitam/drill", description="for what is extracted; removed at the end")
    mongod: Mongod = Field(default="/usr/bin/mongod", description="the program that opens copies")
    port: Port = Field(default=29019, description="on the loopback; the next copy on the same host has the next port")
    cache_gb: Annotated[float, Field(ge=0.25)] = Field(default=0.5, description="WiredTiger's cache for each copy")
    cpu_percent: Annotated[int, Field(ge=1)] = Field(default=100, description="of one processor, for each copy")
    collections: Annotated[int, Field(ge=0)] = Field(default=0, description="validated in each copy; 0: all")
    full: bool = Field(default=False, description="validate with full: true, which reads much more")


class Approver(Strict):
    """A person who may approve a restore, as Airflow's auth manager knows her."""

    id: str = Field(pattern=ACCOUNT_PATTERN, description="the account's id: FAB's number, or the user name elsewhere")
    name: str | None = Field(default=None, pattern=ACCOUNT_PATTERN, description="the user name; default: the id")

    @property
    def shown(self) -> str:
        """Return how she is called."""
        return self.name or self.id


def _by_id(value: Any) -> Any:
    """Take an id alone; refuse a number, of which YAML would lose the zeros."""
    if isinstance(value, int | float):
        raise ValueError("is a number for YAML, write the account's id in quotes, such as '7'")
    return {"id": value} if isinstance(value, str) else value


class RestoreConfig(Strict):
    """Whose backups are restored onto this platform, who has their copies, and who may approve it."""

    records: Url | None = Field(
        default=None, description="URL of the directory with the backups' records, when they are another platform's"
    )
    held_by: dict[HostName, HostName] = Field(
        default={}, description="for hosts of another platform: the host of this one that has their copies"
    )
    approvers: tuple[Annotated[Approver, BeforeValidator(_by_id, json_schema_input_type=str | Approver)], ...] = Field(
        default=(), description="who may approve a restore and its removal; none: whoever may trigger the DAG"
    )
    one_person: bool = Field(default=False, description="whether who triggered a restore may also approve it")
    port: Port = Field(default=29119, description="of the mongod that opens what is brought, on the loopback")
    reserve_percent: Annotated[int, Field(ge=0, le=100)] = Field(
        default=10, description="of the live databases' size, left free for them beside what is brought"
    )
