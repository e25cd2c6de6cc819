"""Gradients: distribution-shaped, equal to finite differences, clean off the support (law 3)."""

import contextlib
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from jaxdist import constraints
from tests.catalog import CIRCULAR, is_continuous, is_univariate, rows, still
from tests.summaries import summary, weighted_total

KEY = jax.random.key(1)


NUMBERS = np.float32([0, 1e-45, 1e-38, 1e-20, 0.3, 1, 7, 1e5, 1e20, 1e30, 3e38])
TAILS = ("cdf", "log_cdf", "survival_function", "log_survival_function", "icdf")


def at_numbers(row):
    """The distribution of a row, and of a tiny scale, at each of many numbers and probabilities."""
    d = jax.tree.map(jnp.asarray, row.make())
    points = np.append(NUMBERS, -NUMBERS)
    shape = (points.size, *d.batch_shape)
    points = np.broadcast_to(points.reshape(-1, *(1,) * len(d.batch_shape)), shape)
    yield d.expand(shape), points
    if "scale" in d.arg_constraints and isinstance(
        d.arg_constraints["scale"], jd.constraints.Range
    ):
        tiny = d._with(scale=jnp.full_like(d.scale, 1e-20))
        yield tiny.expand(shape), points


# Programs in both modes of others compile long, and the base class differentiates all alike.
@rows(
    lambda d: is_univariate(d) and is_continuous(d),
    one_per_class=True,
    kinds=(jd.Normal, jd.Uniform, jd.Exponential),
)
def test_forward_mode_agrees_with_reverse_mode(row):
    """Also where a slope of a tail is 0 and that of the standardized number overflows."""
    for d, points in at_numbers(row):
        for method in TAILS:
            x = np.abs(points) % 1 if method == "icdf" else points
            forward, reverse = both_modes(d, x, method)
            for i, (a, b) in enumerate(zip(forward, reverse, strict=True)):
                assert not np.any(np.isnan(a) & ~np.isnan(b)), (method, i, d, x)
                np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-37, err_msg=method)


@functools.partial(jax.jit, static_argnames="method")
def both_modes(d, x, method):
    """Derivatives in each parameter of each number, and in the number."""
    leaves, structure = jax.tree.flatten((d, x))
    moving = [i for i, leaf in enumerate(leaves) if jnp.issubdtype(leaf.dtype, jnp.floating)]

    def evaluate(*moved):
        filled = list(leaves)
        for i, leaf in zip(moving, moved, strict=True):
            filled[i] = leaf
        d, x = jax.tree.unflatten(structure, filled)
        return getattr(d, method)(x)

    points = [leaves[i] for i in moving]
    value, pull_back = jax.vjp(evaluate, *points)
    reverse = [
        jnp.sum(slope, tuple(range(value.ndim, slope.ndim)))
        for slope in pull_back(jnp.ones_like(value))
    ]
    forward = [
        jax.jvp(
            lambda p, i=i: evaluate(*points[:i], p, *points[i + 1 :]), (p,), (jnp.ones_like(p),)
        )
        for i, p in enumerate(points)
    ]
    return [dot for _, dot in forward], reverse


def in_float64(d):
    return jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), d)


def centers(d):
    """The mode, the mean and the middle of a distribution, where they are inside of its bounds."""
    low, high = (jnp.broadcast_to(bound, d.batch_shape) for bound in d.support.bounds)
    points = [low / 2 + high / 2]
    for name in ("mode", "mean"):
        try:
            points.append(getattr(d, name))
        except NotImplementedError:
            continue
    x = jnp.stack(points)
    return jnp.where((x > low) & (x < high), x, d.median)


@jax.jit
def slopes_and_densities(d, x):
    """The slopes of the tails at x, and what they should be."""
    density = jnp.exp(d.log_prob(x))
    slopes = {m: jax.grad(lambda x, m=m: jnp.sum(getattr(d, m)(x)))(x) for m in TAILS[:4]}
    lower, upper = density / d.cdf(x), -density / d.survival_function(x)
    return slopes, dict(zip(TAILS[:4], (density, lower, -density, upper), strict=True))


@pytest.mark.slow
@rows(lambda d: is_univariate(d) and is_continuous(d), one_per_class=True)
def test_slopes_of_tails_at_the_center_are_densities(row):
    """Where formulas of both sides meet, so that a minimum or a size may have another slope."""
    d = row.make()
    slopes, expected = slopes_and_densities(d, centers(d))
    for method in TAILS[:4]:
        inside = np.isfinite(expected[method])
        got, right = (np.where(inside, v[method], 0) for v in (slopes, expected))
        np.testing.assert_allclose(got, right, rtol=3e-3, atol=1e-12, err_msg=method)


@rows(one_per_class=True, fast=True)
def test_the_score_is_a_distribution_and_finite(row):
    d = row.make()
    value = d.sample(KEY)
    score = jax.jit(jax.grad(lambda d: jnp.sum(d.log_prob(value))))(d)
    assert type(score) is type(d)
    assert jax.tree.structure(score) == jax.tree.structure(d)
    assert score.batch_shape == d.batch_shape
    for leaf, gradient in zip(jax.tree.leaves(d), jax.tree.leaves(score), strict=True):
        assert gradient.shape == leaf.shape
        assert np.all(np.isfinite(gradient))


@rows(one_per_class=True)
def test_derivatives_agree_with_finite_differences(row):
    """Along a line the gradient, and the gradient of its slope, are those of the values on it."""
    with jax.enable_x64(True):
        d = in_float64(row.make())
        value = d.sample(KEY)
        if not is_continuous(d) or is_thin(d.support):
            log_prob, point = lambda moved: still(moved, d).log_prob(value), (d,)
        else:
            log_prob, point = lambda moved, x: still(moved, d).log_prob(x), (d, value)
        step = jax.tree.map(small_step, point)

        def total(point):
            return jnp.sum(log_prob(*point))

        def along(t):
            return jax.tree.map(lambda x, dx: x + t * dx, point, step)

        def slope(point):
            return jax.jvp(total, (point,), (step,))[1]

        @jax.jit
        def derivatives(t):
            forwards = jax.value_and_grad(slope)(point)
            return jax.vmap(lambda t: total(along(t)))(t), jax.grad(total)(point), forwards

        (far, near, here, ahead, beyond), gradient, (first, second) = derivatives(
            np.arange(-2.0, 3)
        )
        expected = (8 * (ahead - near) - (beyond - far)) / 12
        np.testing.assert_allclose(first, expected, rtol=1e-5, atol=1e-8)
        np.testing.assert_allclose(inner(gradient, step), expected, rtol=1e-5, atol=1e-8)
        curvature = (16 * (ahead + near) - (beyond + far) - 30 * here) / 12
        np.testing.assert_allclose(inner(second, step), curvature, rtol=1e-3, atol=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mean", "variance", "entropy"])
@rows()
def test_slopes_of_moments_are_those_in_float64(row, name):
    """Where a formula has a pole that cancels, its value may be exact and its slope not."""
    d = row.make()

    def value_and_slopes(d):
        total = lambda d: weighted_total(summary(d, name))
        return jax.value_and_grad(total)(d)

    try:
        _, slopes = value_and_slopes(d)
    except NotImplementedError:
        pytest.skip(f"no {name}")
    with jax.enable_x64(True):
        value, expected = value_and_slopes(in_float64(d))
    for x, got, right in zip(*map(jax.tree.leaves, (d, slopes, expected)), strict=True):
        size = np.abs(value) / np.maximum(np.abs(x), 1e-30)
        excess = np.abs(got - right) - 1e-4 * np.abs(right)
        undefined = ~np.isfinite(right) | ~np.isfinite(size)
        assert np.all(undefined | (excess <= 1e-6 * size)), (got, right)


def small_step(x):
    """Steps of various signs; what is infinite stays so."""
    signs = np.where(np.arange(x.size).reshape(x.shape) % 3 == 1, -1, 1)
    return np.where(np.isfinite(x), 1e-4 * signs * np.hypot(0.1, x), 0)


def inner(a, b):
    return sum(jnp.vdot(x, y) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))


def is_thin(support):
    """Whether values satisfy equations, so that a step in most directions leaves the set."""
    return not isinstance(getattr(support, "base_constraint", support), constraints.Range)


@rows(one_per_class=True)
def test_entropy_gradient_is_finite(row):
    d = row.make()
    try:
        gradient = jax.jit(jax.grad(lambda d: jnp.sum(d.entropy())))(d)
    except NotImplementedError as error:
        assert "closed form" in str(error)  # noqa: PT017
        return
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(gradient))


def outside(support, value):
    """Values like `value` that lie outside a support."""
    if isinstance(support, constraints.Independent):
        return outside(support.base_constraint, value)
    if isinstance(support, constraints.Range):
        lower, upper = (
            jnp.asarray(bound, jnp.result_type(float, value)) for bound in support.bounds
        )
        below = [jnp.broadcast_to(lower - 1, value.shape)] if np.all(lower > -np.inf) else []
        above = [jnp.broadcast_to(upper + 1, value.shape)] if np.all(upper < np.inf) else []
        between = [value + 0.5] if support.is_discrete else [jnp.full_like(value, np.inf)]
        return below + above + between
    candidates = [jnp.full_like(value, number) for number in (0.7, -3, 1e9, jnp.inf)]
    return [x for x in candidates if not np.any(support.check(x)) or np.any(np.isinf(x))]


@rows(one_per_class=True, fast=True)
def test_outside_the_support_log_prob_is_minus_infinity_with_gradient_zero(row):
    d = row.make()
    by_value = is_continuous(d)

    @jax.jit
    def log_prob_and_gradients(d, value):
        gradient = jax.grad(lambda *args: jnp.sum(jd.log_prob(*args)), (0, 1)[: 1 + by_value])
        return d.log_prob(value), gradient(d, value)

    for value in outside(d.support, d.sample(KEY, 7)):
        log_prob, gradients = log_prob_and_gradients(d, value)
        assert np.all(np.asarray(log_prob) == -np.inf)
        assert all(np.all(np.asarray(leaf) == 0) for leaf in jax.tree.leaves(gradients))


@rows(one_per_class=True)
def test_nan_is_passed_on(row):
    d = row.make()
    value = jnp.full(d.batch_shape + d.event_shape, jnp.nan)
    assert np.all(np.isnan(d.log_prob(value)))
    if is_univariate(d):
        assert np.all(np.isnan(d.cdf(value)))


@rows(one_per_class=True)
def test_sample_stops_the_gradient(row):
    d = row.make()
    gradient = jax.grad(lambda d: jnp.sum(d.sample(KEY, 7).astype(jnp.float32)))(d)
    assert all(np.all(np.asarray(leaf) == 0) for leaf in jax.tree.leaves(gradient))


@rows(one_per_class=True)
def test_sample_and_log_prob_is_the_score_at_a_fixed_draw(row):
    d = row.make()

    @jax.jit
    def joint_and_fixed(d):
        value, log_prob = d.sample_and_log_prob(KEY, 7)
        joint = jax.grad(lambda d: jnp.sum(d.sample_and_log_prob(KEY, 7)[1]))
        fixed = jax.value_and_grad(lambda d: jnp.sum(d.log_prob(value)))
        return (jnp.sum(log_prob), joint(d)), fixed(d)

    joint, fixed = joint_and_fixed(d)
    for a, b in zip(jax.tree.leaves(joint), jax.tree.leaves(fixed), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


@rows(lambda d: not d.has_rsample, one_per_class=True)
def test_rsample_without_a_pathwise_derivative_says_what_to_do(row):
    d = row.make()
    with pytest.raises(NotImplementedError, match="score_function"):
        d.rsample(KEY)
    with pytest.raises(NotImplementedError, match="score_function"):
        d.rsample_and_log_prob(KEY)


# A draw of the sum is the sum of two draws, each with its own derivative.
NOT_IMPLICIT = jd.VonMises | jd.SineSkewed | jd.ExponentiallyModifiedGaussian


@rows(
    lambda d: (
        d.has_rsample and is_univariate(d) and is_continuous(d) and not isinstance(d, NOT_IMPLICIT)
    ),
    one_per_class=True,
)
def test_pathwise_derivative_is_implicit_in_the_cdf(row):
    """With F(x; t) fixed along the path, dx/dt = -(dF/dt) / p(x)."""
    with jax.enable_x64(True):
        d = in_float64(row.make())
        tangent = jax.tree.map(lambda leaf: np.full_like(leaf, 1e-3) + 1e-3 * np.abs(leaf), d)

        @jax.jit
        def path_and_expected(d, tangent):
            x, path = jax.jvp(lambda d: d.rsample(KEY, 7), (d,), (tangent,))
            _, moved = jax.jvp(lambda d: d.cdf(x), (d,), (tangent,))
            return path, -moved / jnp.exp(d.log_prob(x))

        np.testing.assert_allclose(*path_and_expected(d, tangent), rtol=2e-3, atol=1e-7)


@rows(
    lambda d: d.has_rsample and not isinstance(d, CIRCULAR),
    one_per_class=True,
)
def test_pathwise_derivative_moves_the_moments(row):
    """The mean of the derivatives of draws and of their squares is that of the moments."""
    d = row.make()
    try:
        d.mean, d.variance  # noqa: B018
    except NotImplementedError:
        pytest.skip(f"{row} has no moments")
    tangent = jax.tree.map(direction, d)

    @jax.jit
    def moved(d, tangent):
        x, x_dot = jax.jvp(lambda d: d.rsample(KEY, 20_000), (d,), (tangent,))
        moments = lambda d: (d.mean, d.variance + d.mean**2)
        return (x_dot, 2 * x * x_dot), *jax.jvp(moments, (d,), (tangent,))

    for draws, moment, expected in zip(*moved(d, tangent), strict=True):
        draws, expected = np.asarray(draws, float), np.asarray(expected, float)
        exists = np.isfinite(moment)
        allowed = 5 * draws.std(0) / np.sqrt(len(draws)) + 1e-4 * np.abs(expected)
        assert np.all((np.abs(draws.mean(0) - expected) <= allowed) | ~exists)
        if isinstance(d, jd.OneHotCategoricalStraightThrough):
            return  # its derivative is that of the mean alone


def direction(x):
    """A direction in which parameters keep their zeros and infinities, and weights their sum."""
    x = np.asarray(x)
    if x.ndim and np.all(x >= 0) and np.allclose(x.sum(-1), 1):
        t = np.linspace(-1, 1, x.shape[-1])
        return x * (t - np.sum(x * t, -1, keepdims=True)).astype(x.dtype)
    return np.where(np.isfinite(x) & (x != 0), np.hypot(0.1, x), 0).astype(x.dtype)


@rows(lambda d: d.has_rsample, one_per_class=True)
def test_rsample_equals_sample(row):
    d = row.make()
    np.testing.assert_allclose(d.rsample(KEY, 7), d.sample(KEY, 7), rtol=1e-5, atol=1e-6)
    value, log_prob = d.rsample_and_log_prob(KEY, 7)
    np.testing.assert_allclose(log_prob, d.log_prob(value), rtol=1e-4, atol=1e-5)


def lower_triangular(d):
    """The names of the stored parameters that are lower triangular."""
    return [
        name
        for name, constraint in d.arg_constraints.items()
        if constraint is constraints.lower_cholesky and name in vars(d)
    ]


@rows(lower_triangular, one_per_class=True)
def test_what_stands_above_a_diagonal_counts_for_nothing(row):
    """An optimizer that moved it would leave the triangular matrices unseen."""
    d = row.make()
    x = d.sample(KEY, 3)

    @jax.jit
    def evaluate(d):
        values = [d.log_prob(x), d.mean, d.variance]
        for method in (d.entropy, d.covariance):
            with contextlib.suppress(NotImplementedError):
                values.append(method())
        return values

    filled = {}
    for name in lower_triangular(d):
        matrix = np.asarray(getattr(d, name))
        filled[name] = matrix + np.triu(np.ones_like(matrix), 1)
    for got, expected in zip(evaluate(d._with(**filled)), evaluate(d), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-5)
