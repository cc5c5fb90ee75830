"""A restore drill on a host: where a copy is extracted, what its transient units are called, what is removed."""

from __future__ import annotations

import re

from vitam_operators.commands import Command, change, line
from vitam_operators.config_copies import DrillConfig
from vitam_operators.mongod_log import NOT_THE_DATA
from vitam_operators.scratch_mongod import OPEN_FILES

COPY_IS_DAMAGED = re.compile(
    r"\S: FAILED$|^sha256sum: \S+(?<!\.sha256): No such file or directory|Restored data doesn't match checksum"
    r"|^one snapshot expected of .* found: none|ciphertext verification failed|: invalid data returned"
    r"|^ignoring error for .* not found in repository|StreamPack: (?:ReadFull: unexpected EOF|open .*: no such file)"
)
"""
What coreutils 9.1, zstd 1.5 and restic 0.14 were seen to say of an archive or repository that was damaged on purpose.
Not ``tar: Unexpected EOF``, which tar also says when the program before it is killed.
"""


def scratch_of(label: str, part: str, drill: DrillConfig) -> str:
    """Return the directory into which a part is extracted; beside it, with other ends, what belongs to it."""
    return f"{drill.directory}/{label}-{part}"


def extract_unit(label: str, part: str) -> str:
    """Return the name of the transient unit that extracts a part."""
    return f"vitam-drill-extract-{label}-{part}.service"


def mongod_unit(label: str, part: str) -> str:
    """Return the name of the transient unit that is the mongod of a part."""
    return f"vitam-drill-{label}-{part}.service"


def limits(drill: DrillConfig) -> tuple[str, ...]:
    """Return systemd's properties that keep a drill from the platform's processors."""
    return (f"CPUQuota={drill.cpu_percent}%", f"LimitNOFILE={OPEN_FILES}")


def begun(scratch: str) -> tuple[str, str]:
    """Return the paths of which one exists once a part's extraction has begun."""
    return scratch, f"{scratch}.partial"


def files_in(scratch: str) -> Command[int]:
    """Fact: how many files and directories were extracted, the directory itself included."""
    return Command(f"{line('find', scratch, '-printf', '.', sudo=True)} | wc --bytes", int, timeout_s=600)


def remove(scratch: str) -> Command[None]:
    """Change: remove what was extracted, whole or not, and the key."""
    return change("rm", "-rf", "--", scratch, f"{scratch}.partial", f"{scratch}.key", timeout_s=600)


def extraction_damage(said: str) -> str | None:
    """Return the words that prove that a copy is damaged; ``None`` where nothing does, or the machine failed first."""
    for text in said.splitlines():
        if NOT_THE_DATA.search(text):
            return None
        if COPY_IS_DAMAGED.search(text):
            return text.strip()
    return None
