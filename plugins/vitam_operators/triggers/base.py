"""
One trigger for every wait of a night.

A :class:`Wait` knows how to look once. The operator looks with it for a few seconds on the worker; when that is not
enough, :class:`WaitTrigger` goes on looking in the triggerer, and no worker is held.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from vitam_operators import errors
from vitam_operators.errors import (
    CommandFailedError,
    ConfigError,
    ServiceAnswerError,
    ServiceSlowError,
    VitamBackupError,
)
from vitam_operators.hooks.kept_platforms import platform_by

FIRST_POLL_S = 10
"""A task that is resumed sooner after it deferred can be failed falsely by LocalExecutor (Airflow 3.3.2)."""


REFUSALS_LIMIT = 5
"""A host that is away may come back; what it refuses so many times in a row it will refuse again."""


@dataclasses.dataclass(frozen=True)
class Report:
    """
    What one look found.

    :param done: nothing is left to wait for
    :param words: the state, as one operator would tell another
    :param value: JSON-able facts for the step that waited
    """

    done: bool
    words: str
    value: dict[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Wait(ABC):
    """
    Something to wait for. Subclasses are dataclasses with JSON-able fields, and may remember between looks.

    :param platform_file: path of the platform file
    """

    platform_file: str

    @abstractmethod
    async def look(self) -> Report:
        """
        Look once.

        :raises VitamBackupError: waiting longer is of no use (``ends_wait``), or nothing could be learned this time
        """


def remembered(default: Any) -> Any:
    """Return a field that a wait keeps between looks; it starts anew when the triggerer restarts."""
    return dataclasses.field(default=default, init=False, repr=False)


async def look_until(wait: Wait, until: dt.datetime, poll_interval_s: float, log: Any) -> dict[str, Any]:
    """
    Look again and again; return the outcome as a JSON-able event.

    :return: ``{"state": "done", "words", "value"}``, ``{"state": "late", "words"}`` when ``until`` is reached, or
        ``{"state": "failed", "error", "message", "hint"}``
    """
    told, refusals = "", 0
    while True:
        report, error = await _look(wait)
        refusals = refusals + 1 if _is_refusal(error) else 0
        if error and (error.ends_wait or refusals > REFUSALS_LIMIT):
            return _failure(error)
        if report.words != told:
            log.info(report.words)
            told = report.words
        if report.done:
            return {"state": "done", "words": report.words, "value": report.value}
        if dt.datetime.now(dt.UTC) >= until:
            return {"state": "late", "words": report.words}
        await asyncio.sleep(poll_interval_s)


async def _look(wait: Wait) -> tuple[Report, VitamBackupError | None]:
    try:
        return await wait.look(), None
    except VitamBackupError as error:
        return Report(False, error.message), error


def _is_refusal(error: VitamBackupError | None) -> bool:
    """Tell whether it was a host or a service that said no; one that is slow may answer the next time."""
    return isinstance(error, CommandFailedError | ServiceAnswerError) and not isinstance(error, ServiceSlowError)


def _failure(error: VitamBackupError) -> dict[str, Any]:
    return {"state": "failed", "error": type(error).__name__, "message": error.message, "hint": error.hint}


def raised(event: dict[str, Any]) -> VitamBackupError:
    """Return the error that a ``failed`` event stands for."""
    kind: type[VitamBackupError] = getattr(errors, event["error"])
    return kind(event["message"], hint=event["hint"])


SERIALIZED = ("wait", "arguments", "until", "poll_interval_s", "instead")


class WaitTrigger(BaseTrigger):
    """
    Looks with a :class:`Wait` until it is done, fails, or is late.

    It ends nothing on the hosts when it is cancelled: a stop, a start or a copy goes on there, and the next try of
    the task finds it.

    :param wait: ``module:Class`` of the wait
    :param arguments: its fields
    :param until: moment of giving up, ISO 8601
    :param poll_interval_s: seconds between two looks
    :param instead: the platform file, for a triggerer that does not see what the run keeps of it
    """

    def __init__(
        self, wait: str, arguments: dict[str, Any], until: str, poll_interval_s: float, instead: str = ""
    ) -> None:
        super().__init__()
        self.wait = wait
        self.arguments = arguments
        self.until = until
        self.poll_interval_s = poll_interval_s
        self.instead = instead

    @classmethod
    def of(cls, wait: Wait, until: dt.datetime, poll_interval_s: float, *, instead: str = "") -> WaitTrigger:
        """Return the trigger that goes on with a wait."""
        kind = type(wait)
        arguments = {field.name: getattr(wait, field.name) for field in dataclasses.fields(wait) if field.init}
        return cls(f"{kind.__module__}:{kind.__qualname__}", arguments, until.isoformat(), poll_interval_s, instead)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return what the triggerer needs to make it again."""
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        return path, {key: getattr(self, key) for key in SERIALIZED}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, and yield one event."""
        module, _, name = self.wait.partition(":")
        wait: Wait = getattr(import_module(module), name)(**{**self.arguments, "platform_file": self._platform_file()})
        await asyncio.sleep(FIRST_POLL_S)
        until = dt.datetime.fromisoformat(self.until)
        yield TriggerEvent(await look_until(wait, until, self.poll_interval_s, self.log))

    def _platform_file(self) -> str:
        """Return where the platform is read: what the run keeps of it, or the file itself where that is not seen."""
        file = str(self.arguments["platform_file"])
        try:
            platform_by(file)
        except ConfigError as error:
            self.log.warning("%s", error)
            return self.instead or file
        return file
