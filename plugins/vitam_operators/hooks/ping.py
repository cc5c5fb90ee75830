"""Telling a service outside that a night began or ended: it rings when it hears nothing."""

from __future__ import annotations

from urllib.error import HTTPError
from urllib.request import Request, urlopen

from airflow.sdk.bases.hook import BaseHook

from vitam_operators import messages
from vitam_operators.errors import MessageNotSentError

TIMEOUT_S = 10


def ping(conn_id: str, what: str, words: str) -> None:
    """
    Tell.

    The URL is the connection's password, as whoever has it can say that all is well: no error here holds it.

    :param what: ``messages.START``, ``SUCCESS`` or ``FAIL``
    :param words: what the service may show
    :raises MessageNotSentError: it did not answer, or not with a 2xx
    """
    try:
        address = messages.ping_address(BaseHook.get_connection(conn_id).password or "", what)
        request = Request(address, data=words.encode(), headers={"Content-Type": "text/plain; charset=utf-8"})  # noqa: S310
        with urlopen(request, timeout=TIMEOUT_S):  # noqa: S310 - ping_address lets only http through
            return
    except HTTPError as error:
        reason = f"the service answered {error.code}"
    except Exception as error:
        reason = str(error) if type(error) is ValueError else type(error).__name__
    raise MessageNotSentError(
        f"the ping of connection {conn_id} was not taken: {reason}",
        hint="its password is the whole URL, such as https://hc-ping.com/<uuid>; the workers have to reach it",
    )
