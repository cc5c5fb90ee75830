"""Which engine stores a platform's copies."""

from __future__ import annotations

from vitam_operators.config_copies import CopyConfig
from vitam_operators.engines.base import Engine
from vitam_operators.engines.tar import TarEngine

ENGINES: dict[str, type[Engine]] = {engine.name: engine for engine in (TarEngine,)}


def engine_of(copies: CopyConfig, name: str = TarEngine.name) -> Engine:
    """
    Return the engine that stores copies.

    :param name: the one that stored a copy, as its manifest says
    """
    return ENGINES[name](copies)
