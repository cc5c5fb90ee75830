"""A platform that is none: hosts, units, databases in memory, which behave as the real ones do where a night looks."""

from __future__ import annotations
