"""The steps of a night that change something."""

from __future__ import annotations
