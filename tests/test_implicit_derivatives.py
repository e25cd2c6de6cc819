"""Derivatives of draws that are rare below or above, at a fixed probability, against mpmath."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
from scipy import special, stats

import jaxdist as jd
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.special import (
    log_gamma_implicit_derivative,
    logit_beta_implicit_derivative,
    student_t_implicit_derivative,
)

RARITIES = np.array([1e-9, 1e-7, 1e-3, 0.2])


def column(*numbers):
    return np.float32(numbers)[:, None]


def compare(draws, paths, tail, *params, rtol=1e-5):
    """Compare derivatives with those of an implicit function.

    Args:
      draws: of float32, shape `(cases, draws)`.
      paths: for each parameter, the derivatives of the draws in it.
      tail: a monotone function of the draw and the parameters: the probability of one side.
      *params: of float32, shape `(cases, 1)`.
      rtol: relative tolerance.
    """
    assert np.all(np.isfinite(draws))
    with mp.workdps(50):
        for (i, j), draw in np.ndenumerate(draws):
            point = [float(draw), *(float(param[i, 0]) for param in params)]
            slope, *moved = (
                mp.diff(tail, point, tuple(int(k == n) for k in range(len(point))))
                for n in range(len(point))
            )
            expected = [float(-m / slope) for m in moved]
            np.testing.assert_allclose([p[i, j] for p in paths], expected, rtol=rtol)


def test_gamma_draws():
    a = column(0.3, 2.5, 30, 1e3)
    below, above = special.gammaincinv(a, RARITIES), special.gammainccinv(a, RARITIES)
    logs = np.float32(np.log(np.hstack([below, above])))
    compare(
        logs,
        [log_gamma_implicit_derivative(a, logs)],
        lambda y, a: mp.gammainc(a, 0, mp.exp(y), regularized=True),
        a,
    )


def test_beta_draws():
    a, b = column(0.3, 1, 2, 30, 50), column(0.3, 1, 5, 0.5, 70)
    below, above = special.betaincinv(a, b, RARITIES), special.betaincinv(b, a, RARITIES)
    logits = np.float32(np.hstack([special.logit(below), -special.logit(above)]))
    compare(
        logits,
        logit_beta_implicit_derivative(a, b, logits),
        lambda y, a, b: mp.betainc(a, b, 0, 1 / (1 + mp.exp(-y)), regularized=True),
        a,
        b,
    )


def test_student_draws():
    def upper(t, df):
        half, square = mp.mpf(1) / 2, t * t
        if df < 20:
            return mp.betainc(df / 2, half, 0, df / (df + square), regularized=True)
        return 1 - mp.betainc(half, df / 2, 0, square / (df + square), regularized=True)

    df = column(0.3, 1, 3.5, 12, 30, 60, 300, 1e4, 1e6)
    t = np.float32(stats.t.isf(RARITIES, df))
    assert t[0, 0] > 1e28  # where the density underflows
    compare(t, [student_t_implicit_derivative(df, t)], upper, df)


def test_fisher_snedecor_draws():
    """With tails so heavy that the density at a draw underflows."""

    @jax.jit
    def draw(df1, df2):
        def total(df1, df2):
            x = jd.FisherSnedecor(df1, df2, validate_args=False).rsample(jax.random.key(6))
            return jnp.sum(x), x

        return jax.grad(total, (0, 1), has_aux=True)(df1, df2)

    def upper(x, df1, df2):
        return mp.betainc(df2 / 2, df1 / 2, 0, df2 / (df2 + df1 * x), regularized=True)

    df1, df2 = column(1, 0.3, 5, 20), column(0.1, 0.1, 0.08, 3)
    paths, draws = draw(*(np.repeat(df, 4, 1) for df in (df1, df2)))
    assert np.max(draws) > 1e20
    # A draw x is exp(log x), whose rounding the derivative multiplies by log x.
    compare(draws, paths, upper, df1, df2, rtol=2e-5)


def test_mixture_draws():
    """In both tails; where the weights move, probabilities near one cancel."""

    @jax.jit
    def along(logit, loc, x):
        def total(logit, loc):
            zero = jnp.zeros_like(loc)
            components = jd.Normal(jnp.stack([zero, loc], -1), jnp.stack([zero + 1, zero + 2], -1))
            weights = jd.Categorical(logits=jnp.stack([zero, logit], -1), validate_args=False)
            return jnp.sum(
                implicit_reparameterization(jd.MixtureSameFamily(weights, components), x)
            )

        return jax.grad(total, (0, 1))(logit, loc)

    def below(x, logit, loc):
        weight = 1 / (1 + mp.exp(-logit))
        return (1 - weight) * mp.ncdf(x) + weight * mp.ncdf((x - loc) / 2)

    logit, loc = column(-1, 0.5), column(-0.5, 1)
    below_0 = 2 * stats.norm.ppf(RARITIES)
    x = np.float32(np.tile(np.hstack([below_0, -below_0]), (2, 1)))
    compare(x, along(*np.broadcast_arrays(logit, loc, x)), below, logit, loc)
