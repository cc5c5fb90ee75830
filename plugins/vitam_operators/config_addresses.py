"""The addresses of a platform file: a name, IPv4 or IPv6; and how an address and a port are written as one word."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address
from typing import Annotated

from pydantic import AfterValidator

NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?")


def known_address(text: str) -> str:
    """
    Return an address as programs take it; the brackets of an IPv6 address are left out.

    :raises ValueError: it is neither a name nor an address
    """
    inside = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if ":" in inside:
        return _ipv6(inside)
    if text != inside or not NAME.fullmatch(text):
        raise ValueError(
            "is no address and no name of a host, such as '10.0.0.7', '2001:db8::7' or 'data1.example.org'"
        )
    return text


def _ipv6(text: str) -> str:
    try:
        found = ip_address(text)
    except ValueError as error:
        raise ValueError(f"is no IPv6 address ({error}); a port has a key of its own") from error
    if isinstance(found, IPv6Address) and found.scope_id:
        raise ValueError("is an address of one link alone, which services do not take; write one without '%'")
    return text


Address = Annotated[str, AfterValidator(known_address)]


def with_port(address: str, port: int) -> str:
    """Return an address and a port as one word, as MongoDB has its members: IPv6 in brackets."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
