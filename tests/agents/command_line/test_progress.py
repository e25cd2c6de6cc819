import io

import numpy as np
import pytest
from rich.console import Console

from agents.command_line.progress import Status, progress

pytestmark = pytest.mark.fast

TOTAL = 40


def a_table(done, size=10):
    """Two seeds, 100 steps an update, one episode an update, of return 7."""
    steps = 100.0 * np.arange(done - size + 1, done + 1)
    ones = np.ones((size, 2))
    return {"steps": np.stack([steps, steps], 1), "episodes": ones, "episode_return": 7 * ones}


@pytest.mark.parametrize("is_terminal", [True, False])
def test_progress_shows_steps_speed_return_and_eta(is_terminal):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=is_terminal, width=120, highlight=False)
    with progress(console, TOTAL, 2) as report:
        for done in range(10, TOTAL + 1, 10):
            report(done, a_table(done))
    printed = screen.getvalue()
    for part in ("100%", "8.00k steps (sum of 2 seeds)", "/s  ", "return  7.000", "ETA 0:00"):
        assert part in printed
    assert printed.count("\n") == (1 if is_terminal else 2), "a bar, or the first and last line"


def test_the_status_leaves_room_for_a_bar_in_a_terminal():
    """In 80 columns, with numbers as long as they get."""
    status, table = Status(TOTAL, 16), a_table(10)
    for done in (10, 20):
        steps, returns = np.full((10, 2), 1e7 * done), np.full((10, 2), -1234.5)
        line = status.line(done, table | {"steps": steps, "episode_return": returns})
    assert len(line) <= 72


def test_without_an_ended_episode_there_is_no_return():
    table = a_table(10)
    table["episodes"] = 0 * table["episodes"]
    assert "return      -" in Status(TOTAL).line(10, table)
