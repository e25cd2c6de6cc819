"""Von Mises: every concentration, tails, the cut of the circle, and pathwise derivatives."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from scipy import special

import jaxdist as jd
from jaxdist.implicit_differentiation import implicit_reparameterization
from tests import test_values as values
from tests.rows import circle as rows

KEY = jax.random.key(8)


def test_concentrated():
    np.testing.assert_allclose(jd.VonMises(0.0, 1e6).log_prob(1e-3), 5.488817, rtol=2e-7)
    d = jd.VonMises(0.0, jnp.array([0.0, 1e-3, 1.0, 1e3, 1e6]))
    kappa = np.asarray(d.concentration, float)
    variance = 1 - special.ive(1, kappa) / special.i0e(kappa)
    np.testing.assert_allclose(d.variance, variance, rtol=2e-6)
    entropy = np.log(2 * np.pi * special.i0e(kappa)) + kappa * variance
    np.testing.assert_allclose(d.entropy(), entropy, rtol=2e-6)


@pytest.mark.parametrize("concentration", [0.0, 1e-3, 1.0, 100.0, 1e6])
def test_draws_lie_on_the_circle_and_have_the_right_moments(concentration):
    d = jd.VonMises(3.0, concentration)
    x = np.asarray(d.sample(KEY, 100_000), float)
    assert np.all((x >= -np.pi) & (x < np.pi))
    ratio = special.ive(1, concentration) / special.i0e(concentration)
    spread = np.sqrt((1 - ratio) / 100_000) + 1e-7
    assert abs(np.mean(np.cos(x - 3)) - ratio) < 6 * spread
    assert abs(np.mean(np.sin(x - 3))) < 6 * spread


def test_log_cdf_far_in_the_tail():
    d = jd.VonMises(0.0, 1e4)
    with mp.workdps(30):
        inner = mp.quad(lambda t: mp.exp(1e4 * (mp.cos(t) - mp.cos(1))), mp.linspace(-1.1, -1, 9))
        expected = mp.log(inner / (2 * mp.pi * mp.besseli(0, 1e4))) + 1e4 * mp.cos(1)
    np.testing.assert_allclose(d.log_cdf(-1.0), float(expected), rtol=1e-6)
    np.testing.assert_allclose(d.log_survival_function(1.0), float(expected), rtol=1e-6)


def test_density_is_that_of_the_angle():
    d = jd.VonMises(1.0, 3.0)
    np.testing.assert_allclose(d.log_prob(2.0 + 4 * np.pi), d.log_prob(2.0), rtol=1e-5)
    np.testing.assert_array_equal(d.cdf(jnp.array([-4.0, 4.0])), [0, 1])


@pytest.mark.slow
def test_pathwise_derivative_is_that_of_an_expectation_on_the_circle():
    """E cos(x) = A(kappa) cos(loc), with A = I1 / I0 and A' = 1 - A / kappa - A^2."""
    with jax.enable_x64(True):
        loc, kappa = 2.8, 1.5
        mean_cosine = lambda d: jnp.mean(jnp.cos(d.rsample(KEY, 200_000)))
        gradient = jax.grad(mean_cosine)(jd.VonMises(loc, kappa))
        ratio = special.i1(kappa) / special.i0(kappa)
        np.testing.assert_allclose(gradient.loc, -ratio * np.sin(loc), atol=5e-3)
        slope = 1 - ratio / kappa - ratio**2
        np.testing.assert_allclose(gradient.concentration, slope * np.cos(loc), atol=5e-3)


def test_joint_call_is_exact_in_concentrated_regimes():
    d = jd.VonMises(3.0, 1e6)
    x, log_prob = d.sample_and_log_prob(KEY, 10_000)
    np.testing.assert_allclose(np.mean(log_prob), -float(d.entropy()), atol=0.03)
    score = jax.grad(lambda d: d.sample_and_log_prob(KEY)[1])(d)
    x = d.sample(KEY)
    np.testing.assert_allclose(score.loc, 1e6 * np.sin(np.float64(x) - 3.0), rtol=1e-2, atol=1)


def test_draws_next_to_pi():
    """Where the rounding of pi itself is as large as what is left of the circle."""
    x = np.float32([3.1415925, 3.141592, 3.14159, 3.14, 2.0])
    kappa = np.float32([[0.3], [1.0], [4.0], [30.0]])

    @jax.jit
    def tail_and_path(kappa, x):
        def d(kappa):
            return jd.VonMises(jnp.zeros_like(kappa), kappa, validate_args=False)

        path = jax.vmap(
            jax.vmap(jax.grad(lambda k, x: implicit_reparameterization(d(k), x)), (None, 0)),
            (0, None),
        )
        tail = jax.vmap(lambda x: d(kappa).survival_function(x), 1, 1)(jnp.tile(x, (len(kappa), 1)))
        return tail, path(kappa, x)

    tail, path = tail_and_path(kappa[:, 0], x)
    with mp.workdps(40):
        for i, j in np.ndindex(tail.shape):
            t, k = float(x[j]), float(kappa[i, 0])
            density = mp.exp(k * mp.cos(t)) / (2 * mp.pi * mp.besseli(0, k))
            expected, moved = beyond(t, k), mp.diff(beyond, (t, k), (0, 1)) / density
            np.testing.assert_allclose(tail[i, j], float(expected), rtol=1e-5)
            np.testing.assert_allclose(path[i, j], float(moved), rtol=1e-5)


def beyond(t, kappa):
    """Probability of the angles from t to pi."""
    integral = mp.quad(lambda u: mp.exp(kappa * mp.cos(u)), [t, mp.pi])
    return integral / (2 * mp.pi * mp.besseli(0, kappa))


# --- pairs of angles -----------------------------------------------------------------------------

# With one mode, nearly two, two, of a negative correlation, and without a concentration.
PAIRS = (
    [2.0, 1e5, 100.0, 2.0, 1e4, 3.0, 0.0, 1.0],
    [3.0, 1e4, 100.0, 3.0, 1.0, 1e5, 3.0, 0.0],
    [1.0, 3e4, 100.0, 10.0, 99.0, -3e3, 1e-3, 2.0],
)


@pytest.mark.slow
def test_sine_model_of_wide_parameters():
    """In units of the effect of rounding the parameters and the angles."""
    d = jd.SineBivariateVonMises(0.3, -1.0, *PAIRS)
    exact = rows.SineBivariateVonMises(np.float32(0.3), np.float32(-1.0), *np.float32(PAIRS))
    np.testing.assert_allclose(d.entropy(), exact.entropy(), rtol=1e-5, atol=2e-5)
    np.testing.assert_allclose(d.variance, exact.var(), rtol=2e-6)
    x = d.sample(KEY, 20_000)
    values.check(jd.log_prob, d, x, d.log_prob(x), exact.logpdf(np.asarray(x, float)), 8.0)
    phi, psi = np.moveaxis(np.asarray(x, float) - exact.loc, -1, 0)
    drawn = np.cos(phi), np.cos(psi), np.sin(phi) * np.sin(psi)
    for seen, expected in zip(drawn, exact.statistics()[:3], strict=True):
        assert np.all(np.abs(seen.mean(0) - expected) < 5 * seen.std(0) / np.sqrt(20_000) + 1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(2.0, 3.0, 1.0), (2.0, 3.0, 6.0), (0.5, 4.0, -3.0)])
def test_pathwise_derivatives_of_the_sine_model(shape):
    """They move the mean cosines as these depend on the parameters."""
    with jax.enable_x64(True):
        d = jd.SineBivariateVonMises(0.4, 0.2, *shape)
        cosines = lambda d: jnp.cos(d.rsample(KEY, 20_000) - jnp.array([0.4, 0.2]))
        names = ["phi_concentration", "psi_concentration", "correlation"]
        ones = jnp.float64(1.0)
        for name in names:
            moved = lambda t, name=name: d._with(**{name: getattr(d, name) + t})
            _, slopes = jax.jvp(lambda t: cosines(moved(t)), (0 * ones,), (ones,))  # noqa: B023
            _, expected = jax.jvp(lambda t: 1 - moved(t).variance, (0 * ones,), (ones,))  # noqa: B023
            slopes = np.asarray(slopes)
            error = 5 * slopes.std(0) / np.sqrt(len(slopes))
            assert np.all(np.abs(slopes.mean(0) - expected) < error)


@pytest.mark.slow
def test_circular_moments_of_skewed_angles():
    base = jd.SineBivariateVonMises(-1.1, -0.8, 5.0, 4.0, correlation=6.0)
    for d in (jd.SineSkewed(base, [0.3, -0.5]), jd.SineSkewed(jd.VonMises(2.5, 0.01), -0.9)):
        resultant = np.exp(1j * np.asarray(d.sample(KEY, 100_000), float)).mean(0)
        np.testing.assert_allclose(np.angle(resultant * np.exp(-1j * d.mean)), 0, atol=0.02)
        np.testing.assert_allclose(1 - np.abs(resultant), d.variance, atol=0.01)


def test_only_angles_are_skewed_by_sines():
    with pytest.raises(TypeError, match="SineBivariateVonMises"):
        jd.SineSkewed(jd.Normal(0.0, 1.0), 0.5)


@pytest.mark.slow
@pytest.mark.parametrize("ratio", [0.0, 0.9])
def test_derivatives_of_the_entropy_of_concentrated_pairs(ratio):
    """In both concentrations alike, and for independent angles that of a normal distribution."""
    concentration = np.float32([10, 1e3, 1e5, 1e7])

    def entropy(a, b):
        return jd.SineBivariateVonMises(0.0, 0.0, a, b, ratio * concentration).entropy().sum()

    of_phi, of_psi = jax.grad(entropy, (0, 1))(concentration, concentration)
    np.testing.assert_allclose(of_psi, of_phi, rtol=5e-6)
    if not ratio:
        np.testing.assert_allclose(of_psi[2:] * concentration[2:], -0.5, rtol=1e-5)


@pytest.mark.slow
def test_entropy_of_very_concentrated_pairs():
    d = jd.SineBivariateVonMises(0.0, 0.0, 1e17, 1e17, 0.0)
    np.testing.assert_allclose(d.entropy(), 1 + np.log(2 * np.pi) - np.log(1e17), rtol=1e-6)


def test_a_skew_for_each_angle():
    base = jd.SineBivariateVonMises(0.0, 0.0, 1.0, 1.0, 0.0)
    with pytest.raises(ValueError, match=r"skew must have shape \(..., 2\).*got \(3,\)"):
        jd.SineSkewed(base, [0.1, 0.2, 0.3])


@pytest.mark.slow
@pytest.mark.parametrize("size", [1e16, 1e20, 1e30])
def test_enormous_concentrations_are_those_of_a_normal_distribution(size):
    """Their squares overflow; there is one mode, and the angles are tiny."""
    a, b, r = 1.0, 0.5, 0.35  # times the size: the precision matrix is [[a, -r], [-r, b]]
    d = jd.SineBivariateVonMises(0.0, 0.0, a * size, b * size, r * size)
    exact = np.log(size) + np.log(a * b - r * r) / 2 - np.log(2 * np.pi)
    np.testing.assert_allclose(d.log_prob(jnp.zeros(2)), exact, rtol=1e-6)
    np.testing.assert_allclose(d.entropy(), 1 - exact, rtol=1e-4)
    slopes = jax.grad(lambda d: d.log_prob(jnp.zeros(2)))(d)
    inverse = np.linalg.inv([[a, -r], [-r, b]]) / size
    expected = [inverse[0, 0] / 2, inverse[1, 1] / 2, -inverse[0, 1]]
    got = [slopes.phi_concentration, slopes.psi_concentration, slopes.correlation]
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6 / size)
    np.testing.assert_allclose(d.variance, np.diag(inverse) / 2, rtol=1e-5)
    _, slope = jax.jvp(lambda x: (d._with(**x)).entropy(), *[(dict(vars(d)),)] * 2)
    np.testing.assert_allclose(slope, -1, rtol=1e-5)
    spread = np.std(np.asarray(d.sample(KEY, 4000), float) / np.sqrt(np.diag(inverse)), 0)
    np.testing.assert_allclose(spread, 1, atol=0.06)


@pytest.mark.slow
def test_a_wide_angle_of_an_enormous_concentration():
    """Given the tiny first angle, of which r is a multiple, the second one is spread."""
    size = 1e20
    d = jd.SineBivariateVonMises(0.0, 0.0, size, 1.0, 0.9 * np.sqrt(size))
    small = jd.SineBivariateVonMises(0.0, 0.0, size / 1e12, 1.0, 0.9 * np.sqrt(size / 1e12))
    np.testing.assert_allclose(d.entropy(), small.entropy() - np.log(1e12) / 2, rtol=1e-6)
    np.testing.assert_allclose(d.variance, small.variance / np.array([1e12, 1]), rtol=1e-5)
    spread = np.std(np.asarray(d.sample(KEY, 4000), float)[:, 0])
    np.testing.assert_allclose(spread, np.sqrt(2 * d.variance[0]), rtol=0.05)


def test_the_entropy_of_an_enormous_concentration_has_a_derivative():
    size = jnp.array([1e16, 1e20, 1e30])
    entropy = lambda size: jd.VonMises(0.0, size).entropy()
    np.testing.assert_allclose(jax.jvp(entropy, (size,), (size,))[1], -0.5, rtol=1e-6)


@pytest.mark.slow
def test_second_derivatives_of_pairs():
    """The curvature of the log-normalizer is the variance of a cosine, in all modes."""
    shape = jnp.array([4.0, 2.0, 1.5])
    log_prob = lambda shape: jd.SineBivariateVonMises(0.0, 0.0, *shape).log_prob(jnp.zeros(2))
    phi, psi = (x.ravel() for x in np.meshgrid(*[2 * np.pi * np.arange(64) / 64] * 2))
    statistics = np.stack([np.cos(phi), np.cos(psi), np.sin(phi) * np.sin(psi)])
    expected = -np.cov(statistics, aweights=np.exp(np.asarray(shape) @ statistics), ddof=0)
    for hessian in (jax.hessian(log_prob), jax.jacrev(jax.jacrev(log_prob))):
        np.testing.assert_allclose(hessian(shape), expected, rtol=1e-4, atol=1e-6)


def test_tails_of_a_sine_skewed_angle_where_its_density_is_nearly_0():
    """Against mpmath: those of the base distribution and the change by the skew cancel."""
    loc, kappa, skew, x = np.float32([1.75740087, 0.0103402883, -0.987670958, -2.79220533])

    @jax.jit
    def evaluate(kappa):
        d = jd.SineSkewed(jd.VonMises(loc, kappa, validate_args=False), skew, validate_args=False)
        return d.cdf(x), d.log_survival_function(x)

    values, slopes = jax.jvp(evaluate, (kappa,), (np.float32(1),))
    np.testing.assert_allclose(values[1], -0.000969004699, rtol=2e-6)
    np.testing.assert_allclose(slopes[0], 1.31948861e-05, rtol=1e-5)
