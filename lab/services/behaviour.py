"""What a component's stand-in does beyond starting, answering its status and stopping."""

from __future__ import annotations

import threading
from typing import Any

from lab.services.web import Answer, Request


class Behaviour:
    """A component that does nothing of its own; the others extend it."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.component: str = settings["component"]
        self.stopping = threading.Event()

    def start(self) -> None:
        """Begin the component's own work, in threads that end with the process."""

    def missing(self) -> str | None:
        """Return what the component lacks to be healthy, or None."""
        return None

    def admin(self, request: Request) -> Answer | None:
        """Answer on the admin port, or return None for an unknown path."""
        return None

    def service(self, request: Request) -> Answer | None:
        """Answer on the service port, or return None for an unknown path."""
        return None
