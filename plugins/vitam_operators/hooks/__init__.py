"""Connections: to hosts (ssh), to MongoDB, to the records of the nights."""

from __future__ import annotations
