"""Triangular factors: exact, with derivatives of every order, and in pieces that cannot hang."""

import re
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
from jax.experimental import checkify

import jaxdist as jd
from jaxdist import constraints
from jaxdist.linalg import lapack, triangular
from jaxdist.linalg.eigen import symmetric_eigen
from jaxdist.precision import vecdot

ROOT = Path(__file__).parent.parent
SIZES = [1, 4, 5, 8, 9, 40]
BATCHES = [(), (7,), (130,)]  # of 40 rows, 130 are several pieces for factors and for solutions


def definite(n, batch=(), seed=0):
    x = np.random.default_rng(seed).normal(size=(*batch, n, n))
    return x @ np.swapaxes(x, -1, -2) + np.eye(n)


def vectors(n, batch=(), seed=1):
    return np.random.default_rng(seed).normal(size=(2, *batch, n))


@pytest.mark.fast
@pytest.mark.parametrize("n", SIZES)
def test_as_exact_as_lapack(n):
    """Residuals, to which a solution owes its exactness, of factor, solution and inverse."""

    def ours(a, x):
        factor = triangular.cholesky(a)
        return factor, triangular.solve_lower(factor, x), triangular.invert_lower(factor)

    def theirs(a, x):
        # SciPy's, since calls of JAX's own on the larger batch are what can wait for each other.
        factor = np.linalg.cholesky(a)
        right = np.concatenate(
            [np.moveaxis(x, 0, -1), np.broadcast_to(np.eye(n, dtype="f"), a.shape)], -1
        )
        systems = zip(factor.reshape(-1, n, n), right.reshape(-1, n, n + 2), strict=True)
        solved = np.stack([scipy.linalg.solve_triangular(f, r, lower=True) for f, r in systems])
        solved = solved.reshape(right.shape)
        return factor, np.moveaxis(solved[..., :2], -1, 0), solved[..., 2:]

    problems = [(definite(n, b).astype(np.float32), vectors(n, b)) for b in BATCHES]
    problems = [(a, x.astype(np.float32)) for a, x in problems]
    eps = float(jnp.finfo(jnp.float32).eps)
    outcome = jax.jit(lambda all: [ours(*p) for p in all])(problems)
    outcome = [(result, theirs(*p)) for result, p in zip(outcome, problems, strict=True)]
    for (a, x), results in zip(problems, outcome, strict=True):
        worst = []
        for factor, z, inverse in results:
            factor, z, inverse = (np.asarray(t, np.float64) for t in (factor, z, inverse))
            np.testing.assert_array_equal(np.triu(factor, 1), 0)
            np.testing.assert_array_equal(np.triu(inverse, 1), 0)
            size = np.abs(factor)
            product = np.swapaxes(factor, -1, -2)
            of_factor = np.abs(factor @ product - a) / (size @ np.abs(product))
            of_z = np.abs(np.einsum("...ij,...j", factor, z) - x)
            of_z /= np.einsum("...ij,...j", size, np.abs(z))
            of_inverse = np.abs(factor @ inverse - np.eye(n)).max() / n
            worst.append([of_factor.max() / eps, of_z.max() / eps, of_inverse / eps])
        assert np.all(np.array(worst[0])[:2] <= n + 1)
        assert np.all(np.array(worst[0]) <= 2 * np.array(worst[1]) + 2)


@pytest.mark.parametrize("n", [3, pytest.param(6, marks=pytest.mark.slow), 9])
def test_derivatives_are_those_of_jax(n):
    """Gradients, gradients of gradients and Jacobians, mapped over either argument or both."""

    def ours(a, x):
        factor = triangular.cholesky(a)
        return factor, triangular.solve_lower(factor, x)

    def theirs(a, x):
        factor = jnp.linalg.cholesky(a)
        right = jnp.broadcast_to(factor, (2, *factor.shape))
        return factor, jax.scipy.linalg.solve_triangular(right, x[..., None], lower=True)[..., 0]

    def everything(function):
        def total(a, x):
            factor, z = function(a, x)
            return jnp.sum(jnp.sin(z)) + jnp.sum(factor**2)

        def second(a, x):
            slopes = jax.grad(total, (0, 1))(a, x)
            return sum(jnp.sum(jnp.cos(slope)) for slope in slopes)

        @jax.jit
        def derivatives(a, x):
            gradient = jax.grad(second, (0, 1))
            over_matrices = jax.vmap(gradient, (0, None))(a, x[0])
            over_vectors = jax.vmap(gradient, (None, 0))(a[0], x)
            return over_matrices, over_vectors, jax.jacfwd(total, (0, 1))(a[0], x[0])

        return derivatives

    with jax.enable_x64(True):
        a, x = definite(n, (3,)), np.moveaxis(vectors(n, (3,)), 1, 0)
        expected = everything(theirs)(a, x)
        jax.tree.map(
            lambda u, v: np.testing.assert_allclose(u, v, rtol=1e-9, atol=1e-9),
            everything(ours)(a, x),
            expected,
        )


@pytest.mark.parametrize("n", [3, 5])
def test_without_a_factor_there_is_nan(n):
    good = definite(n)
    singular = np.ones((n, n))
    negative = good - 2 * np.max(np.linalg.eigvalsh(good)) * np.eye(n) * (np.arange(n) == n - 1)
    first = good * np.where(np.arange(n) == 0, -1, 1)
    unknown = good.copy()
    unknown[1, 0] = unknown[0, 1] = np.nan
    matrices = jnp.asarray([good, singular, negative, first, unknown], jnp.float32)
    factors = np.asarray(jax.jit(triangular.cholesky)(matrices))
    lower = np.tril_indices(n)
    np.testing.assert_allclose(factors[0], np.linalg.cholesky(good), rtol=1e-4, atol=1e-5)
    assert np.all(np.isnan(factors[1:-1, lower[0], lower[1]]))
    assert np.isnan(factors[-1, -1, -1])  # LAPACK keeps what comes before a NaN
    np.testing.assert_array_equal(constraints.positive_definite.check(matrices), [1, 0, 0, 0, 0])


@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
@pytest.mark.parametrize("n", [3, 9])
def test_half_precision_is_widened(n, dtype):
    a, x = jnp.asarray(definite(n), dtype), jnp.asarray(vectors(n), dtype)
    cholesky, solve = jax.jit(triangular.cholesky), jax.jit(triangular.solve_lower)
    wide = cholesky(a.astype(jnp.float32))
    assert cholesky(a).dtype == dtype
    np.testing.assert_array_equal(cholesky(a), wide.astype(dtype))
    narrow = wide.astype(dtype)
    z = solve(narrow, x)
    exact = solve(narrow.astype(jnp.float32), x.astype(jnp.float32))
    assert z.dtype == dtype
    np.testing.assert_array_equal(z, exact.astype(dtype))


@pytest.mark.parametrize("n", [0, 2, 9])
def test_empty_batches_and_matrices(n):
    batches = [(0,), (3, 0), ()] if n == 0 else [(0,), (3, 0)]

    def factor_and_solution(a, x):
        factor = triangular.cholesky(a)
        return factor, triangular.solve_lower(factor, x)

    outcomes = jax.jit(lambda problems: [factor_and_solution(*problem) for problem in problems])(
        [(jnp.ones((*batch, n, n)), jnp.ones((4, *batch, n))) for batch in batches]
    )
    for batch, (factor, z) in zip(batches, outcomes, strict=True):
        assert factor.shape == (*batch, n, n)
        assert z.shape == (4, *batch, n)


def test_systems_that_share_a_factor_are_one():
    """What `vmap` adds to the right-hand sides are columns of one solution, not copies."""
    solve = jax.vmap(jax.vmap(triangular.solve_lower, (None, 0)), (None, 0))
    calls = calls_of_lapack(solve, jnp.eye(9), jnp.ones((70, 80, 9)))
    assert calls == [("trsm", 1, 9, 70 * 80)]


# --- calls that cannot wait for each other -------------------------------------------------------

OPERATIONS = {
    "potrf": lambda n, k: n**3 // 3,
    "trsm": lambda n, k: n * n * k,
    "syevd": lambda n, k: 5 * n**3,
    "gesdd": lambda n, k: 30 * n**3,
}


def calls_of_lapack(function, *args):
    """The kind, batch size, rows and columns of the calls in a program for CPUs."""
    text = jax.jit(function).trace(*args).lower(lowering_platforms=("cpu",)).as_text()
    found = []
    for kind, operands in re.findall(
        r"custom_call @lapack_\w(\w+)_ffi\(.*?\) \{.*? : \((.*?)\) ->", text
    ):
        *batch, n, k = (
            int(size) for size in re.findall(r"tensor<([\dx]*)x", operands)[-1].split("x")
        )
        found.append((kind, int(np.prod(batch)), n, k))
    return found


def programs():
    covariances = jnp.asarray(definite(10, (4096,)), jnp.float32)
    x = jnp.ones((4096, 10))
    normal = lambda a: jd.MultivariateNormal(jnp.zeros(10), a, validate_args=False)
    student = lambda a: jd.MultivariateStudentT(3.0, x[0], a, validate_args=False)
    wishart = lambda a: jd.Wishart(12.0, a, validate_args=False)
    low_rank = lambda a: jd.LowRankMultivariateNormal(x[0], a, x[0], validate_args=False)
    log_prob = lambda a, x: jd.log_prob(normal(a), x)
    score = lambda a, x: jax.grad(lambda a: jnp.sum(log_prob(a, x)))(a)
    draw = lambda a: wishart(a).sample_and_log_prob(jax.random.key(0))
    precise = lambda a: jd.MultivariateNormal(x[0], precision_matrix=a, validate_args=False)
    return {
        "log_prob": (log_prob, covariances, x),
        "score": (score, covariances, x),
        "mapped score": (jax.vmap(score), covariances, x),
        "mapped twice": (
            jax.vmap(jax.vmap(score)),
            covariances.reshape(64, 64, 10, 10),
            x.reshape(64, 64, 10),
        ),
        "curvature": (jax.vmap(jax.grad(lambda a, x: jnp.sum(score(a, x)))), covariances, x),
        "student": (lambda a, x: student(a).log_prob(x), covariances, x),
        "divergence": (lambda a: jd.kl_divergence(normal(a), normal(2 * a)), covariances),
        "low-rank divergence": (lambda a: jd.kl_divergence(low_rank(a), normal(a)), covariances),
        "wishart": (draw, covariances),
        "mapped wishart": (jax.vmap(draw), covariances),
        "wishart divergence": (lambda a: jd.kl_divergence(wishart(a), wishart(2 * a)), covariances),
        "wasserstein": (lambda a: jd.wasserstein(normal(a), normal(2 * a)), covariances),
        "precision": (lambda a: precise(a).scale_tril, covariances),
        "eigenvectors": (jax.vmap(lambda a: symmetric_eigen(a)[1]), covariances),
        "semidefinite": (jax.vmap(constraints.positive_semidefinite.check), covariances),
    }


@pytest.mark.parametrize("name", programs())
def test_no_call_of_lapack_is_cut_into_tasks(name):
    """From 200,000 operations on, by jaxlib's count, a call waits for tasks in its own pool."""
    calls = calls_of_lapack(*programs()[name])
    assert calls
    for kind, batch, n, k in calls:
        assert batch == 1 or batch * OPERATIONS[kind](n, k) <= 200_000


@pytest.mark.fast
def test_lapack_is_called_in_one_place():
    for room in ("jaxdist", "agents"):
        for path in (ROOT / room).rglob("*.py"):
            calls = re.search(r"(jnp|lax|numpy|scipy)\.linalg(?!\.norm)", path.read_text())
            assert not calls or path.name == "lapack.py", path


def test_pieces_are_put_together_again():
    """Also where the last piece overlaps the one before."""
    a = jnp.asarray(definite(40, (5, 26)), jnp.float32)
    whole = jnp.linalg.cholesky(a, symmetrize_input=False)
    np.testing.assert_array_equal(jax.jit(lapack.cholesky)(a), whole)


def test_checks_inside_a_mapped_program():
    """Functions with a rule of their own for `vmap` are transparent to checkify."""

    def log_prob(a, x):
        checkify.check(jnp.all(x < 2), "too large")
        return jd.MultivariateNormal(jnp.zeros(9), a, validate_args=False).log_prob(x)

    checked = jax.jit(checkify.checkify(jax.vmap(log_prob), errors=checkify.user_checks))
    a = definite(9, (2,)).astype(np.float32)
    error, value = checked(a, np.ones((2, 9), np.float32))
    error.throw()
    assert np.all(np.isfinite(value))
    error, _ = checked(a, np.full((2, 9), 3, np.float32))
    assert "too large" in error.get()


HANGS = """
import sys
import jax, jax.numpy as jnp, numpy as np
import jaxdist as jd
a = np.random.default_rng(0).normal(size=(16, 16)).astype(np.float32)
a = jnp.asarray(np.tile(a @ a.T + 16 * np.eye(16, dtype=np.float32), (1000, 1, 1)))
parts = [jd.MultivariateNormal(jnp.zeros(16), i * a, validate_args=False) for i in (1.0, 2.0, 3.0)]
@jax.jit
def score(parts):
    mixture = lambda parts: jd.Mixture(jd.Categorical(jnp.ones(3)), parts).log_prob(a[:, 0])
    return jax.grad(lambda parts: jnp.sum(mixture(parts)))(parts)
for _ in range(60):
    jax.block_until_ready(score(parts))
"""


@pytest.mark.slow
def test_programs_with_many_factorizations_come_to_an_end():
    """Without the pieces this program stops for ever on two cores, after some calls or none."""
    subprocess.run([sys.executable, "-c", HANGS], cwd=ROOT, timeout=240, check=True)


@pytest.mark.parametrize("n", [3, 12])
def test_factors_and_solutions_go_through_shard_map(n):
    """Whether the matrix, the vectors or both vary over the mesh, in pieces and in one."""
    mesh = jax.make_mesh((1,), ("batch",), axis_types=(jax.sharding.AxisType.Auto,))
    spec = jax.sharding.PartitionSpec("batch")
    size = 2 * 3 * 200_000 // n**3 + 1
    matrix = jnp.asarray(definite(n)) + jnp.arange(size)[:, None, None] * jnp.eye(n)
    d = jd.MultivariateNormal(jnp.zeros((size, n)), covariance_matrix=matrix)
    one = jd.MultivariateNormal(jnp.zeros(n), scale_tril=jnp.eye(n))

    def several(d, x):
        slope = jax.grad(lambda d: jnp.sum(d.log_prob(x)))(d)
        return d.log_prob(x), slope, one.log_prob(x), jd.kl_divergence(d, one), d.precision_matrix

    x = jax.random.normal(jax.random.key(0), (size, n))
    sharded = jax.shard_map(several, mesh=mesh, in_specs=(spec, spec), out_specs=spec)
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
    jax.tree.map(close, *jax.jit(lambda *args: (sharded(*args), several(*args)))(d, x))


def test_inner_products_with_a_broadcast_vector_are_exact_for_many_rows():
    """Written as a product and a sum, they are wrong for 10,000 rows (jaxlib 0.10 on a CPU)."""
    axis = np.float32([[0.6, 0.0, -0.8], [0.0, 1.0, 0.0]])
    x = np.random.default_rng(0).normal(size=(10_000, 2, 3)).astype(np.float32)
    reflected = jax.jit(lambda x: x - 2 * axis * vecdot(axis, x)[..., None])(x)
    expected = x - 2 * axis * np.sum(axis * x, -1, keepdims=True)
    np.testing.assert_allclose(reflected, expected, atol=1e-5)


@pytest.mark.slow
def test_derivatives_of_eigenvectors():
    """Of a function of the matrix, whose signs of the eigenvectors cancel."""
    direction = definite(4) / 10

    def logarithm(a):
        values, vectors = symmetric_eigen(a)
        return (vectors * jnp.log(values)) @ vectors.T

    with jax.enable_x64(True):
        a = jnp.asarray(definite(4))
        _, change = jax.jvp(logarithm, (a,), (jnp.asarray(direction),))
        up, down = (scipy.linalg.logm(a + sign * 1e-5 * direction) for sign in (1, -1))
    np.testing.assert_allclose(change, (up - down) / 2e-5, rtol=1e-6, atol=1e-8)
