"""
The real ansible-inventory without its start: a process that has loaded Ansible forks one for each inventory.

Loading it takes a second, reading an inventory a tenth.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from vitam_operators import ansible_programs

LOADED = Path(__file__).with_name("ansible_loaded.py")


class Forks:
    """Stands in for :func:`vitam_operators.ansible_programs.run`; one loaded process for each ansible.cfg."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._loaded: dict[str, subprocess.Popen[str]] = {}

    def run(self, command, variables, directory):
        out, err = directory / "stdout", directory / "stderr"
        process = self._process(Path(variables["ANSIBLE_CONFIG"]).read_text(encoding="utf-8"), variables)
        process.stdin.write(
            json.dumps({"argv": command, "cwd": str(directory), "out": str(out), "err": str(err)}) + "\n"
        )
        process.stdin.flush()
        status = int(process.stdout.readline())
        texts = (path.read_text(encoding="utf-8", errors="replace") for path in (out, err))
        return subprocess.CompletedProcess(command, status, *texts)

    def _process(self, config: str, variables):
        if config not in self._loaded:
            path = self._directory / f"{len(self._loaded)}.cfg"
            path.write_text(config, encoding="utf-8")
            own = variables | {"ANSIBLE_CONFIG": str(path), "ANSIBLE_LOCAL_TEMP": str(self._directory / "tmp")}
            self._loaded[config] = subprocess.Popen(
                [sys.executable, "-P", str(LOADED)],  # -P: the fakes beside it have names of the standard library
                env=own,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._loaded[config]

    def close(self) -> None:
        for process in self._loaded.values():
            process.stdin.close()
            process.wait(timeout=30)
            process.stdout.close()


@contextlib.contextmanager
def forks():
    """Let the reader of inventories fork its Ansible."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        loaded = Forks(Path(name))
        patch.setattr(ansible_programs, "run", loaded.run)
        try:
            yield
        finally:
            loaded.close()
