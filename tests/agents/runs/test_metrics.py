import numpy as np
import pytest

from agents.runs import metrics

pytestmark = pytest.mark.fast


def a_table(num_updates=50, num_seeds=3):
    rng = np.random.default_rng(0)
    episodes = rng.integers(0, 4, (num_updates, num_seeds))
    returns = np.where(episodes > 0, rng.normal(size=episodes.shape), np.nan)
    steps = np.tile(100 * np.arange(1, num_updates + 1)[:, None], (1, num_seeds))
    return {"steps": steps, "episodes": episodes, "episode_return": returns, "loss": returns**2} | {
        "episode_length": returns
    }


def test_appended_updates_are_read_back(tmp_path):
    table, path = a_table(), tmp_path / "metrics.csv"
    for start, stop in [(0, 20), (20, 50)]:
        part = {name: values[start:stop] for name, values in table.items()}
        metrics.append(path, [{"seed": seed} for seed in (4, 5, 6)], start + 1, part)
    again = metrics.read(path, 3)
    np.testing.assert_array_equal(again["update"][:, 0], np.arange(1, 51))
    np.testing.assert_array_equal(again["seed"], np.tile([4, 5, 6], (50, 1)))
    for name, values in table.items():
        np.testing.assert_array_equal(again[name], values)


def test_later_updates_and_incomplete_lines_are_removed(tmp_path):
    path = tmp_path / "metrics.csv"
    metrics.append(path, [{"seed": seed} for seed in range(3)], 1, a_table())
    whole = path.read_text()
    expected = "".join(whole.splitlines(keepends=True)[: 1 + 3 * 20])
    metrics.truncate(path, 20)
    assert path.read_text() == expected
    path.write_text(expected + "2")
    metrics.truncate(path, 20)
    assert path.read_text() == expected
    metrics.truncate(path, 0)
    assert not path.exists()


def test_incomplete_updates_are_not_read(tmp_path):
    """Another process may be writing the file."""
    path = tmp_path / "evaluations.csv"
    table = {"steps": [[3, 3], [6, 6]], "mean": [[1, 2], [3, 4]]}
    assert metrics.read(path, 2) == {}
    members = [{"seed": seed} for seed in range(2)]
    metrics.append(path, members, 1, {name: np.array(rows) for name, rows in table.items()})
    whole = path.read_text()
    for length in range(len(whole) + 1):
        path.write_text(whole[:length])
        again = metrics.read(path, 2)
        num_updates = max(0, (whole[:length].count("\n") - 1) // 2)
        assert ("mean" in again) == (num_updates > 0)
        for name, rows in table.items():
            assert again.get(name, np.array([])).tolist() == rows[:num_updates]


def test_the_last_return_is_over_the_last_episodes():
    episodes = np.array([[1, 50], [60, 0], [50, 0], [0, 0]])
    returns = np.array([[9.0, 7.0], [2.0, np.nan], [4.0, np.nan], [np.nan, np.nan]])
    table = {"episodes": episodes, "episode_return": returns}
    expected = [(60 * 2.0 + 50 * 4.0) / 110, 7.0]
    np.testing.assert_allclose(metrics.last_return(table, 100), expected)
    none = {"episodes": episodes[3:], "episode_return": returns[3:]}
    assert np.isnan(metrics.last_return(none)).all()
