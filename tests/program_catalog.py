"""Everything that is to compile for every device: functions, in groups that are one program each.

Arguments are shapes and dtypes, so that nothing is computed.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import jaxdist as jd
from agents.algorithms.registry import ALGORITHMS, Algorithm
from jaxdist.linalg import lapack, triangular
from tests import estimator_problems, special_cases, transform_catalog
from tests.agents import probes
from tests.catalog import EXAMPLES, KINDS
from tests.kl_pairs import PAIRS
from tests.kl_pairs.pair import Pair
from tests.summaries import summary, weighted_total
from tests.test_bijections import CONSTRAINTS
from tests.test_flows import FLOWS
from tests.test_inference import CONJUGATE
from tests.test_programs import POSTERIOR, PROGRAM

NUM_DRAWS = 1024
"""So many draws that rejection sampling gathers those that are left over."""

Function = Callable[..., Any]


@dataclass(frozen=True)
class Group:
    """Functions of the same arguments, which are compiled as one program.

    Attributes:
      name: name of the group.
      make: returns the functions by name, and their arguments.
      first: whether it is the first with these functions; others differ in numbers and shapes.
      quick: whether it is lowered in every run of the tests.
    """

    name: str
    make: Callable[[], tuple[dict[str, Function], tuple[Any, ...]]] = field(repr=False)
    first: bool = True
    quick: bool = True

    def __str__(self) -> str:
        return self.name


def together(functions: dict[str, Function]) -> Function:
    """The functions as one."""
    return lambda *args: {name: function(*args) for name, function in functions.items()}


def applicable(functions: dict[str, Function], args: tuple[Any, ...]) -> dict[str, Function]:
    """Leave out what a distribution does not have, which says so when it is traced."""

    def applies(function: Function) -> bool:
        try:
            jax.eval_shape(function, *args)
        except NotImplementedError:
            return False
        return True

    return {name: function for name, function in functions.items() if applies(function)}


def failures(
    compile_: Callable[..., Any], functions: dict[str, Function], args: tuple[Any, ...]
) -> dict[str, Exception]:
    """Compile functions as one program and, only if that fails, each by itself.

    Args:
      compile_: compiles a function, given it and its arguments.
      functions: the functions by name.
      args: their arguments.

    Returns:
      The errors by the name of the function; those that occur only together as "all".
    """

    def error(function: Function) -> Exception | None:
        try:
            compile_(function, *args)
        except Exception as error:
            return error
        return None

    whole = error(together(functions))
    if whole is None:
        return {}
    each = {name: error(function) for name, function in functions.items()}
    return {name: e for name, e in each.items() if e} or {"all": whole}


def shapes_of(tree: Any) -> Any:
    return jax.tree.map(lambda x: jax.ShapeDtypeStruct(jnp.shape(x), jnp.result_type(x)), tree)


def with_gradient(function: Function) -> Function:
    """Return a function's value, and the gradient of a weighted sum of it in all numbers."""

    def value_and_gradient(*args: Any) -> tuple[Any, list[Array]]:
        leaves, structure = jax.tree.flatten(args)
        moving = [i for i, leaf in enumerate(leaves) if is_float(leaf)]

        def total(numbers: list[Array]) -> tuple[Array, Any]:
            moved = dict(zip(moving, numbers, strict=True))
            value = function(*structure.unflatten([moved.get(i, x) for i, x in enumerate(leaves)]))
            floats = [x for x in jax.tree.leaves(value) if is_float(x)]
            terms = [weighted_total(x).astype(jnp.float32) for x in floats]
            return sum(terms, jnp.float32(0)), value

        gradient, value = jax.grad(total, has_aux=True)([leaves[i] for i in moving])
        return value, gradient

    return value_and_gradient


def is_float(x: Any) -> bool:
    return jnp.issubdtype(jnp.result_type(x), jnp.floating)


# --- distributions -------------------------------------------------------------------------------


def method(name: str) -> Function:
    """A method of a distribution, as a function of the distribution, a value and probabilities."""
    if name == "icdf":
        return lambda d, x, q: d.icdf(q)
    return lambda d, x, q: getattr(d, name)(x)


def property_or_method(name: str) -> Function:
    """A property, or a method without arguments."""
    return lambda d, x, q: summary(d, name)


METHODS = ("log_prob", "cdf", "log_cdf", "survival_function", "log_survival_function", "icdf")
SUMMARIES = ("mean", "mode", "variance", "stddev", "entropy", "perplexity", "enumerate_support")
DENSITIES = {name: with_gradient(method(name)) for name in METHODS} | {
    name: with_gradient(property_or_method(name)) for name in SUMMARIES
}
DRAWS = {
    "sample": lambda d, key: d.sample(key, NUM_DRAWS),
    "rsample": with_gradient(lambda d, key: d.rsample(key, NUM_DRAWS)),
    "sample_and_log_prob": with_gradient(lambda d, key: d.sample_and_log_prob(key)),
    "rsample_and_log_prob": with_gradient(lambda d, key: d.rsample_and_log_prob(key)),
}
KEY = jax.eval_shape(lambda: jax.random.key(0))


def densities(make: Callable[[], jd.Distribution]) -> tuple[dict[str, Function], tuple[Any, ...]]:
    d = make()
    args = (
        shapes_of(d),
        jax.eval_shape(d.sample, KEY),
        jax.ShapeDtypeStruct(d.batch_shape, jnp.float32),
    )
    return applicable(DENSITIES, args), args


def draws(make: Callable[[], jd.Distribution]) -> tuple[dict[str, Function], tuple[Any, ...]]:
    args = shapes_of(make()), KEY
    return applicable(DRAWS, args), args


def groups_of_distributions(make: Callable[..., Any], what: str) -> Iterator[Group]:
    """A group for every example; first is one of each class and parameterization."""
    of_class = {type(d): row for row, d in reversed(EXAMPLES)}
    of_structure = {jax.tree.structure(d): row for row, d in reversed(EXAMPLES)}
    for row, d in EXAMPLES:
        is_first = row is of_structure[jax.tree.structure(d)]
        quick = row is of_class[type(d)] and type(d) in KINDS
        yield Group(f"{row.name}, {what}", functools.partial(make, row.make), is_first, quick)


# --- divergences ---------------------------------------------------------------------------------


def divergences(pairs: list[Pair]) -> tuple[dict[str, Function], tuple[Any, ...]]:
    made = {pair.name: pair.make() for pair in pairs}

    def divergence(name: str) -> Function:
        return with_gradient(lambda made: jd.kl_divergence(*made[name]))

    args = (shapes_of(made),)
    return applicable({name: divergence(name) for name in made}, args), args


def groups_of_divergences() -> Iterator[Group]:
    class_of_p = lambda pair: pair.group[0]
    for name, pairs in itertools.groupby(sorted(PAIRS, key=class_of_p), class_of_p):
        yield Group(
            f"{name}, divergences", functools.partial(divergences, list(pairs)), quick=False
        )


# --- transforms ----------------------------------------------------------------------------------


def transform(row: transform_catalog.Row) -> tuple[dict[str, Function], tuple[Any, ...]]:
    t, x = row.make(), row.x()
    y = jax.eval_shape(jax.vmap(t), x)
    functions = {
        "forward": with_gradient(lambda t, x, y: t(x)),
        "inverse": with_gradient(lambda t, x, y: t.inv(y)),
        "log_abs_det_jacobian": with_gradient(lambda t, x, y: t.log_abs_det_jacobian(x, y)),
    }
    args = shapes_of((t, x, y))
    return applicable(functions, args), args


# --- special functions, linear algebra, constraints -----------------------------------------------


def special_function(case: special_cases.Case) -> tuple[dict[str, Function], tuple[Any, ...]]:
    columns = np.array(case.points, np.float32).T
    return {case.name: with_gradient(case.ours)}, tuple(shapes_of(list(columns)))


def factorizations(rows: int) -> tuple[dict[str, Function], tuple[Any, ...]]:
    """Of so many matrices that a CPU takes them in several pieces."""
    functions = {
        "cholesky": with_gradient(lambda a, x: triangular.cholesky(a)),
        "solve_lower": with_gradient(triangular.solve_lower),
        "invert_lower": with_gradient(lambda a, x: triangular.invert_lower(a)),
        "cholesky_of_inverse": with_gradient(lambda a, x: triangular.cholesky_of_inverse(a)),
        "eigenvalues": lambda a, x: lapack.eigenvalues(a),
    }
    matrices = jax.ShapeDtypeStruct((130, rows, rows), jnp.float32)
    return functions, (matrices, jax.ShapeDtypeStruct((130, rows), jnp.float32))


def checks() -> tuple[dict[str, Function], tuple[Any, ...]]:
    """Constraints, at values that their transforms make."""

    def check(number: int) -> Function:
        constraint, _ = CONSTRAINTS[number]
        return lambda unconstrained: constraint.check(
            jd.transform_to(constraint)(unconstrained[number])
        )

    functions = {f"{number}: {c}": check(number) for number, (c, _) in enumerate(CONSTRAINTS)}
    return functions, ([jax.ShapeDtypeStruct(shape, jnp.float32) for _, shape in CONSTRAINTS],)


def groups_of_functions() -> Iterator[Group]:
    for case in special_cases.CASES:
        yield Group(f"{case.name}, special", functools.partial(special_function, case), quick=False)
    for rows in (3, 40):
        yield Group(f"linalg, {rows} rows", functools.partial(factorizations, rows))
    yield Group("constraints", checks)


# --- estimators and surrogates -------------------------------------------------------------------


def estimators(problem: estimator_problems.Problem) -> tuple[dict[str, Function], tuple[Any, ...]]:
    def estimate(estimator: Any) -> Function:
        return with_gradient(lambda theta, key: problem.estimate(theta, key, estimator))

    functions = {label: estimate(estimator) for label, estimator in problem.estimators.items()}
    return functions, (shapes_of(jnp.array(problem.theta)), KEY)


def surrogates() -> tuple[dict[str, Function], tuple[Any, ...]]:
    def policy(params: Array) -> jd.Categorical:
        return jd.Categorical(logits=params)

    functions: dict[str, Function] = {
        "score_function": lambda a, b, ends: jd.score_function(a, b, 0.5),
        "dice": lambda a, b, ends: jd.dice(a, b, 0.5),
        "entropy_bonus": lambda a, b, ends: jd.entropy_bonus(a),
        "importance_ratio": lambda a, b, ends: jd.importance_ratio(a, b),
        "clipped_ratio": lambda a, b, ends: jd.clipped_ratio(a, b, b, 0.2),
        "penalized_ratio": lambda a, b, ends: jd.penalized_ratio(a, b, b, a * b, 0.2),
        "adaptive_kl_coefficient": lambda a, b, ends: jd.adaptive_kl_coefficient(a, b, 0.1),
        "v_trace": lambda a, b, ends: jd.v_trace(
            a, b, a, b, b, terminated_t=ends, truncated_t=ends, gamma=0.9
        ),
        "natural_gradient": lambda a, b, ends: jd.natural_gradient(policy, a, b, damping=0.1),
    }
    numbers = jax.ShapeDtypeStruct((16,), jnp.float32)
    args = numbers, numbers, jax.ShapeDtypeStruct((16,), bool)
    return {name: with_gradient(function) for name, function in functions.items()}, args


# --- models --------------------------------------------------------------------------------------

MODELS = {name: functools.partial(make, jax.random.key(0)) for name, make in FLOWS.items()} | {
    "program": lambda: PROGRAM
}


def conditioned_program() -> tuple[dict[str, Function], tuple[Any, ...]]:
    functions = {
        "log_prob": with_gradient(lambda p, z: p.log_prob(p.constrain(z))),
        "unconstrained_log_prob": with_gradient(lambda p, z: p.unconstrained_log_prob(z)),
        "unconstrain": with_gradient(lambda p, z: p.unconstrain(p.constrain(z))),
    }
    return functions, (shapes_of(POSTERIOR), jax.eval_shape(POSTERIOR.init, KEY))


def losses() -> tuple[dict[str, Function], tuple[Any, ...]]:
    def loss(name: str) -> Function:
        of_guide = lambda guide, key: getattr(jd.losses, name)(lambda z: -z @ z, guide, key)
        return with_gradient(of_guide)

    names = ("elbo", "iwae", "vimco", "reweighted_wake_sleep")
    guide = jd.Independent(jd.Normal(jnp.zeros(3), jnp.ones(3)), 1)
    return {name: loss(name) for name in names}, (shapes_of(guide), KEY)


FITTED = (jd.Bernoulli, jd.Normal, jd.MultivariateNormal, jd.Gamma, jd.VonMises, jd.Weibull)
"""Classes that are fitted in closed form, by iterations, and by Newton's method."""


def estimates() -> tuple[dict[str, Function], tuple[Any, ...]]:
    data = {type(d): jax.eval_shape(lambda key, d=d: d.sample(key, 8), KEY) for _, d in EXAMPLES}

    def fit(kind: type[jd.Distribution]) -> Function:
        return lambda data: jd.fit(kind, data[kind.__name__])

    args = ({kind.__name__: data[kind] for kind in FITTED},)
    return {kind.__name__: fit(kind) for kind in FITTED}, args


def posteriors() -> tuple[dict[str, Function], tuple[Any, ...]]:
    def update(number: int) -> Function:
        _, likelihood, known, _, _ = CONJUGATE[number]
        known = {} if likelihood is jd.Multinomial else known
        return lambda given: jd.posterior(given[number][0], likelihood, given[number][1], **known)

    given = [(prior, jnp.asarray(data)) for prior, _, _, _, data in CONJUGATE]
    functions = {f"{i}: {row[1].__name__}": update(i) for i, row in enumerate(CONJUGATE)}
    return functions, (shapes_of(given),)


def groups_of_models() -> Iterator[Group]:
    for name, make in MODELS.items():
        yield Group(f"{name}, densities", functools.partial(densities, make), quick=False)
        yield Group(f"{name}, draws", functools.partial(draws, make), quick=False)
    for functions in (conditioned_program, losses, estimates, posteriors):
        yield Group(functions.__name__, functions, quick=False)


# --- algorithms ----------------------------------------------------------------------------------

SMALL = {"hidden_sizes": (8,)}
REPLAY = {"batch_size": 16, "buffer_size": 512}
SETTINGS = {
    "awr": {"batch_size": 16, "buffer_size": 2048},
    "dqn": REPLAY | {"n_step": 2},
    "mpo": REPLAY,
    "reinforce": {"batch_episodes": 2},
    "sac": REPLAY,
    "td3": REPLAY,
}


def update(name: str, env: str) -> tuple[dict[str, Function], tuple[Any, ...]]:
    probes.register()
    algorithm: Algorithm = ALGORITHMS[name]
    config = algorithm.Config(env=env, **SMALL, **SETTINGS.get(name, {}))
    state = jax.eval_shape(lambda key: algorithm.init(key, algorithm.make_problem(config)), KEY)
    function = lambda state, config: algorithm.update(state, algorithm.make_problem(config))
    return {"update": function}, (state, shapes_of(config))


BOX_ALONE = ("apg", "td3")
DISCRETE_ALONE = ("dqn", "pqn")
"""The algorithms for one kind of action space."""


def groups_of_algorithms() -> Iterator[Group]:
    for name in ALGORITHMS:
        envs = ["CartPole-v1"] * (name not in BOX_ALONE)
        envs += ["Target-probe"] * (name not in DISCRETE_ALONE)
        for env in envs:
            make = functools.partial(update, name, env)
            yield Group(f"{name}, {env}", make, quick=env == envs[0])


# --- all -----------------------------------------------------------------------------------------

GROUPS: dict[str, Iterable[Group]] = {
    "densities": list(groups_of_distributions(densities, "densities")),
    "draws": list(groups_of_distributions(draws, "draws")),
    "divergences": list(groups_of_divergences()),
    "transforms": [
        Group(f"{row.name}, transform", functools.partial(transform, row))
        for row in transform_catalog.ROWS
    ],
    "functions": list(groups_of_functions()),
    "estimators": [
        Group(f"{problem.name}, estimators", functools.partial(estimators, problem), quick=False)
        for problem in estimator_problems.PROBLEMS
    ]
    + [Group("surrogates", surrogates)],
    "models": list(groups_of_models()),
    "algorithms": list(groups_of_algorithms()),
}
"""The groups, by kind."""
