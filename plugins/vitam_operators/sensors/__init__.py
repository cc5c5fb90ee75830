"""The steps of a night that only wait."""

from __future__ import annotations
