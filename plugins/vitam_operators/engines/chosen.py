"""Which engine stores a platform's copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitam_operators.config_copies import CopyConfig
from vitam_operators.engines.base import Engine
from vitam_operators.engines.restic import ResticEngine
from vitam_operators.engines.tar import TarEngine

ENGINES: dict[str, type[Engine]] = {engine.name: engine for engine in (TarEngine, ResticEngine)}


def engine_of(copies: CopyConfig, name: str | None = None) -> Engine:
    """
    Return the engine that stores copies.

    :param name: the one that stored a copy, as its manifest says; ``None``: the platform file's
    """
    return ENGINES[name or copies.engine](copies)


def engine_name(part: Mapping[str, Any]) -> str:
    """Return the name of the engine that stored a part, from its record."""
    return str(part.get("engine", TarEngine.name))
