import numpy as np
import pytest
from matplotlib.image import imread

from agents.command_line import plots
from tests.agents.runs.test_metrics import a_table

pytestmark = pytest.mark.fast


def test_a_bin_without_episodes_repeats_the_previous_one():
    table = {
        "steps": np.array([[9], [19], [29], [40]]),
        "episodes": np.array([[0], [2], [0], [1]]),
        "episode_return": np.array([[np.nan], [3.0], [np.nan], [5.0]]),
    }
    steps, returns = plots.binned_returns(table, num_bins=4)
    np.testing.assert_allclose(steps, [20, 30, 40])
    np.testing.assert_allclose(returns[:, 0], [3.0, 3.0, 5.0])


def test_every_update_is_a_point_of_a_short_curve():
    """Also where the edges of the bins are rounded."""
    table = a_table(num_updates=49)
    table["episodes"] = np.ones(table["steps"].shape)
    table["episode_return"] = np.arange(49.0 * 3).reshape(49, 3)
    steps, returns = plots.binned_returns(table)
    np.testing.assert_allclose(steps, table["steps"][:, 0])
    np.testing.assert_array_equal(returns, table["episode_return"])


def test_a_curve_of_one_update_is_visible(tmp_path):
    one = tmp_path / "one.png"
    plots.draw(plots.curves(a_table(num_updates=1), {}), one, "one")
    blue = np.array([0x2A, 0x6F, 0x97]) / 255
    assert np.any(np.all(np.abs(imread(one)[..., :3] - blue) < 0.02, axis=-1))


def test_curves_of_several_runs_are_on_one_grid():
    """As fine as the shortest run has it; each curve ends where its run ends."""
    short, long = a_table(num_updates=50), a_table(num_updates=150)
    long["steps"] = long["steps"] * 1.01
    for table in (short, long):
        table["episodes"] = np.ones_like(table["episodes"])
    edges = plots.common_edges([short, long])
    (one, _), (other, _) = (plots.binned_returns(table, edges=edges) for table in (short, long))
    assert (one[-1], other[-1]) == (short["steps"].max(), long["steps"].max())
    assert np.all(np.isin(np.concatenate([one[:-1], other]), edges))
    assert len(one) >= 50
    assert len(plots.common_edges([short, {"steps": 1e4 * long["steps"]}])) == plots.MOST_BINS + 1


@pytest.mark.parametrize(
    ("last", "end"), [(499_712, 500_000), (500_000, 500_000), (449_000, 449_000), (99, 100)]
)
def test_the_last_tick_is_shown_if_it_is_close(last, end):
    table = a_table(num_updates=20)
    table["steps"] = table["steps"] * last / table["steps"].max()
    figure = plots.learning_curves(plots.curves(table, {}), "a title")
    assert figure.axes[0].get_xlim() == (0, pytest.approx(end))


def test_the_figure_is_not_empty(tmp_path):
    path = tmp_path / "curve.png"
    plots.draw(plots.curves(a_table(), {}), path, "a title")
    picture = imread(path)
    assert min(picture.shape[:2]) > 400
    assert len(np.unique(picture.reshape(-1, 4), axis=0)) > 100


def test_a_figure_can_be_drawn_before_the_first_episode_ends(tmp_path):
    path, table = tmp_path / "curve.png", a_table(num_updates=3)
    table["episodes"] = np.zeros_like(table["episodes"])
    plots.draw(plots.curves(table, {}), path, "too early")
    assert path.exists()


def test_a_curve_shows_the_interquartile_mean_of_evaluations():
    told = {"steps": np.array([[40, 60], [80, 80]]), "return_mean": np.array([[1, 3], [2, 5]])}
    two = a_table(num_seeds=4), {name: np.repeat(values, 2, 1) for name, values in told.items()}
    one, other = plots.curves(*two, ["a", "b"])
    assert (one.label, other.label) == ("a", "b")
    np.testing.assert_allclose(one.evaluated_steps, [40, 80])
    np.testing.assert_allclose(other.evaluated_steps, [60, 80])
    np.testing.assert_allclose(one.evaluated_returns, [1, 2])
    np.testing.assert_allclose(other.evaluated_returns, [3, 5])


def test_evaluations_are_drawn_as_dots(tmp_path):
    """Each as a dot with a white face within the line's color, far from the curve."""
    path, told = tmp_path / "dots.png", {"steps": np.array([[500]]), "return_mean": [[99.0]]}
    table = a_table(num_seeds=1)
    plots.draw(plots.curves(table, {k: np.array(v) for k, v in told.items()}), path, "dots")
    picture = imread(path)[..., :3]
    blue = np.all(np.abs(picture - np.array([0x2A, 0x6F, 0x97]) / 255) < 0.02, axis=-1)
    rows, columns = np.nonzero(blue & (np.arange(len(blue)) < len(blue) // 3)[:, None])
    assert max(np.ptp(rows), np.ptp(columns)) < 20
    assert np.all(picture[int(rows.mean()), int(columns.mean())] == 1.0)


@pytest.mark.filterwarnings("error")
def test_evaluations_are_drawn_before_an_episode_has_ended(tmp_path):
    table = a_table(num_updates=4)
    table["episodes"][:], table["episode_return"][:] = 0, np.nan
    evaluations = {"steps": table["steps"][1::2], "return_mean": np.ones((2, 3))}
    figure = plots.learning_curves(plots.curves(table, evaluations), "a title")
    assert figure.axes[0].get_xlim() == (0, 400)
    plots.save(figure, tmp_path / "curve.png")
