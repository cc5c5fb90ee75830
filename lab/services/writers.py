"""Stand-ins of metadata, logbook and offer: they write a real document every few seconds while they run."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from lab.host.sample_data import life_cycle, logbook_operation, object_group, offer_log, unit
from lab.services.behaviour import Behaviour

PERIOD_S = 3.0
SIZE_BYTES = 512
WRITTEN: dict[str, dict[str, Callable[[int], dict[str, Any]]]] = {
    "metadata": {"metadata.Unit": unit, "metadata.ObjectGroup": object_group},
    "logbook": {"logbook.LogbookOperation": logbook_operation, "logbook.LogbookLifeCycleUnit": life_cycle},
    "offer": {"offer.OfferLog": offer_log},
}


class Writer(Behaviour):
    """A component whose health is that of its MongoDB. It serves no request for documents."""

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__(settings)
        self._missing: str | None = "MongoDB has not answered yet"

    def start(self) -> None:
        """Begin to write."""
        threading.Thread(target=self._write_on, daemon=True).start()

    def missing(self) -> str | None:
        """Return why the last write failed."""
        return self._missing

    def _write_on(self) -> None:
        from lab.services.shards import Shards

        shards = Shards(self.settings["mongo"])
        while not self.stopping.wait(0.5 if self._missing else PERIOD_S):
            try:
                shards.ping()
                for namespace, make in WRITTEN[self.component].items():
                    shards.insert(namespace, make(SIZE_BYTES))
                self._missing = None
            except Exception as error:  # whatever fails: the status says it, and the next turn tries again
                self._missing = f"MongoDB: {error}"[:300]
