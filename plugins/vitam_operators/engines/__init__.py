"""How copies are stored on their hosts: one module for each engine."""

from __future__ import annotations
