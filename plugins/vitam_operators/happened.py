"""
What each step of a run says of itself: the record ``done.<step>@<what it acts on>``, which only the step can write.

A step that a person marks as a success, or that Airflow takes for one, has none. A second try that has begun and not
ended takes the word of the first one back: who fails and is marked then proves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from logging import Logger
from typing import Any

from vitam_operators import nights
from vitam_operators.nights import Night, Record

KIND = "done"
ASKED_FOR = "step_records"
"""Key of ``open.json``: each step of this run leaves its record. Runs that older versions opened lack it."""


def name_of(step: str, acted_on: Sequence[str]) -> str:
    """Return the name of a step's record: ``done.stop_worker@worker-1``."""
    return ".".join([KIND, "@".join([step, *acted_on])])


def has_happened(night: Night, step: str, acted_on: Sequence[str]) -> bool:
    """Tell whether a step has said that it came to its end, and has not begun again since."""
    record = night.read(name_of(step, acted_on)) or {}
    return "ended_at" in record and "again_at" not in record


def all_done(night: Night) -> dict[str, Record]:
    """Return what the steps of a run have said, by step."""
    return night.all(KIND)


class OwnRecord:
    """
    The record of one step. That it cannot be written costs the proof, and keeps no start from its work.

    :param night: records of the run; ``None``: nothing was opened, nothing is written
    :param name: see :func:`name_of`
    """

    def __init__(self, night: Night | None, name: str, log: Logger) -> None:
        self._night, self._name, self._log = night, name, log
        self._stood: Record | None = None

    def begin(self) -> None:
        """Take back what an earlier try has said, until this one ends."""
        self._stood = self._read()
        if self._stood is not None:
            self._write({**self._stood, "again_at": nights.now_text()})

    def stand(self) -> None:
        """Let stand what an earlier try has said: this one has refused, and touched nothing."""
        if self._stood is not None:
            self._write(self._stood)

    def end(self, result: Any = None, *, skipped: str = "") -> None:
        """
        Say that the step came to its end.

        :param result: what it answers; of a dict the words under ``state`` are kept
        :param skipped: why nothing was to be done
        """
        state = result.get("state") if isinstance(result, dict) else None
        said = {"ended_at": nights.now_text(), "state": state, "skipped": skipped}
        self._write({key: value for key, value in said.items() if value})

    def _read(self) -> Record | None:
        try:
            return self._night.read(self._name) if self._night is not None else None
        except (OSError, ValueError) as error:
            self._log.warning("what an earlier try of this step has said cannot be read: %s", error)
            return None

    def _write(self, record: Record) -> None:
        try:
            if self._night is not None:
                self._night.write(self._name, record)
        except OSError as error:
            self._log.warning("that this step came to its end could not be noted, so it is not proved: %s", error)
