"""
How a host asks what listens on it or beside it: by curl, on the host itself, never through a proxy.

One command line for all questions: no ``~/.curlrc`` (``-q``), no proxy whatever the environment says (``--noproxy``),
no pattern in an address (``--globoff``, for IPv6), a limit. What nobody else may see (a signature, a password) goes
through the standard input as curl's own configuration: a command line is in ``ps``. All options are known to curl 7.29
(CentOS 7; curl/curl docs/options-in-versions); exit statuses are those of curl.se/docs/manpage.html, "EXIT CODES".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from vitam_operators.commands import Command, line
from vitam_operators.service_answers import AnswerError, page_words

T = TypeVar("T")
MAX_TIME_S = 20
REFUSED, TOO_SLOW = 7, 28
CLOSED = frozenset({52, 56})
NOT_HTTP = frozenset({1, 8})
TLS = frozenset({35, 51, 53, 54, 58, 59, 60, 66, 77, 80, 82, 83, 90, 91})
NOBODY = frozenset({REFUSED, TOO_SLOW}) | CLOSED
"""What a service that is down or still starting looks like."""

SHOWN_CHARACTERS = 120
ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
"""Of a quoted value in curl's configuration (curl.se/docs/manpage.html, ``--config``)."""


@dataclass(frozen=True)
class Login:
    """
    An account of a service.

    :param name: who
    :param password: known to nobody but Airflow and the service
    """

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Endpoint:
    """
    Where a service answers, and what it takes to be answered.

    :param address: host name or address, IPv6 without brackets
    :param port: TCP port
    :param scheme: ``http`` or ``https``
    :param login: account for basic authentication
    :param ca_file: path on the asking host of the certificates that are trusted; none: those of its system
    :param verify: whether certificate and name are checked
    """

    address: str
    port: int
    scheme: str = "http"
    login: Login | None = None
    ca_file: str | None = None
    verify: bool = True

    def url(self, path: str) -> str:
        """Return the URL of a path."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{address}:{self.port}{path}"


@dataclass(frozen=True)
class Reply:
    """
    What came of a request.

    :param method: of the request
    :param url: of the request
    :param status: HTTP's; 0 when there was no answer
    :param text: what was answered
    :param exit_status: curl's
    :param words: curl's own words when there was no answer
    """

    method: str
    url: str
    status: int
    text: str = ""
    exit_status: int = 0
    words: str = ""

    @property
    def nobody(self) -> bool:
        """Whether nobody answered: it is down, starting, or too slow."""
        return self.exit_status in NOBODY

    @property
    def too_slow(self) -> bool:
        """Whether the connection was made, and no answer came in time; a firewall lets nobody in, quickly or not."""
        return self.exit_status == TOO_SLOW and "Operation timed out" in self.words

    def read(self, read: Callable[[str], T]) -> T:
        """
        Return what the answer means.

        :param read: raises :class:`AnswerError` with what it found
        :raises UnansweredError: there is none, its status is not 2xx, or it is not what the service gives
        """
        if not 200 <= self.status < 300:
            raise UnansweredError(self, *explanation(self))
        try:
            return read(self.text)
        except AnswerError as error:
            raise UnansweredError(self, str(error), OTHER) from error


class UnansweredError(ValueError):
    """
    A question was not answered as it should be.

    :param reply: what came of it
    :param found: what is wrong, as far as it can be seen
    :param hint: what to look at
    """

    def __init__(self, reply: Reply, found: str, hint: str) -> None:
        super().__init__(f"{reply.method} {reply.url}: {found}")
        self.hint = hint
        self.too_slow = reply.too_slow


OTHER = "does something else listen there? compare port and address in the platform file with the service's own"
BETWEEN = "look at its address, at routes and firewalls between the two"
UNTRUSTED = (
    "is the certificate of that name and of that authority (ca_file, verify), does the port speak https (scheme)?"
)


def explanation(reply: Reply) -> tuple[str, str]:
    """
    Return why there was no answer, or another one than 2xx, and what to look at.

    Of a connection that failed (7), curl 7.88.1 says ``Couldn't connect to server`` whether it was refused or had no
    route; the others say why.
    """
    return _of_status(reply) if reply.status else _of_curl(reply)


def _of_curl(reply: Reply) -> tuple[str, str]:
    words = re.sub(r"^curl: (\(\d+\) )?", "", reply.words).partition("\n")[0] or f"curl ended with {reply.exit_status}"
    plain = reply.url.startswith("http:")
    match reply.exit_status:
        case 6:
            return f"the name does not resolve there: {words}", "correct the address in the platform file, or its DNS"
        case 7 if "refused" in words:
            return f"refused, nobody listens there: {words}", OTHER
        case 7 if not any(part in words for part in ("route", "unreachable", "denied")):
            return f"nobody listens there, or nothing leads there: {words}", f"{OTHER}, and {BETWEEN}"
        case 28 if reply.too_slow:
            return f"it is too slow: {words}", "look at the load and the log of the service"
        case 7 | 28:
            return f"it cannot be reached: {words}", BETWEEN
        case 127:
            return "the program curl is missing on the host", "install it"
        case status if status in TLS:
            return f"TLS fails: {words}", OTHER if plain else UNTRUSTED
        case status if status in CLOSED | NOT_HTTP | {0}:
            https = "; if it wants https, say so (scheme)" if plain else ""
            return f"no HTTP comes from there{': ' + words if status else ''}", f"{OTHER}{https}"
    return words, "run the same request by hand on the host"


def _of_status(reply: Reply) -> tuple[str, str]:
    found = f"{reply.status}, {page_words(reply.text)}" if reply.text.strip() else str(reply.status)
    match reply.status:
        case 401 | 403:
            return found, "compare its accounts with the Airflow connection that the platform file names for it"
        case 404:
            return found, OTHER
        case 407 | 502 | 504:
            return found, "a proxy answers so, and the backup asks without one: what stands between the two?"
    return found, "look at the log of the service"


def ask(
    endpoint: Endpoint,
    path: str,
    read: Callable[[Reply], T],
    *,
    method: str = "GET",
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    max_time_s: int = MAX_TIME_S,
) -> Command[T]:
    """
    Return a request, sent by the host on which it is run.

    :param read: turns whatever comes of it into a value, or raises :class:`UnansweredError`
    :param body: sent as JSON; it is in the command line, so no secret is in it
    :param headers: nobody else sees them
    :param max_time_s: seconds after which it is too slow
    """
    url = endpoint.url(path)
    secret = _config(endpoint.login, headers or {})
    words = ["env", "LC_ALL=C", "curl", "-q", "--noproxy", "*", "--globoff", "--silent", "--show-error"]
    words += ["--max-time", str(max_time_s), "--write-out", r"\n%{http_code}", "--request", method]
    words += ["--cacert", endpoint.ca_file] if endpoint.ca_file else []
    words += [] if endpoint.verify else ["--insecure"]
    words += ["--header", "Content-Type: application/json", "--data", json.dumps(body)] if body is not None else []
    words += ["--config", "-"] if secret else []
    return Command(
        line(*words, url),
        lambda output: read(_reply(method, url, output)),
        timeout_s=max_time_s + 30,
        stdin=secret or None,
        read_failure=lambda status, words: read(Reply(method, url, 0, exit_status=status, words=words)),
    )


def _reply(method: str, url: str, output: str) -> Reply:
    text, _, status = output.rpartition("\n")
    return Reply(method, url, int(status), text)


def _config(login: Login | None, headers: Mapping[str, str]) -> str:
    """Return lines of curl's configuration."""
    values = [("header", f"{name}: {value}") for name, value in headers.items()]
    values += [("user", f"{login.name}:{login.password}")] if login else []
    return "".join(f'{option} = "{value.translate(ESCAPES)}"\n' for option, value in values)
