"""The mistakes that the models find in a platform file, in words: where, what was expected, what was found."""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel

from vitam_operators.config import Platform
from vitam_operators.config_types import PATTERNS_IN_WORDS

Location = Sequence[int | str]

EXPECTED: dict[str, str] = {
    "model_type": "keys with values",
    "tuple_type": "a list",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "time": "a local time in quotes such as '20:00'",
    "date": "a date such as 2026-12-24",
}
"""What the types of pydantic's errors, or their first words, expect."""


def sentence(content: Any, item: Any) -> str:
    """
    Say one mistake in a line.

    :param content: the whole content of the file, for the names of hosts and clusters
    :param item: one of :meth:`pydantic.ValidationError.errors`
    """
    where = in_words(content, item["loc"])
    if item["type"] == "extra_forbidden":
        return f"at {where}: unknown key{did_you_mean(str(item['loc'][-1]), keys_beside(item['loc']))}"
    if item["type"] == "missing":
        return f"at {where}: missing, a value is needed"
    if item["type"] == "value_error":
        return f"at {where}: {item['ctx']['error']}, found {shown(item['input'])}"
    return f"at {where}: expected {_expected(item)}, found {shown(item['input'])}{_advice(item)}"


def in_words(content: Any, location: Location) -> str:
    """Return a key's path, with the names of numbered entries, as in ``hosts.0 (app1).services``."""
    words = []
    for part in location:
        content = _below(content, part)
        name = _name_of(content) if isinstance(part, int) else None
        words.append(f"{part} ({name})" if name else str(part))
    return ".".join(words)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return a suggestion to put behind a mistake, or nothing when no known word is near."""
    near = nearest(word, known)
    return f", did you mean {near!r}?" if near else ""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was most probably meant."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return near[0] if near else None


def keys_beside(location: Location) -> list[str]:
    """Return the keys that the models know at a place."""
    model: type[BaseModel] = Platform
    for part in location[:-1]:
        if isinstance(part, str):
            model = _model_below(model, part)
    return [field.alias or name for name, field in model.model_fields.items()]


def without_mistakes(content: Any, items: Iterable[Any]) -> Any:
    """
    Return the content as it may have been meant: near keys renamed, wrong values left out.

    It serves to find the mistakes that only show once these are gone, and nothing else.
    """
    content = copy.deepcopy(content)
    for item in sorted(items, key=lambda item: [str(part) for part in item["loc"]], reverse=True):
        *above, last = item["loc"]
        holder = content
        for part in above:
            holder = _below(holder, part)
        if item["type"] == "missing" or not _has(holder, last):
            continue
        value = holder.pop(last)
        meant = nearest(str(last), keys_beside(item["loc"])) if item["type"] == "extra_forbidden" else None
        if meant and meant not in holder:
            holder[meant] = value
    return content


def _has(holder: Any, key: int | str) -> bool:
    return key in holder if isinstance(holder, dict) else isinstance(holder, list) and key in range(len(holder))


def _below(content: Any, part: int | str) -> Any:
    return content[part] if _has(content, part) else None


def _name_of(entry: Any) -> str | None:
    name = (entry.get("name") or entry.get("host")) if isinstance(entry, dict) else None
    return name if isinstance(name, str) else None


def _expected(item: Any) -> str:
    context = item.get("ctx", {})
    bounds = {"greater_than_equal": "at least {ge}", "less_than_equal": "at most {le}"}
    bounds |= {"too_short": "at least {min_length} entry", "string_too_short": "a text that is not empty"}
    if item["type"] == "string_pattern_mismatch":
        return PATTERNS_IN_WORDS.get(context["pattern"], str(context["pattern"]))
    if item["type"] == "literal_error":
        return str(context["expected"])
    if item["type"] in bounds:
        return bounds[item["type"]].format(**context)
    return EXPECTED.get(item["type"]) or EXPECTED.get(item["type"].split("_")[0]) or _plainly(item["msg"])


def _plainly(message: str) -> str:
    return re.sub(r"^Input should be (a valid )?", "", message).replace("string", "a text")


def _advice(item: Any) -> str:
    if item["type"] == "string_type" and isinstance(item["input"], int | float):
        return ", write it in quotes"
    if item["type"] == "literal_error":
        return did_you_mean(str(item["input"]), re.findall(r"'([^']+)'", item["ctx"]["expected"]))
    return ""


def shown(value: Any) -> str:
    """Return a value for the eyes of everybody: what stands before the host in a URL may be a password."""
    if value is None or value in ([], (), {}):
        return "nothing"
    if isinstance(value, dict):
        return "keys with values"
    return "a list" if isinstance(value, list) else re.sub(r":\S*@", ":...@", repr(value))


def _model_below(model: type[BaseModel], key: str) -> type[BaseModel]:
    for name, field in model.model_fields.items():
        if key in (name, field.alias):
            for candidate in (field.annotation, *getattr(field.annotation, "__args__", ())):
                below = getattr(candidate, "__origin__", candidate)  # of an Annotated, what is annotated
                if isinstance(below, type) and issubclass(below, BaseModel):
                    return below
    return model
