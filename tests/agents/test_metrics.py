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
    plots.learning_curves(a_table(num_updates=1), one, "one")
    blue = np.array([0x2A, 0x6F, 0x97]) / 255
    assert np.any(np.all(np.abs(imread(one)[..., :3] - blue) < 0.02, axis=-1))


def test_the_picture_shows_something(tmp_path):
    path = tmp_path / "curve.png"
    plots.learning_curves(a_table(), path, "a title")
    picture = imread(path)
    assert min(picture.shape[:2]) > 400
    assert len(np.unique(picture.reshape(-1, 4), axis=0)) > 100


def test_a_picture_can_be_drawn_before_the_first_episode_ends(tmp_path):
    path, table = tmp_path / "curve.png", a_table(num_updates=3)
    table["episodes"] = np.zeros_like(table["episodes"])
    plots.learning_curves(table, path, "too early")
    assert path.exists()
