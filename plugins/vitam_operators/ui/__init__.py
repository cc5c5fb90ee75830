"""The page "Vitam backups": read from the records of the nights, for people who are logged in. It reaches no host."""

from __future__ import annotations
