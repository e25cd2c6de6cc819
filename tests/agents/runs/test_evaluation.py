import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from agents.experience import environments
from agents.runs.evaluation import Best, better_of, evaluate, step_limit

KEY = jax.random.key(0)


def always(logit):
    return lambda s: jd.Bernoulli(logits=jnp.full(s.shape[:-1], logit))


@pytest.mark.fast
def test_each_episode_is_counted_once():
    """Three times the same cue, until the episode is truncated."""
    returns = np.asarray(evaluate(KEY, environments.make("Truncated-probe"), always(0.0), 20))
    assert set(returns) == {-3.0, 3.0}


def test_rewards_after_the_end_do_not_count():
    """Lengths of episodes are geometric with mean 2."""
    returns = np.asarray(evaluate(KEY, environments.make("Stop-probe"), always(0.0), 5_000))
    assert returns.min() == 1.0
    assert abs(returns.mean() - 2.0) < 0.1
    assert abs(np.mean(returns == 1.0) - 0.5) < 0.04


@pytest.mark.parametrize(("greedy", "mean"), [(False, 0.0), (True, 1.0)])
def test_greedy_takes_the_mode(greedy, mean):
    """A policy that slightly prefers the right action."""
    lean = lambda s: jd.Bernoulli(logits=0.01 * s[..., 0])
    returns = evaluate(KEY, environments.make("Match-probe"), lean, 2_000, greedy=greedy)
    assert abs(float(returns.mean()) - mean) < 0.1


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        (1.0, 2.0, "new"),
        (2.0, 1.0, "old"),
        (2.0, 2.0, "old"),  # the earliest among equals
        (np.nan, -9.0, "new"),  # the first
        (-9.0, np.nan, "old"),  # a policy that has lost its numbers
    ],
)
def test_the_better_state_is_kept(old, new, kept):
    a, b = (
        Best({"w": jnp.full(3, i), "key": jax.random.key(i)}, jnp.float32(mean), jnp.int32(i))
        for i, mean in enumerate((old, new))
    )
    best, expected = better_of(b, a), {"old": a, "new": b}[kept]
    np.testing.assert_array_equal(best.state["w"], expected.state["w"])
    assert best.state["key"] == expected.state["key"]
    assert (best.mean_return, best.update) == (expected.mean_return, expected.update)


def test_an_environment_that_never_ends_is_given_up():
    """Its time limit is ignored; the returns of the others are there."""
    env = environments.make("Endless-probe")
    returns = np.asarray(evaluate(KEY, env, always(0.0), 6))
    assert step_limit(env) == 4
    assert np.isnan(returns).all()
