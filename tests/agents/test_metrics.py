import numpy as np
from matplotlib.image import imread

from agents import metrics, plots


def a_table(num_updates=50, num_seeds=3):
    rng = np.random.default_rng(0)
    episodes = rng.integers(0, 4, (num_updates, num_seeds))
    returns = np.where(episodes > 0, rng.normal(size=episodes.shape), np.nan)
    steps = np.tile(100 * np.arange(1, num_updates + 1)[:, None], (1, num_seeds))
    return {"steps": steps, "episodes": episodes, "episode_return": returns, "loss": returns**2} | {
        "episode_length": returns
    }


def test_what_is_appended_is_read_back(tmp_path):
    table, path = a_table(), tmp_path / "metrics.csv"
    for start, stop in [(0, 20), (20, 50)]:
        part = {name: values[start:stop] for name, values in table.items()}
        metrics.append(path, [{"seed": seed} for seed in (4, 5, 6)], start + 1, part)
    again = metrics.read(path, 3)
    np.testing.assert_array_equal(again["update"][:, 0], np.arange(1, 51))
    np.testing.assert_array_equal(again["seed"], np.tile([4, 5, 6], (50, 1)))
    for name, values in table.items():
        np.testing.assert_array_equal(again[name], values)


def test_what_came_after_a_checkpoint_or_is_cut_short_is_dropped(tmp_path):
    path = tmp_path / "metrics.csv"
    metrics.append(path, [{"seed": seed} for seed in range(3)], 1, a_table())
    whole = path.read_text()
    expected = "".join(whole.splitlines(keepends=True)[: 1 + 3 * 20])
    metrics.keep_first(path, 20)
    assert path.read_text() == expected
    path.write_text(expected + "2")
    metrics.keep_first(path, 20)
    assert path.read_text() == expected
    metrics.keep_first(path, 0)
    assert not path.exists()


def test_what_is_cut_short_is_not_read(tmp_path):
    """A run that is under way may be looked at."""
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


def test_a_curve_averages_episodes_and_carries_on_over_gaps():
    table = {
        "steps": np.array([[9], [19], [29], [40]]),
        "episodes": np.array([[0], [2], [0], [1]]),
        "episode_return": np.array([[np.nan], [3.0], [np.nan], [5.0]]),
    }
    steps, returns = plots.binned_returns(table, num_bins=4)
    np.testing.assert_allclose(steps, [20, 30, 40])
    np.testing.assert_allclose(returns[:, 0], [3.0, 3.0, 5.0])


def test_every_update_is_a_point_of_a_short_curve():
    """Also where the edges of the stretches are rounded."""
    table = a_table(num_updates=49)
    table["episodes"] = np.ones(table["steps"].shape)
    table["episode_return"] = np.arange(49.0 * 3).reshape(49, 3)
    steps, returns = plots.binned_returns(table)
    np.testing.assert_allclose(steps, table["steps"][:, 0])
    np.testing.assert_array_equal(returns, table["episode_return"])


def test_a_curve_of_one_update_can_be_seen(tmp_path):
    one = tmp_path / "one.png"
    plots.draw(plots.curves(a_table(num_updates=1), {}), one, "one")
    blue = np.array([0x2A, 0x6F, 0x97]) / 255
    assert np.any(np.all(np.abs(imread(one)[..., :3] - blue) < 0.02, axis=-1))


def test_the_picture_shows_something(tmp_path):
    path = tmp_path / "curve.png"
    plots.draw(plots.curves(a_table(), {}), path, "a title")
    picture = imread(path)
    assert min(picture.shape[:2]) > 400
    assert len(np.unique(picture.reshape(-1, 4), axis=0)) > 100


def test_a_picture_can_be_drawn_before_the_first_episode_ends(tmp_path):
    path, table = tmp_path / "curve.png", a_table(num_updates=3)
    table["episodes"] = np.zeros_like(table["episodes"])
    plots.draw(plots.curves(table, {}), path, "too early")
    assert path.exists()


def test_a_curve_shows_the_mean_of_evaluations():
    told = {"steps": np.array([[40, 60], [80, 80]]), "return_mean": np.array([[1, 3], [2, 5]])}
    two = a_table(num_seeds=4), {name: np.repeat(values, 2, 1) for name, values in told.items()}
    one, other = plots.curves(*two, ["a", "b"])
    assert (one.label, other.label) == ("a", "b")
    np.testing.assert_allclose(one.evaluated_steps, [40, 80])
    np.testing.assert_allclose(other.evaluated_steps, [60, 80])
    np.testing.assert_allclose(one.evaluated_returns, [1, 2])
    np.testing.assert_allclose(other.evaluated_returns, [3, 5])


def test_evaluations_are_seen(tmp_path):
    """Each as a dot with a white face within the line's color, far from the curve."""
    path, told = tmp_path / "dots.png", {"steps": np.array([[500]]), "return_mean": [[99.0]]}
    table = a_table(num_seeds=1)
    plots.draw(plots.curves(table, {k: np.array(v) for k, v in told.items()}), path, "dots")
    picture = imread(path)[..., :3]
    blue = np.all(np.abs(picture - np.array([0x2A, 0x6F, 0x97]) / 255) < 0.02, axis=-1)
    rows, columns = np.nonzero(blue & (np.arange(len(blue)) < len(blue) // 3)[:, None])
    assert max(np.ptp(rows), np.ptp(columns)) < 20
    assert np.all(picture[int(rows.mean()), int(columns.mean())] == 1.0)
