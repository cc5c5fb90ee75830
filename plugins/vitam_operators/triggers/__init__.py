"""Waits that need no worker."""

from __future__ import annotations
