"""What a unit said before it failed, once all of it is in the journal."""

from __future__ import annotations

import asyncio

from vitam_operators import journal
from vitam_operators.hooks.hosts import Shell
from vitam_operators.systemd import UnitState

LOOKS, LOOK_EVERY_S = 10, 0.5
"""A journal that has not written the end after five seconds is slow beyond reason: what is there is told."""


async def words_before_end(shell: Shell, state: UnitState, lines: int = journal.LINES_SHOWN) -> str:
    """
    Return the last lines that a unit wrote before it ended, waiting for systemd's own line of a failure.

    :param state: of the unit, which has ended
    :param lines: at most so many
    """
    command = journal.last_words(state.unit, state.started_at, lines)
    words = await shell.run(command)
    for _ in range(LOOKS):
        if state.active != "failed" or journal.says_the_end(state.unit, words):
            break
        await asyncio.sleep(LOOK_EVERY_S)
        words = await shell.run(command)
    return journal.without_systemd(state.unit, words)
