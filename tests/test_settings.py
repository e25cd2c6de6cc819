"""The user's settings of JAX: everything works under each of them, with the same values.

Most settings refuse programs when they are traced, so that it is enough to trace. Where NaN are
errors, and where nothing is compiled, everything has to run.
"""

import contextlib
import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, PartitionSpec

import jaxdist as jd
from jaxdist.promotion import numpy_promotion
from tests import estimator_problems
from tests.catalog import EXAMPLES
from tests.program_catalog import DENSITIES, DRAWS, GROUPS, Group, applicable, shapes_of

KEY = jax.random.key(3)
CHOSEN = (jd.Normal, jd.Categorical)
"""Classes that are tested in every run: tracing the others takes long."""


# --- settings ------------------------------------------------------------------------------------


@contextlib.contextmanager
def strict_promotion():
    with jax.numpy_rank_promotion("raise"), jax.numpy_dtype_promotion("strict"):
        yield


TRACED = {
    "strict promotion": strict_promotion,
    "64 bits": lambda: jax.enable_x64(True),
    "leaks": jax.checking_leaks,
}
"""Settings that refuse programs when they are traced."""
RUN = {"NaN": lambda: jax.debug_nans(True), "nothing compiled": jax.disable_jit}
"""Settings that refuse values, and that change how they are computed."""


@contextlib.contextmanager
def strict_promotion_in_64_bits():
    with strict_promotion(), jax.enable_x64(True):
        yield


# --- what is tested ------------------------------------------------------------------------------


def of_distribution(functions, row):
    """Methods, at values with one more axis than the batch has."""
    d = row.make()
    x = jax.eval_shape(lambda key: d.sample(key, 2), KEY)
    q = jax.ShapeDtypeStruct((2, *d.batch_shape), jnp.float32)
    args = (shapes_of(d), x, q) if functions is DENSITIES else (shapes_of(d), shapes_of(KEY))
    return applicable(functions, args), args


def groups_of_distributions():
    first = {type(d): row for row, d in reversed(EXAMPLES)}
    for row, d in EXAMPLES:
        quick = type(d) in CHOSEN and row is first[type(d)]
        for what, functions in (("densities", DENSITIES), ("draws", DRAWS)):
            make = functools.partial(of_distribution, functions, row)
            yield Group(f"{row.name}, {what}", make, quick=quick)


def of_others():
    """All but the factorizations, which are called by what has checked its arguments."""
    for kind in ("divergences", "transforms", "functions", "estimators"):
        yield from (group for group in GROUPS[kind] if not group.name.startswith("linalg"))


QUICK = ("Affine, ", "StickBreaking, ", "InverseAutoregressive, ", "constraints", "surrogates")
EVERY = [*groups_of_distributions(), *of_others()]


def is_quick(group):
    of_distribution = group.name.endswith((", densities", ", draws"))
    return group.quick if of_distribution else group.name.startswith(QUICK)


marked = [pytest.param(g, marks=() if is_quick(g) else pytest.mark.slow, id=g.name) for g in EVERY]


@pytest.fixture(autouse=True)
def integrands(monkeypatch):
    """Settings guard the code of those who set them, such as integrands: these promote."""
    for problem in estimator_problems.PROBLEMS:
        monkeypatch.setitem(vars(problem), "f", numpy_promotion(problem.f))


# --- tracing -------------------------------------------------------------------------------------


def types_of(tree):
    return [(x.shape, x.dtype) for x in jax.tree.leaves(tree)]


def differences(functions, args, changed):
    """Trace functions, and again as changed: errors, and types that differ."""
    found = {}
    for name, function in functions.items():
        expected = jax.eval_shape(function, *args)
        try:
            got = changed(function)
        except Exception as error:
            found[name] = repr(error)
        else:
            if types_of(got) != types_of(expected):
                found[name] = f"{types_of(got)} instead of {types_of(expected)}"
    return "\n".join(f"{name}: {what}" for name, what in found.items())


def check_under(setting, group):
    functions, args = group.make()

    def trace(function):
        with setting():
            return jax.eval_shape(function, *args)

    message = differences(functions, args, trace)
    assert not message, message


@pytest.mark.parametrize("group", marked)
def test_everything_is_traced_under_strict_promotion_in_64_bits(group):
    check_under(strict_promotion_in_64_bits, group)


@pytest.mark.slow
@pytest.mark.parametrize("setting", TRACED)
@pytest.mark.parametrize("group", EVERY, ids=str)
def test_everything_is_traced_under_every_setting(group, setting):
    check_under(TRACED[setting], group)


@pytest.mark.parametrize("group", marked)
def test_everything_is_traced_under_shard_map(group):
    """What loops carry has to vary over the devices if anything that enters them does."""
    functions, args = group.make()
    mesh = jax.make_mesh((1,), ("batch",), axis_types=(AxisType.Auto,))
    first = tuple(i == 0 for i in range(len(args)))
    for varies in {first, tuple(not is_first for is_first in first) if args[1:] else first}:
        trace = functools.partial(trace_shard, args=args, varies=varies, mesh=mesh)
        message = differences(functions, args, trace)
        assert not message, f"arguments that vary: {varies}\n{message}"


def trace_shard(function, args, varies, mesh):
    """Trace a function on each device of a mesh, with some arguments that differ between them."""
    shards = [
        jax.tree.map(lambda x: jax.ShapeDtypeStruct((1, *x.shape), x.dtype), arg) if own else arg
        for arg, own in zip(args, varies, strict=True)
    ]
    specs = tuple(PartitionSpec("batch") if own else PartitionSpec() for own in varies)

    def of_shard(*shard):
        own_args = [
            jax.tree.map(lambda x: x[0], arg) if own else arg
            for arg, own in zip(shard, varies, strict=True)
        ]
        return jax.tree.map(lambda x: x[None], function(*own_args))

    sharded = jax.shard_map(of_shard, mesh=mesh, in_specs=specs, out_specs=PartitionSpec("batch"))
    together = jax.eval_shape(sharded, *shards)
    return jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), together)


# --- running -------------------------------------------------------------------------------------


def check_values(setting, row):
    """Compare values and gradients; where they have a NaN, it may be an error."""
    with setting():
        d = row.make()
    x, q = d.sample(KEY, 2), jnp.full((2, *d.batch_shape), 0.3)
    for functions, args in ((DENSITIES, (d, x, q)), (DRAWS, (d, KEY))):
        for name, function in applicable(functions, args).items():
            expected = function(*args)
            try:
                with setting():
                    got = function(*args)
            except FloatingPointError:
                assert any(np.any(np.isnan(leaf)) for leaf in jax.tree.leaves(expected)), name
                continue
            compare = functools.partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-5)
            jax.tree.map(functools.partial(compare, err_msg=name), got, expected)


@pytest.mark.slow
@pytest.mark.parametrize("setting", RUN)
@pytest.mark.parametrize("row", [row for row, _ in EXAMPLES], ids=str)
def test_values_are_the_same(row, setting):
    check_values(RUN[setting], row)


MAKING = {"both": strict_promotion_in_64_bits} | {
    name: TRACED[name] for name in ("strict promotion", "64 bits")
}


@pytest.mark.parametrize(
    "setting", [pytest.param(k, marks=[pytest.mark.slow] * (k != "both")) for k in MAKING]
)
def test_distributions_are_made_under_every_setting(setting):
    with MAKING[setting]():
        for row, d in EXAMPLES:
            made = row.make()
            assert made.batch_shape == d.batch_shape
            d.support  # noqa: B018
