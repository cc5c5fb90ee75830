"""A host that is a directory: command lines and the restart guard's program run there for real, but for systemctl."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

from vitam_operators import guard
from vitam_operators.commands import Command

SYSTEMCTL = Path(__file__).with_name("systemctl.sh")
OF_THE_HOST = re.compile(r"(/var/lib/vitam-restart-guard|/etc/systemd/system|/run/)")


class Sandbox:
    """
    A directory that stands for the root of a host.

    Left out: users and rights, sudo's rules, all of systemd but what ``systemctl.sh`` knows.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / "systemd"
        programs = root / "bin"
        programs.mkdir(parents=True)
        (programs / "systemctl").write_text(SYSTEMCTL.read_text(encoding="utf-8"), encoding="utf-8")
        (programs / "systemctl").chmod(0o755)
        for directory in (self.at(guard.UNITS), self.state / "units"):
            directory.mkdir(parents=True)
        self.environment = {"HOST_ROOT": str(root), "PATH": f"{programs}:{os.environ['PATH']}"}

    def at(self, path: str) -> Path:
        """Return where a path of the host is."""
        return self.root / path.removeprefix("/")

    def run(self, command: Command[Any]) -> Any:
        """Run a command as the hook for hosts does, root's too."""
        assert command.line.count("sudo -n ") <= 1
        text = OF_THE_HOST.sub(rf"{self.root}\1", command.line.replace("sudo -n ", ""))
        done = subprocess.run(
            ["sh", "-c", text],
            input=command.stdin or "",
            capture_output=True,
            text=True,
            env=os.environ | self.environment,
            check=False,
        )
        assert done.returncode in command.ok, f"{text}: {done.stdout}{done.stderr}"
        assert not (self.state / "mistakes").exists(), (self.state / "mistakes").read_text(encoding="utf-8")
        return command.read(done.stdout)

    def unit(self, name: str, *states: str, started: tuple[str, ...] = ()) -> None:
        """Have a unit: its states at the next looks, and those at the looks after a start."""
        (self.state / "units" / name).write_text("".join(f"{state}\n" for state in states), encoding="utf-8")
        if started:
            after = "".join(f"{state}\n" for state in started)
            (self.state / "units" / f"{name}.started").write_text(after, encoding="utf-8")

    def active(self, name: str) -> str:
        """Return a unit's next state."""
        return (self.state / "units" / name).read_text(encoding="utf-8").splitlines()[0]

    @property
    def calls(self) -> list[str]:
        """What systemctl was asked, but for looks."""
        lines = (self.state / "calls").read_text(encoding="utf-8").splitlines()
        return [line for line in lines if not line.startswith(("is-active", "show"))]

    @property
    def files(self) -> set[str]:
        """Every file below the places that the guard writes to."""
        places = [self.at(place) for place in (guard.HOME, guard.UNITS, "/run")]
        found = (path for place in places for path in place.rglob("*") if path.is_file())
        return {f"/{path.relative_to(self.root)}" for path in found}
