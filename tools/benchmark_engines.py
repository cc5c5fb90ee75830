"""
Compare the engines on one machine: how long a copy takes, how long it takes to read it back, how large it is.

``benchmark_engines.py [MB] [DIRECTORY]``: 500 MB below the directory for temporary files by default. The data look
like WiredTiger's: blocks of 4 KiB, a quarter of which compresses well. Before the second night one file of ten is
written anew, before the third a twentieth of all blocks, eight together, all over the files. Sources, copies and
repositories are on one disk, and in its cache as far as they fit: compare the lines with each other, not with those of
another machine.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "plugins")]

from vitam_operators import secret_files  # noqa: E402
from vitam_operators.config_copies import CopyConfig  # noqa: E402
from vitam_operators.engines.base import Engine, Job  # noqa: E402
from vitam_operators.engines.chosen import engine_of  # noqa: E402

MEGABYTE = 10**6
BLOCK_BYTES = 4096
FILES = 10
UNIT = "benchmark"
FIRST = "restic, first night"


def main(size_mb: int, directory: str | None) -> None:
    """Print a line for each engine and night."""
    with tempfile.TemporaryDirectory(prefix="benchmark-engines-", dir=directory) as home:
        base = Path(home)
        make_source(base / "source", size_mb)
        print(f"{size_mb} MB in {FILES} files, {os.cpu_count()} processors")
        print(f"{'':22}{'copy':>19}{'reading back':>19}{'extraction':>19}{'takes':>10}")
        for title, copies in configurations(base).items():
            measure(title, engine_of(copies), base, "night-1", size_mb)
        restic = engine_of(configurations(base)[FIRST])
        write_file(base / "source" / "collection-0.wt", size_mb)
        measure("restic, one file new", restic, base, "night-2", size_mb)
        scatter_changes(base / "source")
        measure("restic, 5 % scattered", restic, base, "night-3", size_mb)


def configurations(base: Path) -> dict[str, CopyConfig]:
    """Return what is compared, by its title."""
    own: dict[str, dict[str, Any]] = {
        "tar, zstd 1": {"compression": "zstd"},
        "tar, not compressed": {"compression": "none"},
        FIRST: {"engine": "restic", "restic": {"repository": f"{place_of(base, FIRST)}/r", "password_conn_id": UNIT}},
    }
    return {
        title: CopyConfig.model_validate({**keys, "directory": str(place_of(base, title))})
        for title, keys in own.items()
    }


def place_of(base: Path, title: str) -> Path:
    """Return the directory in which all that an engine keeps is."""
    return base / title.replace(", ", "-").replace(" ", "-")


def make_source(source: Path, size_mb: int) -> None:
    """Write files as a dbPath has them."""
    source.mkdir()
    for number in range(FILES):
        write_file(source / f"collection-{number}.wt", size_mb)


def write_file(path: Path, size_mb: int) -> None:
    """Write a file of blocks that are three quarters random."""
    text = (b'{"_id": "aeaqaaaaaahh", "#tenant": 0, "#unitups": []}' * 20)[: BLOCK_BYTES // 4]
    with path.open("wb") as file:
        for _ in range(size_mb * MEGABYTE // FILES // BLOCK_BYTES):
            file.write(os.urandom(BLOCK_BYTES - len(text)) + text)


def scatter_changes(source: Path) -> None:
    """Write a twentieth of the blocks anew, where they are."""
    for path in source.iterdir():
        blocks = path.stat().st_size // BLOCK_BYTES
        with path.open("r+b") as file:
            for _ in range(blocks // 160):
                file.seek(random.randrange(blocks - 8) * BLOCK_BYTES)
                file.write(os.urandom(8 * BLOCK_BYTES))


def measure(title: str, engine: Engine, base: Path, label: str, size_mb: int) -> None:
    """Copy, read back and extract; print how long each took, and how much more there is on the disk."""
    place = Path(engine.copies.directory)
    before = size_of(place)
    jobs = [
        engine.store(str(base / "source"), label, "p", ()),
        engine.verify(label, "p"),
        engine.extract(engine.place(label, "p"), str(base / "extracted")),
    ]
    times = [seconds(job, base) for job in jobs]
    subprocess.run(["rm", "-rf", base / "extracted"], check=True)
    told = "".join(f"{time_s:7.1f} s {size_mb / time_s:4.0f} MB/s" for time_s in times)
    print(f"{title:22}{told}{(size_of(place) - before) / MEGABYTE:7.0f} MB", flush=True)


def size_of(place: Path) -> int:
    """Return how many bytes all files below a directory have."""
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def seconds(job: Job, base: Path) -> float:
    """Run a job as a host does, and return how long it took."""
    secrets = base / "secrets"
    secrets.mkdir(exist_ok=True)
    (secrets / UNIT).write_text("export RESTIC_PASSWORD=benchmark\n", encoding="utf-8")
    words = ["bash", "-c", job.script.replace(secret_files.HOME, str(secrets)), UNIT, *job.arguments]
    began = time.monotonic()
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"a job ended with {done.returncode}: {done.stderr[-1000:]}")
    return time.monotonic() - began


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500, sys.argv[2] if len(sys.argv) > 2 else None)
