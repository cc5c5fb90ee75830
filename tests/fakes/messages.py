"""A mail server and a web server on the loopback, which keep what they are told, and a notifier of nobody's."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller
from airflow.sdk.bases.notifier import BaseNotifier

NOTIFIED: list[dict[str, Any]] = []


class Mailbox:
    """Takes every mail, or refuses every one."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuses = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep a mail."""
        if self.refuses:
            return "554 no room"
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    """Give a mailbox and the port of its server."""
    mailbox = Mailbox()
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


class Pings:
    """What a check was told, in order: ``/uuid/start with words``; :attr:`status` is how it answers."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.status = 200


@contextmanager
def ping_server() -> Iterator[tuple[Pings, int]]:
    """Give what is pinged, and its port."""
    pings = Pings()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            pings.told.append((self.path, body))
            self.send_response(pings.status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield pings, server.server_port
    finally:
        server.shutdown()
        server.server_close()


class SomeNotifier(BaseNotifier):
    """Stands for a notifier of any provider; with ``fails`` its error holds what must not be told."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__()
        self.arguments = arguments

    def notify(self, context: Any) -> None:
        """Keep the arguments."""
        if self.arguments.get("fails"):
            raise RuntimeError("POST https://hooks.example.org/s3cr3t: 403")
        NOTIFIED.append(self.arguments)
