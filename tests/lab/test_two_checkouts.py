"""Two checkouts on one machine: the lab's names and addresses exist once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.lab.evidence import on

ROOT = Path(__file__).parents[2]
PLATFORM = "allinone"


def test_a_lab_in_use_is_not_taken_away(platform_up: Callable[..., Path], tmp_path: Path) -> None:
    """Its hosts run, so somebody may be using them: whoever wants them has to say so."""
    platform_up(PLATFORM)
    shutil.copytree(ROOT / "lab", tmp_path / "lab", ignore=shutil.ignore_patterns("run", ".cache"))
    shutil.copy(ROOT / "docker-compose.yaml", tmp_path)
    up = subprocess.run(
        [sys.executable, "-m", "lab.ctl", "up"],
        cwd=tmp_path,
        env={**os.environ, "LAB": PLATFORM, "PYTHONPATH": str(ROOT / "plugins")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert up.returncode == 1
    assert f"its hosts run, but {ROOT} made them" in up.stderr
    assert "hint: if nobody uses them any more, LAB=allinone lab/down" in up.stderr
    assert on(PLATFORM, "hostname").strip() == PLATFORM
