"""Proving copies: reading each one back with the platform up again."""

from __future__ import annotations

from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from vitam_operators import archive, nights, systemd
from vitam_operators.hooks.hosts import HostHook, target
from vitam_operators.operators.base import WaitingOperator
from vitam_operators.triggers.base import Report, Wait
from vitam_operators.triggers.units import UnitEnded


class VerifyCopyOperator(WaitingOperator):
    """
    Read a copy back, with the platform up again: its checksum, and its list of files.

    :param part: name of the part
    """

    gives_up = False

    def __init__(self, *, part: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.part = part

    def limit_s(self) -> int:
        """Return a day: reading back disturbs nobody."""
        return 24 * 3600

    async def begin(self, context: Any) -> Wait | None:
        """Start to read back, or find what an earlier try started."""
        night = self.latest_night(context)
        record = night.read(f"part.{self.part}") if night else None
        if night is None or record is None:
            raise AirflowSkipException(f"{self.part} was not copied")
        unit = archive.verify_unit(night.label, self.part)
        async with HostHook(target(self.platform, record["host"])).connect() as shell:
            state = (await shell.run(systemd.unit_states([unit])))[unit]
            if state.active == "failed":
                await shell.run(systemd.forget_failure(unit))
            if state.active in ("failed", "inactive"):
                arguments = archive.verify_arguments(night.label, self.part, self.platform.copies)
                words = f"Vitam backup {night.label}: reading back {self.part}"
                script = archive.VERIFY_SCRIPT
                await shell.run(
                    systemd.run_transient(unit, script, *arguments, runtime_max_s=self.limit_s(), description=words)
                )
        return UnitEnded(self.platform_file, record["host"], unit)

    async def finish(self, context: Any, report: Report) -> dict[str, Any] | None:
        """Note the proof."""
        night = self.latest_night(context)
        record = night.read(f"part.{self.part}") if night else None
        if night is None or record is None:
            return None
        async with HostHook(target(self.platform, record["host"])).connect() as shell:
            await shell.run(systemd.end_transient(archive.verify_unit(night.label, self.part)))
            copied = await shell.run(archive.copied(night.label, self.part, self.platform.copies))
        found = copied.sha256 if copied else "no archive"
        return night.write(f"proof.{self.part}", {"read_back_at": nights.now_text(), "sha256": found})
