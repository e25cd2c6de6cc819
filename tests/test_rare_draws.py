"""Derivatives of draws that are rare below or above, at a fixed probability, against mpmath."""

from functools import partial

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np

import jaxdist as jd
from jaxdist.implicit import pathwise
from jaxdist.special import ndtri
from jaxdist.special.incomplete_beta import logit_beta_path, logit_betaincinv
from jaxdist.special.incomplete_gamma import gammainccinv, gammaincinv, log_gamma_path
from jaxdist.special.student import student_isf, student_path

KEY = jax.random.key(4)
RARITIES = np.float32([1e-9, 1e-7, 1e-3, 0.2])


def compare(draws_and_paths, tail, *params):
    """Compare derivatives with those of an implicit function.

    Args:
      draws_and_paths: maps parameters and a probability to a draw and its derivatives in them.
      tail: a monotone function of the draw and the parameters, up to a constant the probability.
      *params: of float32, one for each case.
    """
    columns = [np.float32(p)[:, None] for p in params]
    draws, *paths = jax.jit(draws_and_paths)(*columns, RARITIES)
    assert np.all(np.isfinite(draws))
    with mp.workdps(50):
        for (i, j), draw in np.ndenumerate(draws):
            point = [float(draw), *(float(column[i, 0]) for column in columns)]
            slope, *moved = (
                mp.diff(tail, point, tuple(int(k == n) for k in range(len(point))))
                for n in range(len(point))
            )
            expected = [float(-m / slope) for m in moved]
            np.testing.assert_allclose([p[i, j] for p in paths], expected, rtol=1e-5)


SHAPES = [0.3, 2.5, 30, 1e3]


def test_gamma_draws():
    def below(a, q):
        draw = jnp.log(gammaincinv(a, q))
        return draw, log_gamma_path(a, draw)

    def above(a, q):
        draw = jnp.log(gammainccinv(a, q))
        return draw, log_gamma_path(a, draw)

    lower = lambda y, a: mp.gammainc(a, 0, mp.exp(y), regularized=True)
    upper = lambda y, a: mp.gammainc(a, mp.exp(y), mp.inf, regularized=True)
    compare(below, lower, SHAPES)
    compare(above, upper, SHAPES)


def test_beta_draws():
    """Of one end: the other one is its mirror image."""

    def below(a, b, q):
        draw = logit_betaincinv(a, b, q)
        return draw, *logit_beta_path(a, b, draw)

    def lower(y, a, b):
        return mp.betainc(a, b, 0, 1 / (1 + mp.exp(-y)), regularized=True)

    compare(below, lower, [0.3, 1, 2, 30, 0.5, 50], [0.3, 1, 5, 0.5, 30, 70])


def test_student_draws():
    def above(df, q):
        draw = student_isf(df, q)
        return draw, student_path(df, draw)

    def upper(t, df):
        half, square = mp.mpf(1) / 2, t * t
        if df < 20:
            return mp.betainc(df / 2, half, 0, df / (df + square), regularized=True)
        return 1 - mp.betainc(half, df / 2, 0, square / (df + square), regularized=True)

    # Of 0.3 the rarest one is 3e28, where the density underflows.
    compare(above, upper, [0.3, 1, 3.5, 12, 30, 60, 300, 1e4, 1e6])


def test_fisher_snedecor_draws():
    """With tails so heavy that the density at a draw underflows."""

    def draws(df1, df2, q):
        df1, df2, _ = jnp.broadcast_arrays(df1, df2, q)

        def draw(df1, df2):
            x = jd.FisherSnedecor(df1, df2, validate_args=False).rsample(KEY)
            return jnp.sum(x), x

        along, x = jax.grad(draw, (0, 1), has_aux=True)(df1, df2)
        return x, *along

    def upper(x, df1, df2):
        return mp.betainc(df2 / 2, df1 / 2, 0, df2 / (df2 + df1 * x), regularized=True)

    compare(draws, upper, [1, 0.3, 5, 20], [0.1, 0.1, 0.08, 3])


def test_mixture_draws():
    """In both tails; where the weights move, probabilities near one cancel."""

    def mixture(logit, loc):
        zero = jnp.zeros_like(loc)
        components = jd.Normal(jnp.stack([zero, loc], -1), jnp.stack([zero + 1, zero + 2], -1))
        return jd.MixtureSameFamily(
            jd.Categorical(logits=jnp.stack([zero, logit], -1), validate_args=False), components
        )

    def reference(x, logit, loc, side):
        weight = 1 / (1 + mp.exp(-logit))
        return (1 - weight) * mp.ncdf(side * x) + weight * mp.ncdf(side * (x - loc) / 2)

    for side in (-1, 1):

        def draws(logit, loc, q, side=side):
            logit, loc, x = jnp.broadcast_arrays(logit, loc, 2 * side * ndtri(q))
            along = jax.grad(lambda *p: jnp.sum(pathwise(mixture(*p), x)), (0, 1))
            return x, *along(logit, loc)

        compare(draws, partial(reference, side=side), [-1.0, 0.5], [-0.5, 1.0])
