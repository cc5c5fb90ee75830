"""Sizes and durations are said once, the same way everywhere."""

from __future__ import annotations

import pytest

from vitam_operators.words import duration_words, size_words


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (21_811, "21.3 KiB"),
        (38 * 2**20, "38.0 MiB"),
        (163 * 2**30, "163.0 GiB"),
        (5 * 2**40, "5.0 TiB"),
        (3 * 2**50, "3072.0 TiB"),
    ],
)
def test_sizes(size_bytes: int, words: str) -> None:
    assert size_words(size_bytes) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (560, "9 min 20 s"), (3600, "1 h 00 min"), (7500, "2 h 05 min")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words
