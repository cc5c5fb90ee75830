"""Texts of a platform file that no key wants: with control characters, with blanks at an end, or still a template."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Location = tuple[int | str, ...]
FREE = ("messages", "notifiers", "arguments")
"""Words for people: lines and blanks are theirs."""

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
TEMPLATE = re.compile(r"\{\{|\{%")


def odd_texts(content: Any, location: Location = ()) -> Iterator[tuple[Location, str, str]]:
    """
    Yield where such a text stands, what is wrong with it, and the text.

    :param content: of the file, or below a place in it
    :param location: that place
    """
    if isinstance(content, dict):
        for key, value in content.items():
            yield from odd_texts(value, (*location, key))
    elif isinstance(content, list):
        for index, value in enumerate(content):
            yield from odd_texts(value, (*location, index))
    elif isinstance(content, str) and (words := _wrong_with(content, free=_keys(location)[:3] == FREE)):
        yield location, words, content


def _keys(location: Location) -> tuple[str, ...]:
    return tuple(part for part in location if isinstance(part, str))


def _wrong_with(text: str, *, free: bool) -> str | None:
    if TEMPLATE.search(text):
        return "is a template that nobody fills in, write the value itself"
    if free:
        return None
    if CONTROL.search(text):
        return "has a line's end or another control character in it, write it on one line"
    return "has a blank at an end, take that out" if text != text.strip() else None
