"""How long a phase took, from what its steps told."""

from __future__ import annotations

import pytest

from vitam_operators.phases import phase

A, B, C = (f"2026-11-24T19:0{minute}:00+00:00" for minute in range(3))


@pytest.mark.parametrize(
    ("began", "ended", "found"),
    [
        ([A], [A], (A, A, 0.0)),
        ([B, A], [C, B], (A, C, 120.0)),
        ([A, None, B], [None, C, None], (A, C, 120.0)),
        ([A, B], [None, None], None),
        ([None], [None], None),
        ([], [], None),
    ],
    ids=["one step", "side by side", "some skipped", "all failed", "none ran", "no step"],
)
def test_a_phase_is_from_the_first_start_to_the_last_end(began, ended, found):
    assert phase(began, ended) == (found and dict(zip(("began_at", "ended_at", "duration_s"), found, strict=True)))
