"""Vectors: parameterizations, sizes that do not fit, symmetric gradients, extreme regimes."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from scipy import stats

import jaxdist as jd
from tests.rows.vector import COVARIANCE, LOC, SCALE_TRIL

KEY = jax.random.key(12)


def parameterizations():
    precision = np.linalg.inv(COVARIANCE)
    return [
        jd.MultivariateNormal(LOC, COVARIANCE),
        jd.MultivariateNormal(LOC, precision_matrix=precision),
        jd.MultivariateNormal(LOC, scale_tril=SCALE_TRIL),
    ]


@pytest.mark.parametrize("i", range(3))
def test_each_parameterization_has_all_three_matrices(i):
    d = parameterizations()[i]
    np.testing.assert_allclose(d.scale_tril, SCALE_TRIL, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(d.covariance_matrix, COVARIANCE, rtol=1e-5, atol=1e-6)
    product = d.precision_matrix @ COVARIANCE
    np.testing.assert_allclose(product, np.broadcast_to(np.eye(3), product.shape), atol=1e-5)


def test_draws_do_not_depend_on_the_parameterization():
    draws = [d.sample(KEY, 4) for d in parameterizations()]
    np.testing.assert_allclose(draws[0], draws[2], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(draws[1], draws[2], rtol=1e-4, atol=1e-5)


def test_one_matrix_must_be_given():
    with pytest.raises(ValueError, match="exactly one of covariance_matrix"):
        jd.MultivariateNormal(LOC)
    with pytest.raises(ValueError, match="exactly one of covariance_matrix"):
        jd.MultivariateNormal(LOC, COVARIANCE, scale_tril=SCALE_TRIL)


@pytest.mark.parametrize(
    ("make", "shapes"),
    [
        (
            lambda: jd.MultivariateNormal(np.zeros(3), scale_tril=np.eye(4)),
            r"loc \(3,\), scale_tril \(4, 4\)",
        ),
        (
            lambda: jd.MultivariateNormal(np.zeros((5, 3)), np.ones((3, 2))),
            r"loc \(3,\), covariance_matrix \(3, 2\)",
        ),
        (
            lambda: jd.MultivariateNormalDiag(np.zeros(3), np.ones(2)),
            r"loc \(3,\), scale_diag \(2,\)",
        ),
        (
            lambda: jd.LowRankMultivariateNormal(np.zeros(3), np.ones((4, 2)), np.ones(3)),
            r"loc \(3,\), cov_factor \(4,\), cov_diag \(3,\)",
        ),
        (
            lambda: jd.MultivariateStudentT(1.0, np.zeros(3), np.eye(1)),
            r"loc \(3,\), scale_tril \(1, 1\)",
        ),
    ],
)
def test_sizes_that_differ_are_named(make, shapes):
    with pytest.raises(ValueError, match=shapes):
        make()


@pytest.mark.parametrize("name", ["covariance_matrix", "precision_matrix"])
def test_gradients_of_matrices_are_symmetric(name):
    matrix = jnp.asarray(COVARIANCE[0])

    def log_prob(matrix):
        return jd.MultivariateNormal(LOC[0], **{name: matrix}).log_prob(jnp.ones(3))

    gradient = jax.grad(log_prob)(matrix)
    np.testing.assert_allclose(gradient, gradient.T, rtol=1e-5, atol=1e-6)
    step = jnp.array([[0.0, 1.0, 0.0], [1.0, 0.5, 0.0], [0.0, 0.0, 0.0]])
    _, along = jax.jvp(log_prob, (matrix,), (step,))
    np.testing.assert_allclose(jnp.vdot(gradient, step), along, rtol=1e-5)


def test_gradients_of_factors_are_lower_triangular():
    def total(factor):
        d = jd.MultivariateNormal(LOC[0], scale_tril=factor)
        draw, log_prob = d.rsample_and_log_prob(KEY, 3)
        return jnp.sum(draw) + jnp.sum(log_prob) + d.entropy()

    gradient = jax.grad(total)(jnp.asarray(SCALE_TRIL[0]))
    np.testing.assert_array_equal(jnp.triu(gradient, 1), 0)


def test_score_with_respect_to_a_covariance():
    """The derivative of log p is (P e e^T P - P) / 2, with the residual e and precision P."""
    x = jnp.array([1.0, 2.0, 3.0])
    precision = np.linalg.inv(COVARIANCE[0])
    e = precision @ (np.asarray(x) - LOC[0])
    score = jax.grad(jd.log_prob)(jd.MultivariateNormal(LOC[0], COVARIANCE[0]), x)
    expected = (np.outer(e, e) - precision) / 2
    np.testing.assert_allclose(score.covariance_matrix, expected, rtol=1e-4, atol=1e-4)


def test_covariance_of_draws():
    low_rank = jd.LowRankMultivariateNormal(np.zeros(3), np.ones((3, 1)), np.full(3, 0.5))
    student = jd.MultivariateStudentT(12.0, np.zeros(3), SCALE_TRIL[0])
    for d in [*(d[0] for d in parameterizations()), low_rank, student]:
        draws = np.asarray(d.sample(KEY, 100_000))
        np.testing.assert_allclose(np.cov(draws.T), d.covariance_matrix, atol=0.1)


@pytest.mark.parametrize("n", [1, 2, 4, 5])
def test_a_circulant_covariance_is_that_of_the_full_matrix(n):
    row = np.array([3.0, 1.0, 0.5, 0.5, 1.0] if n == 5 else [3.0, 1.0, 0.5, 1.0])[:n]
    spectrum = np.fft.rfft(row).real
    loc, x = np.arange(n) / 2, np.linspace(-1.0, 2.0, n)
    covariance = row[(np.arange(n)[:, None] - np.arange(n)) % n]
    reference = stats.multivariate_normal(loc, covariance)
    for d in (jd.CirculantNormal(loc, row), jd.CirculantNormal(loc, covariance_rfft=spectrum)):
        np.testing.assert_allclose(d.covariance_matrix, covariance, rtol=1e-6)
        np.testing.assert_allclose(d.covariance_rfft, spectrum, rtol=1e-6)
        np.testing.assert_allclose(d.log_prob(x), reference.logpdf(x), rtol=1e-6)
        np.testing.assert_allclose(d.entropy(), reference.entropy(), rtol=1e-6)
        np.testing.assert_allclose(d.variance, np.full(n, 3.0), rtol=1e-6)
        draws = np.asarray(d.sample(KEY, 100_000)).reshape(-1, n)
        np.testing.assert_allclose(np.cov(draws.T).reshape(n, n), covariance, atol=0.05)
    score = jax.grad(jd.log_prob)(jd.CirculantNormal(loc, row), x).covariance_row
    np.testing.assert_allclose(score[1:], score[1:][::-1], atol=1e-6)


def test_a_long_circulant_normal_needs_no_matrix():
    n = 1 << 17
    d = jd.CirculantNormal(jnp.zeros(n), covariance_rfft=1 / (1 + jnp.arange(n // 2 + 1.0)))
    x, log_prob = d.sample_and_log_prob(KEY)
    np.testing.assert_allclose(d.log_prob(x), log_prob, rtol=1e-6)
    np.testing.assert_allclose(log_prob, -d.entropy(), atol=6 * np.sqrt(n / 2))
    with pytest.raises(ValueError, match=r"n // 2 \+ 1 = 3 entries for loc with n = 5; got 2"):
        jd.CirculantNormal(np.zeros(5), covariance_rfft=np.ones(2))
    with pytest.raises(ValueError, match=r"loc \(3,\), covariance_row \(4,\)"):
        jd.CirculantNormal(np.zeros(3), np.array([1.0, 0.0, 0.0, 0.0]))


def low_rank_and_full():
    factor, diagonal = jnp.array([[1.0, 0.0], [2.0, 1.0], [0.5, -1.0]]), jnp.array([0.5, 1.0, 2.0])
    return (
        jd.LowRankMultivariateNormal(LOC[0], factor, diagonal),
        jd.MultivariateNormal(LOC[0], factor @ factor.T + jnp.diag(diagonal)),
    )


def test_the_low_rank_density_is_that_of_the_full_covariance():
    low, full = low_rank_and_full()
    x = low.sample(KEY, 5)
    np.testing.assert_allclose(low.log_prob(x), full.log_prob(x), rtol=1e-5)


def test_low_rank_matrices_are_those_of_the_full_covariance():
    low, full = low_rank_and_full()
    for name in ("covariance_matrix", "precision_matrix", "scale_tril"):
        np.testing.assert_allclose(getattr(low, name), getattr(full, name), rtol=1e-4, atol=1e-6)


def test_low_rank_survives_a_small_diagonal():
    """The direct difference of two quadratic forms would leave no digit."""
    d = jd.LowRankMultivariateNormal(np.zeros(2), [[1.0], [1.0]], [1e-6, 1e-6])
    x = np.array([1.0, 1.001], np.float32)
    low, wide = np.float64(np.float32(1e-6)), 2 + np.float64(np.float32(1e-6))
    along, across = np.float64(x).sum() ** 2 / 2, (np.float64(x[0]) - np.float64(x[1])) ** 2 / 2
    expected = -(along / wide + across / low) / 2 - np.log(low * wide) / 2 - np.log(2 * np.pi)
    np.testing.assert_allclose(d.log_prob(x), expected, rtol=1e-4)


def test_student_t_in_the_tail():
    d = jd.MultivariateStudentT(3.0, np.zeros(1), np.eye(1))
    np.testing.assert_allclose(d.log_prob([1e20]), -183.0105, rtol=1e-6)


def test_student_t_with_many_degrees_of_freedom_is_nearly_normal():
    d, normal = jd.MultivariateStudentT(1e10, np.zeros(2), np.eye(2)), stats.multivariate_normal
    np.testing.assert_allclose(d.log_prob([1.0, 0.0]), normal(np.zeros(2)).logpdf([1, 0]))


def test_student_t_of_one_number():
    scalar = jd.StudentT(4.5, 1.0, 2.0)
    vector = jd.MultivariateStudentT(4.5, [1.0], [[2.0]])
    np.testing.assert_allclose(vector.log_prob([-3.0]), scalar.log_prob(-3.0), rtol=1e-6)
    np.testing.assert_allclose(vector.entropy(), scalar.entropy(), rtol=1e-6)


def test_entropy_of_a_student_t_against_mpmath():
    with mpmath.workdps(30):
        half = mpmath.mpf(5e5)
        normalizer = mpmath.loggamma(half + 1.5) - mpmath.loggamma(half)
        normalizer -= 1.5 * mpmath.log(2 * half * mpmath.pi)
        mean_log = (half + 1.5) * (mpmath.digamma(half + 1.5) - mpmath.digamma(half))
        expected = float(mean_log - normalizer)
    d = jd.MultivariateStudentT(1e6, np.zeros(3), np.eye(3))
    np.testing.assert_allclose(d.entropy(), expected, rtol=1e-6)


def test_moments_of_a_heavy_tail():
    d = jd.MultivariateStudentT([1.0, 1.5, 4.0], np.ones(1), np.eye(1))
    np.testing.assert_array_equal(d.mean[:, 0], [np.nan, 1, 1])
    np.testing.assert_array_equal(d.variance[:, 0], [np.nan, np.inf, 2])
    gradient = jax.grad(lambda d: jnp.nansum(jnp.where(d.df[:, None] > 2, d.variance, 0)))(d)
    assert np.all(np.isfinite(gradient.df))


def test_gradient_at_the_center_is_zero():
    d = jd.MultivariateStudentT(3.0, LOC[0], SCALE_TRIL[0])
    gradient = jax.grad(jd.log_prob, argnums=1)(d, jnp.asarray(LOC[0], jnp.float32))
    np.testing.assert_array_equal(gradient, 0)


def test_half_precision_matrices_are_factored_in_float32():
    d = jd.MultivariateNormal(jnp.zeros(3, jnp.bfloat16), jnp.eye(3, dtype=jnp.bfloat16))
    assert d.scale_tril.dtype == d.precision_matrix.dtype == jnp.bfloat16


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e2, 1e3])
def test_low_rank_factors_may_be_larger_than_the_diagonal(size):
    """Parallel columns: the rounding of their products is larger than the identity."""
    factor, diagonal = np.full((5, 2), size), np.full(5, 1e-4)
    x = np.array([1.0, 0.5, -1.0, 2.0, 0.0])
    column, step = mpmath.matrix(x.tolist()), mpmath.mpf(10) ** -20

    def exact(shift):
        with mpmath.workdps(50):
            moved = mpmath.matrix(factor.tolist()) + shift * mpmath.ones(5, 2)
            covariance = moved * moved.T + mpmath.diag(diagonal.tolist())
            log_det = mpmath.log(mpmath.det(2 * mpmath.pi * covariance))
            squares = (column.T * mpmath.inverse(covariance) * column)[0]
            return -(squares + log_det) / 2, (log_det + 5) / 2

    log_prob, entropy = map(float, exact(0))
    with mpmath.workdps(50):
        slope = float((exact(step)[0] - exact(-step)[0]) / (2 * step))
    d = jd.LowRankMultivariateNormal(np.zeros(5), factor, diagonal)
    np.testing.assert_allclose(d.log_prob(x), log_prob, rtol=2e-5)
    np.testing.assert_allclose(d.entropy(), entropy, rtol=2e-5)
    gradient = jax.grad(jd.log_prob)(d, x).cov_factor
    allowed = 1e-6 * np.sum(np.abs(gradient))
    np.testing.assert_allclose(np.sum(gradient), slope, rtol=1e-4, atol=allowed)


def test_a_low_rank_normal_whose_capacitance_matrix_is_singular_in_float32():
    d = jd.LowRankMultivariateNormal(np.zeros(5), np.full((5, 2), 1e3), np.full(5, 1e-4))
    np.testing.assert_allclose(d.log_prob(np.ones(5)), 5.766939, rtol=2e-6)
