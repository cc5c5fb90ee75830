"""A small HTTP server for the stand-ins: one function answers, each request in a thread of its own."""

from __future__ import annotations

import html
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Request:
    """What a client asks: method, path without query, headers (whatever their case), body."""

    method: str
    path: str
    headers: Message
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What it gets."""

    status: int
    body: Any = None
    content_type: str = "application/json"

    def encoded(self) -> bytes:
        """Return the body as bytes: JSON, unless it is text already."""
        if self.body is None:
            return b""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()


def error_page(status: int, message: str) -> Answer:
    """
    Return an error as the web server of Vitam's services writes it, for who asks for no type of its own.

    Sources: ``sendError`` of ``ProgrammeVitam/vitam@7.0.1``, ``sources/common/common-private/src/main/java/fr/gouv/``
    ``vitam/common/security/filter/AuthorizationFilter.java:73``, leads to the page of Jetty's ``ErrorHandler``
    (jetty.org/docs/jetty/10/operations-guide; Jetty 10.0.7, ``sources/pom.xml:160``).
    """
    words = f"{status} {html.escape(message)}"
    head = f'<meta http-equiv="Content-Type" content="text/html;charset=utf-8"/>\n<title>Error {words}</title>'
    page = f"<html>\n<head>\n{head}\n</head>\n<body><h2>HTTP ERROR {words}</h2>\n</body>\n</html>\n"
    return Answer(status, page, "text/html;charset=utf-8")


Handler = Callable[[Request], Answer]


def serve(address: str, port: int, handler: Handler) -> ThreadingHTTPServer:
    """
    Serve in the background on one port.

    :raises OSError: when the port is taken.
    """

    class _Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else b""
            answer = handler(Request(self.command, self.path.partition("?")[0], self.headers, body))
            content = answer.encoded()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _answer

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the journal free of requests."""

    server = ThreadingHTTPServer((address, port), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
    return server
