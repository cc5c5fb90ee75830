"""The page's templates: Jinja with everything escaped, no JavaScript."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from vitam_operators.ui.phases import WORDS
from vitam_operators.ui.wording import filters

TEMPLATES = Path(__file__).parent / "templates"
STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")


def render(template: str, timezone: str, **values: Any) -> str:
    """
    Return a page as HTML.

    :param timezone: in which its moments are told
    """
    return _environment(timezone).get_template(template).render(**values, phase_words=WORDS)


@lru_cache(maxsize=4)
def _environment(timezone: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters(timezone))
    return environment
